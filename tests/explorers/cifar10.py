"""200 real CIFAR-10 images and two real models, side by side: ResNet-20 and a small CNN.

The two were trained on differently normalised images; each carries its own normalisation, so that both take the same
pixels from 0 to 1 and their maps can be compared.
"""

from __future__ import annotations

import sys
from pathlib import Path

from torch import nn

from attriscope import Explorer, ImageFeature

if (root := str(Path(__file__).parents[2])) not in sys.path:  # a worker imports this file by its path
    sys.path.insert(0, root)

from tests import shared_data
from tests.shared_data import HALF, IMAGENET, Normalised

MODELS = {
    "ResNet-20": lambda: Normalised(shared_data.resnet20(), IMAGENET).eval(),
    "Small CNN": lambda: Normalised(shared_data.small_network(), HALF).eval(),
}


def resnet20() -> Explorer:
    """The larger model alone."""
    return explorer("ResNet-20")


def small_cnn() -> Explorer:
    """The smaller model alone."""
    return explorer("Small CNN")


def explorer(*names: str) -> Explorer:
    """The models of these names, or both, on the 200 images, one class after the other in turn."""
    return Explorer(
        models={name: MODELS[name] for name in names or MODELS},
        dataset=list(zip(*shared_data.cifar_images(), strict=True)),
        classes=shared_data.CIFAR_CLASSES,
        features=ImageFeature(),
        score_func=nn.Softmax(dim=1),
        name="CIFAR-10",
    )
