"""The web process's side of a worker process. Imports no torch, and never unpickles what the worker sends."""

from __future__ import annotations

import atexit
import contextlib
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from weakref import WeakSet

from attriscope.workers import worker
from attriscope.workers.protocol import Frame, decode, encode
from attriscope.workers.source import ExplorerSource

_log = logging.getLogger(__name__)
_spawn = multiprocessing.get_context("spawn")


class WorkerProcess:
    """One spawned worker and its pipe. The constructor returns before the process runs; `send` may be used at once.

    on_frame: called with every frame the worker sends; on_exit: called once, last, with the exit code (negative: the
    signal) or None where the process could not be started. Both on a thread of this object's own.
    threads: of torch, in the worker.
    """

    def __init__(
        self,
        source: ExplorerSource,
        device: str,
        *,
        threads: int,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
    ) -> None:
        self._source, self._device, self._threads = source, device, threads
        self._on_frame, self._on_exit = on_frame, on_exit
        self._outgoing: SimpleQueue[Frame | None] = SimpleQueue()
        self._process: SpawnProcess | None = None
        self._lock = threading.Lock()
        self._unwanted = False
        self._gone = threading.Event()
        _all.add(self)
        _launcher.put(self._launch)

    @property
    def pid(self) -> int | None:
        """None until the process has been started."""
        return self._process.pid if self._process is not None else None

    def send(self, frame: Frame) -> None:
        """Queues a frame; after the worker's end it is dropped."""
        if not self._gone.is_set():
            self._outgoing.put(frame)

    def kill(self) -> None:
        """SIGKILL. `on_exit` follows."""
        with self._lock:
            self._unwanted = True
            if self._process is not None and not self._gone.is_set():
                self._process.kill()

    def close(self, timeout: float = 2.0) -> None:
        """Lets the worker end by itself, and kills it after `timeout` seconds; returns once it is gone. Idempotent."""
        with self._lock:
            self._unwanted = True
        self._outgoing.put(None)
        if not self._gone.wait(timeout):
            self.kill()
            self._gone.wait(timeout)

    # --- launcher thread ---------------------------------------------------------------------------

    def _launch(self) -> None:
        ours, theirs = _spawn.Pipe()
        process = _spawn.Process(
            target=worker.main,
            args=(theirs, self._source, self._device, self._threads),
            name=f"attriscope {self._source.name} {self._device}",
        )
        started = False
        with self._lock:
            if not self._unwanted:
                try:
                    process.start()
                    self._process, started = process, True
                except Exception:
                    _log.exception("A worker process could not be started.")
        # Ours alone must hold our end, or the worker would not notice that we are gone; and the other way round.
        theirs.close()
        pump = self._pump if started else self._not_started
        threading.Thread(target=pump, args=(ours, process), name="worker pump", daemon=True).start()

    def _not_started(self, connection: Connection, process: SpawnProcess) -> None:
        connection.close()
        self._end(None)

    # --- the worker's own threads here -------------------------------------------------------------

    def _pump(self, connection: Connection, process: SpawnProcess) -> None:
        # Not the process's sentinel: what a model forks (a DataLoader's workers) holds that open beyond its end.
        exited, on_end = _spawn.Pipe(duplex=False)
        threading.Thread(target=_await_end, args=(process, on_end), name="worker watch", daemon=True).start()
        sender = threading.Thread(target=self._send_all, args=(connection,), name="worker sender", daemon=True)
        sender.start()
        with contextlib.suppress(EOFError, OSError):
            while connection in wait([connection, exited]):
                self._deliver(connection.recv_bytes())
        with contextlib.suppress(EOFError):
            exited.recv_bytes()
        exited.close()
        self._outgoing.put(None)
        sender.join(timeout=1.0)
        connection.close()
        self._end(process.exitcode)

    def _deliver(self, data: bytes) -> None:
        try:
            self._on_frame(decode(data))
        except Exception:
            _log.exception("A worker's frame could not be handled.")

    def _send_all(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while (frame := self._outgoing.get()) is not None:
                connection.send_bytes(encode(frame))
            connection.send_bytes(worker.GOODBYE)

    def _end(self, exitcode: int | None) -> None:
        self._gone.set()
        _all.discard(self)
        try:
            self._on_exit(exitcode)
        except Exception:
            _log.exception("A worker's end could not be handled.")


def _await_end(process: SpawnProcess, on_end: Connection) -> None:
    process.join()
    while process.exitcode is None:  # another thread's poll may have reaped it and not yet said so
        time.sleep(0.01)
    on_end.close()


class _Launcher:
    """Starts processes on one thread that outlives them: PR_SET_PDEATHSIG follows the thread that started one."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, launch: Callable[[], None]) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="worker launcher", daemon=True)
                self._thread.start()
        self._work.put(launch)

    def _run(self) -> None:
        while True:
            launch = self._work.get()
            if hasattr(signal, "pthread_sigmask"):
                # Inherited: a Ctrl-C while a worker starts finds it deaf already. Starting the tracker lifts the block.
                resource_tracker.ensure_running()
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                launch()
            except Exception:  # no pipe or thread to be had: this thread must live to start the next worker
                _log.exception("A worker process could not be started.")


_launcher = _Launcher()
_all: WeakSet[WorkerProcess] = WeakSet()


@atexit.register
def _close_all() -> None:
    """Before multiprocessing's own exit handler, which would wait for workers that nobody told to end."""
    workers = list(_all)
    for process in workers:
        process.kill()
    for process in workers:
        process.close(timeout=1.0)
