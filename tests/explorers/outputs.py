"""Explorers of models with other outputs than one row of class scores, a factory each.

Their outputs can be derived by hand, so that what is explained of them can, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from attriscope import Explorer, ImageFeature, TabularFeature
from tests.explorers.faulty import CLASSES, Pictures, Tiny

SIZE = 16
COUNT = 8
GROUNDS = ("ground", "red", "blue")


def patches(index: int) -> Tensor:
    """A dark ground with a red patch at the left and a blue one at the right, their rows set by the index."""
    noise = 0.1 * torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(300 + index))
    picture = 0.1 + noise
    picture[0, index : index + 6, 1:6] += 0.7
    picture[2, 8 - index : 14 - index, 9:15] += 0.7
    return picture


class Segmenter(nn.Module):
    """N×3×8×8, half the image's size: the ground's output is 0, red's and blue's their mean colour in 2×2 pixels less a
    quarter of the others', less 0.2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 2, stride=2)
        weights = torch.tensor([[0.0, 0.0, 0.0], [1.0, -0.25, -0.25], [-0.25, -0.25, 1.0]])
        with torch.no_grad():
            self.conv.weight.copy_(weights[:, :, None, None].expand(3, 3, 2, 2) / 4)
            self.conv.bias.copy_(torch.tensor([0.0, -0.2, -0.2]))

    def forward(self, x: Tensor) -> Tensor:
        value: Tensor = self.conv(x)
        return value


def segmentation() -> Explorer:
    """A map of three classes."""
    return Explorer(
        models={"segmenter": Segmenter},
        dataset=[patches(index) for index in range(COUNT)],
        classes=GROUNDS,
        score_func=nn.Softmax(1),
        name="Patches",
    )


def depth() -> Explorer:
    """A map of one value, and pictures of two sizes."""

    class Depth(Segmenter):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, 1:2]

    return Explorer(
        models={"depth": Depth}, dataset=[*(patches(n) for n in range(4)), torch.rand(3, 12, 20)], name="Depth"
    )


class Several(nn.Module):
    """Scores of their own for each of four colours: above 0 where the mean of the channel is above 0.4."""

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean((2, 3))
        return 8 * (torch.cat([means, means.mean(1, keepdim=True)], 1) - 0.4)


def true_colours(index: int) -> list[int]:
    """Green pictures are labelled blue, too: a label that no model predicts."""
    means = Pictures()[index][0].mean((1, 2))
    bright = [number for number, mean in enumerate([*means, means.mean()]) if mean > 0.4]
    return sorted({*bright, 2}) if index % 4 == 1 else bright


def multi_label() -> Explorer:
    """Classes that do not exclude each other: a sigmoid, and labels as a row of 0 and 1 or as a list."""

    def labels(index: int) -> Any:
        row = torch.zeros(len(CLASSES), dtype=torch.long)
        row[true_colours(index)] = 1
        return row if index % 2 else [CLASSES[number] for number in true_colours(index)]

    return Explorer(
        models={"several": Several},
        dataset=[(Pictures()[index][0], labels(index)) for index in range(12)],
        classes=CLASSES,
        score_func=nn.Sigmoid(),
        name="Several labels",
    )


class Linear(nn.Module):
    """One value of four numbers, N×1; `flat` makes it N."""

    def __init__(self, flat: bool = False) -> None:
        super().__init__()
        self.flat = flat
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5, 0.0]))

    def forward(self, x: Tensor) -> Tensor:
        value = x @ self.weight + torch.tanh(x[:, 0] * x[:, 1])
        return value if self.flat else value[:, None]


def numbers(index: int) -> Tensor:
    return torch.randn(4, generator=torch.Generator().manual_seed(400 + index))


def regression() -> Explorer:
    """One value, as N×1 and as N."""
    return Explorer(
        models={"column": Linear, "flat": lambda: Linear(flat=True)},
        dataset=[(numbers(index), float(index)) for index in range(COUNT)],
        features=TabularFeature(columns=("width", "height", "depth", "age")),
        targets={"distance from 2": lambda output: (output.reshape(-1) - 2).abs()},
        name="Prices",
    )


@dataclass
class Output:
    logits: Tensor
    hidden: Tensor


class Wrapped(Tiny):
    """The tiny model, which returns its scores in one of several wrappings."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        scores, hidden = super().forward(x), self.pooled(x)
        return {
            "tensor": scores,
            "tuple": (scores, hidden),
            "list": [scores, hidden],
            "dict": {"logits": scores, "hidden": hidden},
            "other dict": {"out": scores, "hidden": hidden},
            "object": Output(scores, hidden),
        }[self.form]


FORMS = ("tensor", "tuple", "list", "dict", "other dict", "object")


def margin(output: Any) -> Tensor:
    """How far red is ahead of the best of the others."""
    scores: Tensor = output["logits"] if isinstance(output, dict) else output
    return scores[:, 0] - scores[:, 1:].max(1).values


def energy(output: Any) -> Tensor:
    """Of the hidden values that come with the scores, N×1."""
    hidden: Tensor = output["hidden"]
    return hidden.square().sum(1, keepdim=True)


def named() -> Explorer:
    """Functions of the output, one of which cannot read the other model's."""
    return Explorer(
        models={"dict": lambda: Wrapped("dict"), "plain": Tiny},
        dataset=Pictures(),
        classes=CLASSES,
        features=ImageFeature(),
        score_func=nn.Softmax(1),
        targets={"margin": margin, "energy": energy},
        name="Named targets",
    )
