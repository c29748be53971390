"""CIFAR-10 as torchvision reads it, normalised as the tutorial does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from torchvision import transforms
from torchvision.datasets import CIFAR10

from example_models.downloads import downloaded

MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


def images(folder: Path, train: bool) -> CIFAR10:
    """The training or the test images, downloaded (170 MB) where ``folder`` does not have them.

    Raises ExplorerError data_unavailable where they cannot be.
    """
    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    read = partial(CIFAR10, folder, train, steps)
    return downloaded("CIFAR-10", folder, CIFAR10.url, lambda download: read(download=download))
