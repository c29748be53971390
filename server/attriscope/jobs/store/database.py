"""An SQLite file that several servers share, and that may be damaged, replaced or taken away at any time."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from attriscope.jobs.store.locks import guard, identity, make_folder
from attriscope.jobs.store.quarantine import Quarantine

T = TypeVar("T")
_APPLICATION = 0x61747472
_BUSY_SECONDS = 10.0
_CACHE_KIB = 256
"""Of each connection; SQLite's own 2 MiB would hold for each what the system's cache holds once."""
# Primary result codes; SQLITE_ERROR is what a missing table or column gives.
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """One connection, for one thread at a time.

    A file that is no database, or of another version, is quarantined and an empty one made in its place.
    `opened` is the identity of the file that was last in use.
    """

    def __init__(self, path: Path, schema: str, version: int, quarantine: Quarantine) -> None:
        self._path, self._schema, self._version, self._quarantine = path, schema, version, quarantine
        self._connection: sqlite3.Connection | None = None
        self.opened: tuple[int, int] | None = None
        self._damaged: tuple[int, int] | None = None

    def run(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """`operation` on the file as it is now; once more, on an empty one, where it proves damaged.

        A folder that cannot be written to can still be read. Raises OSError or sqlite3.Error where the file cannot be
        used.
        """
        try:
            return operation(self._open())
        except sqlite3.Error as error:
            self._note(error)
            self.close()
            if self._damaged is None:
                raise
        return operation(self._open())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _note(self, error: sqlite3.Error) -> None:
        if is_damage(error):
            self._damaged = self.opened

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self.opened == identity(self._path):
            return self._connection
        self.close()
        try:
            self._connection = self._open_guarded()
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            # What is there can be read all the same; `opened` says that the next call is to try again.
            self.opened, self._connection = None, self._connect_read_only()
        return self._connection

    def _open_guarded(self) -> sqlite3.Connection:
        make_folder(self._path.parent)
        with guard(self._path.parent):
            # Under the guard the file that was found damaged may be another server's new one by now.
            if self._damaged is not None and self._damaged == identity(self._path):
                self._set_aside("it was damaged")
            self._damaged = None
            try:
                connection = self._connect()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._set_aside("it was no database of this version")
                connection = self._connect()
            self.opened = identity(self._path)
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        try:
            return self._connect_as("mode=ro")
        except sqlite3.OperationalError:
            # WAL wants files beside it. Without them nobody is writing: the file may be taken as it is.
            return self._connect_as("mode=ro&immutable=1")

    def _connect_as(self, parameters: str) -> sqlite3.Connection:
        address = f"file:{quote(str(self._path))}?{parameters}"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            if _marks(connection) != (_APPLICATION, self._version):
                raise sqlite3.DatabaseError("the index is of another version")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # Where the file system cannot do WAL, SQLite answers with the mode it uses instead; that is safe too.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA journal_size_limit = {4 << 20}")
            (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            marks = _marks(connection)
            if count == 0 and marks == (0, 0):
                connection.executescript(
                    f"BEGIN IMMEDIATE; {self._schema}; PRAGMA application_id = {_APPLICATION};"
                    f"PRAGMA user_version = {self._version}; COMMIT"
                )
            elif marks != (_APPLICATION, self._version):
                error = sqlite3.DatabaseError(f"version {marks}")
                error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
                raise error
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self, reason: str) -> None:
        names = [self._path.name + ending for ending in ("", "-wal", "-shm", "-journal")]
        self._quarantine.take([self._path.with_name(name) for name in names], reason)


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Which program's file this is, and of which version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A write transaction: one at a time among all servers, all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
