"""Jobs, cancelling and the event stream, through a running server: parts Q and S of the cases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.explorers import faulty
from tests.live import EXPLORERS, LiveServer
from tests.server.conftest import Serve

SLOW = {"method": "integrated_gradients", "arguments": {"n_steps": 1000}}


@pytest.fixture(scope="module")
def slow() -> Iterator[LiveServer]:
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:slow_model", env={"ATTRISCOPE_TEST_PAUSE": "0.2"}) as server:
        server.samples(count=8)
        yield server


def states(job: dict[str, Any]) -> list[str]:
    return [item["state"] for item in job["items"]]


def until(events: Iterator[dict[str, Any]], job: str) -> list[dict[str, Any]]:
    """The events up to the job's last one."""
    found = []
    for event in events:
        found.append(event)
        data = event["data"]
        if (
            data["type"] == "job"
            and data["job"]["id"] == job
            and data["job"]["state"] in ("done", "failed", "cancelled")
        ):
            return found
    raise AssertionError("the stream ended")


def test_q3_a_queued_job_that_is_cancelled_never_starts(slow: LiveServer) -> None:
    running = slow.submit(**SLOW, samples=[0]).json()
    queued = slow.submit(method="saliency", samples=[1, 2]).json()
    assert queued["state"] == "queued"
    cancelled = slow.client.delete(f"/api/jobs/{queued['id']}").json()
    assert (cancelled["state"], states(cancelled)) == ("cancelled", ["cancelled"] * 2)
    slow.client.delete(f"/api/jobs/{running['id']}")
    again = slow.finish(slow.submit(method="saliency", samples=[3]).json())
    assert again["state"] == "done"
    for item in cancelled["items"]:
        assert slow.client.get(f"/api/results/{item['key']}").status_code == 404


def test_q3_a_running_job_stops_soon_and_leaves_nothing_partial(slow: LiveServer) -> None:
    job = slow.submit(**SLOW, samples=[4]).json()
    slow.wait(lambda: slow.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
    pids = slow.worker_pids()
    started = time.monotonic()
    assert slow.client.delete(f"/api/jobs/{job['id']}").json()["state"] == "cancelled"
    # The worker is free again: the next job runs, on the same process.
    assert slow.run(method="saliency", samples=[4])["state"] == "done"
    assert time.monotonic() - started < 20
    assert slow.worker_pids() == pids
    assert slow.client.get(f"/api/results/{job['items'][0]['key']}").status_code == 404


def test_an_estimate_asked_for_too_late_is_no_error(slow: LiveServer) -> None:
    """The page asks on hearing of one, and cannot know that the map is done by then."""
    job = slow.run(method="saliency", samples=[6])
    (item,) = job["items"]
    address = f"/api/jobs/{job['id']}/partials"
    late = slow.client.get(f"{address}/{item['key']}/image.npy")
    assert (late.status_code, late.content) == (204, b"")
    assert slow.client.get(f"{address}/{'0' * 64}/image.npy").status_code == 404


def test_q3_a_worker_that_does_not_stop_is_killed_and_replaced(serve: Serve, marker: Path) -> None:
    server = serve("hanging", env={"ATTRISCOPE_TEST_MARKER": str(marker), "ATTRISCOPE_CANCEL_GRACE": "1"})
    server.samples(count=2)
    (pid,) = server.worker_pids()
    marker.touch()
    job = server.submit(samples=[0]).json()
    # A job that runs may not have come to the model yet, where its cancellation would still reach it.
    server.wait(lambda: marker.read_text() == faulty.HANGS)
    server.client.delete(f"/api/jobs/{job['id']}").raise_for_status()
    server.wait_gone([pid])
    marker.unlink()
    server.wait(lambda: server.explorer()["state"] == "ready")
    assert server.run(samples=[0])["state"] == "done"
    assert server.worker_pids() != [pid]


def test_a_job_past_its_deadline_is_stopped_and_says_so(serve: Serve, marker: Path) -> None:
    server = serve("hanging", env={"ATTRISCOPE_TEST_MARKER": str(marker), "ATTRISCOPE_JOB_DEADLINE": "5"})
    server.samples(count=2)
    marker.touch()
    job = server.submit(samples=[0]).json()
    server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["state"] == "failed")
    marker.unlink()
    assert server.client.get(f"/api/jobs/{job['id']}").json()["error"]["code"] == "deadline"
    server.wait(lambda: server.explorer()["state"] == "ready")
    assert server.run(samples=[1])["state"] == "done"


def test_q4_cancelling_twice_or_too_late_changes_nothing(slow: LiveServer) -> None:
    done = slow.run(method="saliency", samples=[5])
    for _ in range(2):
        late = slow.client.delete(f"/api/jobs/{done['id']}")
        assert (late.status_code, late.json()["state"]) == (200, "done")
    job = slow.submit(**SLOW, samples=[6]).json()
    answers = [slow.client.delete(f"/api/jobs/{job['id']}").json() for _ in range(3)]
    assert [answer["state"] for answer in answers] == ["cancelled"] * 3
    assert answers[0] == answers[1] == answers[2]


def test_q2_equal_requests_run_once_and_one_cancel_does_not_stop_the_other(slow: LiveServer) -> None:
    asked = {**SLOW, "arguments": {"n_steps": 20}, "samples": [7]}
    with closing(slow.new_session()) as other:
        mine = slow.submit(**asked).json()
        theirs = other.post("/api/jobs", json=slow.request(**asked)).json()
        assert mine["items"][0]["key"] == theirs["items"][0]["key"]
        slow.client.delete(f"/api/jobs/{mine['id']}")
        slow.wait(lambda: other.get(f"/api/jobs/{theirs['id']}").json()["state"] == "done")
    assert slow.client.get(f"/api/jobs/{mine['id']}").json()["state"] == "cancelled"


