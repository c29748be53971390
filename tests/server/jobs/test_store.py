"""The store: what it keeps, where, and for how long."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest

from attriscope.jobs.store import ResultStore, npy
from attriscope.jobs.store.result import checksum, pack, unpack
from tests.server.jobs.stored import (
    GIB,
    ONE,
    SIZE_IN_MEMORY,
    array,
    left_over,
    maps,
    opened,
    put,
    right,
    run,
    values,
    written,
)

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
