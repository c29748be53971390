"""Predictions over a worker that is made up."""

from __future__ import annotations

from typing import Any

import pytest

from attriscope.jobs.slot import WorkerLost
from attriscope.workers.protocol import Frame
from tests.server.jobs.staged import Stage, StagedSlot, run, settle


async def predicting(stage: Stage, count: int = 3) -> StagedSlot:
    """The worker that is asked for the predictions of `count` samples."""
    host = stage.hosts["e"]
    for record in host.table.first(count):
        record.predictions.clear()
    host.pool.wake()
    await settle()
    return stage.slots[0]


def open_calls(slot: StagedSlot) -> list[Any]:
    return [call for call in slot.calls if call[0] == "predict" and not call[2].done()]


@pytest.mark.parametrize("count", [1, 3])
def test_samples_whose_workers_we_ended_are_predicted_together_by_the_next(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        slot = await predicting(stage, count)
        for _ in range(4):
            slot.set("recovering")
            slot.fail(WorkerLost(-9, ours=True))
            await settle()
            slot.come()
            await settle()
        assert [call[1]["count"] for call in open_calls(slot)] == [count]
        assert not any(record.errors for record in stage.hosts["e"].table)

    run(test)


def test_an_answer_that_cannot_be_read_is_a_failure_and_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        slot = await predicting(stage)
        for _ in range(20):
            for call in open_calls(slot):
                call[2].set_result(Frame("reply", 0, {"predictions": [], "reaching": []}))
            await settle()
        assert [call[1]["count"] for call in slot.calls] == [3, 1, 1, 1]
        assert [record.errors["m"].code for record in stage.hosts["e"].table.first(3)] == ["internal"] * 3

    run(test)
