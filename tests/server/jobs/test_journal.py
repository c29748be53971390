"""The journal: which jobs a server that is started finds interrupted."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from attriscope.jobs.journal import JobRecord, Journal, RecordItem
from attriscope.workers.messages import AttributionRequest

ROOT = Path(__file__).parents[3]


def record(job: str, session: str = "me", created: float | None = None) -> JobRecord:
    request = AttributionRequest(explorer="e", model="m", samples=[0, 1], method="saliency", arguments={"x": 1.5})
    items = [
        RecordItem(sample=0, target=3, target_name="cat", key="k0"),
        RecordItem(sample=1, target=None, target_name=None, key=None),
    ]
    created = time.time() if created is None else created
    return JobRecord(id=job, session=session, request=request, items=items, created=created)


@asynccontextmanager
async def opened(folder: Path | None) -> AsyncIterator[Journal]:
    journal = Journal(folder)
    journal.start()
    try:
        yield journal
    finally:
        await journal.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 120))


async def names(folder: Path) -> list[str]:
    async with opened(folder) as journal:
        return [found.id for found in await journal.interrupted()]


def test_q10_jobs_that_had_not_ended_are_interrupted_after_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        first, second = record("a", "me"), record("b", "you")
        async with opened(tmp_path) as journal:
            assert await journal.interrupted() == []
            for job in (first, record("c"), second):
                journal.opened(job)
            journal.ended("c")
            # They run; they are not interrupted.
            assert await journal.interrupted() == []
        async with opened(tmp_path) as journal:
            assert await journal.interrupted() == [first, second]
            journal.ended("a")
        assert await names(tmp_path) == ["b"]
        assert await names(tmp_path) == ["b"]

    run(test())


KILLED = """
import asyncio, sys
from pathlib import Path
from attriscope.jobs.journal import Journal
from tests.server.jobs.test_journal import record

async def main():
    journal = Journal(Path(sys.argv[1]))
    journal.start()
    journal.opened(record("queued", "session of the killed"))
    journal.opened(record("ended"))
    journal.ended("ended")
    assert await journal.flush(30)
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_q10_a_killed_servers_jobs_are_interrupted_and_a_living_ones_are_not(tmp_path: Path) -> None:
    async def check() -> None:
        async with opened(tmp_path) as other:
            other.opened(record("of another server"))
            assert await other.flush(30)
            async with opened(tmp_path) as journal:
                assert await journal.interrupted() == []
            process.send_signal(signal.SIGKILL)
            process.wait(30)
            async with opened(tmp_path) as journal:
                (found,) = await journal.interrupted()
                assert (found.id, found.session) == ("queued", "session of the killed")
        assert sorted(await names(tmp_path)) == ["of another server", "queued"]

    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            run(check())
        finally:
            process.kill()


def test_a_job_that_is_told_again_is_remembered_as_told_last(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as journal:
            journal.opened(record("a", "old"))
            assert await journal.flush(30)
            journal.opened(record("a", "new"))
        async with opened(tmp_path) as journal:
            assert [found.session for found in await journal.interrupted()] == ["new"]

    run(test())


def test_old_interrupted_jobs_are_forgotten_and_the_others_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        monkeypatch.setattr("attriscope.jobs.journal._MOST_KEPT", 3)
        now, day = time.time(), 24 * 3600
        async with opened(tmp_path) as journal:
            journal.opened(record("too old", created=now - 8 * day))
            for days in range(5):
                journal.opened(record(f"{days} days", created=now - days * day))
        assert await names(tmp_path) == ["2 days", "1 days", "0 days"]
        with closing(sqlite3.connect(tmp_path / "v1" / "journal" / "journal.sqlite")) as db:
            assert db.execute("SELECT count(*) FROM jobs").fetchone() == (3,)

    run(test())


def test_a_living_servers_old_jobs_are_kept(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as journal:
            journal.opened(record("old", created=time.time() - 6.9 * 24 * 3600))
            journal.opened(record("older", created=time.time() - 8 * 24 * 3600))
            assert await journal.flush(30)
            assert await names(tmp_path) == []
            with closing(sqlite3.connect(tmp_path / "v1" / "journal" / "journal.sqlite")) as db:
                assert db.execute("SELECT count(*) FROM jobs").fetchone() == (2,)
        assert await names(tmp_path) == ["old"]

    run(test())


def test_a_record_of_another_version_is_passed_over(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as journal:
            journal.opened(record("a"))
            journal.opened(record("b"))
        with closing(sqlite3.connect(tmp_path / "v1" / "journal" / "journal.sqlite", isolation_level=None)) as db:
            db.execute("UPDATE jobs SET record = '{\"id\": \"a\"}' WHERE id = 'a'")
        assert await names(tmp_path) == ["b"]

    run(test())


def test_s5_a_journal_that_is_no_database_is_quarantined(tmp_path: Path) -> None:
    async def test() -> None:
        path = tmp_path / "v1" / "journal" / "journal.sqlite"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"garbage" * 1000)
        async with opened(tmp_path) as journal:
            assert await journal.interrupted() == []
            journal.opened(record("a"))
        assert await names(tmp_path) == ["a"]
        assert [found.name for found in tmp_path.glob("quarantine/*/*")] == ["journal.sqlite"]

    run(test())


def test_s4_a_journal_that_cannot_be_written_catches_up_once_it_can(tmp_path: Path) -> None:
    async def test() -> None:
        folder = tmp_path / "store"
        folder.write_text("a file")
        async with opened(folder) as journal:
            assert await journal.interrupted() == []
            for job in "abc":
                journal.opened(record(job))
            journal.ended("b")
            assert not await journal.flush(30)
            folder.unlink()
            assert await journal.flush(30)
        assert sorted(await names(folder)) == ["a", "c"]

    run(test())


def test_s4_a_journal_that_vanishes_is_written_again(tmp_path: Path) -> None:
    async def test() -> None:
        folder = tmp_path / "store"
        async with opened(folder) as journal:
            journal.opened(record("a"))
            assert await journal.flush(30)
            shutil.rmtree(folder)
            journal.opened(record("b"))
            assert await journal.flush(30)
            # It is known to live all the same.
            assert await names(folder) == []
        assert sorted(await names(folder)) == ["a", "b"]

    run(test())


def test_without_a_folder_nothing_is_remembered() -> None:
    async def test() -> None:
        async with opened(None) as journal:
            journal.opened(record("a"))
            journal.ended("b")
            assert await journal.flush()
            assert await journal.interrupted() == []

    run(test())
