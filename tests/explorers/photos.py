"""Seven real photographs through torchvision's ResNet-18 with random weights: mechanics at full size."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import models
from torchvision.transforms import v2

from attriscope import Explorer, ImageFeature

if (root := str(Path(__file__).parents[2])) not in sys.path:  # a worker imports this file by its path
    sys.path.insert(0, root)

from tests import shared_data
from tests.shared_data import IMAGENET

SIZE = 224


def resnet18() -> nn.Module:
    """The same weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return models.resnet18(weights=None).eval()


def explorer() -> Explorer:
    """The photographs as ResNet-18 takes them, with the names of what they show."""
    prepare = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(SIZE),
            v2.CenterCrop(SIZE),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(*IMAGENET),
        ]
    )
    mean, std = IMAGENET
    return Explorer(
        models={"ResNet-18": resnet18},
        dataset=[(prepare(photo).as_subclass(torch.Tensor), name) for name, photo in shared_data.photos()],
        classes=models.ResNet18_Weights.IMAGENET1K_V1.meta["categories"],
        features=ImageFeature("photo", mean=mean, std=std),
        score_func=nn.Softmax(dim=1),
        name="Photographs",
    )
