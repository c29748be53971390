"""Lost workers, Ctrl-C and SIGKILL, with real processes: part Q of the cases."""

from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.live import EXPLORERS, LiveServer
from tests.server.conftest import Serve

SLOW = {"method": "integrated_gradients", "arguments": {"n_steps": 200}}
PAUSE = {"ATTRISCOPE_TEST_PAUSE": "0.1"}


def values(server: LiveServer, job: dict) -> np.ndarray:
    key = job["items"][0]["key"]
    return np.load(io.BytesIO(server.client.get(f"/api/results/{key}/image.npy").content))


def test_q6_a_worker_killed_while_busy_is_replaced_and_its_job_done(serve: Serve) -> None:
    server = serve("slow_model", env=PAUSE)
    canonical = values(server, server.run(samples=[0]))
    server.samples(count=2)
    job = server.submit(**SLOW, samples=[0, 1]).json()
    server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
    (pid,) = server.worker_pids()
    os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    server.wait(lambda: server.explorer()["state"] == "recovering", 20)
    assert time.monotonic() - started < 20
    assert server.client.get("/readyz").status_code == 503
    assert server.client.get("/livez").status_code == 200
    assert server.finish(job)["state"] == "done"
    assert server.client.get("/readyz").status_code == 200
    (new_pid,) = server.worker_pids()
    assert new_pid != pid
    after = server.run(samples=[0], target=3)
    assert after["state"] == "done"
    again = values(server, server.run(samples=[0]))
    np.testing.assert_allclose(again, canonical, atol=1e-5 * np.abs(canonical).max())


def test_q6_a_job_that_kills_twice_is_given_up_and_the_next_one_runs(serve: Serve, marker: Path) -> None:
    server = serve("mortal", env={**PAUSE, "ATTRISCOPE_TEST_MARKER": str(marker), "ATTRISCOPE_RESPAWN_BACKOFF": "0.05"})
    server.samples(count=3)
    marker.write_text("always")
    job = server.submit(samples=[1], target=1).json()
    server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["state"] == "failed")
    marker.unlink()
    error = server.client.get(f"/api/jobs/{job['id']}").json()["error"]
    assert error["code"] == "worker_lost"
    assert error["message"] == "The model's process stopped (signal 9, perhaps out of memory). Tried twice. Retry."
    server.wait(lambda: server.explorer()["state"] == "ready")
    assert server.run(samples=[1])["state"] == "done"


def test_q6_a_job_that_kills_once_is_done_at_the_second_try(serve: Serve, marker: Path) -> None:
    server = serve("mortal", env={**PAUSE, "ATTRISCOPE_TEST_MARKER": str(marker)})
    server.samples(count=3)
    marker.write_text("once")
    assert server.run(samples=[2], target=0)["state"] == "done"
    assert not marker.exists()


def test_a_model_that_raises_fails_its_job_and_nothing_else(serve: Serve, marker: Path) -> None:
    server = serve("raising_model", env={"ATTRISCOPE_TEST_MARKER": str(marker)})
    server.samples(count=2)
    (pid,) = server.worker_pids()
    marker.touch()
    failed = server.run(samples=[0], target=1)
    marker.unlink()
    assert failed["state"] == "failed"
    assert "told to fail" in failed["error"]["message"]
    assert "faulty.py" in failed["error"]["detail"]
    assert server.run(samples=[0], target=1)["state"] == "done"
    assert server.worker_pids() == [pid]


def test_an_explorer_that_cannot_be_loaded_says_why_and_can_be_tried_again(serve: Serve) -> None:
    server = serve("not_loading", wait_ready=False)
    server.wait(lambda: server.explorer()["state"] == "failed")
    assert "weights.pt is not there" in server.explorer()["error"]["message"]
    refused = server.client.post(
        "/api/jobs", json={"explorer": server.explorer()["id"], "model": "m", "samples": [0], "method": "saliency"}
    )
    assert refused.status_code == 503
    assert "weights.pt" in refused.json()["message"]
    server.client.post(f"/api/explorers/{server.explorer()['id']}/restart").raise_for_status()
    assert server.explorer()["state"] in ("loading", "failed")


