"""CIFAR-10 on a small CNN that raises or hangs at random.

`ATTRISCOPE_BENCH_FAULTS` names a file that holds the share of forward passes that go wrong; while it is absent, none
does. Half of those raise, half never return. A process's first passes, those of loading, always work: a file that
cannot be loaded is another matter. Content keys are the same with and without faults.
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

LOADING = 40
"""Forward passes of a process that always work."""
_chance = random.Random()  # of the system's entropy: a second try has another fate


class Flaky(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.passes = 0

    def forward(self, images: Tensor) -> Tensor:
        self.passes += 1
        draw = _chance.random() / max(_share(), 1e-12)
        if self.passes > LOADING and draw < 0.5:
            raise RuntimeError("the model was told to fail")
        if self.passes > LOADING and draw < 1:
            time.sleep(3600)
        return self.model(images)


def _share() -> float:
    try:
        return float(Path(os.environ.get("ATTRISCOPE_BENCH_FAULTS", "")).read_text())
    except (OSError, ValueError):
        return 0.0


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
