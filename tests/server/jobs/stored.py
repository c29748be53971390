"""Results whose numbers follow from their keys, so that any process can tell a wrong one; and processes that store."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np

from attriscope.jobs.store import Result, ResultStore, npy
from attriscope.jobs.store.result import pack, unpack
from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Array

SIDE = 32


def info(key: str, seconds: float = 0.1) -> ResultInfo:
    return ResultInfo(
        key=key,
        model="m",
        sample=0,
        method="saliency",
        arguments={},
        target=0,
        target_name="a",
        layer=None,
        baseline=None,
        smoothing=None,
        quantity="output",
        precision="exact",
        maps=[],
        output=float(len(key)),
        output_baseline=None,
        delta=None,
        seconds=seconds,
        notices=[],
    )


def array(values: np.ndarray) -> Array:
    return Array(str(values.dtype), values.shape, values.tobytes())


def values(key: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).normal(size=(1, SIDE, SIDE)).astype(np.float32)


def put(store: ResultStore, *keys: str, seconds: float = 0.1) -> None:
    for key in keys:
        store.put(info(key, seconds), {"image": array(values(key)), "mask": array(values(key)[:, :1])})


def is_right(key: str, result: Result) -> bool:
    found = {name: np.load(io.BytesIO(file), allow_pickle=False) for name, file in result.files.items()}
    return (
        result.info.key == key
        and result.info.output == len(key)
        and found.keys() == {"image", "mask"}
        and np.array_equal(found["image"], values(key))
        and np.array_equal(found["mask"], values(key)[:, :1])
    )


GIB = 1 << 30
MAPS = sum(len(npy(array(numbers))) for numbers in (values("a"), values("a")[:, :1]))
SIZE_IN_MEMORY = len(info("a").model_dump_json()) + MAPS
ONE = 8192 + len(info("a").model_dump_json())
"""Bytes on disk that one result of `put` with a key of one letter counts for: two blocks, and its description."""


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


async def expect(folder: Path, *keys: str) -> None:
    async with opened(folder) as store:
        assert await right(store, *keys) == list(keys)


async def hammer(folder: Path, disk_bytes: int, seed: int, seconds: float) -> None:
    """Writes and reads at random until the time is over; fails at the first wrong result."""
    chance, hits, store = random.Random(seed), 0, ResultStore(folder, disk_bytes, memory_bytes=0)
    store.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        keys = [f"key {chance.randrange(120)}" for _ in range(6)]
        found = await store.stored(keys)
        for key in keys:
            result = await store.get(key)
            assert result is None or is_right(key, result), key
            hits += result is not None
            if key not in found:
                # Every run takes another time, so that two servers' files for one key differ.
                put(store, key, seconds=chance.random())
                assert await store.get(key) is not None, key
        if chance.random() < 0.2:
            await store.flush(30)
        assert store.warning is None, store.warning
    await store.close()
    print(hits)  # noqa: T201


async def grow(folder: Path, most: int) -> None:
    """What happens once no file may be larger than `most` bytes, and after that is over."""
    import resource

    store = ResultStore(folder, 1 << 30, memory_bytes=1 << 20)
    store.start()
    put(store, "before")
    assert await store.flush(30)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    put(store, "a", "b")
    assert not await store.flush(30)
    assert store.warning is not None
    assert store.warning.code == "store_unwritable"
    assert str(folder) not in store.warning.message
    for key in ("before", "a", "b"):
        result = await store.get(key)
        assert result is not None, key
        assert is_right(key, result), key
    assert not list(folder.glob("v*/temporary/*"))
    assert len(list(folder.glob("v*/maps/*/*"))) == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await _until_written(store)


async def forbid(folder: Path) -> None:
    """What happens while the folder may not be written to, and after that is over. Root may write anywhere."""
    store = ResultStore(folder, 1 << 30, memory_bytes=0)
    store.start()
    put(store, "before")
    assert await store.flush(30)
    folders = [path for path in folder.rglob("*") if path.is_dir()]
    for path in folders:
        path.chmod(0o500)
    for path in folder.glob("v*/*"):
        if path.is_file():
            path.chmod(0o400)
    put(store, "a", "b")
    assert not await store.flush(30)
    assert store.warning is not None
    assert store.warning.code == "store_unwritable"
    for key in ("before", "a", "b"):
        result = await store.get(key)
        assert result is not None, key
        assert is_right(key, result), key
    # One that is started now reads what is there.
    other = ResultStore(folder, 1 << 30, memory_bytes=0)
    other.start()
    assert not await other.flush(30)
    assert other.warning is not None
    result = await other.get("before")
    assert result is not None
    assert is_right("before", result)
    assert await other.stored(["before", "a"]) == {"before"}
    await other.close()
    for path in folders:
        path.chmod(0o700)
    for path in folder.glob("v*/*"):
        if path.is_file():
            path.chmod(0o600)
    await _until_written(store)
    # The same with nobody who writes, where SQLite's files beside the index are gone.
    for path in folders:
        path.chmod(0o500)
    (folder / "v1" / "guard.lock").chmod(0o400)
    other = ResultStore(folder, 1 << 30, memory_bytes=0)
    other.start()
    assert await other.stored(["before", "a", "b", "c"]) == {"before", "a", "b"}
    await other.close()
    for path in folders:
        path.chmod(0o700)
    (folder / "v1" / "guard.lock").chmod(0o600)


async def _until_written(store: ResultStore) -> None:
    """By itself, with nothing new to write."""
    end = time.monotonic() + 30
    while store.warning is not None or store.stats()[0] < 3:
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    assert await store.flush(30)
    await store.close()


def process(what: str, *arguments: object) -> subprocess.Popen[str]:
    """One of the functions above in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "tests.server.jobs.stored", what, *map(str, arguments)]
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root), str(root / "server")])
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(running: subprocess.Popen[str]) -> str:
    output, _ = running.communicate(timeout=120)
    assert running.returncode == 0, output
    return output


def main() -> None:
    what, folder, *numbers = sys.argv[1:]
    if what == "hammer":
        asyncio.run(hammer(Path(folder), int(numbers[0]), int(numbers[1]), float(numbers[2])))
    elif what == "grow":
        asyncio.run(grow(Path(folder), int(numbers[0])))
    elif what == "forbid":
        if os.geteuid() == 0:
            # What zipfile imports when it is first used may lie where only root reads.
            unpack(pack({"a": b""}))
            os.chown(folder, 65534, 65534)
            os.setuid(65534)
        asyncio.run(forbid(Path(folder)))


if __name__ == "__main__":
    main()
