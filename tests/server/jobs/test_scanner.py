"""Reading a dataset by workers that are made up."""

from __future__ import annotations

import asyncio

import pytest

from attriscope.jobs.slot import WorkerLost
from attriscope.workers.messages import ErrorBody
from tests.server.jobs.staged import Stage, run, settle


def test_reading_goes_on_once_a_worker_could_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        host.table.clear()
        host.pool.wake()
        await settle()
        (slot,) = stage.slots
        slot.error = ErrorBody(code="load_failed", message="The disk was full.")
        slot.set("failed")
        host.scanner.want(3)
        await settle()
        assert host.scanner.state == "failed"
        # Unloaded when nobody used it; by the next use the reason has gone.
        host.pool.unload()
        host.pool.wake()
        await settle()
        assert (host.state, host.scanner.state, host.scanner.error) == ("ready", "scanning", None)
        assert [call[0] for call in stage.slots[-1].calls] == ["scan"]

    run(test)


def test_a_reader_that_we_ended_is_not_the_datasets_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        host.table.clear()
        host.scanner.want(3)
        for _ in range(3):
            await settle()
            stage.slots[0].fail(WorkerLost(-9, ours=True))
            await asyncio.sleep(0.15)
        assert host.scanner.state == "scanning"
        for _ in range(2):
            stage.slots[0].fail(WorkerLost(-9))
            await asyncio.sleep(0.15)
        assert host.scanner.state == "failed"

    run(test)
