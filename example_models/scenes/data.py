"""Scenes as the network takes them: numbered, balanced, normalised, never stored."""

from __future__ import annotations

from operator import index as as_index
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from attriscope import Batch
from example_models.scenes.objects import CLASSES
from example_models.scenes.scene import Scene, draw, plan

MEAN = (0.61, 0.64, 0.66)
"""The scenes' mean colour, a light grey-blue: what zero means to the network."""
STD = (0.2, 0.2, 0.2)

SPLITS = {"train": 1, "held-out": 2}
Split = Literal["train", "held-out"]


def scene(split: Split, number: int) -> Scene:
    """Scene ``number`` of a split, the same whenever and in whatever order it is asked for.

    Every ten scenes in a row show the ten classes once each, in an order of their own.
    """
    decade, place = divmod(number, len(CLASSES))
    order = np.random.default_rng((SPLITS[split], decade, 0)).permutation(len(CLASSES))
    return draw(plan((SPLITS[split], number, 1), label=int(order[place])))


def normalise(images: Tensor) -> Tensor:
    """uint8 N × H × W × 3 to float32 N × 3 × H × W about zero."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2).contiguous()


class Scenes(Dataset[Batch]):
    """Scenes by number, each with its label and its evidence mask.

    Raises IndexError outside ``0 … len − 1``, which also ends iteration.
    """

    def __init__(self, length: int = 2000, split: Split = "held-out") -> None:
        self._length = length
        self._split = split

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> Batch:
        number = as_index(number)
        if not 0 <= number < self._length:
            raise IndexError(f"Scene {number} is not among 0 to {self._length - 1}.")
        drawn = scene(self._split, number)
        return Batch(
            inputs=normalise(torch.from_numpy(drawn.image)[None])[0],
            labels=drawn.label,
            evidence=torch.from_numpy(drawn.evidence),
        )
