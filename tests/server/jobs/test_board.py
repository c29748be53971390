"""The table of jobs, over workers that are made up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attriscope.jobs.errors import Refused
from attriscope.jobs.journal import JobRecord
from attriscope.web import views
from attriscope.web.routes.explorers import list_layers
from attriscope.workers.choices import BaselineChoice
from tests.server.jobs.staged import Stage, fill, run, settle


def test_places_of_many_who_wait_are_told_in_time_that_grows_with_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        board = stage.board
        asked = 0

        def seconds(*_: object) -> float:
            nonlocal asked
            asked += 1
            return 1.0

        for turn in range(6):
            for session in range(50):
                await stage.submit(f"s{session}", (turn,), target=session % 4)
        monkeypatch.setattr(stage.hosts["e"].speed, "seconds", seconds)
        await settle()
        waiting = [job for _, job in stage.announcer.told if job.state == "queued"]
        shown = [views.job(job, board) for job in dict.fromkeys(waiting)]
        assert len(shown) > 200
        assert asked <= 4 * len(shown)

    run(test)


def test_places_follow_the_turns_of_the_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        running = await stage.submit("many", (0,))
        many = [await stage.submit("many", (n,)) for n in range(1, 4)]
        bulk = await stage.submit("patient", (9,), priority="bulk")
        one = await stage.submit("one", (10,))
        await settle()
        assert running.state == "running"
        turns = [many[0], one, *many[1:], bulk]
        assert [stage.board.position(job) for job in (running, *turns)] == [None, 1, 2, 3, 4, 5]
        waits = [stage.board.wait(job) or 0.0 for job in turns]
        assert waits == sorted(waits)
        order = []
        for _ in range(6):
            await settle()
            slot = stage.slots[0]
            order.append(slot.attributing[0][1]["items"][0]["sample"])
            slot.finish()
        assert order == [0, 1, 10, 2, 3, 9]

    run(test)


def test_jobs_of_sessions_that_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        monkeypatch.setattr("attriscope.jobs.table._MOST_ENDED_OF_ALL", 10)
        first = await stage.submit("first")
        await settle()
        stage.slots[0].finish()
        await settle()
        assert stage.board.get("first", first.id) is first
        for number in range(10):
            job = await stage.submit(f"session {number}")
            assert job.state == "done"
        assert stage.board.jobs("first") == []
        assert len(stage.board.jobs("session 9")) == 1
        assert sum(len(stage.board.jobs(f"session {number}")) for number in range(10)) == 10

    run(test)


def test_a_method_that_was_never_checked_is_no_label_of_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, check_timeout=0.05)
        stage.hosts["e"].pool.wake()
        await settle()
        stage.slots[0].checks.clear()
        job = await stage.submit(method="made up")
        stage.board.cancel(job)
        assert job.state == "cancelled"
        assert "made up" not in stage.metrics.render().decode()

    run(test)


def test_q10_a_job_accepted_before_its_check_is_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, check_timeout=0.05)
        opened: list[JobRecord] = []
        monkeypatch.setattr(stage.journal, "opened", opened.append)
        stage.hosts["e"].pool.wake()
        await settle()
        stage.slots[0].checks.clear()
        job = await stage.submit()
        assert [(record.id, record.items[0].key) for record in opened] == [(job.id, None)]
        stage.slots[0].checks.set()
        await settle()
        assert opened[-1].items[0].key == "saliency-s0-0"

    run(test)


def test_a_late_check_that_fails_inside_the_server_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, check_timeout=0.05)
        stage.hosts["e"].pool.wake()
        await settle()
        stage.slots[0].checks.clear()
        job = await stage.submit()
        stage.slots[0].fail(ZeroDivisionError("of ours"))
        stage.slots[0].checks.set()
        await settle()
        assert job.state == "failed"
        logged = [record for record in caplog.records if record.name == "attriscope.jobs" and record.exc_info]
        assert [getattr(record, "job", None) for record in logged] == [job.id]

    run(test)


def test_a_job_whose_explorer_was_replaced_while_its_targets_were_found_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        host.pool.wake()
        await settle()
        found = host.references

        async def references(method: str, baseline: BaselineChoice | None) -> list[int]:
            stage.slots[0].come("another")
            fill(host, prefix="other")
            return await found(method, baseline)

        monkeypatch.setattr(host, "references", references)
        with pytest.raises(Refused) as refused:
            await stage.submit(target="predicted")
        assert (refused.value.status, refused.value.body.code) == (503, "explorer_replaced")

    run(test)


def test_a_store_that_does_not_answer_does_not_keep_the_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        monkeypatch.setattr("attriscope.jobs.admission._DISK_SECONDS", 0.05)
        job = await stage.submit()
        records = [
            JobRecord.model_validate(
                {"id": f"{n}", "session": "one", "request": job.request, "created": 1.0,
                 "items": [{"sample": 0, "target": 0, "target_name": None, "key": f"k{n}"}]}
            )
            for n in range(30)
        ]  # fmt: skip
        calls: list[object] = []

        async def stored(keys: object) -> set[str]:
            calls.append(keys)
            await asyncio.Event().wait()
            return set()

        async def interrupted() -> list[JobRecord]:
            return records

        monkeypatch.setattr(stage.journal, "interrupted", interrupted)
        monkeypatch.setattr(stage.store, "stored", stored)
        await asyncio.wait_for(stage.board.recall(), 10)
        assert len(calls) == 1
        assert [job.state for job in stage.board.jobs("one")][-30:] == ["interrupted"] * 30

    run(test)


def test_q1_jobs_that_no_worker_has_checked_yet_fill_the_queue_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch, check_timeout=0.02, max_queued=8, max_queued_per_session=4)
        stage.hosts["e"].pool.wake()
        await settle()
        stage.slots[0].checks.clear()
        await stage.submit("one", (0, 1, 2))
        for session, status in (("one", 429), ("two", 201), ("three", 503)):
            if status == 201:
                await stage.submit(session, (0, 1, 2))
                continue
            with pytest.raises(Refused) as refused:
                await stage.submit(session, (0, 1, 2))
            assert refused.value.status == status

    run(test)


def test_the_layers_of_an_explorer_that_nobody_has_opened_are_loaded_for_who_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        stage: Any = Stage(monkeypatch)
        assert (await list_layers("e", "m", stage)).layers == []

    run(test)


def test_q5_a_job_whose_session_went_while_it_was_checked_never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        stage.hosts["e"].pool.wake()
        await settle()
        (slot,) = stage.slots
        slot.checks.clear()
        asked = [asyncio.create_task(stage.submit(session)) for session in ("gone", "here")]
        await settle()
        stage.board.desert("gone")
        slot.checks.set()
        gone, here = await asyncio.gather(*asked)
        await settle()
        assert (gone.state, here.state) == ("cancelled", "running")
        slot.finish()
        await settle()
        states = [state for state, job in stage.announcer.told if job is gone]
        assert states == ["cancelled"]

    run(test)


def test_who_ends_or_goes_on_is_told_without_a_look_at_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        board = stage.board
        jobs = [await stage.submit("one", (n,)) for n in range(60)]
        await settle()
        asked = 0

        def seconds(*_: object) -> float:
            nonlocal asked
            asked += 1
            return 1.0

        monkeypatch.setattr(stage.hosts["e"].speed, "seconds", seconds)
        monkeypatch.setattr(stage.announcer, "job", lambda job: views.job(job, board))
        monkeypatch.setattr(stage.announcer, "progress", board.eta)
        for _ in range(50):
            board.progressed(jobs[0])
        board.desert("one")
        assert asked < 200

    run(test)
