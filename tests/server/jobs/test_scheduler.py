"""Who computes what, over workers that are made up."""

from __future__ import annotations

import asyncio

import pytest

from attriscope.jobs.slot import WorkerLost
from tests.server.jobs.staged import Stage, fill, run, settle


def test_work_whose_explorer_was_unloaded_while_it_was_admitted_is_computed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        asked = stage.store.stored

        async def stored(keys: list[str]) -> set[str]:
            # Another explorer needs the memory, just while the disk is asked.
            assert not host.pool.in_use
            host.pool.unload()
            return await asked(keys)

        monkeypatch.setattr(stage.store, "stored", stored)
        job = await stage.submit()
        await settle()
        stage.slots[-1].finish()
        await settle()
        assert job.state == "done"

    run(test)


def test_equal_keys_of_two_explorers_are_computed_by_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, "a", "b")
        first = await stage.submit("one", explorer="a")
        bulk = await stage.submit("two", (1, 2), explorer="a", priority="bulk")
        other = await stage.submit("three", (2, 1), explorer="b")
        await settle()
        on_a, on_b = stage.slots
        # No worker of a is there now: what b is asked for must not wait for it.
        on_a.set("recovering")
        on_a.fail(WorkerLost(-9))
        for _ in range(2):
            await settle()
            on_b.finish()
        await settle()
        assert other.state == "done"
        on_a.come()
        for _ in range(6):
            await settle()
            if on_a.attributing:
                on_a.finish()
        assert (first.state, bulk.state) == ("done", "done")

    run(test)


def test_a_key_asked_of_the_explorer_as_it_is_now_is_not_that_of_a_run_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        before = await stage.submit("one", (3,))
        await settle()
        (old,) = stage.slots
        # Another dataset: what was sample 3 is sample 0 now. The model and so the key are the same.
        monkeypatch.setattr(type(old), "fingerprint", "new")
        old_end = old.close
        monkeypatch.setattr(old, "close", settle)
        host.reload()
        await settle()
        fill(host, prefix="x")
        fill_first = host.table[0].info.model_copy(update={"sha256": "s3"})
        host.table[0].info = fill_first
        after = await stage.submit("two", (0,))
        await old_end()
        await settle()
        new = stage.slots[-1]
        assert [item["sample"] for item in new.attributing[0][1]["items"]] == [0]
        new.finish()
        await settle()
        assert (before.error and before.error.code, after.state) == ("explorer_replaced", "done")

    run(test)


def test_a_worker_that_we_ended_costs_its_work_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        job = await stage.submit()
        for _ in range(5):
            await settle()
            (slot,) = stage.slots
            slot.set("recovering")
            slot.fail(WorkerLost(-9, ours=True))
            await settle()
            slot.come()
        await settle()
        slot.finish()
        await settle()
        assert job.state == "done"

    run(test)


def test_a_work_that_two_want_waits_in_the_shorter_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        await stage.submit("many", tuple(range(40)))
        one = await stage.submit("one", (39,))
        for _ in range(3):
            await settle()
            stage.slots[0].finish()
        await settle()
        assert one.state == "done"

    run(test)


def test_slow_works_take_turns_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        stage.hosts["e"].speed.learn("m", "saliency", 1, 30.0)
        monkeypatch.setattr(stage.hosts["e"].speed, "learn", lambda *_: None)
        await stage.submit("one", tuple(range(20)))
        for _ in range(5):
            await settle()
            assert len(stage.slots[0].attributing[0][1]["items"]) == 1
            stage.slots[0].finish()

    run(test)


@pytest.mark.parametrize(
    ("seconds", "at_first"),
    [
        pytest.param(0.3, [1], id="the rest waits for the first map"),
        pytest.param(0.02, [2, 2], id="what is over in a moment is shared at once"),
        pytest.param(5.0, [1, 1], id="nobody is kept waiting for long"),
    ],
)
def test_the_first_map_of_a_job_gets_all_cores(
    monkeypatch: pytest.MonkeyPatch, seconds: float, at_first: list[int]
) -> None:
    async def test() -> None:
        monkeypatch.setattr("attriscope.workers.resources.cores", lambda: 2)
        stage = Stage(monkeypatch, workers_per_device=2)
        speed = stage.hosts["e"].speed
        await settle()
        monkeypatch.setattr(speed, "seconds", lambda model, method, units, device=None: units * seconds)
        job = await stage.submit("one", (0, 1, 2, 3))
        await settle()
        computing = [slot for slot in stage.slots if slot.attributing]
        assert [len(slot.attributing[0][1]["items"]) for slot in computing] == at_first
        if seconds == 0.3:
            (first,) = computing
            assert first.attributing[0][1]["threads"] == 2
            another = await stage.submit("two", (9,))
            await settle()
            assert another.state == "running", "another session's work does not wait for it"
            for slot in stage.slots:
                slot.finish()
                await settle()
        while not job.terminal:
            for slot in stage.slots:
                if slot.attributing:
                    slot.finish()
            await settle()
        assert job.state == "done"

    run(test)


def test_works_of_a_batch_that_hangs_are_tried_alone_and_only_the_guilty_one_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, job_deadline=2.0)
        speed = stage.hosts["e"].speed
        monkeypatch.setattr(speed, "seconds", lambda *_: 0.01)
        job = await stage.submit("one", (0, 1, 2))
        await settle()
        (slot,) = stage.slots
        while not job.terminal:
            if slot.state != "ready":
                slot.come()
            for call in slot.attributing:
                if [item["sample"] for item in call[1]["items"]] not in ([0, 1, 2], [1]):
                    slot.finish()
            await asyncio.sleep(0.01)
        assert [item.state for item in job.items] == ["done", "failed", "done"]
        assert job.items[1].error is not None
        assert job.items[1].error.code == "deadline"
        assert slot.killed == ["deadline"] * 2

    run(test)
