"""Explorers of other inputs than images, a factory each, over models small enough to answer at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from attriscope import Batch, EmptyFeature, Explorer, ImageFeature, TabularFeature, TextFeature

VOCABULARY = ["<pad>", "<unk>", "good", "bad", "not", "the", "film", "is", "un", "##watch", "##able", "<script>"]
LENGTH = 7
COLUMNS = ("age", "height", "red", "green", "blue", "weight")
COUNT = 12


def tokens(index: int) -> Tensor:
    """Some words and padding behind them, the same for the same index."""
    generator = torch.Generator().manual_seed(index)
    words = torch.randint(2, len(VOCABULARY), (LENGTH,), generator=generator)
    words[LENGTH - 1 - index % 3 :] = 0
    return words


def row(index: int) -> Tensor:
    values = torch.randn(len(COLUMNS), generator=torch.Generator().manual_seed(100 + index))
    values[2:5] = torch.eye(3)[index % 3]
    return values


def picture(index: int) -> Tensor:
    return torch.rand(3, 6, 6, generator=torch.Generator().manual_seed(200 + index))


class Reader(nn.Module):
    """Mean of embedded tokens and two layers."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            self.embed = nn.Embedding(len(VOCABULARY), 5)
            self.places = nn.Embedding(LENGTH, 5)
            self.hidden = nn.Linear(5, 8)
            self.act = nn.ReLU()
            self.head = nn.Linear(8, classes)

    def forward(self, ids: Tensor) -> Tensor:
        places = self.places(torch.arange(ids.shape[1], device=ids.device))
        value: Tensor = self.head(self.act(self.hidden(self.embed(ids) * (1 + places))).mean(1))
        return value


class Rows(nn.Module):
    def __init__(self, outputs: int = 2) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)
            self.net = nn.Sequential(nn.Linear(len(COLUMNS), 8), nn.ReLU(), nn.Linear(8, outputs))

    def forward(self, x: Tensor) -> Tensor:
        value: Tensor = self.net(x)
        return value


class Mixed(nn.Module):
    """A picture, a text and a row; a fourth input scales nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.reader, self.rows = Reader(3), Rows(3)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            self.conv, self.act, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Linear(4, 3)

    def forward(self, image: Tensor, ids: Tensor, x: Tensor, more: Tensor) -> Tensor:
        value: Tensor = self.head(self.act(self.conv(image)).mean((2, 3)))
        return value + self.reader(ids) + self.rows(x) + 0.1 * more.sum(-1, keepdim=True)


def text_feature() -> TextFeature:
    return TextFeature(vocabulary=VOCABULARY, length=LENGTH)


def text() -> Explorer:
    return Explorer(
        models={"reader": Reader().eval},
        dataset=[(tokens(index), index % 3) for index in range(COUNT)],
        classes=["no", "maybe", "yes"],
        features=text_feature(),
        name="Texts",
    )


def table_feature() -> TabularFeature:
    return TabularFeature(
        columns=COLUMNS,
        units={"age": "years", "height": "cm"},
        mean=[40, 170, 0, 0, 0, 70],
        std=[12, 9, 1, 1, 1, 10],
        groups={"colour": ("red", "green", "blue")},
        background=torch.stack([row(50 + index) for index in range(8)]),
    )


def table() -> Explorer:
    return Explorer(
        models={"rows": Rows().eval},
        dataset=[(row(index), index % 2) for index in range(COUNT)],
        classes=["low", "high"],
        features=table_feature(),
        name="Rows",
    )


def mixed() -> Explorer:
    def inputs(index: int) -> tuple[Tensor, ...]:
        return picture(index), tokens(index), row(index), torch.full((4,), float(index))

    return Explorer(
        models={"mixed": Mixed().eval},
        dataset=[Batch(tuple(x[None] for x in inputs(index)), [index % 3]) for index in range(COUNT)],
        features=[ImageFeature(), text_feature(), table_feature(), EmptyFeature("extra")],
        name="Several",
    )


def untyped() -> Explorer:
    """Its vocabulary tells strings of ids, and nothing makes ids of a text."""
    return Explorer(
        models={"reader": Reader().eval},
        dataset=[(tokens(index), index % 3) for index in range(COUNT)],
        features=TextFeature(vocabulary=lambda ids: [VOCABULARY[token] for token in ids]),
    )
