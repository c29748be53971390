"""Pictures of two things, and questions about one of them, as the network takes them: numbered, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index as as_index
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from attriscope import Batch
from example_models.scenes.data import normalise
from example_models.scenes.drawing import Pose, rgb
from example_models.scenes.objects import CLASSES, Scheme
from example_models.scenes.scene import SIZE, Thing, compose, plan
from example_models.scenes_qa.grammar import ANSWERS, COLOURS, IDS, KINDS, LENGTH, PADDING, SIDES, Question, ask

SPLITS = {"train": 11, "held-out": 12}
Split = Literal["train", "held-out"]

_SECOND = rgb("#5c677d")
"""Every thing's second colour, so that each has one colour to be asked for."""
_MIDDLE = 8
"""Pixels about the middle in which no thing has its centre."""


@dataclass(frozen=True)
class Picture:
    """`image` uint8 H × W × 3; of the left thing and the right one the class, the colour's name and where it shows."""

    image: NDArray[np.uint8]
    labels: tuple[str, str]
    colours: tuple[str, str]
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]]


def picture(split: Split, number: int) -> Picture:
    """Picture `number` of a split, the same whenever it is asked for: two things of different class and colour."""
    random = np.random.default_rng((SPLITS[split], number, 0))
    labels = random.choice(len(CLASSES), 2, replace=False)
    colours = [str(name) for name in random.choice(list(COLOURS), 2, replace=False)]
    things = [
        Thing(int(label), Scheme(rgb(COLOURS[colour]), _SECOND), _pose(random, side))
        for side, (label, colour) in enumerate(zip(labels, colours, strict=True))
    ]
    image, (left, right) = compose(plan((SPLITS[split], number, 1)), things)
    return Picture(image, (CLASSES[labels[0]], CLASSES[labels[1]]), (colours[0], colours[1]), (left, right))


def _pose(random: np.random.Generator, side: int) -> Pose:
    scale = float(random.uniform(11, 18))
    margin = scale * 0.95
    x = random.uniform(margin, (SIZE - _MIDDLE) / 2)
    return Pose(
        x=float(x if side == 0 else SIZE - x),
        y=float(random.uniform(margin, SIZE - margin)),
        scale=scale,
        angle=float(np.clip(random.normal(0, 0.3), -0.9, 0.9)),
        mirrored=bool(random.random() < 0.5),
    )


def question(split: Split, number: int, shown: Picture, turn: int = 0) -> tuple[Question, str, int]:
    """A question about a picture, its answer, and which of the two things it is about; another one in every turn."""
    random = np.random.default_rng((SPLITS[split], number, 2, turn))
    kind, about = KINDS[random.integers(len(KINDS))], int(random.integers(2))
    which = {"side": SIDES, "thing": shown.labels, "colour": shown.colours}[kind.rpartition(" ")[2]][about]
    answer = (shown.colours if kind.startswith("colour") else shown.labels)[about]
    return ask(random, kind, which), answer, about


def encode(asked: Question) -> Tensor:
    """Token ids, padded to `grammar.LENGTH`."""
    ids = torch.full((LENGTH,), IDS[PADDING])
    ids[: len(asked.tokens)] = torch.tensor([IDS[token] for token in asked.tokens])
    return ids


class Questions(Dataset[Batch]):
    """One question about each picture: inputs image and question, the answer as label, and what decides it.

    Raises IndexError outside ``0 … len − 1``, which also ends iteration.
    """

    def __init__(self, length: int = 1000, split: Split = "held-out") -> None:
        self._length, self._split = length, split

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> Batch:
        number = as_index(number)
        if not 0 <= number < self._length:
            raise IndexError(f"Question {number} is not among 0 to {self._length - 1}.")
        shown = picture(self._split, number)
        asked, answer, about = question(self._split, number, shown)
        deciding = torch.zeros(LENGTH, dtype=torch.bool)
        deciding[: len(asked.evidence)] = torch.tensor(asked.evidence)
        return Batch(
            inputs=(normalise(torch.from_numpy(shown.image)[None])[0], encode(asked)),
            labels=ANSWERS.index(answer),
            evidence=(torch.from_numpy(shown.masks[about]), deciding),
        )
