"""One SQLite file among several servers: whose damage is whose."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from attriscope.jobs.store.database import Database, is_damage, transaction
from attriscope.jobs.store.quarantine import Quarantine


def database(folder: Path) -> Database:
    return Database(folder / "a.sqlite", "CREATE TABLE words (word TEXT)", 1, Quarantine(folder / "quarantine"))


def add(db: sqlite3.Connection) -> None:
    with transaction(db):
        db.execute("INSERT INTO words VALUES ('a')")


def count(db: sqlite3.Connection) -> int:
    (found,) = db.execute("SELECT count(*) FROM words").fetchone()
    assert isinstance(found, int)
    return found


def test_s6_a_file_that_another_server_has_mended_is_not_quarantined(tmp_path: Path) -> None:
    one, two = database(tmp_path), database(tmp_path)
    one.run(add)
    failures = []

    def fail_once(db: sqlite3.Connection) -> int:
        if not failures:
            failures.append(1)
            for path in tmp_path.glob("a.sqlite*"):
                path.rename(path.with_name(f"old {path.name}"))
            for _ in range(2):
                two.run(add)
            db.execute("SELECT missing FROM words")
        return count(db)

    assert one.run(fail_once) == 2
    assert not list(tmp_path.glob("quarantine/*"))
    one.close()
    two.close()


def test_s5_a_file_found_damaged_while_in_use_is_replaced(tmp_path: Path) -> None:
    one = database(tmp_path)
    one.run(lambda db: db.execute("DROP TABLE words"))
    one.run(add)
    assert one.run(count) == 1
    assert list(tmp_path.glob("quarantine/*/a.sqlite"))
    one.close()


def test_what_is_no_damage_is_told_and_leaves_the_file(tmp_path: Path) -> None:
    one, two = database(tmp_path), database(tmp_path)
    one.run(add)

    def refused(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA query_only = 1")
        add(db)

    with pytest.raises(sqlite3.OperationalError, match="readonly") as error:
        two.run(refused)
    assert not is_damage(error.value)
    two.run(add)
    assert one.run(count) == 2
    one.close()
    two.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    one = database(tmp_path)

    def fail(db: sqlite3.Connection) -> None:
        with transaction(db):
            db.execute("INSERT INTO words VALUES ('a')")
            raise KeyError

    with pytest.raises(KeyError):
        one.run(fail)
    assert one.run(count) == 0
    one.close()
