"""The store's folder: everything in here may block."""

from __future__ import annotations

import os
import sqlite3
import time
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from attriscope.jobs.store.database import Database, transaction
from attriscope.jobs.store.locks import Presence, guard, is_held, make_folder
from attriscope.jobs.store.quarantine import Quarantine
from attriscope.jobs.store.result import Result, checksum, pack, unpack
from attriscope.workers.messages import ResultInfo

VERSION = 1
"""Of the folder's layout, the index and the files. Servers of different versions do not meet."""

_SCHEMA = """
    CREATE TABLE results (
        key TEXT PRIMARY KEY, checksum TEXT NOT NULL, info TEXT NOT NULL,
        length INTEGER NOT NULL, size INTEGER NOT NULL, used REAL NOT NULL
    );
    CREATE INDEX results_by_use ON results (used);
    CREATE TABLE totals (results INTEGER NOT NULL, bytes INTEGER NOT NULL);
    INSERT INTO totals VALUES (0, 0);
    CREATE TRIGGER results_more AFTER INSERT ON results
        BEGIN UPDATE totals SET results = results + 1, bytes = bytes + new.size; END;
    CREATE TRIGGER results_less AFTER DELETE ON results
        BEGIN UPDATE totals SET results = results - 1, bytes = bytes - old.size; END
"""
_BLOCK = 4096
_ROWS_AT_ONCE = 256
_EVICTED_AT_ONCE = 1000
_TICK = 1e-6


@dataclass(frozen=True)
class _Row:
    key: str
    checksum: str
    info: str
    length: int


@dataclass(frozen=True)
class _Staged:
    """A file that is written and not yet in its place."""

    row: _Row
    path: Path
    size: int


