"""Signals to a real server: draining, ending at once, exit statuses."""

from __future__ import annotations

import signal
import time

import httpx

from tests.live import LiveServer
from tests.server.conftest import Serve

PAUSE = {"ATTRISCOPE_TEST_PAUSE": "0.2"}
SLOW = {"method": "integrated_gradients", "arguments": {"n_steps": 60}}


def start_job(server: LiveServer) -> dict:
    """A job of some seconds that has begun."""
    server.samples(count=1)
    job = server.submit(**SLOW).json()
    server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
    return job


def ended(server: LiveServer) -> str:
    """The server's whole output, once it has ended."""
    server.process.wait(20)
    server._reader.join(5)
    return "".join(server.output)


def test_sigterm_of_an_idle_server_ends_it_with_0_and_without_a_word(serve: Serve) -> None:
    server = serve("explorer")
    pids = server.worker_pids()
    server.process.send_signal(signal.SIGTERM)
    output = ended(server)
    assert server.process.returncode == 0, output
    assert "Traceback" not in output
    assert "ERROR" not in output
    server.wait_gone(pids)


def test_sigterm_lets_running_jobs_end_and_pages_hear_of_it(serve: Serve) -> None:
    server = serve("slow_model", "--grace", "1m", env=PAUSE)
    job = start_job(server)
    with server.events() as events:
        next(events)
        server.process.send_signal(signal.SIGTERM)
        server.wait(lambda: server.submit(**SLOW).status_code == 503)
        refused = server.submit(**SLOW)
        assert refused.json()["code"] == "shutting_down"
        assert int(refused.headers["Retry-After"]) >= 1
        assert server.client.get("/readyz").status_code == 503
        assert server.client.get("/livez").status_code == 200
        states = [event["data"]["job"]["state"] for event in events if event["event"] == "job"]
    assert states[-1] == "done", states
    assert job["id"]
    output = ended(server)
    assert server.process.returncode == 0, output
    assert "Traceback" not in output


def test_sigterm_waits_no_longer_than_the_grace(serve: Serve) -> None:
    server = serve("slow_model", "--grace", "0.5s", env={"ATTRISCOPE_TEST_PAUSE": "0.5"})
    start_job(server)
    pids = server.worker_pids()
    server.process.send_signal(signal.SIGTERM)
    output = ended(server)
    assert server.process.returncode == 0, output
    assert "Traceback" not in output
    server.wait_gone(pids)


def test_a_second_signal_ends_at_once(serve: Serve) -> None:
    for second, status in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        server = serve("slow_model", "--grace", "10m", env={"ATTRISCOPE_TEST_PAUSE": "0.5"})
        start_job(server)
        pids = server.worker_pids()
        server.process.send_signal(signal.SIGTERM)
        server.wait(lambda server=server: server.client.get("/readyz").json()["draining"])
        server.process.send_signal(second)
        started = time.monotonic()
        output = ended(server)
        assert time.monotonic() - started < 15
        assert server.process.returncode == status, output
        assert "Traceback" not in output
        server.wait_gone(pids)


def test_an_open_demo_serves_visitors_and_changes_nothing_for_them(serve: Serve) -> None:
    server = serve("explorer", "--mode", "demo", env={"ATTRISCOPE_TOKEN": "operators-token"})
    assert "token=" not in "".join(server.output)
    assert "operators-token" not in "".join(server.output)
    assert server.run(samples=[0])["state"] == "done"
    name = server.explorer()["id"]
    refused = server.client.post(f"/api/explorers/{name}/restart")
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
    visitor = httpx.Client(base_url=server.base)
    assert visitor.get("/api/explorers").status_code == 401
    assert server.client.get("/metrics").status_code == 401
    bearer = {"Authorization": "Bearer operators-token"}
    assert "process_cpu_seconds_total" in visitor.get("/metrics", headers=bearer).text
    visitor.close()


def test_readyz_says_why_an_explorer_cannot_work(serve: Serve) -> None:
    server = serve("not_loading", wait_ready=False)
    server.wait(lambda: server.explorer()["state"] == "failed")
    answer = server.client.get("/readyz")
    assert answer.status_code == 503
    found = answer.json()
    assert found["status"] == "unready"
    assert found["explorers"] == {"faulty": "failed"}
    assert found["reasons"]["faulty"].startswith("failed: ")
