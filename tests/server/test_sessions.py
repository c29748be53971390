"""Several people at once: places in the queue, turns, closed tabs, limits."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from tests.live import EXPLORERS, LiveServer
from tests.server.canonical import undisturbed
from tests.server.conftest import Serve

SLOW = {"method": "integrated_gradients", "arguments": {"n_steps": 1000}}
# No chunk holds more than one step then, whatever the engine has learned: a job lasts that long for each.
PAUSE = {"ATTRISCOPE_TEST_PAUSE": "0.2"}
LONG = {"samples": list(range(8)), "smoothing": {"type": "smoothgrad", "samples": 50}}
"""Of `SLOW`, more than ten seconds: each noisy copy has forward passes of its own."""


@pytest.fixture
def slow() -> Iterator[LiveServer]:
    env = {**PAUSE, "ATTRISCOPE_SESSION_GRACE": "1s"}
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:slow_model", env=env) as server:
        server.samples(count=8)
        yield server


def submit(server: LiveServer, client: httpx.Client, **settings: Any) -> dict[str, Any]:
    answer = client.post("/api/jobs", json=server.request(**{**SLOW, **settings}))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def state(client: httpx.Client, job: dict[str, Any]) -> str:
    return str(client.get(f"/api/jobs/{job['id']}").json()["state"])


def test_who_waits_sees_their_place_and_their_time(slow: LiveServer) -> None:
    with closing(slow.new_session()) as second, closing(slow.new_session()) as third:
        jobs = [submit(slow, client, target=n) for n, client in enumerate((slow.client, second, third))]
        slow.wait(lambda: state(slow.client, jobs[0]) == "running")
        seen = [
            client.get(f"/api/jobs/{job['id']}").json() for client, job in zip((second, third), jobs[1:], strict=True)
        ]
        assert [job["position"] for job in seen] == [1, 2]
        assert 0 < seen[0]["wait_seconds"] < seen[1]["wait_seconds"] < seen[1]["eta_seconds"]
        with slow.events(client=third) as events:
            assert next(events)["data"]["jobs"][0]["position"] == 2
            slow.client.delete(f"/api/jobs/{jobs[0]['id']}")
            places = (event["data"]["job"]["position"] for event in events if event["event"] == "job")
            # The same place may be told again before.
            assert 1 in places
        for client, job in zip((second, third), jobs[1:], strict=True):
            client.delete(f"/api/jobs/{job['id']}")


def test_bulk_work_lets_what_somebody_waits_for_go_first(slow: LiveServer) -> None:
    bulk = submit(slow, slow.client, samples=[0, 1, 2], priority="bulk", arguments={"n_steps": 20})
    with closing(slow.new_session()) as other:
        mine = submit(slow, other, samples=[3], arguments={"n_steps": 20})
        slow.wait(lambda: state(other, mine) == "done")
        assert state(slow.client, bulk) == "running"
    assert slow.finish(bulk)["state"] == "done"


def test_an_interactive_request_for_bulk_work_takes_it_along(slow: LiveServer) -> None:
    running = submit(slow, slow.client, samples=[0], target=3)
    first = submit(slow, slow.client, samples=[1], priority="bulk", arguments={"n_steps": 20})
    bulk = submit(slow, slow.client, samples=[2], priority="bulk", arguments={"n_steps": 20})
    with closing(slow.new_session()) as other:
        mine = submit(slow, other, samples=[2], arguments={"n_steps": 20})
        slow.client.delete(f"/api/jobs/{running['id']}")
        slow.wait(lambda: state(other, mine) == "done")
    assert state(slow.client, bulk) == "done"
    assert state(slow.client, first) != "done"


def test_q5_jobs_of_a_session_without_a_page_are_cancelled_after_a_grace_period(slow: LiveServer) -> None:
    with closing(slow.new_session()) as client, undisturbed(slow):
        with slow.events(client=client) as events:
            next(events)
            job = submit(slow, client, **LONG)
        with slow.events(client=client) as events:  # back within the grace period
            next(events)
            time.sleep(1.5)
            assert state(client, job) == "running"
            closed = time.monotonic()
        slow.wait(lambda: state(client, job) == "cancelled")
        assert time.monotonic() - closed > 0.9


def test_q5_a_second_tab_keeps_the_jobs(slow: LiveServer) -> None:
    with closing(slow.new_session()) as client, ExitStack() as tabs:
        first_tab = tabs.enter_context(slow.events(client=client))
        next(first_tab)
        with slow.events(client=client) as other_tab:
            next(other_tab)
            job = submit(slow, client, **LONG)
        time.sleep(1.5)
        assert state(client, job) == "running"
        client.delete(f"/api/jobs/{job['id']}")


def test_q5_a_script_that_opens_no_stream_keeps_its_jobs(slow: LiveServer) -> None:
    with httpx.Client(base_url=slow.base, headers={"Authorization": f"Bearer {slow.token}"}, timeout=60) as script:
        with slow.events(client=script) as events:
            next(events)
        job = submit(slow, script, **LONG)
        time.sleep(1.5)
        assert state(script, job) == "running"
        script.delete(f"/api/jobs/{job['id']}")


def test_r6_a_request_that_costs_more_than_the_limit_names_the_estimate_and_the_limit(serve: Serve) -> None:
    server = serve("slow_model", env={**PAUSE, "ATTRISCOPE_MAX_JOB_SECONDS": "20s"})
    server.samples(count=4)
    for path in ("/api/jobs", "/api/jobs/check"):
        answer = server.client.post(path, json=server.request(**SLOW, samples=[0, 1]))
        body = answer.json()
        assert (answer.status_code, body["code"]) == (422, "too_costly")
        assert body["params"]["limit"] == 20
        # 1000 forward and backward passes of two samples, 0.05 s each forward pass at least.
        assert body["params"]["estimate"] > 50
        assert "20 s" in body["message"]
    assert server.run(samples=[0], method="saliency")["state"] == "done"


def test_s3_seven_tabs_of_one_session_hear_the_same(tiny: LiveServer) -> None:
    with ExitStack() as tabs:
        streams = [tabs.enter_context(tiny.events()) for _ in range(7)]
        for events in streams:
            assert next(events)["event"] == "snapshot"
        job = tiny.run(samples=[0], target=2)
        ends = []
        for events in streams:
            told = (event for event in events if event["event"] == "job" and event["data"]["job"]["id"] == job["id"])
            ends.append(next(event["id"] for event in told if event["data"]["job"]["state"] == "done"))
        assert len(set(ends)) == 1


def test_s3_two_hundred_streams_of_one_session_are_too_many(tiny: LiveServer) -> None:
    limits = httpx.Limits(max_connections=None)
    with undisturbed(tiny), httpx.Client(base_url=tiny.base, cookies=tiny.client.cookies, limits=limits) as client:
        answers = []
        with ExitStack() as streams:
            for _ in range(200):
                answer = streams.enter_context(client.stream("GET", "/api/events", timeout=60))
                answers.append(answer.status_code)
            assert answers.count(200) == 32
            assert answers.count(429) == 168
            assert tiny.client.get("/livez").status_code == 200
        tiny.wait(lambda: _can_listen(tiny))


def _can_listen(server: LiveServer) -> bool:
    with server.client.stream("GET", "/api/events") as answer:
        return answer.status_code == 200


def test_s2_a_page_that_does_not_read_its_stream_gets_every_end_when_it_does(tiny: LiveServer) -> None:
    with undisturbed(tiny), closing(tiny.new_session()) as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        head = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{tiny.port}\r\nCookie: {cookie}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", tiny.port), timeout=60) as stream:
            stream.sendall(head.encode())
            jobs = [client.post("/api/jobs", json=tiny.request(target=target)).json() for target in range(4)]
            last = client.post("/api/jobs", json=tiny.request(method="occlusion")).json()
            for job in [*jobs, last]:
                tiny.wait(lambda job=job: state(client, job) == "done")
            read = b""
            while not _ended(read, last["id"]):
                more = stream.recv(65536)
                assert more, read[-500:]
                read += more
        assert all(_ended(read, job["id"]) for job in jobs)


def _ended(read: bytes, job: str) -> bool:
    """Whether the job's last event is among what was read of a stream, or in its snapshot."""
    lines = [line for line in read.decode().splitlines() if line.startswith("data:") and line.endswith("}")]
    found = [json.loads(line[5:]) for line in lines]
    jobs = [job for event in found for job in (event.get("jobs") or [event.get("job")]) if isinstance(job, dict)]
    return any(other["id"] == job and other["state"] == "done" for other in jobs)
