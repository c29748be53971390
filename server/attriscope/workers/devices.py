"""Which devices the workers get. Never imports torch here: the web process calls this."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from attriscope.workers import resources

_NAME = re.compile(r"cpu|mps|cuda(:\d+)?")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_PROBE = """
import torch
cuda = [f"cuda:{i}={torch.cuda.get_device_properties(i).total_memory}" for i in range(torch.cuda.device_count())]
mps = torch.backends.mps.is_available()
print(",".join(cuda or ([f"mps={torch.mps.recommended_max_memory()}"] if mps else ["cpu"])))
"""
_PROBE_SECONDS = 120.0


@dataclass(frozen=True)
class Device:
    """One device. total_memory: bytes, the machine's (or container's) for a CPU; None where nobody has asked yet."""

    name: str
    kind: str
    total_memory: int | None


def table(spec: str) -> list[Device]:
    """The devices of `resolve`, each once, with what is known of their memory.

    Raises ValueError as `resolve`.
    """
    names = list(dict.fromkeys(resolve(spec)))
    asked = _probe(_PROBE) if _may_have_gpu() and names != ["cpu"] else {}
    return [
        Device(name, name.partition(":")[0], resources.total_memory() if name == "cpu" else asked.get(name))
        for name in names
    ]


def inside(device: str, environ: Mapping[str, str] | None = None) -> tuple[str, dict[str, str]]:
    """What a worker process on `device` calls it, and the environment variables that make it so.

    A CUDA worker sees its own GPU alone, as `cuda:0`, so that a model's `.cuda()` lands there. `device` counts the GPUs
    that the parent sees: where the parent's CUDA_VISIBLE_DEVICES names them, by number or UUID, `cuda:1` is the second
    of those. One beyond them leaves the worker none, so that loading says what is wrong.
    """
    if not device.startswith("cuda"):
        return device, {}
    index = int(device.partition(":")[2] or 0)
    given = (os.environ if environ is None else environ).get(_VISIBLE)
    if given is None:
        return "cuda:0", {_VISIBLE: str(index)}
    seen = _seen(given)
    return "cuda:0", {_VISIBLE: seen[index] if index < len(seen) else ""}


def _seen(given: str) -> list[str]:
    """As CUDA reads the list: what stands behind an empty or negative entry is not seen."""
    found = []
    for entry in given.split(","):
        entry = entry.strip()
        if not entry or entry.startswith("-"):
            break
        found.append(entry)
    return found


def resolve(spec: str) -> list[str]:
    """Device names, one for each worker, from 'auto', 'cpu', 'mps', 'cuda:0' or several with commas between.

    'auto' is every CUDA device, else Apple's, else the CPU. Where there is a sign of a GPU a short process asks torch.
    Raises ValueError, naming what is wrong, for anything else.
    """
    names = [part.strip() for part in spec.split(",")]
    if names == ["auto"]:
        return list(_probe(_PROBE)) if _may_have_gpu() else ["cpu"]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"devices is {spec!r}: {name!r} is no device; use auto, cpu, mps or cuda:0,cuda:1.")
    return ["cuda:0" if name == "cuda" else name for name in names]


def _may_have_gpu() -> bool:
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    nodes = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("dxg"), *Path("/dev").glob("kfd")]
    return bool(nodes) or shutil.which("nvidia-smi") is not None


@cache
def _probe(code: str) -> Mapping[str, int | None]:
    """The GPUs that torch sees, or the CPU, with their memory; asked in a process of its own, once."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {"cpu": None}
    pairs = (entry.partition("=") for entry in done.stdout.split()[-1].split(","))
    return {name: int(total) if total else None for name, _, total in pairs}
