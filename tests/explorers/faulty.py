"""Explorers that go wrong on purpose, a factory each, over a model small enough to answer at once.

`attriscope serve tests/explorers/faulty.py:one_shot`. Cases are those of the dataset and worker parts.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import torch
from attriscope import Explorer
from torch import Tensor, nn
from torch.utils.data import Dataset

CLASSES = ("red", "green", "blue", "grey")
SIZE = 8
LENGTH = 24
RAISES_AT = 5
TRUE_LENGTH = 6
PAUSE = float(os.environ.get("ATTRISCOPE_TEST_PAUSE", "0.3"))
"""Seconds that the slow ones take for one item or one forward pass."""
MARKER = "ATTRISCOPE_TEST_MARKER"
"""Environment variable that names a file; see `Mortal`."""


class Tiny(nn.Module):
    """Two convolutions and a linear layer, with the weights of its seed."""

    def __init__(self, seed: int = 0, outputs: int = len(CLASSES)) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
            self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
            self.head = nn.Linear(8, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        scores: Tensor = self.head(x.mean((2, 3)))
        return scores


def picture(index: int) -> Tensor:
    """Noise about one of four colours, the same for the same index."""
    noise = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(index))
    tint = torch.eye(3)[index % 4] if index % 4 < 3 else torch.full((3,), 0.5)
    return 0.4 * noise + 0.6 * tint[:, None, None]


def example(index: int) -> tuple[Tensor, int]:
    return picture(index), index % len(CLASSES)


class Pictures(Dataset[tuple[Tensor, int]]):
    """`length` examples by index; `claimed` is what len() says."""

    def __init__(self, length: int = LENGTH, claimed: int | None = None) -> None:
        self._length, self._claimed = length, length if claimed is None else claimed

    def __len__(self) -> int:
        return self._claimed

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        if not 0 <= index < self._length:
            raise IndexError(index)
        return example(index)


class Stream:
    """An iterable without a length or an index, which can be started again."""

    def __init__(self, start: Callable[[], Iterator[tuple[Tensor, int]]]) -> None:
        self._start = start

    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        return self._start()


def _explorer(models: object = None, dataset: object = None, name: str = "Tiny", **rest: object) -> Explorer:
    return Explorer(
        models={"tiny": Tiny} if models is None else models,
        dataset=Pictures() if dataset is None else dataset,
        name=name,
        **{"classes": CLASSES, "score_func": nn.Softmax(dim=1), **rest},
    )


# --- nothing wrong -----------------------------------------------------------------------------------


def explorer() -> Explorer:
    """The tiny model over 24 pictures of 3 × 8 × 8."""
    return _explorer()


def scores() -> Explorer:
    """Without a score function: the page shows scores, never probabilities."""
    return _explorer(score_func=None, name="Scores")


# --- datasets ----------------------------------------------------------------------------------------


def raising() -> Explorer:
    """D1: item 5 raises."""

    def items() -> Iterator[tuple[Tensor, int]]:
        for index in range(LENGTH):
            if index == RAISES_AT:
                raise OSError(f"picture {index} cannot be read")
            yield example(index)

    return _explorer(dataset=Stream(items), name="Raising")


def infinite() -> Explorer:
    """D2: never ends."""
    return _explorer(dataset=Stream(lambda: map(example, count())), name="Infinite")


def slow_dataset() -> Explorer:
    """D3: every item takes `PAUSE` seconds."""

    def items() -> Iterator[tuple[Tensor, int]]:
        for index in range(LENGTH):
            time.sleep(PAUSE)
            yield example(index)

    return _explorer(dataset=Stream(items), name="Slow dataset")


def empty() -> Explorer:
    """D4: nothing in it."""
    return _explorer(dataset=Stream(lambda: iter(())), name="Empty")


def claims_more() -> Explorer:
    """D5: len() says 100, there are 6."""
    return _explorer(dataset=Pictures(TRUE_LENGTH, claimed=100), name="Claims more")


def claims_less() -> Explorer:
    """D5: an iterable of 24 whose len() says 6."""

    class Short(Stream):
        def __len__(self) -> int:
            return TRUE_LENGTH

    return _explorer(dataset=Short(lambda: map(example, range(LENGTH))), name="Claims less")


def one_shot() -> Explorer:
    """D6: a generator, used up when it has been read."""
    return _explorer(dataset=(example(index) for index in range(LENGTH)), name="One-shot")


def unlabelled() -> Explorer:
    """D7: inputs alone."""
    return _explorer(dataset=[picture(index) for index in range(LENGTH)], name="Unlabelled")


# --- models ------------------------------------------------------------------------------------------


class Reversed(nn.Module):
    """Another model's scores in reverse order: on no input does it predict the same class."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.model(x).flip(1)
        return scores


