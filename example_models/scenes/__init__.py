"""Procedurally drawn scenes, of which it is known pixel by pixel what decides the class.

Each scene is a 96 × 96 landscape with clutter and one object of ten kinds. A map that a method draws can be held
against the truth: the object's visible pixels are the evidence, everything else is not.
"""

from __future__ import annotations

from torch import nn

from attriscope import Explorer, ImageFeature
from example_models.scenes.data import MEAN, STD, Scenes
from example_models.scenes.model import scenes_cnn
from example_models.scenes.objects import CLASSES


def explorer() -> Explorer:
    """2000 scenes that the network was not trained on."""
    return Explorer(
        models={"scenes_cnn": scenes_cnn},
        dataset=Scenes(),
        classes=list(CLASSES),
        features=ImageFeature(mean=MEAN, std=STD),
        score_func=nn.Softmax(dim=1),
        name="Scenes",
    )
