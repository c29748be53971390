"""A model that goes wrong in the way that a file names, over the pictures of `faulty.py`: cases Q7 to Q9 and Q11."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import torch
from torch import Tensor, nn

from attriscope import Explorer
from tests.explorers.faulty import CLASSES, MARKER, Pictures, Tiny


class Afflicted(Tiny):
    """While the marker file exists, it does what the file names: see `AFFLICTIONS`."""

    def forward(self, x: Tensor) -> Tensor:
        if (name := os.environ.get(MARKER)) and Path(name).exists():
            AFFLICTIONS[Path(name).read_text(encoding="utf-8").strip()](x)
        return super().forward(x)


def _out_of_memory(x: Tensor) -> None:
    """Q7: more than two examples do not fit."""
    if len(x) > 2:
        raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {len(x)} examples.")


def _no_memory(x: Tensor) -> None:
    """Q7: not even one example fits."""
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def _device_assert(x: Tensor) -> None:
    """Q8: as CUDA says it, after which it says nothing else."""
    raise RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported.")


def _exit(x: Tensor) -> None:
    os._exit(3)


def _segfault(x: Tensor) -> None:
    ctypes.string_at(0)


def _loop(x: Tensor) -> None:
    """Without end, in Python."""
    while True:
        pass


def _hold(x: Tensor) -> None:
    """A minute in C without letting go of the interpreter, so that no other thread of the process runs."""
    ctypes.PyDLL(None).sleep(60)


AFFLICTIONS = {
    "out of memory": _out_of_memory,
    "no memory": _no_memory,
    "device assert": _device_assert,
    "exit": _exit,
    "segfault": _segfault,
    "loop": _loop,
    "hold": _hold,
}


def explorer() -> Explorer:
    """Q7 to Q9, Q11: goes wrong in the way that the marker file names."""
    return Explorer(
        models={"afflicted": Afflicted},
        dataset=Pictures(),
        classes=CLASSES,
        score_func=nn.Softmax(dim=1),
        name="Afflicted",
    )