@pytest.mark.parametrize("busy", [False, True])
def test_q12_ctrl_c_ends_everything_with_130_and_no_traceback(serve: Serve, busy: bool) -> None:
    server = serve("slow_model", env=PAUSE)
    server.samples(count=2)
    pids = server.worker_pids()
    assert pids
    with server.events() as events:
        next(events)
        if busy:
            server.submit(**SLOW, samples=[0, 1])
        server.process.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert server.process.wait(20) == 130
        assert time.monotonic() - started < 20
    server.wait_gone(pids)
    assert "Traceback" not in "".join(server.output)


def test_q12_a_terminal_sends_ctrl_c_to_the_workers_too(serve: Serve) -> None:
    server = serve("slow_model", env=PAUSE)
    server.samples(count=2)
    pids = server.worker_pids()
    for pid in [*pids, server.process.pid]:
        os.kill(pid, signal.SIGINT)
    assert server.process.wait(20) == 130
    server.wait_gone(pids)
    assert "Traceback" not in "".join(server.output)
    assert "KeyboardInterrupt" not in "".join(server.output)


def test_q10_no_worker_outlives_a_killed_server(serve: Serve) -> None:
    server = serve("slow_model", env=PAUSE)
    server.samples(count=1)
    server.submit(**SLOW, samples=[0])
    pids = server.worker_pids()
    server.process.kill()
    server.process.wait()
    server.wait_gone(pids)


def test_a4_the_token_is_in_no_output_and_no_process_list(serve: Serve) -> None:
    server = serve("explorer")
    with server.events() as events:
        next(events)
    server.client.get("/", params={"token": server.token + "x"})
    server.run(samples=[0])
    lines = [line for line in server.output if not line.startswith("Open ")]
    assert server.token not in "".join(lines)
    for pid in [server.process.pid, *server.worker_pids()]:
        assert server.token.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_q9_a_prediction_that_hangs_is_stopped_and_said(serve: Serve, marker: Path) -> None:
    server = serve("hanging", env={"ATTRISCOPE_TEST_MARKER": str(marker), "ATTRISCOPE_JOB_DEADLINE": "5"})
    marker.touch()
    name = server.explorer()["id"]
    server.client.get(f"/api/explorers/{name}/samples", params={"count": 1})
    server.wait(lambda: server.explorer()["state"] != "ready")
    marker.unlink()
    server.wait(lambda: server.explorer()["state"] == "ready")
    sample = server.samples(count=1)["items"][0]
    assert sample["errors"]["hanging"]["code"] == "deadline"
    server.client.post(f"/api/explorers/{name}/restart").raise_for_status()
    server.wait(lambda: server.samples(count=1)["items"][0]["predictions"])


def test_trying_again_after_a_failed_load_leaves_no_process_behind(serve: Serve) -> None:
    server = serve("not_loading", wait_ready=False)
    for _ in range(3):
        server.wait(lambda: server.explorer()["state"] == "failed")
        server.client.post(f"/api/explorers/{server.explorer()['id']}/restart").raise_for_status()
    server.wait(lambda: server.explorer()["state"] == "failed")
    server.wait(lambda: server.worker_pids() == [])


def test_an_edited_file_replaces_samples_and_predictions_when_its_worker_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (EXPLORERS / "faulty.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    with LiveServer("serve", f"{file}:explorer") as server:
        before = server.samples(count=4)["items"]
        file.write_text(text.replace("scores: Tensor = self.head(", "scores: Tensor = -self.head("), encoding="utf-8")
        (pid,) = server.worker_pids()
        os.kill(pid, signal.SIGKILL)
        server.wait(lambda: server.explorer()["state"] == "recovering")
        server.wait(lambda: server.explorer()["state"] == "ready")
        after = server.samples(count=4)["items"]
        assert [sample["sha256"] for sample in after] == [sample["sha256"] for sample in before]
        for old, new in zip(before, after, strict=True):
            assert new["predictions"]["tiny"][0]["index"] != old["predictions"]["tiny"][0]["index"]
        job = server.run(samples=[0])
        assert job["items"][0]["target"] == after[0]["predictions"]["tiny"][0]["index"]
