"""A real worker process: its life, its end, and that the web process stays clear of what it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import attribution_core
from attriscope.workers.arrays import to_tensor
from attriscope.workers.protocol import Frame
from attriscope.workers.source import ExplorerSource
from attriscope.workers.worker import NICENESS
from tests.explorers import faulty
from tests.server.workers.toys import FAULTY, PATIENCE, Process, Sampled, Start, gone, request


@pytest.fixture(scope="module")
def client() -> Iterator[Process]:
    process = Process(ExplorerSource("faulty", path=FAULTY))
    process.await_load()
    yield process
    process.worker.close()


def busy(process: Process) -> tuple[Sampled, int]:
    """A worker in the middle of an attribution of many slow passes, and the call's number."""
    samples = process.scan(1)
    checked = process.check(samples.items(0), model="slow", method="occlusion").body
    asked = request(model="slow", method="occlusion", arguments=checked["arguments"])
    call = process.post("attribute", {"request": asked, "items": checked["items"]}, samples.arrays(0))
    assert process.frames.get(timeout=PATIENCE).type == "progress"
    return samples, call


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRISCOPE_TEST_PAUSE", "0.1")


def test_a_worker_loads_scans_predicts_checks_and_attributes(client: Process) -> None:
    samples = client.scan(3)
    predicted = client.call("predict", {"model": "tiny", "count": 3}, samples.arrays(0, 1, 2)).body["predictions"]
    answer = client.attribute(samples, 0, 1, 2, model="tiny", method="integrated_gradients", target=1)
    found = torch.stack([to_tensor(frame.arrays["image"]) for frame in answer.of("result")])

    net = faulty.Tiny().eval()
    images = torch.stack([faulty.picture(i) for i in range(3)])
    with torch.no_grad():
        assert [p[0]["index"] for p in predicted] == net(images).argmax(1).tolist()
    expected = attribution_core.IntegratedGradients(net).attribute(images, target=1)
    assert isinstance(expected, torch.Tensor)
    assert float((found - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


def test_a_sample_arrives_as_the_dataset_gave_it(client: Process) -> None:
    [frame] = client.scan(1, start=5).frames
    assert torch.equal(to_tensor(frame.arrays["input.0"]), faulty.picture(5))


def test_the_parent_side_imports_no_torch_and_no_user_code() -> None:
    code = textwrap.dedent(f"""
        import sys, threading
        from attriscope.workers.process import WorkerProcess
        from attriscope.workers.source import ExplorerSource
        if __name__ == "__main__":
            described, ended = threading.Event(), threading.Event()
            worker = WorkerProcess(
                ExplorerSource("x", path={FAULTY!r}), "cpu", threads=1,
                on_frame=lambda frame: described.set() if frame.type == "description" else None,
                on_exit=lambda code: ended.set(),
            )
            assert described.wait({PATIENCE})
            worker.close()
            assert ended.is_set()
            print(sorted({{"torch", "numpy", "faulty", "fastapi"}} & set(sys.modules)))
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_worker_imports_nothing_of_the_web(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "telling.py"
    path.write_text(
        "import sys\nfrom tests.explorers.faulty import _explorer\n"
        "def explorer():\n"
        "    web = sorted({'fastapi', 'uvicorn', 'attriscope.web'} & set(sys.modules))\n"
        "    return _explorer(name=' '.join(web) or 'none')\n"
    )
    assert start(path=str(path)).await_load().name == "none"


def test_a_worker_gives_way_to_the_web_process(client: Process) -> None:
    assert client.worker.pid is not None
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, client.worker.pid) == min(own + NICENESS, 19)


# --- answers while computing ---------------------------------------------------------------------------


def test_checks_and_baselines_are_answered_while_the_model_runs(start: Start) -> None:
    process = start("slow_model")
    process.await_load()
    samples, call = busy(process)
    check = process.post("check", {"request": request(model="slow"), "items": samples.items(0)})
    baseline = process.post("baseline", {"baseline": "white", "feature": "image"}, samples.arrays(0))
    scan = process.post("scan", {"start": 1, "count": 1})
    ended = []
    while len(ended) < 3:
        frame = process.frames.get(timeout=PATIENCE)
        assert (frame.id, frame.type) != (call, "reply"), "the attribution ended first"
        if frame.type == "reply":
            ended.append(frame.id)
    assert sorted(ended) == [check, baseline, scan]


def test_d3_a_slow_dataset_holds_up_no_computation(start: Start) -> None:
    process = start("slow_dataset")
    process.await_load()
    samples = process.scan(1)
    scan = process.post("scan", {"start": 1, "count": 20})
    call = process.post("predict", {"model": "tiny", "count": 1}, samples.arrays(0))
    arrived = 0
    while (frame := process.frames.get(timeout=PATIENCE)).id == scan:
        arrived += 1
    assert (frame.id, frame.type) == (call, "reply")
    assert arrived < 20


# --- cancelling ----------------------------------------------------------------------------------------


def test_q3_a_running_call_is_cancelled_softly_and_the_next_one_runs(start: Start) -> None:
    process = start("slow_model")
    process.await_load()
    samples, call = busy(process)
    process.send(Frame("cancel", 0, {"call": call}))
    answer = process.answer(call)
    assert answer.error["code"] == "cancelled"
    assert answer.of("result") == []
    assert process.call("predict", {"model": "slow", "count": 1}, samples.arrays(0)).last.type == "reply"


def test_q3_a_waiting_call_never_starts(start: Start) -> None:
    process = start("slow_model")
    process.await_load()
    samples, running = busy(process)
    waiting = process.post("predict", {"model": "slow", "count": 1}, samples.arrays(0))
    process.send(Frame("cancel", 0, {"call": waiting}))
    while (frame := process.frames.get(timeout=PATIENCE)).id == running:
        assert frame.type == "progress", "the running call ended before the cancel was answered"
    assert (frame.id, frame.type, frame.body["code"]) == (waiting, "error", "cancelled")


def test_q4_cancelling_twice_late_or_what_never_was_does_nothing(client: Process) -> None:
    call = client.post("scan", {"start": 0, "count": 1})
    assert client.answer(call).last.type == "reply"
    for number in (call, call, 10**6):
        client.send(Frame("cancel", 0, {"call": number}))
    assert client.scan(1).frames


# --- failures ------------------------------------------------------------------------------------------


def test_a_load_that_fails_is_told_and_every_call_gets_the_same_error(start: Start) -> None:
    process = start("not_loading")
    while (frame := process.frames.get(timeout=PATIENCE)).type in ("loading", "files"):
        pass
    assert frame.type == "load_failed"
    assert frame.body["message"] == ("Model 'missing' could not be loaded: FileNotFoundError: weights.pt is not there")
    assert "in load" in frame.body["detail"]
    assert process.call("scan", {"start": 0, "count": 1}).error["code"] == frame.body["code"]
    assert process.call("check", {}).error["code"] == frame.body["code"]


def test_an_unknown_device_is_a_load_failure() -> None:
    process = Process(ExplorerSource("faulty", path=FAULTY), "cuda:91")
    while (frame := process.frames.get(timeout=PATIENCE)).type in ("loading", "files"):
        pass
    assert (frame.type, frame.body["code"]) == ("load_failed", "device_unavailable")
    process.worker.close()


def test_q6_a_killed_worker_is_noticed(start: Start) -> None:
    process = start("slow_model")
    process.await_load()
    busy(process)
    pid = process.worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert process.exits.wait() == -signal.SIGKILL
    assert gone(pid)


def test_q9_a_model_that_ends_the_process_is_noticed(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    monkeypatch.setenv(faulty.MARKER, str(marker))
    process = start("exiting")
    process.await_load()
    samples = process.scan(1)
    marker.touch()
    process.post("predict", {"model": "exiting", "count": 1}, samples.arrays(0))
    assert process.exits.wait() == 3


def test_a_killed_worker_is_noticed_though_its_children_live_on(start: Start, tmp_path: Path) -> None:
    """What it forked (a DataLoader's workers) holds copies of its pipe."""
    path = tmp_path / "forking.py"
    path.write_text(
        "import os, time\nfrom tests.explorers import faulty\n"
        "def explorer():\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(30)\n"
        "        os._exit(0)\n"
        "    return faulty.explorer()\n"
    )
    process = start(path=str(path))
    process.await_load()
    started = time.monotonic()
    process.worker.kill()
    assert process.exits.wait() == -signal.SIGKILL
    assert time.monotonic() - started < 20


def test_a_dataloader_with_workers_of_its_own_is_read(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "loading.py"
    path.write_text(
        "from tests.explorers import faulty\nfrom torch.utils.data import DataLoader\n"
        "def explorer():\n"
        "    loader = DataLoader(faulty.Pictures(), batch_size=5, num_workers=1)\n"
        "    return faulty._explorer(dataset=loader)\n"
    )
    process = start(path=str(path))
    assert process.await_load().dataset_length == faulty.LENGTH
    samples = process.scan(30)
    assert [frame.body["index"] for frame in samples.frames] == list(range(faulty.LENGTH))
    assert torch.equal(to_tensor(samples.frames[11].arrays["input.0"]), faulty.picture(11))


def test_random_weights_and_shuffles_come_out_the_same_in_every_worker(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "random_one.py"
    path.write_text(
        "from torch import nn\nfrom tests.explorers import faulty\nfrom torch.utils.data import DataLoader\n"
        "def explorer():\n"
        "    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 4))\n"
        "    return faulty._explorer(models=net, dataset=DataLoader(faulty.Pictures(), shuffle=True))\n"
    )
    one, two = start(path=str(path)), start(path=str(path))
    assert one.await_load().fingerprint == two.await_load().fingerprint
    hashes = [[frame.body["sha256"] for frame in process.scan(24).frames] for process in (one, two)]
    assert hashes[0] == hashes[1]


def test_a_cuda_worker_sees_its_own_gpu_alone_before_torch_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a GPU the model cannot be moved; what the file saw while it was imported is what counts."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-first,GPU-second")
    path, seen = tmp_path / "environment.py", tmp_path / "seen"
    path.write_text(
        "import os\n"
        f"open({str(seen)!r}, 'w').write(os.environ['CUDA_VISIBLE_DEVICES'])\n"
        "from tests.explorers.faulty import explorer\n"
    )
    process = Process(ExplorerSource("environment", path=str(path)), device="cuda:1")
    while (frame := process.frames.get(timeout=PATIENCE)).type not in ("load_failed", "description"):
        pass
    assert seen.read_text() == "GPU-second"
    assert frame.type == "load_failed"
    assert frame.body["code"] == "device_unavailable"
    assert "cuda:1" in frame.body["message"]
    process.worker.close()
