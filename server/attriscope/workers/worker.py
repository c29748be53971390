"""A worker process's own side. Importing this module imports neither torch nor anything of the web."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from attriscope.workers import devices
from attriscope.workers.desk import Desk
from attriscope.workers.files import Files
from attriscope.workers.protocol import Frame, decode, encode
from attriscope.workers.source import ExplorerSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from attriscope.workers.runtime import Runtime

NICENESS = 5
GOODBYE = b""
"""The message after which a worker ends, as it does when its pipe closes."""
DEVICE_LOST = 86
"""Exit status of a worker whose device could no longer be used; the call that found out has been answered."""
_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES, _LARGEST_KEPT_BYTES = 256 * 2**20, 32 * 2**20
"""The C library allows no more for the second."""


def main(connection: Connection, source: ExplorerSource, device: str, threads: int) -> None:
    """The process's whole life: reads on a thread of its own, loads and computes here, ends when the pipe closes."""
    inside, environment = devices.inside(device)
    os.environ.update(environment)
    _settle(threads)

    def send(frame: Frame) -> None:
        # A closed pipe ends the process on the reader's side.
        with contextlib.suppress(OSError):
            connection.send_bytes(encode(frame))

    desk = Desk(send, lambda: _exit(DEVICE_LOST))
    threading.Thread(target=_read, args=(connection, desk), name="reader", daemon=True).start()
    files = Files(source)

    def load(stage: Callable[[str], None]) -> Runtime:
        try:
            with files.recording():
                return _load(source, inside, device, threads, stage)
        finally:
            # Also of a file that cannot be loaded: mending it is what is waited for.
            desk.tell(Frame("files", 0, {"paths": files.paths()}))

    desk.run(load)


def _settle(threads: int) -> None:
    """Ctrl-C is the web process's to handle; the page stays quicker than the model; the parent's end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    if sys.platform == "linux":
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if hasattr(library, "mallopt"):
            # Every batch frees what the next one needs again: given back, each page of it is fetched and zeroed anew.
            library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
            library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
        parent = multiprocessing.parent_process()
        if parent is not None and os.getppid() != parent.pid:  # it ended before we asked
            os._exit(0)


def _read(connection: Connection, desk: Desk) -> None:
    status = 1
    try:
        while (data := connection.recv_bytes()) != GOODBYE:
            desk.receive(decode(data))
        status = 0
    except (EOFError, OSError):
        status = 0
    finally:
        _exit(status)


def _exit(status: int) -> None:
    """At once, whatever the main thread is doing."""
    if status == 1:
        sys.excepthook(*sys.exc_info())
    for child in multiprocessing.active_children():  # a DataLoader's own workers
        child.kill()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _load(source: ExplorerSource, device: str, device_name: str, threads: int, stage: Callable[[str], None]) -> Runtime:
    stage("Starting…")
    import numpy as np
    import torch

    from attriscope.workers.runtime import Runtime

    torch.set_num_threads(threads)
    # A shuffled DataLoader, or weights drawn at random, come out the same in every worker and after every restart.
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    return Runtime.from_source(source, device, stage, device_name)
