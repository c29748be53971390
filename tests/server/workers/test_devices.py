from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from attriscope.workers import devices


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("cpu", ["cpu"]),
        ("mps", ["mps"]),
        ("cuda", ["cuda:0"]),
        ("cuda:0, cuda:3", ["cuda:0", "cuda:3"]),
        ("cpu,cpu", ["cpu", "cpu"]),
    ],
)
def test_devices_are_taken_as_they_are_named(spec: str, names: list[str]) -> None:
    assert devices.resolve(spec) == names


@pytest.mark.parametrize("spec", ["", "gpu", "cuda:", "cuda:x", "cpu,", "auto,cpu", "CPU"])
def test_anything_else_is_refused_by_name(spec: str) -> None:
    with pytest.raises(ValueError, match="use auto, cpu, mps or cuda:0,cuda:1"):
        devices.resolve(spec)


def test_auto_is_the_cpu_without_asking_where_there_is_no_sign_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_probe(*args: Any, **options: Any) -> Any:
        raise AssertionError("a process was started")

    monkeypatch.setattr(devices, "_may_have_gpu", lambda: False)
    monkeypatch.setattr(subprocess, "run", no_probe)
    assert devices.resolve("auto") == ["cpu"]


def test_auto_asks_torch_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(devices, "_may_have_gpu", lambda: True)
    count = torch.cuda.device_count()
    other = "mps" if torch.backends.mps.is_available() else "cpu"
    assert devices.resolve("auto") == ([f"cuda:{i}" for i in range(count)] or [other])


def test_auto_takes_every_gpu_that_the_probe_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(devices, "_PROBE", "print('a line of some library'); print('cuda:0,cuda:1')")
    assert devices.resolve("auto") == ["cuda:0", "cuda:1"]


def test_auto_is_the_cpu_where_the_probe_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(devices, "_PROBE", "raise SystemExit(1)")
    assert devices.resolve("auto") == ["cpu"]


@pytest.mark.parametrize(
    ("device", "seen", "visible"),
    [
        ("cuda:0", None, "0"),
        ("cuda:3", None, "3"),
        ("cuda:1", "4,6", "6"),
        ("cuda:0", "GPU-aa, GPU-bb", "GPU-aa"),
        ("cuda:1", "MIG-aa,MIG-bb", "MIG-bb"),
        ("cuda:2", "4,6", ""),
        ("cuda:1", "4,-1,6", ""),
        ("cuda:0", "", ""),
    ],
)
def test_a_worker_sees_its_own_gpu_alone(device: str, seen: str | None, visible: str) -> None:
    environ = {} if seen is None else {"CUDA_VISIBLE_DEVICES": seen}
    assert devices.inside(device, environ) == ("cuda:0", {"CUDA_VISIBLE_DEVICES": visible})


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_other_devices_change_nothing(device: str) -> None:
    assert devices.inside(device, {"CUDA_VISIBLE_DEVICES": "1"}) == (device, {})


def test_the_table_tells_each_devices_memory_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_may_have_gpu", lambda: True)
    monkeypatch.setattr(devices, "_PROBE", "print('cuda:0=800,cuda:1=900')")
    assert devices.table("auto") == [devices.Device("cuda:0", "cuda", 800), devices.Device("cuda:1", "cuda", 900)]
    [gpu, unknown, cpu] = devices.table("cuda:1,cuda:7,cpu,cpu")
    assert (gpu.total_memory, unknown.total_memory) == (900, None)
    assert (cpu.name, cpu.kind, cpu.total_memory) == ("cpu", "cpu", devices.resources.total_memory())


def test_devices_are_resolved_without_torch() -> None:
    code = "import sys; from attriscope.workers.devices import resolve; resolve('cpu'); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
