"""The store as the rest of the server sees it: nothing here makes the event loop wait for a disk."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from attriscope.jobs.store.background import Background
from attriscope.jobs.store.disk import Disk
from attriscope.jobs.store.recent import Recent
from attriscope.jobs.store.result import Result, npy
from attriscope.workers.messages import ErrorBody, ResultInfo
from attriscope.workers.protocol import Array

logger = logging.getLogger("attriscope.store")

_ALONE = 64
"""In memory only, there is this many times `memory_bytes`."""
_UNWRITTEN_BYTES = 512 << 20
_WRITTEN_AT_ONCE = 32
_IDLE_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_GATHER_SECONDS = 0.2
_CLOSE_SECONDS = 2.0
_MOST_USES_NOTED = 10_000


class ResultStore:
    """Maps content keys to results.

    folder: where results are kept; None keeps them in memory only.
    disk_bytes: bound of the folder; 0 is as no folder.
    memory_bytes: bound of what was just used, 64 times as much without a folder. What could not be written yet is
        kept besides, up to 512 MiB; beyond that the oldest goes.

    Nothing is read or written before `start`. `put`, `get` and `stored` are for the event loop's thread.
    """

    def __init__(self, folder: Path | None, disk_bytes: int, memory_bytes: int) -> None:
        on_disk = folder is not None and disk_bytes > 0
        self.warning: ErrorBody | None = None
        """Set while results cannot be written; writing is tried again every second."""
        self._lock = threading.Lock()
        self._recent = Recent(memory_bytes if on_disk else _ALONE * memory_bytes)
        self._unwritten = Recent(_UNWRITTEN_BYTES)
        self._used: dict[str, None] = {}
        self._totals = (0, 0)
        self._unreadable = ""
        self._listeners: list[Callable[[], None]] = []
        self._disk_bytes = disk_bytes
        # A connection to SQLite is for one thread, so each thread has a Disk of its own.
        self._writes = Disk(folder, disk_bytes) if folder and on_disk else None
        self._reads = Disk(folder, disk_bytes) if folder and on_disk else None
        self._writer = Background(
            "store writer", self._write, idle=_IDLE_SECONDS, retry=_RETRY_SECONDS, gather=_GATHER_SECONDS
        )
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store reader")

    def start(self) -> None:
        if self._writes:
            self._writer.start()

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever `warning` comes or goes: from the writer's thread."""
        self._listeners.append(listener)

    def put(self, info: ResultInfo, arrays: Mapping[str, Array]) -> None:
        """Keeps the result; it can be read from now on, and is on disk soon after."""
        result = Result(info.key, info.model_dump_json(), {name: npy(array) for name, array in arrays.items()})
        lost = 0
        with self._lock:
            if self._writes and result.nbytes <= self._disk_bytes:
                lost = self._unwritten.add(result)
            else:
                self._recent.add(result)
        if lost:
            logger.warning("%d results that could not be written were dropped from memory.", lost)
        self._writer.wake()

    async def get(self, key: str) -> Result | None:
        """The result, verified, now the most recently used. None where it is not stored or turns out damaged."""
        if (result := self._from_memory(key)) is not None or self._reads is None:
            return result
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read, key)

    async def stored(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys `get` would find; they count as used.

        As many as fit `memory_bytes` are read and verified, and the page finds them in memory; of the others it is
        only checked that the files are there and of the right length.
        """
        wanted = dict.fromkeys(keys)
        found = {key for key in wanted if self._from_memory(key) is not None}
        missing = [key for key in wanted if key not in found]
        if missing and self._reads is not None:
            found |= await asyncio.get_running_loop().run_in_executor(self._reader, self._verify, missing)
        return found

    def in_memory(self, key: str) -> bool:
        """Whether the result can be had at once. A result on disk need not be; `stored` knows."""
        with self._lock:
            return key in self._recent or key in self._unwritten

    def stats(self) -> tuple[int, int]:
        """How many results are kept, and their bytes: on disk as of a few seconds ago, and what waits to be written."""
        with self._lock:
            if self._writes is None:
                return len(self._recent), self._recent.nbytes
            count, total = self._totals
            return count + len(self._unwritten), total + self._unwritten.nbytes

    async def flush(self, timeout: float = _CLOSE_SECONDS) -> bool:
        """Has everything written now; False where that failed or took more than `timeout` seconds."""
        if self._writes is None:
            return True
        done = await asyncio.to_thread(self._writer.flush, timeout)
        return done and self.warning is None

    async def close(self) -> None:
        """Writes what waits, for two seconds at most, and lets go of the folder."""
        await asyncio.to_thread(self._close)

    # --- on the loop's thread ---

    def _from_memory(self, key: str) -> Result | None:
        with self._lock:
            result = self._unwritten.peek(key) or self._recent.use(key)
            if result is not None:
                self._note_use(key)
            return result

    def _note_use(self, key: str) -> None:
        if self._writes is not None:
            self._used.pop(key, None)
            self._used[key] = None
            if len(self._used) > _MOST_USES_NOTED:
                del self._used[next(iter(self._used))]

    # --- on the reader's thread ---

    def _read(self, key: str) -> Result | None:
        assert self._reads is not None
        try:
            result = self._reads.read(key)
        except (OSError, sqlite3.Error) as error:
            self._log_unreadable(error)
            return None
        if result is not None:
            self._keep_read([result], [key])
        return result

    def _verify(self, keys: list[str]) -> set[str]:
        assert self._reads is not None
        try:
            found, results = self._reads.stored(keys, self._recent.max_bytes)
        except (OSError, sqlite3.Error) as error:
            self._log_unreadable(error)
            return set()
        self._keep_read(results, found)
        return found

    def _log_unreadable(self, error: Exception) -> None:
        """Once for each reason, and not for each of a thousand reads."""
        assert self._reads is not None
        if str(error) != self._unreadable:
            self._unreadable = str(error)
            logger.warning("The store in %s cannot be read: %s", self._reads.root, error)

    def _keep_read(self, results: Iterable[Result], keys: Iterable[str]) -> None:
        with self._lock:
            for result in results:
                self._recent.add(result)
            for key in keys:
                self._note_use(key)

    # --- on the writer's thread ---

    def _write(self) -> bool:
        """Writes what waits; whether that was possible."""
        assert self._writes is not None
        # After a failure one alone at first: it may fit where a batch does not.
        count = 1 if self.warning else _WRITTEN_AT_ONCE
        while True:
            with self._lock:
                some = list(islice(self._unwritten, count))
                used, self._used = self._used, {}
            try:
                self._writes.write(some, list(used))
                totals = self._writes.totals()
            except (OSError, sqlite3.Error) as error:
                with self._lock:
                    self._used = {**used, **self._used}
                self._warn(error)
                return False
            except Exception:
                # Nothing that trying again would help; what comes next must be written all the same.
                logger.exception("%s cannot be written.", [result.key for result in some])
                totals = self._totals
            count = min(2 * count, _WRITTEN_AT_ONCE)
            with self._lock:
                self._totals = totals
                for result in some:
                    if self._unwritten.peek(result.key) is result:
                        self._unwritten.remove(result.key)
                        self._recent.add(result)
                done = not self._unwritten
            if done:
                self._warn(None)
                return True

    def _warn(self, error: Exception | None) -> None:
        assert self._writes is not None
        if (error is None) == (self.warning is None):
            return
        if error is None:
            self.warning = None
            logger.warning("Results are written to %s again.", self._writes.root)
        else:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            if isinstance(error, OSError) and not error.errno:
                reason = type(error).__name__
            message = f"Results cannot be written to the store ({reason}). They are kept in memory for now."
            self.warning = ErrorBody(code="store_unwritable", message=message, params={"reason": reason})
            logger.warning("Results cannot be written to %s: %s", self._writes.root, error)
        for listener in self._listeners:
            listener()

    def _close(self) -> None:
        if self._writes is None or self._reads is None:
            self._reader.shutdown()
            return
        if not self._writer.close(_CLOSE_SECONDS):
            # The disk hangs; the thread ends with the process.
            self._reader.shutdown(wait=False, cancel_futures=True)
            return
        if self._unwritten:
            logger.warning("%d results could not be written and are lost.", len(self._unwritten))
        self._reader.submit(self._reads.close)
        self._reader.shutdown()
        self._writes.close()
