"""A slot over a process that is made up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attriscope.jobs.errors import Refused
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Frame
from attriscope.workers.source import ExplorerSource
from tests.server.jobs.staged import description, run, settle


class StagedProcess:
    pid = 1

    def __init__(self, *_: Any, on_frame: Any, on_exit: Any, **__: Any) -> None:
        self.on_frame, self.on_exit = on_frame, on_exit

    def send(self, frame: Frame) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


def staged(monkeypatch: pytest.MonkeyPatch, on_change: Any = lambda slot: None) -> Slot:
    monkeypatch.setattr(ExplorerSource, "start", StagedProcess)
    settings = Settings(respawn_backoff=0)
    slot = Slot(ExplorerSource(name="e", path="mine.py"), "cpu", 1, settings, on_change, Metrics())
    slot.start()
    return slot


async def come(slot: Slot) -> StagedProcess:
    process: Any = slot._process
    process.on_frame(Frame("description", 0, description().model_dump(mode="json")))
    await settle(3)
    assert slot.state == "ready"
    return process  # type: ignore[no-any-return]


def test_a_worker_comes_back_however_often_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        slot = staged(monkeypatch)
        slot._losses = 1100  # of eight hours in which it ended again and again, half a minute after it was ready
        (await come(slot)).on_exit(-9)
        await settle()
        await come(slot)

    run(test)


@pytest.mark.parametrize(("cause", "ours"), [(None, False), ("reload", True), ("killed", True)])
def test_a_call_knows_whether_we_ended_its_worker(monkeypatch: pytest.MonkeyPatch, cause: Any, ours: bool) -> None:
    async def test() -> None:
        slot = staged(monkeypatch)
        process = await come(slot)
        call = asyncio.create_task(slot.call("check", {}))
        await settle(2)
        if cause is not None:
            slot.kill(cause)
        process.on_exit(-9)
        with pytest.raises(WorkerLost) as lost:
            await call
        assert (lost.value.exitcode, lost.value.ours) == (-9, ours)

    run(test)


def test_why_an_interim_answer_was_refused_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        slot = staged(monkeypatch)
        process = await come(slot)

        def on_sample(frame: Frame) -> None:
            raise Refused(503, ErrorBody(code="storage_full", message="There is no room for more samples."))

        call = asyncio.create_task(slot.call("scan", {}, on_interim=on_sample))
        await settle(2)
        process.on_frame(Frame("sample", 1))
        with pytest.raises(WorkerError) as failed:
            await call
        assert failed.value.body.code == "storage_full"

    run(test)


def test_workers_that_we_end_ourselves_come_back_as_soon_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        slot = staged(monkeypatch)
        monkeypatch.setattr(slot, "_settings", Settings(respawn_backoff=0.5))
        loop = asyncio.get_running_loop()
        later, delays = loop.call_later, []

        def call_later(delay: float, callback: Any, *arguments: Any) -> asyncio.TimerHandle:
            if callback == slot.start:
                delays.append(delay)
            return later(0, callback, *arguments)

        monkeypatch.setattr(loop, "call_later", call_later)
        for _ in range(6):
            process = await come(slot)
            slot.kill("killed")
            process.on_exit(-9)
            await settle()
        assert delays == [0.5] * 6

    run(test)
