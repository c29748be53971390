"""Locks between processes that the system drops when their holder ends, however it ends."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_GUARD_SECONDS = 5.0

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        # Not a POSIX record lock: those are dropped when *any* descriptor of the file is closed.
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def make_folder(path: Path) -> None:
    """The folder and those above it, for their owner only where they are made here; existing ones stay as they are."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def identity(path: Path | int) -> tuple[int, int] | None:
    """What tells a file from another one that took its name; None where there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def guard(folder: Path) -> Iterator[None]:
    """Excludes every other holder of the folder's guard.

    Raises TimeoutError, an OSError, where another process holds it too long: it may have been stopped meanwhile.
    """
    file = os.open(folder / "guard.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        deadline = time.monotonic() + _GUARD_SECONDS
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Another process has held the guard of {folder} for {_GUARD_SECONDS:g} s.")
            time.sleep(0.005)
        yield
    finally:
        os.close(file)


class Presence:
    """Tells other servers on a folder that this one lives: a file that stays locked as long as the process does.

    A process id would not do: it may belong to another program by now, or to another container.
    Every method but `leave` wants the folder's guard held, so that no file is judged before it is locked.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self._folder, self._file = folder / "servers", -1

    @property
    def _path(self) -> Path:
        return self._folder / f"{self.name}.lock"

    @property
    def shown(self) -> bool:
        """Whether the file is there; somebody may have removed the folder. Needs no guard."""
        return self._file >= 0 and identity(self._file) == identity(self._path)

    def show(self) -> None:
        self.leave()
        make_folder(self._folder)
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        if not _try_lock(self._file):
            raise TimeoutError(f"{self._path} is locked by another process.")

    def living(self) -> set[str]:
        """The names of the servers that live, this one included; the files of dead ones are taken away."""
        names = {self.name}
        for path in self._folder.glob("*.lock"):
            if path.stem == self.name:
                continue
            if is_held(path):
                names.add(path.stem)
            else:
                path.unlink(missing_ok=True)
        return names

    def leave(self) -> None:
        """Takes the file away; a server that leaves in order is nobody's to clean up after."""
        if self._file < 0:
            return
        if self.shown:
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of this file."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(file)
    finally:
        os.close(file)
