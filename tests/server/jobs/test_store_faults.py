"""The store on a disk that cannot be written, and with files that are not what was written: cases S4 and S5."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from attriscope.jobs.store import npy
from attriscope.jobs.store.locks import Presence
from attriscope.jobs.store.result import checksum, pack
from tests.server.jobs.stored import (
    ONE,
    SIZE_IN_MEMORY,
    array,
    expect,
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
    values,
    written,
)

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
