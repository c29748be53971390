"""CIFAR-10 with two trained models; where the test data is absent, seeded noise and a small network of a seed.

`ATTRISCOPE_BENCH_THREADS` fixes torch's threads in every worker, whatever the server shares out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch import nn

from attriscope import Explorer, ImageFeature

if (root := str(Path(__file__).parents[2])) not in sys.path:  # a worker imports this file by its path
    sys.path.insert(0, root)

from tests import shared_data
from tests.explorers import cifar10

if threads := os.environ.get("ATTRISCOPE_BENCH_THREADS"):
    torch.set_num_threads(int(threads))
    torch.set_num_threads = lambda count: None


def has_data() -> bool:
    try:
        return shared_data.data_root().is_dir()
    except FileNotFoundError:
        return False


def seeded() -> nn.Module:
    """The small CNN with weights of a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return shared_data.Normalised(shared_data.SmallNetwork(), shared_data.HALF).eval()


def images() -> list[tuple[torch.Tensor, int]]:
    """200 images and their labels."""
    if has_data():
        return [(image, int(label)) for image, label in zip(*shared_data.cifar_images(), strict=True)]
    noise = torch.rand(200, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return [(image, number % 10) for number, image in enumerate(noise)]


def explorer() -> Explorer:
    return Explorer(
        models=dict(cifar10.MODELS) if has_data() else {"Small CNN": seeded},
        dataset=images(),
        classes=shared_data.CIFAR_CLASSES,
        features=ImageFeature(),
        score_func=nn.Softmax(dim=1),
        name="CIFAR-10",
    )
