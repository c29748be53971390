"""Several servers on one store: case S6."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.server.jobs.stored import (
    ONE,
    expect,
    hammer,
    index,
    left_over,
    maps,
    opened,
    output_of,
    process,
    put,
    quarantined,
    right,
    run,
    written,
)


def test_s6_one_server_reads_what_another_writes_and_evicts(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, 2 * ONE) as one, opened(tmp_path, 2 * ONE) as two:
            put(one, "a")
            assert await one.flush(30)
            assert await right(two, "a") == ["a"]
            put(two, "b", "c", "d")
            assert await two.flush(30)
            # Memory holds the last one that was used.
            assert await right(one, "c") == ["c"]
            assert await one.stored("abcd") == {"c", "d"}
            assert await right(one, *"abcd") == ["c", "d"]
        assert quarantined(tmp_path) == []

    run(test())


def test_s6_an_equal_result_of_another_server_takes_the_place_of_ours(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as one, opened(tmp_path) as two:
            put(one, "a", seconds=1.0)
            assert await one.flush(30)
            put(two, "a", seconds=2.0)
            assert await two.flush(30)
            assert await right(one, "a") == ["a"]
            assert two.stats() == (1, ONE)
        assert len(maps(tmp_path)) == 1

    run(test())


def test_s6_a_result_replaced_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        await written(tmp_path, "a")
        (old,) = maps(tmp_path)
        loop, read_bytes = asyncio.get_running_loop(), Path.read_bytes
        async with opened(tmp_path) as one, opened(tmp_path) as two:

            def replaced_before(path: Path) -> bytes:
                if path == old and path.exists():
                    put(two, "a", seconds=2.0)
                    assert asyncio.run_coroutine_threadsafe(two.flush(30), loop).result(30)
                    assert not path.exists()
                return read_bytes(path)

            monkeypatch.setattr(Path, "read_bytes", replaced_before)
            result = await one.get("a")
            assert result is not None
            assert result.info.seconds == 2.0

    run(test())


def test_s6_processes_that_hammer_one_store_leave_it_whole(tmp_path: Path) -> None:
    bound = 40 * ONE
    running = [process("hammer", tmp_path, bound, seed, 4) for seed in range(3)]
    assert all(int(output_of(one)) > 0 for one in running)
    assert left_over(tmp_path) == []
    assert quarantined(tmp_path) == []
    run(check_whole(tmp_path, bound))


def test_s6_processes_that_are_killed_leave_nothing_to_the_next_one(tmp_path: Path) -> None:
    bound = 40 * ONE
    survivor = process("hammer", tmp_path, bound, 0, 6)
    for seed in range(1, 4):
        victim = process("hammer", tmp_path, bound, seed, 60)
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("v1/servers/*.lock"))) < 2 and survivor.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.3)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    assert int(output_of(survivor)) > 0
    run(hammer(tmp_path, bound, 9, 0.2))
    assert left_over(tmp_path) == []
    assert quarantined(tmp_path) == []
    run(check_whole(tmp_path, bound))


async def check_whole(folder: Path, bound: int) -> None:
    """Every result is right, every file has its row, and the totals are those of the rows."""
    with closing(index(folder)) as db:
        rows = db.execute("SELECT key, checksum, size FROM results").fetchall()
        totals = db.execute("SELECT results, bytes FROM totals").fetchone()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert rows
    assert totals == (len(rows), sum(size for _, _, size in rows))
    assert totals[1] <= bound
    assert {path.stem for path in maps(folder)} == {found for _, found, _ in rows}
    keys = [key for key, _, _ in rows]
    await expect(folder, *keys)