def disagreeing() -> Explorer:
    """D9: two models that never predict the same class."""
    return _explorer(models={"tiny": Tiny, "reversed": lambda: Reversed(Tiny())}, name="Disagreeing")


def one_output() -> Explorer:
    """D10: a single value for each example."""
    return _explorer(models=Tiny(outputs=1), classes=None, score_func=None, name="One output")


class Slow(Tiny):
    """Sleeps `PAUSE` seconds in every forward pass, however many examples it has."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(PAUSE)
        return super().forward(x)


def slow_model() -> Explorer:
    """Long enough to be cancelled, or killed, while it runs."""
    return _explorer(models={"slow": Slow}, name="Slow model")


class Mortal(Slow):
    """Kills its own process where the marker file exists: once if it holds 'once' (and removes it), else each time."""

    def forward(self, x: Tensor) -> Tensor:
        name = os.environ.get(MARKER)
        if name and (marker := Path(name)).exists():
            if marker.read_text().strip() == "once":
                marker.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


def mortal() -> Explorer:
    """Q6, Q9: a worker lost in the middle of a forward pass."""
    return _explorer(models={"mortal": Mortal}, name="Mortal")


def exiting() -> Explorer:
    """Q9: `os._exit` in the model, where the marker file exists."""

    class Exiting(Slow):
        def forward(self, x: Tensor) -> Tensor:
            if (name := os.environ.get(MARKER)) and Path(name).exists():
                os._exit(3)
            return super().forward(x)

    return _explorer(models={"exiting": Exiting}, name="Exiting")


class Raising(Tiny):
    """Raises in the forward pass while the marker file exists."""

    def forward(self, x: Tensor) -> Tensor:
        if (name := os.environ.get(MARKER)) and Path(name).exists():
            raise RuntimeError("the model was told to fail")
        return super().forward(x)


def raising_model() -> Explorer:
    return _explorer(models={"raising": Raising}, name="Raising model")


class NotFinite(Tiny):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / torch.zeros(())


def not_finite() -> Explorer:
    """M18: infinite outputs."""
    return _explorer(models={"not_finite": NotFinite}, score_func=None, name="Not finite")


def train_mode() -> Explorer:
    """Arrives in train mode, with dropout that would make every answer different."""

    class Dropping(Tiny):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = nn.Dropout(0.5)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(self.dropout(x))

    return _explorer(models={"dropping": lambda: Dropping().train()}, name="Train mode")


def not_loading() -> Explorer:
    """A loader that raises."""

    def load() -> nn.Module:
        raise FileNotFoundError("weights.pt is not there")

    return _explorer(models={"missing": load}, name="Not loading")


# --- names -------------------------------------------------------------------------------------------


def hostile_names() -> Explorer:
    """P13: markup in names is text."""
    classes = (
        "<script>document.title='pwned'</script>",
        "<img src=x onerror=\"document.title='pwned'\">",
        "&lt;b&gt;",
        "'\"`",
    )
    return _explorer(models={"<b>bold</b>": Tiny}, classes=classes, name="<i>Hostile</i> & names")
