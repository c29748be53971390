"""A server that is stopped or killed, and the one started after it on the same store: case Q10 and shutting down."""

from __future__ import annotations

import signal
import sqlite3
import time
from pathlib import Path

import httpx
import numpy as np

from tests.live import EXPLORERS, LiveServer
from tests.server.canonical import assert_canonical, values

TOKEN = {"ATTRISCOPE_TOKEN": "the-same-after-a-restart"}
SLOW_MODEL = f"{EXPLORERS / 'faulty.py'}:slow_model"
SMOOTHED = {"arguments": {"n_steps": 1000}, "smoothing": {"type": "smoothgrad", "samples": 50}}
LONG = {"method": "integrated_gradients", **SMOOTHED, "samples": list(range(8))}
"""More than ten seconds: each noisy copy has forward passes of its own."""


def serve(store: Path, pause: str = "0.1", **env: str) -> LiveServer:
    return LiveServer("serve", SLOW_MODEL, store=store, env={**TOKEN, "ATTRISCOPE_TEST_PAUSE": pause, **env})


def bearer(server: LiveServer) -> httpx.Client:
    """A client whose session is the same with every server of this token."""
    return httpx.Client(base_url=server.base, headers={"Authorization": f"Bearer {server.token}"}, timeout=60)


def test_q10_after_a_kill_jobs_are_interrupted_and_results_are_there(tmp_path: Path) -> None:
    with serve(tmp_path) as server, bearer(server) as client:
        server.samples(count=8)
        done = server.run(samples=[0], target=1)
        before = values(server, done)
        running = client.post("/api/jobs", json=server.request(**LONG)).json()
        server.wait(lambda: client.get(f"/api/jobs/{running['id']}").json()["items"][0]["state"] == "done")
        time.sleep(0.5)  # a result is written within moments
        pids = server.worker_pids()
        server.process.kill()
        server.process.wait()
        server.wait_gone(pids)
    with serve(tmp_path) as server, bearer(server) as client:
        job = client.get(f"/api/jobs/{running['id']}").json()
        assert job["state"] == "interrupted"
        assert job["request"]["samples"] == LONG["samples"]
        assert [item["state"] for item in job["items"]][-1] == "interrupted"
        assert job["items"][0]["state"] == "done"
        assert client.get(f"/api/results/{job['items'][0]['key']}").status_code == 200
        np.testing.assert_array_equal(values(server, done), before)
        server.samples(count=1)
        again = server.submit(samples=[0], target=1).json()
        assert (again["state"], again["items"][0]["key"]) == ("done", done["items"][0]["key"])
        assert_canonical(server)


def test_a_restart_answers_a_repeated_fetch_without_computing(tmp_path: Path) -> None:
    with serve(tmp_path, pause="0.01") as server:
        first = server.run(samples=[0, 1, 2], target=0)
    with serve(tmp_path, pause="0.01") as server:
        server.samples(count=3)
        again = server.submit(samples=[0, 1, 2], target=0).json()
        assert again["state"] == "done"
        assert [item["key"] for item in again["items"]] == [item["key"] for item in first["items"]]
        metrics = server.client.get("/metrics").text
        assert 'attriscope_cache_total{result="hit"} 3.0' in metrics


def test_sigterm_lets_running_jobs_end_and_takes_no_new_ones(tmp_path: Path) -> None:
    with serve(tmp_path, pause="0.2", ATTRISCOPE_GRACE="60s") as server:
        server.samples(count=2)
        with server.events() as events:
            next(events)
            job = server.submit(samples=[0, 1], method="integrated_gradients", arguments={"n_steps": 20}).json()
            server.process.send_signal(signal.SIGTERM)
            server.wait(lambda: server.client.get("/readyz").status_code == 503)
            refused = server.submit(samples=[0], target=3)
            assert (refused.status_code, refused.json()["code"]) == (503, "shutting_down")
            assert int(refused.headers["Retry-After"]) > 0
            ended = (event["data"]["job"]["state"] for event in events if event["event"] == "job")
            assert next(state for state in ended if state not in ("queued", "running")) == "done"
        assert server.process.wait(10) == 0
    assert "Traceback" not in "".join(server.output)
    with serve(tmp_path) as server:
        assert server.client.get(f"/api/results/{job['items'][1]['key']}").status_code == 200


def test_after_the_grace_period_what_still_runs_is_interrupted(tmp_path: Path) -> None:
    with serve(tmp_path, ATTRISCOPE_GRACE="0.5s") as server, bearer(server) as client:
        server.samples(count=8)
        pids = server.worker_pids()
        job = client.post("/api/jobs", json=server.request(**LONG)).json()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0
        server.wait_gone(pids)
    assert "Traceback" not in "".join(server.output)
    database = sqlite3.connect(next(tmp_path.rglob("index.sqlite")))
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert not [path for folder in tmp_path.rglob("temporary") for path in folder.iterdir()]
    with serve(tmp_path) as server, bearer(server) as client:
        assert client.get(f"/api/jobs/{job['id']}").json()["state"] == "interrupted"
