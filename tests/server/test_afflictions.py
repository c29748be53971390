"""Models that run out of memory, poison their device, end or hang their process: cases Q7 to Q9 and Q11."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.live import EXPLORERS, LiveServer

DEADLINE = 4.0
ARGUMENTS = {"window_height": 4, "window_width": 4, "stride_height": 4, "stride_width": 4}
Afflict = Callable[[str], Any]


@pytest.fixture(scope="module")
def afflicted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, Path]]:
    marker = tmp_path_factory.mktemp("afflicted") / "marker"
    env = {
        "ATTRISCOPE_TEST_MARKER": str(marker),
        "ATTRISCOPE_JOB_DEADLINE": str(DEADLINE),
        "ATTRISCOPE_RESPAWN_BACKOFF": "0.05",
        "ATTRISCOPE_CANCEL_GRACE": "0.5",
        "ATTRISCOPE_CHECK_TIMEOUT": "0.5",
        "ATTRISCOPE_NO_STORE": "1",
    }
    with LiveServer("serve", str(EXPLORERS / "afflicted.py"), env=env) as server:
        server.samples(count=8)
        yield server, marker


@contextmanager
def suffering(marker: Path, how: str) -> Iterator[None]:
    marker.write_text(how, encoding="utf-8")
    try:
        yield
    finally:
        marker.unlink()


def ready(server: LiveServer) -> None:
    server.wait(lambda: server.explorer()["state"] == "ready")


def values(server: LiveServer, job: dict[str, Any]) -> np.ndarray:
    assert job["state"] == "done", job
    key = job["items"][0]["key"]
    return np.load(io.BytesIO(server.client.get(f"/api/results/{key}/image.npy").content))


def test_q7_a_model_that_runs_out_of_memory_gets_smaller_chunks(afflicted: tuple[LiveServer, Path]) -> None:
    server, marker = afflicted
    asked = {"samples": [0], "method": "occlusion", "target": 0, "arguments": ARGUMENTS}
    whole = values(server, server.run(**asked))
    with suffering(marker, "out of memory"):
        chunked = server.run(**asked, precision="fused")
    assert np.abs(values(server, chunked) - whole).max() <= 1e-5 * np.abs(whole).max()


def test_q7_where_one_example_does_not_fit_it_is_said(afflicted: tuple[LiveServer, Path]) -> None:
    server, marker = afflicted
    (pid,) = server.worker_pids()
    with suffering(marker, "no memory"):
        job = server.run(samples=[1], target=1)
    assert job["state"] == "failed"
    assert job["error"]["code"] == "out_of_memory"
    assert "Use a smaller input or model" in job["error"]["message"]
    assert server.run(samples=[1], target=1)["state"] == "done"
    assert server.worker_pids() == [pid]


def test_q8_after_a_device_side_assert_the_next_job_gets_a_fresh_process(afflicted: tuple[LiveServer, Path]) -> None:
    server, marker = afflicted
    (pid,) = server.worker_pids()
    with suffering(marker, "device assert"):
        job = server.run(samples=[2], target=1)
        server.wait(lambda: pid not in server.worker_pids())
    assert job["state"] == "failed"
    assert job["error"]["code"] == "device_error"
    assert "device-side assert triggered" in job["error"]["message"]
    # The new process tries the model as it starts, and may have found the device as bad as before.
    server.wait(lambda: server.explorer()["state"] in ("ready", "failed"))
    if server.explorer()["state"] == "failed":
        server.client.post(f"/api/explorers/{server.explorer()['id']}/restart").raise_for_status()
    ready(server)
    assert server.run(samples=[2], target=1)["state"] == "done"


@pytest.mark.parametrize(
    ("how", "code", "sample"),
    [("exit", "worker_lost", 3), ("segfault", "worker_lost", 4), ("loop", "deadline", 5), ("hold", "deadline", 6)],
)
def test_q9_what_ends_or_hangs_its_process_is_lost_or_late_and_others_go_on(
    afflicted: tuple[LiveServer, Path], how: str, code: str, sample: int
) -> None:
    server, marker = afflicted
    ready(server)
    canonical = values(server, server.run(samples=[sample], method="input_x_gradient", target=0))
    with suffering(marker, how):
        job = server.submit(samples=[sample], target=1, method="saliency").json()
        # A process that starts anew tries its model first, and must not find it ill.
        server.wait(lambda: server.explorer()["state"] != "ready")
    if code == "worker_lost":
        job = server.finish(job)
        assert job["state"] == "done", "the second try, with the model well again"
    else:
        job = server.finish(job)
        assert (job["state"], job["error"]["code"]) == ("failed", code)
    ready(server)
    again = values(server, server.run(samples=[sample], method="input_x_gradient", target=0))
    assert np.abs(again - canonical).max() <= 1e-5 * np.abs(canonical).max()
    assert server.client.get("/livez").status_code == 200


def test_q11_a_model_that_holds_the_interpreter_does_not_hold_the_server(afflicted: tuple[LiveServer, Path]) -> None:
    server, marker = afflicted
    ready(server)
    with suffering(marker, "hold"):
        job = server.submit(samples=[7], target=1).json()
        server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["state"] != "queued")
        taken = []
        for _ in range(100):
            began = time.monotonic()
            assert server.client.get("/livez").status_code == 200
            taken.append(time.monotonic() - began)
        assert sorted(taken)[98] < 1.0
        server.client.delete(f"/api/jobs/{job['id']}").raise_for_status()
        server.wait(lambda: server.explorer()["state"] != "ready")
    ready(server)
    assert server.run(samples=[7], target=1)["state"] == "done"
