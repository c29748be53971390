"""Which devices the workers get. Never imports torch here: the web process calls this."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

_NAME = re.compile(r"cpu|mps|cuda(:\d+)?")
_PROBE = """
import torch
print(",".join(f"cuda:{i}" for i in range(torch.cuda.device_count()))
      or ("mps" if torch.backends.mps.is_available() else "cpu"))
"""
_PROBE_SECONDS = 120.0


def resolve(spec: str) -> list[str]:
    """Device names, one for each worker, from 'auto', 'cpu', 'mps', 'cuda:0' or several with commas between.

    'auto' is every CUDA device, else Apple's, else the CPU. Where there is a sign of a GPU a short process asks torch.
    Raises ValueError, naming what is wrong, for anything else.
    """
    names = [part.strip() for part in spec.split(",")]
    if names == ["auto"]:
        return _probe() if _may_have_gpu() else ["cpu"]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"devices is {spec!r}: {name!r} is no device; use auto, cpu, mps or cuda:0,cuda:1.")
    return ["cuda:0" if name == "cuda" else name for name in names]


def _may_have_gpu() -> bool:
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    nodes = [*Path("/dev").glob("nvidia[0-9]*"), *Path("/dev").glob("dxg"), *Path("/dev").glob("kfd")]
    return bool(nodes) or shutil.which("nvidia-smi") is not None


def _probe() -> list[str]:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ["cpu"]
    return done.stdout.split()[-1].split(",")
