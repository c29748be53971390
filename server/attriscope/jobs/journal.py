"""Accepted jobs on disk, so that a server that was killed has not forgotten them when it is started again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from pathlib import Path

from pydantic import ValidationError

from attriscope.jobs.store.background import Background
from attriscope.jobs.store.database import Database, transaction
from attriscope.jobs.store.locks import Presence, guard, make_folder
from attriscope.jobs.store.quarantine import Quarantine
from attriscope.workers.messages import AttributionRequest, Message

logger = logging.getLogger("attriscope.journal")

_VERSION = 1
_SCHEMA = "CREATE TABLE jobs (id TEXT PRIMARY KEY, server TEXT NOT NULL, created REAL NOT NULL, record TEXT NOT NULL)"
_KEPT_SECONDS = 7 * 24 * 3600.0
_MOST_KEPT = 1024
_IDLE_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_GATHER_SECONDS = 0.2
"""Most jobs have ended by then, and are never written."""
_CLOSE_SECONDS = 2.0


class RecordItem(Message):
    """One sample of a job that is remembered."""

    sample: int
    target: int | None
    target_name: str | None
    key: str | None
    against: int | None = None
    against_name: str | None = None


class JobRecord(Message):
    """What has to be known of a job to show it as interrupted; `created` in seconds since 1970."""

    id: str
    session: str
    request: AttributionRequest
    items: list[RecordItem]
    created: float


class Journal:
    """Remembers the jobs of this server that have not ended.

    folder: the store's; None remembers nothing. Several servers may share it: a job is interrupted once the server
    that accepted it lives no more, and that is known from a lock which the system drops (`Presence`).

    `opened` and `ended` return at once; a thread writes, in their order. A disk that cannot be written is tried
    again every second and fails no job. Interrupted jobs are forgotten after seven days, and beyond 1,024 of them.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, JobRecord] = {}
        self._changed: set[str] = set()
        self._file: _File | None = _File(folder) if folder else None
        self._interrupted: list[JobRecord] | None = None
        self._failing = False
        self._writer = Background(
            "journal writer", self._write, idle=_IDLE_SECONDS, retry=_RETRY_SECONDS, gather=_GATHER_SECONDS
        )

    def start(self) -> None:
        if self._file:
            self._writer.start()

    def opened(self, record: JobRecord) -> None:
        """A job was accepted; or what is known of it has changed."""
        if self._file:
            with self._lock:
                self._running[record.id] = record
                self._changed.add(record.id)
            self._writer.wake()

    def ended(self, job: str) -> None:
        """A job has ended, whether of this server or interrupted; one that is not known changes nothing."""
        if self._file:
            with self._lock:
                self._running.pop(job, None)
                self._changed.add(job)
            self._writer.wake()

    async def interrupted(self) -> list[JobRecord]:
        """The jobs that servers which live no more have left, oldest first; as they were when this one was started.

        Empty where the folder cannot be used, or has not answered within two seconds.
        """
        await self.flush()
        with self._lock:
            return list(self._interrupted or [])

    async def flush(self, timeout: float = _CLOSE_SECONDS) -> bool:
        """Has everything written now; False where that failed or took more than `timeout` seconds."""
        if self._file is None:
            return True
        done = await asyncio.to_thread(self._writer.flush, timeout)
        return done and not self._failing

    async def close(self) -> None:
        """Writes what waits, for two seconds at most. Jobs that have not ended are interrupted from now on."""
        if self._file is None:
            return
        if await asyncio.to_thread(self._writer.close, _CLOSE_SECONDS):
            self._file.close()

    def _write(self) -> bool:
        """On the writer's thread: brings the file to what is known now; whether that was possible."""
        assert self._file is not None
        with self._lock:
            changed, self._changed = self._changed, set()
            running = dict(self._running)
        try:
            self._file.write(running, changed)
            if self._interrupted is None:
                found = self._file.interrupted()
                with self._lock:
                    self._interrupted = found
        except (OSError, sqlite3.Error) as error:
            with self._lock:
                self._changed |= changed
            if not self._failing:
                logger.warning("Jobs cannot be written to %s: %s", self._file.folder, error)
            self._failing = True
            return False
        except Exception:
            logger.exception("Jobs cannot be written.")
        self._failing = False
        return True


class _File:
    """The journal's file; for one thread, which it may block."""

    def __init__(self, store: Path) -> None:
        self.folder = store / f"v{_VERSION}" / "journal"
        self._database = Database(self.folder / "journal.sqlite", _SCHEMA, _VERSION, Quarantine(store / "quarantine"))
        self._presence = Presence(self.folder)
        self._written_to: tuple[int, int] | None = None

    def write(self, running: dict[str, JobRecord], changed: set[str]) -> None:
        if not self._presence.shown:
            make_folder(self.folder)
            with guard(self.folder):
                self._presence.show()

        def change(db: sqlite3.Connection) -> None:
            # A file that is not the one written to before knows none of this server's jobs.
            known = changed if self._written_to == self._database.opened else changed | running.keys()
            if not known:
                return
            with transaction(db):
                for job in known:
                    if record := running.get(job):
                        values = (job, self._presence.name, record.created, record.model_dump_json())
                        db.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", values)
                    else:
                        db.execute("DELETE FROM jobs WHERE id = ?", (job,))

        self._database.run(change)
        self._written_to = self._database.opened

    def interrupted(self) -> list[JobRecord]:
        """The newest records of servers that live no more, oldest first; what is too old or too much is deleted."""
        with guard(self.folder):
            living = sorted(self._presence.living())
        dead = f"server NOT IN ({', '.join('?' * len(living))})"

        def select(db: sqlite3.Connection) -> list[tuple[str, str]]:
            with transaction(db):
                db.execute(f"DELETE FROM jobs WHERE {dead} AND created < ?", (*living, time.time() - _KEPT_SECONDS))
                newest = f"SELECT id FROM jobs WHERE {dead} ORDER BY created DESC LIMIT {_MOST_KEPT}"
                db.execute(f"DELETE FROM jobs WHERE {dead} AND id NOT IN ({newest})", (*living, *living))
                query = f"SELECT id, record FROM jobs WHERE {dead} ORDER BY created, id"
                return db.execute(query, living).fetchall()

        found = []
        for job, record in self._database.run(select):
            try:
                found.append(JobRecord.model_validate_json(record))
            except ValidationError:
                # Of another version of this program. It is forgotten when it is old enough.
                logger.info("The interrupted job %s cannot be read.", job)
        return found

    def close(self) -> None:
        self._database.close()
        self._presence.leave()