def test_a7_another_session_sees_no_job_but_may_read_a_result_by_its_key(tiny: LiveServer) -> None:
    job = tiny.run(samples=[0])
    with closing(tiny.new_session()) as other:
        for method in ("GET", "DELETE"):
            assert other.request(method, f"/api/jobs/{job['id']}").status_code == 404
        assert other.get(f"/api/results/{job['items'][0]['key']}").status_code == 200


def test_a_repeated_request_is_answered_from_the_store(tiny: LiveServer) -> None:
    first = tiny.run(method="integrated_gradients", samples=[1, 2])
    again = tiny.submit(method="integrated_gradients", samples=[2, 1, 2]).json()
    assert again["state"] == "done"
    keys = [item["key"] for item in first["items"]]
    assert [item["key"] for item in again["items"]] == [keys[1], keys[0], keys[1]]


def test_the_stream_tells_the_whole_story_of_a_job(tiny: LiveServer) -> None:
    with tiny.events() as events:
        snapshot = next(events)
        assert snapshot["event"] == snapshot["data"]["type"] == "snapshot"
        assert [explorer["state"] for explorer in snapshot["data"]["explorers"]] == ["ready"]
        tiny.samples(count=4)
        job = tiny.submit(method="input_x_gradient", samples=[0, 1, 2, 3]).json()
        story = until(events, job["id"])
    assert all(event["event"] == event["data"]["type"] for event in story)
    jobs = [event["data"]["job"] for event in story if event["event"] == "job"]
    assert [job["state"] for job in jobs] == ["queued", "running", "done"]
    assert [item["state"] for item in jobs[-1]["items"]] == ["done"] * 4
    for sample in range(4):
        told = [jobs[1]["items"][sample]["state"]]
        told += [
            event["data"]["item"]["state"]
            for event in story
            if event["event"] == "item" and event["data"]["item"]["sample"] == sample
        ]
        assert [state for place, state in enumerate(told) if state not in told[:place]][-2:] == ["running", "done"]


def test_s1_a_stream_resumes_where_it_was_cut(tiny: LiveServer) -> None:
    with tiny.events() as events:
        last_id = next(events)["id"]
    tiny.samples(count=4)
    job = tiny.run(method="saliency", samples=[0, 3], target=1)
    with tiny.events(last_id) as events:
        whole = [event for event in until(events, job["id"]) if event["event"] != "scan"]
    assert [event for event in whole if event["event"] == "snapshot"] == []
    cut = whole[2]["id"]
    with tiny.events(cut) as events:
        rest = [event for event in until(events, job["id"]) if event["event"] != "scan"]
    assert [event["id"] for event in rest] == [event["id"] for event in whole[3:]]
    with tiny.events("another-boot-17") as events:
        snapshot = next(events)["data"]
    assert snapshot["type"] == "snapshot"
    assert job["id"] in [known["id"] for known in snapshot["jobs"]]


def test_s3_too_many_streams_of_one_session_are_refused(serve: Serve) -> None:
    server = serve("explorer", env={"ATTRISCOPE_MAX_STREAMS": "3"})
    with ExitStack() as streams:
        opened = [streams.enter_context(server.events()) for _ in range(3)]
        assert [next(events)["event"] for events in opened] == ["snapshot"] * 3
        refused = server.client.get("/api/events")
        with closing(server.new_session()) as other, server.events(client=other) as events:
            assert next(events)["event"] == "snapshot"
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["code"] == "too_many_streams"


def test_q1_full_queues_say_when_to_come_back(serve: Serve) -> None:
    server = serve(
        "slow_model",
        env={"ATTRISCOPE_MAX_QUEUED": "6", "ATTRISCOPE_MAX_QUEUED_PER_SESSION": "4", "ATTRISCOPE_TEST_PAUSE": "0.1"},
    )
    server.samples(count=8)
    assert server.submit(**SLOW, samples=[0, 1, 2, 3]).status_code == 201
    mine = server.submit(**SLOW, samples=[4, 5])
    assert (mine.status_code, mine.json()["code"]) == (429, "too_many")
    with closing(server.new_session()) as other:
        theirs = other.post("/api/jobs", json=server.request(**SLOW, samples=[4, 5, 6, 7]))
    assert (theirs.status_code, theirs.json()["code"]) == (503, "queue_full")
    for answer in (mine, theirs):
        assert int(answer.headers["Retry-After"]) > 0


def test_q3_a_batch_is_stopped_even_when_some_of_its_maps_are_done(slow: LiveServer) -> None:
    smoothed = {"method": "saliency", "smoothing": {"type": "smoothgrad", "samples": 12}}
    warm = slow.run(**smoothed, samples=[0], target=3)
    assert warm["state"] == "done"
    job = slow.submit(**smoothed, samples=list(range(8)), target=2).json()
    slow.wait(lambda: "done" in states(slow.client.get(f"/api/jobs/{job['id']}").json()))
    cancelled = slow.client.delete(f"/api/jobs/{job['id']}").json()
    assert "cancelled" in states(cancelled)
    assert slow.run(method="saliency", samples=[1], target=1)["state"] == "done"
    stored = [
        slow.client.get(f"/api/results/{item['key']}").status_code == 200
        for item in cancelled["items"]
        if item["state"] == "cancelled"
    ]
    # The sample that was being explained may have had no stop left before its end; none after it is.
    assert stored[1:] == [False] * (len(stored) - 1)
    assert len(stored) > 1
