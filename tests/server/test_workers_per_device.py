"""Several worker processes on a device, with real ones."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path

from tests.live import EXPLORERS, LiveServer
from tests.server.conftest import Serve
from tests.server.test_faults import PAUSE, SLOW


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_two_workers_compute_side_by_side(serve: Serve) -> None:
    server = serve("slow_model", env={"ATTRISCOPE_TEST_PAUSE": "0.02"}, workers=2)
    server.wait(lambda: len(server.worker_pids()) == 2)
    server.samples(count=4)
    steps = itertools.count(20)

    def both_worked() -> bool:
        before = {pid: ticks(pid) for pid in server.worker_pids()}
        arguments = {"n_steps": next(steps)}
        job = server.run(samples=[0, 1, 2, 3], method="integrated_gradients", arguments=arguments)
        assert job["state"] == "done"
        return all(ticks(pid) > spent for pid, spent in before.items())

    # Not at once: the second worker starts after the first, and a machine counts time coarsely.
    server.wait(both_worked)


def ticks(pid: int) -> int:
    """Clock ticks that a process has spent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_q6_one_of_two_workers_lost_leaves_the_explorer_ready(serve: Serve) -> None:
    server = serve("slow_model", env=PAUSE, workers=2)
    server.wait(lambda: 'attriscope_workers{device="cpu",state="ready"} 2.0' in server.client.get("/metrics").text)
    server.samples(count=2)
    job = server.submit(**SLOW, samples=[0, 1]).json()
    server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
    before = set(server.worker_pids())
    kill(min(before))
    server.wait(lambda: min(before) not in server.worker_pids())
    assert server.explorer()["state"] == "ready"
    assert server.client.get("/readyz").status_code == 200
    assert server.finish(job)["state"] == "done"
    server.wait(lambda: len(server.worker_pids()) == 2)


def test_all_workers_follow_an_edited_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (EXPLORERS / "faulty.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    with LiveServer("serve", f"{file}:explorer", workers=2) as server:
        server.wait(lambda: len(server.worker_pids()) == 2)
        before = set(server.worker_pids())
        old = server.samples(count=4)["items"]
        file.write_text(text.replace("scores: Tensor = self.head(", "scores: Tensor = -self.head("), encoding="utf-8")
        kill(max(before))
        server.wait(lambda: len(now := set(server.worker_pids())) == 2 and not now & before)
        server.wait(lambda: server.explorer()["state"] == "ready")
        new = server.samples(count=4)["items"]
        for left, right in zip(old, new, strict=True):
            assert left["predictions"]["tiny"][0]["index"] != right["predictions"]["tiny"][0]["index"]
        assert server.run(samples=[0, 1, 2, 3])["state"] == "done"


def test_a_model_that_differs_in_each_process_gets_one(serve: Serve) -> None:
    server = serve("different_each_time", workers=2)
    server.wait(lambda: "loads something else in each process" in "".join(server.output))
    server.wait(lambda: len(server.worker_pids()) == 1)
    first = server.samples(count=2)["items"]
    assert server.run(samples=[0, 1])["state"] == "done"
    time.sleep(0.2)
    assert server.samples(count=2)["items"] == first
    (pid,) = server.worker_pids()
    kill(pid)
    server.wait(lambda: server.worker_pids() not in ([], [pid]) and server.explorer()["state"] == "ready")
    assert server.run(samples=[0])["state"] == "done"
