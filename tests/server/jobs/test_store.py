"""The store: what it keeps, for how long, and what becomes of it when the disk or another server misbehaves."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attriscope.jobs.store import ResultStore, npy
from attriscope.jobs.store.result import checksum, pack, unpack
from tests.server.jobs.stored import array, hammer, info, is_right, output_of, process, put, values

GIB = 1 << 30
ONE = 8192 + len(info("a").model_dump_json())
"""Bytes on disk that one result of `put` with a key of one letter counts for: two blocks, and its description."""

Opened = Callable[..., Any]


@asynccontextmanager
async def opened(folder: Path | None, disk_bytes: int = GIB, memory_bytes: int = 0) -> AsyncIterator[ResultStore]:
    store = ResultStore(folder, disk_bytes, memory_bytes)
    store.start()
    try:
        yield store
    finally:
        await store.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 120))


async def written(folder: Path, *keys: str, disk_bytes: int = GIB) -> None:
    async with opened(folder, disk_bytes) as store:
        put(store, *keys)
        assert await store.flush(30)


async def right(store: ResultStore, *keys: str) -> list[str]:
    """Those of the keys that are there; fails where one is wrong."""
    found = []
    for key in keys:
        result = await store.get(key)
        if result is not None:
            assert is_right(key, result)
            found.append(key)
    return found


def maps(folder: Path) -> list[Path]:
    return sorted(folder.glob("v1/maps/*/*"))


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob("v1/temporary/*"), *folder.glob("v1/servers/*")]


def quarantined(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("quarantine/*/*"))


def index(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "v1" / "index.sqlite", isolation_level=None)


# --- forms ---


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_npy_is_what_numpy_reads(dtype: str) -> None:
    numbers = np.arange(24).reshape(2, 3, 4).astype(dtype)
    read = np.load(io.BytesIO(npy(array(numbers))), allow_pickle=False)
    assert read.dtype == numbers.dtype
    np.testing.assert_array_equal(read, numbers)


def test_a_file_on_disk_is_what_numpy_reads() -> None:
    files = {"image": npy(array(values("a"))), "ü b": npy(array(np.zeros((0, 3), dtype=np.uint8)))}
    with np.load(io.BytesIO(pack(files)), allow_pickle=False) as read:
        np.testing.assert_array_equal(read["image"], values("a"))
        assert read["ü b"].shape == (0, 3)
    assert unpack(pack(files)) == files
    assert pack(files) == pack(dict(files))
    assert unpack(pack({})) == {}


def test_the_checksum_covers_the_description_and_the_numbers() -> None:
    sums = {checksum("ab", b"c"), checksum("a", b"bc"), checksum("ab", b"d"), checksum("a\0", b"c")}
    assert len(sums) == 4


# --- memory ---


def test_without_a_folder_the_least_recently_used_goes_first() -> None:
    async def test() -> None:
        async with opened(None, memory_bytes=-(-2 * SIZE_IN_MEMORY // 64)) as store:
            put(store, "a", "b")
            assert await right(store, "a") == ["a"]
            put(store, "c")
            assert await store.stored("abc") == {"a", "c"}
            for _ in range(5):
                put(store, "c")
            assert await right(store, "a", "b", "c") == ["a", "c"]
            assert store.stats() == (2, 2 * SIZE_IN_MEMORY)

    run(test())


def test_a_result_larger_than_memory_is_still_delivered() -> None:
    async def test() -> None:
        async with opened(None, memory_bytes=0) as store:
            put(store, "a")
            assert await right(store, "a") == ["a"]

    run(test())


def test_what_was_read_stays_in_memory_up_to_its_bound(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, *"abc")
        size = 2 * SIZE_IN_MEMORY
        async with opened(tmp_path, memory_bytes=size) as store:
            assert await right(store, *"abc") == list("abc")
            assert [store.in_memory(key) for key in "abc"] == [False, True, True]
            assert await store.stored("abc") == set("abc")

    run(test())


MAPS = sum(len(npy(array(numbers))) for numbers in (values("a"), values("a")[:, :1]))
SIZE_IN_MEMORY = len(info("a").model_dump_json()) + MAPS


def test_a_result_can_be_read_before_anything_is_written(tmp_path: Path) -> None:
    async def test() -> None:
        store = ResultStore(tmp_path / "store", GIB, 0)
        put(store, "a")
        assert store.in_memory("a")
        assert await store.stored(["a", "b"]) == {"a"}
        assert await right(store, "a") == ["a"]
        store.start()
        await store.close()
        async with opened(tmp_path / "store") as again:
            assert await right(again, "a") == ["a"]

    run(test())


def test_making_a_store_touches_no_disk(tmp_path: Path) -> None:
    ResultStore(tmp_path / "store", GIB, 0)
    assert not (tmp_path / "store").exists()


def test_no_disk_space_is_no_folder(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path / "store", disk_bytes=0, memory_bytes=1 << 20) as store:
            put(store, "a")
            assert await right(store, "a") == ["a"]
        assert not (tmp_path / "store").exists()

    run(test())


# --- disk ---


def test_results_survive_a_restart_and_nothing_else_is_left(tmp_path: Path) -> None:
    async def test() -> None:
        folder = tmp_path / "deep" / "store"
        keys = [*"abc", "../../etc/passwd", "x" * 5000, "ключ"]
        await written(folder, *keys)
        async with opened(folder) as store:
            assert await store.stored([*keys, "unknown"]) == set(keys)
            assert await right(store, *keys) == keys
            assert await store.get("unknown") is None
            assert await store.flush(30)
            assert store.stats()[0] == 6
        assert left_over(folder) == []
        assert len(maps(folder)) == 6
        made = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        assert {path.stat().st_mode & 0o777 for path in made} == {0o700}
        assert {path.stat().st_mode & 0o777 for path in maps(folder)} == {0o600}

    run(test())


def test_a_folder_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    run(written(tmp_path, "a"))
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_the_least_recently_used_is_evicted_from_disk_first(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, disk_bytes=3 * ONE) as store:
            for key in "abc":
                put(store, key)
                assert await store.flush(30)
            assert await store.stored("ab") == {"a", "b"}
            assert await right(store, "a") == ["a"]
            put(store, "d")
            assert await store.flush(30)
            assert await store.stored("abcd") == {"a", "b", "d"}
            assert store.stats() == (3, 3 * ONE)
            put(store, "e")
            assert await store.flush(30)
        async with opened(tmp_path, disk_bytes=3 * ONE) as store:
            assert len(await store.stored("abcde")) == 3
            assert "c" not in await store.stored("abcde")
        assert len(maps(tmp_path)) == 3

    run(test())


def test_use_is_remembered_over_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, *"abc")
        async with opened(tmp_path, disk_bytes=3 * ONE) as store:
            assert await right(store, "a") == ["a"]
        async with opened(tmp_path, disk_bytes=3 * ONE) as store:
            put(store, "d")
            assert await store.flush(30)
            assert await store.stored("abcd") == {"a", "c", "d"}

    run(test())


def test_a_clock_that_goes_back_does_not_evict_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        await written(tmp_path, *"abc")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now - 3600)
        await written(tmp_path, "d", disk_bytes=3 * ONE)
        async with opened(tmp_path) as store:
            assert await store.stored("abcd") == {"b", "c", "d"}

    run(test())


def test_a_smaller_bound_evicts_what_is_there(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, *"abcdef")
        async with opened(tmp_path, disk_bytes=2 * ONE) as store:
            assert await store.flush(30)
            assert await store.stored("abcdef") == {"e", "f"}
        assert len(maps(tmp_path)) == 2

    run(test())


def test_a_result_larger_than_the_disk_bound_stays_in_memory(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, disk_bytes=1000, memory_bytes=1 << 20) as store:
            put(store, "a")
            assert await store.flush(30)
            assert store.warning is None
            assert await right(store, "a") == ["a"]
        assert maps(tmp_path) == []

    run(test())


def test_what_a_killed_server_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as living:
            put(living, "a")
            assert await living.flush(30)
            (lock,) = tmp_path.glob("v1/servers/*.lock")
            mine = tmp_path / "v1" / "temporary" / f"{lock.stem}.99"
            dead = tmp_path / "v1" / "temporary" / "0123456789abcdef.1"
            orphan = maps(tmp_path)[0].with_name("f" * 64 + ".npz")
            (tmp_path / "v1" / "servers" / "0123456789abcdef.lock").touch()
            for path in (mine, dead, orphan):
                path.write_bytes(b"half")
            async with opened(tmp_path) as other:
                assert await other.flush(30)
                assert await right(other, "a") == ["a"]
                assert [path.exists() for path in (mine, dead, orphan)] == [True, False, False]
                assert len(list(tmp_path.glob("v1/servers/*.lock"))) == 2

    run(test())


# --- S4: a disk that cannot be written ---


def test_s4_a_full_disk_delivers_from_memory_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        told: list[str | None] = []
        async with opened(tmp_path) as store:
            store.listen(lambda: told.append(store.warning and store.warning.code))
            put(store, "a")
            assert await store.flush(30)
            with monkeypatch.context() as full:

                def fsync(file: int) -> None:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

                full.setattr(os, "fsync", fsync)
                put(store, *"bcd")
                assert not await store.flush(30)
                assert store.warning is not None
                assert store.warning.params == {"reason": os.strerror(errno.ENOSPC)}
                assert await right(store, *"abcd") == list("abcd")
                assert await store.stored("abcd") == set("abcd")
                assert list(tmp_path.glob("v1/temporary/*")) == []
                assert len(maps(tmp_path)) == 1
                assert store.stats()[0] == 4
            assert await store.flush(30)
            assert store.warning is None
            assert told == ["store_unwritable", None]
        async with opened(tmp_path) as store:
            assert await right(store, *"abcd") == list("abcd")

    run(test())


@pytest.mark.parametrize("most", [0, 5000])
def test_s4_no_file_can_grow(tmp_path: Path, most: int) -> None:
    output_of(process("grow", tmp_path, most))
    assert left_over(tmp_path) == []
    assert quarantined(tmp_path) == []
    run(expect(tmp_path, "before", "a", "b"))


def test_s4_a_folder_that_may_not_be_written_to() -> None:
    # Not below tmp_path, which only its owner may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        output_of(process("forbid", folder))
        assert left_over(folder) == []
        run(expect(folder, "before", "a", "b"))


async def expect(folder: Path, *keys: str) -> None:
    async with opened(folder) as store:
        assert await right(store, *keys) == list(keys)


def test_s4_a_folder_that_cannot_be_made_until_it_can(tmp_path: Path) -> None:
    async def test() -> None:
        blocked = tmp_path / "store"
        blocked.write_text("a file")
        async with opened(blocked) as store:
            put(store, "a")
            assert not await store.flush(30)
            assert store.warning is not None
            assert await right(store, "a", "b") == ["a"]
            blocked.unlink()
            assert await store.flush(30)
            assert store.warning is None
        await expect(blocked, "a")

    run(test())


def test_s4_a_folder_that_vanishes_is_made_again(tmp_path: Path) -> None:
    async def test() -> None:
        folder = tmp_path / "store"
        async with opened(folder) as store:
            # Memory holds the last one.
            put(store, "a", "x")
            assert await store.flush(30)
            shutil.rmtree(folder)
            assert await store.stored(["a"]) == set()
            put(store, "b")
            assert await store.flush(30)
            assert store.warning is None
            assert len(list(folder.glob("v1/servers/*.lock"))) == 1
        await expect(folder, "b")

    run(test())


def test_s4_unwritten_results_are_bounded_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        monkeypatch.setattr("attriscope.jobs.store.results._UNWRITTEN_BYTES", 3 * SIZE_IN_MEMORY)
        (tmp_path / "v1").write_text("a file")
        async with opened(tmp_path) as store:
            put(store, *"abc")
            # Reading does not make it newer: what was read is what can be spared.
            assert await right(store, "a") == ["a"]
            put(store, "d")
            assert await right(store, *"abcd") == list("bcd")

    run(test())


def test_a_result_that_cannot_be_packed_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        def refuse(files: dict[str, bytes]) -> bytes:
            raise ValueError("no")

        async with opened(tmp_path, memory_bytes=1 << 20) as store:
            with monkeypatch.context() as broken:
                broken.setattr("attriscope.jobs.store.disk.pack", refuse)
                put(store, "a")
                assert await store.flush(30)
            put(store, "b")
            assert await store.flush(30)
            assert await right(store, "a", "b") == ["a", "b"]
        async with opened(tmp_path) as store:
            assert await right(store, "a", "b") == ["b"]

    run(test())


# --- S5: files that are not what was written ---


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("harm", [flip, cut, empty, lengthen, Path.unlink])
@pytest.mark.parametrize("asked", ["get", "stored"])
def test_s5_a_damaged_file_is_a_miss_and_is_computed_again(
    tmp_path: Path, harm: Callable[[Path], None], asked: str
) -> None:
    async def test() -> None:
        await written(tmp_path, "a")
        (path,) = maps(tmp_path)
        harm(path)
        async with opened(tmp_path, memory_bytes=1 << 20) as store:
            if asked == "get":
                assert await store.get("a") is None
            assert await store.stored(["a"]) == set()
            assert await store.get("a") is None
            assert quarantined(tmp_path) == ([] if harm == Path.unlink else [path.name])
            put(store, "a")
            assert await store.flush(30)
            assert store.stats() == (1, ONE)
        await expect(tmp_path, "a")

    run(test())


def test_s5_what_is_too_much_to_verify_at_once_is_looked_at_at_least(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, *"abcd")
        with closing(index(tmp_path)) as db:
            sums = dict(db.execute("SELECT key, checksum FROM results"))
        paths = {key: tmp_path / "v1" / "maps" / found[:2] / f"{found}.npz" for key, found in sums.items()}
        flip(paths["a"])
        cut(paths["b"])
        paths["c"].unlink()
        async with opened(tmp_path, memory_bytes=0) as store:
            assert await store.stored("abcd") == {"a", "d"}
            # The page is told that there is none, and the next request computes it.
            assert await right(store, *"abcd") == ["d"]
            assert await store.stored("abcd") == {"d"}

    run(test())


def test_s5_a_wrong_number_in_the_index_is_noticed(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, "a", "b")
        with closing(index(tmp_path)) as db:
            db.execute("UPDATE results SET info = replace(info, '\"output\":1.0', '\"output\":2.0') WHERE key = 'a'")
            assert db.execute("SELECT changes()").fetchone() == (1,)
        async with opened(tmp_path) as store:
            assert await right(store, "a", "b") == ["b"]

    run(test())


def test_s5_a_description_of_another_version_is_a_miss(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, "a", "b")
        with closing(index(tmp_path)) as db:
            old = '{"key": "a", "model": "m"}'
            data = pack({"image": npy(array(values("a")))})
            found = checksum(old, data)
            path = tmp_path / "v1" / "maps" / found[:2] / f"{found}.npz"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            row = (found, old, len(data))
            db.execute("UPDATE results SET checksum = ?, info = ?, length = ? WHERE key = 'a'", row)
        async with opened(tmp_path) as store:
            assert await right(store, "a", "b") == ["b"]

    run(test())


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 0")


def other_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE results (key)")


def no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE results")


@pytest.mark.parametrize(
    ("harm", "running"),
    [
        *((harm, False) for harm in (garbage, half, other_version, other_program, no_table)),
        *((harm, True) for harm in (garbage, half, other_program, no_table)),
    ],
)
def test_s5_a_damaged_index_is_quarantined_and_filled_again(
    tmp_path: Path, harm: Callable[[Path], None], running: bool
) -> None:
    async def test() -> None:
        path = tmp_path / "v1" / "index.sqlite"
        await written(tmp_path, "a", "b")
        if not running:
            harm(path)
        async with opened(tmp_path) as store:
            if running:
                assert await right(store, "a") == ["a"]
                assert await store.flush(30)
                await asyncio.to_thread(harm, path)
            await store.stored(["a", "b"])
            put(store, "c")
            assert await store.flush(30)
            assert store.warning is None
            assert await right(store, "c") == ["c"]
            put(store, "a")
        await expect(tmp_path, "a", "c")
        assert left_over(tmp_path) == []
        with closing(index(tmp_path)) as db:
            known = {row[0] for row in db.execute("SELECT checksum FROM results")}
        assert known == {path.stem for path in maps(tmp_path)}
        if not running:
            assert "index.sqlite" in quarantined(tmp_path)

    run(test())


def test_s5_two_servers_quarantine_an_index_once(tmp_path: Path) -> None:
    async def test() -> None:
        await written(tmp_path, "a")
        garbage(tmp_path / "v1" / "index.sqlite")
        async with opened(tmp_path) as one, opened(tmp_path) as two:
            put(one, "b")
            put(two, "c")
            assert await one.flush(30)
            assert await two.flush(30)
            assert await right(one, *"abc") == ["b", "c"]
            assert await right(two, *"abc") == ["b", "c"]
        assert quarantined(tmp_path).count("index.sqlite") == 1

    run(test())


def test_s5_folders_of_earlier_versions_are_moved_aside_unless_in_use(tmp_path: Path) -> None:
    async def test() -> None:
        (tmp_path / "v0").mkdir()
        (tmp_path / "v0" / "old").write_bytes(b"old")
        (tmp_path / "v2").mkdir()
        await written(tmp_path, "a")
        assert quarantined(tmp_path) == ["v0"]
        assert (tmp_path / "v2").exists()
        from attriscope.jobs.store.locks import Presence

        (tmp_path / "v0").mkdir()
        presence = Presence(tmp_path / "v0")
        presence.show()
        await written(tmp_path, "b")
        assert (tmp_path / "v0").exists()
        presence.leave()

    run(test())


def test_s5_the_quarantine_is_bounded(tmp_path: Path) -> None:
    async def test() -> None:
        keys = [f"key {number}" for number in range(12)]
        await written(tmp_path, *keys)
        for path in maps(tmp_path):
            flip(path)
        async with opened(tmp_path) as store:
            assert await right(store, *keys) == []
        assert len(quarantined(tmp_path)) == 8

    run(test())


# --- S6: several servers ---


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