class Disk:
    """One thread's way into the folder. Methods raise OSError or sqlite3.Error where the disk fails.

    folder: the store's; what is ours lies below `v1` and `quarantine`.
    max_bytes: of the maps' files, in whole blocks, and their descriptions.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.root, self._folder, self._max_bytes = folder, folder / f"v{VERSION}", max_bytes
        self._maps, self._temporary = self._folder / "maps", self._folder / "temporary"
        self._quarantine = Quarantine(folder / "quarantine")
        self._database = Database(self._folder / "index.sqlite", _SCHEMA, VERSION, self._quarantine)
        self._presence = Presence(self._folder)
        self._written = 0
        self._swept: tuple[int, int] | None = None

    # --- reading ---

    def read(self, key: str) -> Result | None:
        """The result, its checksum verified. None for one that is not there, and for a damaged one, now forgotten."""
        for _ in range(3):
            rows = self._rows([key])
            if not rows:
                return None
            (row,) = rows
            result = self._load(row)
            if result is not None:
                return result
            # Another server may have evicted or replaced it between the two reads.
            if self._discard(row):
                return None
        return None

    def stored(self, keys: Iterable[str], verified_bytes: int) -> tuple[set[str], list[Result]]:
        """Which of the keys are stored, and the results that were read to make sure.

        As many as fit `verified_bytes` are read and verified; of the others the file must be there in its full size.
        """
        found, results = set(), []
        for row in self._rows(keys):
            if row.length <= verified_bytes:
                verified_bytes -= row.length
                if (result := self._load(row) or self.read(row.key)) is not None:
                    results.append(result)
                    found.add(row.key)
            elif self._length(row) == row.length:
                found.add(row.key)
            else:
                self._discard(row)
        return found, results

    def totals(self) -> tuple[int, int]:
        """How many results are stored, and their bytes."""

        def select(db: sqlite3.Connection) -> tuple[int, int]:
            count, total = db.execute("SELECT results, bytes FROM totals").fetchone()
            return count, total

        return self._database.run(select)

    # --- writing ---

    def write(self, results: Iterable[Result], used: Sequence[str]) -> None:
        """Stores the results, notes in which order others were used, evicts what is beyond the bound.

        All of it or nothing; no partial file stays. With nothing to do it still needs a disk that can be written.
        """
        self._settle()
        staged: list[_Staged] = []
        try:
            for result in results:
                staged.append(self._stage(result))
            self._database.run(lambda db: self._commit(db, staged, used))
        finally:
            for file in staged:
                with suppress(OSError):
                    file.path.unlink(missing_ok=True)

    def close(self) -> None:
        self._database.close()
        with suppress(OSError):
            self._presence.leave()

    # --- one result ---

    def _path(self, checksum: str) -> Path:
        # Not by key: two servers' files for one key never take each other's place.
        return self._maps / checksum[:2] / f"{checksum}.npz"

    def _rows(self, keys: Iterable[str]) -> list[_Row]:
        wanted = list(keys)

        def select(db: sqlite3.Connection) -> list[_Row]:
            found = []
            for start in range(0, len(wanted), _ROWS_AT_ONCE):
                some = wanted[start : start + _ROWS_AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = db.execute(f"SELECT key, checksum, info, length FROM results WHERE key IN ({marks})", some)
                found += [_Row(*row) for row in rows]
            return found

        return self._database.run(select)

    def _length(self, row: _Row) -> int:
        try:
            return self._path(row.checksum).stat().st_size
        except FileNotFoundError:
            return -1

    def _load(self, row: _Row) -> Result | None:
        """The row's result; None where its file is gone or is not what was written."""
        try:
            data = self._path(row.checksum).read_bytes()
        except FileNotFoundError:
            return None
        if checksum(row.info, data) != row.checksum:
            return None
        try:
            ResultInfo.model_validate_json(row.info)
            return Result(row.key, row.info, unpack(data))
        except (ValidationError, zipfile.BadZipFile):
            return None

    def _discard(self, row: _Row) -> bool:
        """Forgets a damaged result, its file quarantined; False where the index does not have this one any more."""

        def delete(db: sqlite3.Connection) -> bool:
            with transaction(db):
                where = (row.key, row.checksum)
                found = db.execute("DELETE FROM results WHERE key = ? AND checksum = ?", where).rowcount > 0
                if found and self._path(row.checksum).exists():
                    self._quarantine.take([self._path(row.checksum)], "its checksum is wrong")
                return found

        return self._database.run(delete)

    def _stage(self, result: Result) -> _Staged:
        info, data = result.json, pack(result.files)
        row = _Row(result.key, checksum(info, data), info, len(data))
        self._written += 1
        path = self._temporary / f"{self._presence.name}.{self._written}"
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with open(file, "wb") as out:
                out.write(data)
                out.flush()
                # Not for safety, the checksum is for that: some file systems tell of a full disk only now.
                os.fsync(out.fileno())
        except BaseException:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise
        blocks = -(-len(data) // _BLOCK) * _BLOCK
        return _Staged(row, path, blocks + len(info))

    def _commit(self, db: sqlite3.Connection, staged: list[_Staged], used: Sequence[str]) -> None:
        """Files move and rows change under one write lock: a file without a row is what a killed server has left."""
        placed: list[_Staged] = []
        try:
            with transaction(db):
                # A clock of our own: the system's may go back, and what is new would be evicted as the oldest.
                (last,) = db.execute("SELECT coalesce(max(used), 0) FROM results").fetchone()
                now = max(time.time(), last + _TICK)
                moments = [(now + place * _TICK, key) for place, key in enumerate(used)]
                db.executemany("UPDATE results SET used = ? WHERE key = ?", moments)
                now += len(moments) * _TICK
                for place, file in enumerate(staged):
                    row, path = file.row, self._path(file.row.checksum)
                    self._delete(db, "key = ?", row.key)
                    make_folder(path.parent)
                    os.replace(file.path, path)
                    placed.append(file)
                    values = (row.key, row.checksum, row.info, row.length, file.size, now + place * _TICK)
                    db.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)", values)
                self._evict(db)
        except BaseException:
            for file in placed:
                with suppress(OSError):
                    os.replace(self._path(file.row.checksum), file.path)
            raise

    def _evict(self, db: sqlite3.Connection) -> None:
        (total,) = db.execute("SELECT bytes FROM totals").fetchone()
        if total <= self._max_bytes:
            return
        query = "SELECT key, size FROM results ORDER BY used LIMIT ?"
        for key, size in db.execute(query, (_EVICTED_AT_ONCE,)).fetchall():
            self._delete(db, "key = ?", key)
            total -= size
            if total <= self._max_bytes:
                return

    def _delete(self, db: sqlite3.Connection, where: str, *values: str) -> None:
        """Rows and files, in the write lock: after it, the file's name may be another server's again."""
        for (found,) in db.execute(f"DELETE FROM results WHERE {where} RETURNING checksum", values).fetchall():
            self._path(found).unlink(missing_ok=True)

    # --- order in the folder ---

    def _settle(self) -> None:
        """Makes what is missing of the folder, and tidies up after servers that were killed."""
        for folder in (self.root, self._folder, self._maps, self._temporary):
            make_folder(folder)
        if not self._presence.shown:
            with guard(self._folder):
                self._presence.show()
                living = self._presence.living()
                for path in self._temporary.iterdir():
                    if path.name.partition(".")[0] not in living:
                        path.unlink(missing_ok=True)
            self._retire_older()
        self._database.run(lambda db: None)
        if self._swept != self._database.opened:
            # At the start, and whenever the index is another file than it was.
            self._sweep()
            self._swept = self._database.opened

    def _sweep(self) -> None:
        """Deletes the maps that the index does not know."""
        files = {path.stem: path for path in self._maps.glob("??/*.npz")}
        select = "SELECT checksum FROM results"
        if not files.keys() - self._database.run(lambda db: {row[0] for row in db.execute(select)}):
            return

        def delete(db: sqlite3.Connection) -> None:
            with transaction(db):
                for orphan in files.keys() - {row[0] for row in db.execute(select)}:
                    files[orphan].unlink(missing_ok=True)

        self._database.run(delete)

    def _retire_older(self) -> None:
        """Quarantines the folders of earlier versions that no server uses."""
        for folder in self.root.glob("v*"):
            if folder.name[1:].isdigit() and int(folder.name[1:]) < VERSION:
                locks = [*folder.glob("servers/*.lock"), *folder.glob("*/servers/*.lock")]
                if not any(is_held(lock) for lock in locks):
                    self._quarantine.take([folder], "it is of an earlier version")
