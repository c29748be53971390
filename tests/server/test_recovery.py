"""Workers killed again and again, ended for want of use, loaded anew: part Q of the cases, with real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from tests.live import EXPLORERS, LiveServer
from tests.server.canonical import assert_canonical, undisturbed, values
from tests.server.conftest import Serve

FAST = {"ATTRISCOPE_RESPAWN_BACKOFF": "0.01", "ATTRISCOPE_RESPAWN_BACKOFF_MAX": "0.05"}
SLOW = {"method": "integrated_gradients", "arguments": {"n_steps": 100}}


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_q6_killed_twenty_times_idle_or_busy_it_comes_back(serve: Serve) -> None:
    server = serve("slow_model", env={**FAST, "ATTRISCOPE_TEST_PAUSE": "0.005"})
    server.samples(count=2)
    with undisturbed(server):
        for turn in range(20):
            (pid,) = server.worker_pids()
            job = None
            if turn % 2:
                job = server.submit(samples=[turn % 3 % 2], target=turn % 4, **SLOW).json()
            kill(pid)
            server.wait(lambda: server.client.get("/readyz").status_code == 503, 5)
            assert server.client.get("/livez").status_code == 200
            server.wait(lambda: server.explorer()["state"] == "ready")
            if job is not None:
                assert server.finish(job)["state"] == "done"


def test_q6_what_killed_two_workers_costs_one_more_when_asked_again(serve: Serve, marker: Path) -> None:
    server = serve("mortal", env={**FAST, "ATTRISCOPE_TEST_PAUSE": "0.001", "ATTRISCOPE_TEST_MARKER": str(marker)})
    server.samples(count=3)
    with undisturbed(server):
        marker.write_text("always")
        assert server.run(samples=[1], target=1)["error"]["code"] == "worker_lost"
        server.wait(lambda: server.explorer()["state"] == "ready")
        before = set(server.worker_pids())
        assert server.run(samples=[1], target=1)["error"]["code"] == "worker_lost"
        server.wait(lambda: server.explorer()["state"] == "ready")
        assert not before & set(server.worker_pids())
        lost = [line for line in server.output if "A worker of" in line]
        assert len(lost) == 3
        marker.unlink()
        assert server.run(samples=[1], target=1)["state"] == "done"


def test_work_that_waits_is_never_computed_by_an_edited_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (EXPLORERS / "faulty.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    pause = {"ATTRISCOPE_TEST_PAUSE": "0.1", **FAST}
    with LiveServer("serve", f"{file}:slow_model", workers=2, env=pause) as server:
        server.wait(lambda: len(server.worker_pids()) == 2)
        server.samples(count=2)
        file.write_text(text.replace("scores: Tensor = self.head(", "scores: Tensor = -self.head("), encoding="utf-8")
        job = server.submit(samples=[0, 1], target=1, method="integrated_gradients", arguments={"n_steps": 1000}).json()
        server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
        kill(server.worker_pids()[0])
        job = server.finish(job)
        # The killed worker comes back with the edited file and the other one follows: both samples' keys are stale.
        assert [item["error"] and item["error"]["code"] for item in job["items"]] == ["explorer_replaced"] * 2


def test_an_explorer_not_used_for_a_while_is_unloaded_and_the_next_use_loads_it(serve: Serve) -> None:
    server = serve("explorer", env={"ATTRISCOPE_IDLE_UNLOAD": "1s"})
    server.samples(count=2)
    first = server.run(samples=[0], target=1)
    name = server.explorer()["id"]

    def state() -> str:
        return str(server.client.get("/readyz").json()["explorers"][name])

    server.wait(lambda: state() == "unloaded")
    server.wait(lambda: not server.worker_pids())
    assert server.client.get("/readyz").status_code == 200
    # Samples and results are there without a worker; what needs one has it started.
    np.testing.assert_array_equal(values(server, first), values(server, first))
    assert_canonical(server, 1)
    assert len(server.worker_pids()) == 1


def test_a_long_job_keeps_its_worker_longer_than_idle_unload(serve: Serve) -> None:
    server = serve("slow_model", env={"ATTRISCOPE_IDLE_UNLOAD": "0.5s", "ATTRISCOPE_TEST_PAUSE": "0.3"})
    job = server.run(samples=[0], target=1, method="occlusion", arguments={"window_height": 4, "window_width": 4})
    assert job["state"] == "done"


def test_the_reload_button_loads_the_file_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (EXPLORERS / "faulty.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    with LiveServer("serve", f"{file}:explorer") as server:
        before = server.run(samples=[0], target=1, method="input_x_gradient")
        old = server.explorer()["description"]["fingerprint"]
        pids = server.worker_pids()
        file.write_text(text.replace("scores: Tensor = self.head(", "scores: Tensor = -self.head("), encoding="utf-8")
        answer = server.client.post(f"/api/explorers/{server.explorer()['id']}/reload")
        assert (answer.status_code, answer.json()["state"]) == (200, "loading")
        server.wait(lambda: server.explorer()["state"] == "ready" and server.explorer()["description"])
        server.wait_gone(pids)
        assert server.explorer()["description"]["fingerprint"] != old
        after = server.run(samples=[0], target=1, method="input_x_gradient")
        assert after["items"][0]["key"] != before["items"][0]["key"]
        # The map of before stays, to compare with: of the negated model it is the negated one.
        np.testing.assert_allclose(values(server, after), -values(server, before), rtol=1e-5)


def test_reload_follows_edits_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    text = (EXPLORERS / "faulty.py").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    with LiveServer("serve", f"{file}:explorer", env={"ATTRISCOPE_RELOAD": "true"}) as server:
        old = server.explorer()["description"]["fingerprint"]
        time.sleep(0.5)  # the watcher has begun
        file.write_text(text.replace("scores: Tensor = self.head(", "scores: Tensor = -self.head("), encoding="utf-8")
        server.wait(lambda: server.explorer()["description"]["fingerprint"] != old)
        file.write_text("syntax error here", encoding="utf-8")
        server.wait(lambda: server.explorer()["state"] == "failed")
        assert "SyntaxError" in server.explorer()["error"]["message"]
        file.write_text(text, encoding="utf-8")
        server.wait(lambda: server.explorer()["state"] == "ready")
        assert server.explorer()["description"]["fingerprint"] == old


def test_a_reload_reads_the_data_as_they_are_now(tmp_path: Path) -> None:
    file, numbers = tmp_path / "mine.py", tmp_path / "numbers.txt"
    file.write_text(
        "import torch\nfrom pathlib import Path\nfrom attriscope import Explorer\n"
        "def explorer():\n"
        "    levels = [float(line) for line in Path(__file__).with_name('numbers.txt').read_text().split()]\n"
        "    return Explorer(torch.nn.Flatten(), [torch.full((1, 2, 2), level) for level in levels])\n",
        encoding="utf-8",
    )
    numbers.write_text("0.25 0.5", encoding="utf-8")
    with LiveServer("serve", str(file)) as server:
        before = server.samples(count=3)
        assert before["matched"] == 2
        numbers.write_text("0.75 0.5 0.25", encoding="utf-8")
        server.client.post(f"/api/explorers/{server.explorer()['id']}/reload").raise_for_status()
        server.wait(lambda: server.explorer()["state"] == "ready")
        # What was asked for before the page has looked again is read for it.
        assert server.submit(samples=[2], target=0).status_code == 201
        after = server.wait(lambda: (page := server.samples(count=3))["matched"] == 3 and page)
        assert after["items"][2]["sha256"] == before["items"][0]["sha256"]
        assert after["items"][0]["sha256"] != before["items"][0]["sha256"]
