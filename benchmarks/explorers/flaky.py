"""CIFAR-10 on a small CNN that raises or hangs at random while it is explained.

`ATTRISCOPE_BENCH_FAULTS` names a file that holds the share of a worker's calls to explain that go wrong; while it is
absent, none does. Half of those raise, half never return; each is noted by a line in the file's neighbour `….told`.
Content keys are the same with and without faults. Loading and predicting always work: a file that cannot be loaded is
another matter.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from torch import Tensor, nn

from attriscope import Explorer, ImageFeature

if (root := str(Path(__file__).parents[2])) not in sys.path:  # a worker imports this file by its path
    sys.path.insert(0, root)

from benchmarks.explorers.cifar10 import has_data, images, seeded
from tests import shared_data

_chance = random.Random()  # of the system's entropy: a second try has another fate


class Flaky(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.call: object = None

    def forward(self, images: Tensor) -> Tensor:
        call = _call()
        if call is not None and call is not self.call:
            self.call = call
            _perhaps_fail()
        return self.model(images)


def _call() -> object:
    """The frame of the worker's call to explain that this pass belongs to; None while loading and predicting."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "attribute" and frame.f_globals.get("__name__") == "attriscope.workers.attribute":
            return frame
        frame = frame.f_back
    return None


def _perhaps_fail() -> None:
    orders = Path(os.environ.get("ATTRISCOPE_BENCH_FAULTS", ""))
    try:
        share = float(orders.read_text())
    except (OSError, ValueError):
        return
    if _chance.random() >= share:
        return
    raises = _chance.random() < 0.5
    with orders.with_suffix(".told").open("a") as file:
        file.write("raised\n" if raises else "hung\n")
    if raises:
        raise RuntimeError("the model was told to fail")
    time.sleep(3600)


def _load() -> nn.Module:
    small = shared_data.Normalised(shared_data.small_network(), shared_data.HALF) if has_data() else seeded()
    return Flaky(small).eval()


def explorer() -> Explorer:
    return Explorer(
        models={"flaky": _load},
        dataset=images(),
        classes=shared_data.CIFAR_CLASSES,
        features=ImageFeature(),
        score_func=nn.Softmax(dim=1),
        name="CIFAR-10, flaky",
    )
