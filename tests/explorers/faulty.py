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
from torch import Tensor, nn
from torch.utils.data import Dataset

from attriscope import Explorer

CLASSES = ("red", "green", "blue", "grey")
SIZE = 8
LENGTH = 24
RAISES_AT = 5
TRUE_LENGTH = 6
PAUSE = float(os.environ.get("ATTRISCOPE_TEST_PAUSE", "0.3"))
"""Seconds that the slow ones take for one item or one forward pass."""
MARKER = "ATTRISCOPE_TEST_MARKER"
"""Environment variable that names a file; see `Mortal`."""
HANGS = "hangs"


def picture(index: int) -> Tensor:
    """Noise about one of four colours, the same for the same index."""
    noise = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(index))
    tint = torch.eye(3)[index % 4] if index % 4 < 3 else torch.full((3,), 0.5)
    return 0.25 * noise + 0.75 * tint[:, None, None]


def colour(index: int) -> int:
    """What `picture(index)` is, and what `Tiny` predicts it to be."""
    return index % len(CLASSES)


def mislabelled(index: int) -> bool:
    """Every sixth label is wrong, so that there are mistakes to find."""
    return index % 6 == 5


def example(index: int) -> tuple[Tensor, int]:
    return picture(index), (colour(index) + mislabelled(index)) % len(CLASSES)


class Tiny(nn.Module):
    """Two convolutions with the weights of a seed, and a linear layer fitted to tell the four colours apart."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
            self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.head = nn.Linear(8, len(CLASSES))
        pictures = torch.stack([picture(-1 - number) for number in range(64)])
        wanted = 6 * torch.eye(len(CLASSES))[[colour(-1 - number) for number in range(64)]] - 1.5
        with torch.no_grad():
            features = torch.cat([self.pooled(pictures), torch.ones(64, 1)], dim=1)
            solution = torch.linalg.lstsq(features.double(), wanted.double()).solution.float()
            self.head.weight.copy_(solution[:-1].T)
            self.head.bias.copy_(solution[-1])
        self.eval()

    def pooled(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv2(torch.relu(self.conv1(x)))).mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.head(self.pooled(x))
        return scores


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

    def __init__(self, start: Callable[[], Iterator[object]]) -> None:
        self._start = start

    def __iter__(self) -> Iterator[object]:
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


def presets() -> Explorer:
    """Three combinations of settings to choose from."""
    squares = {"type": "smoothgrad_sq", "samples": 5, "noise": 0.2}
    return _explorer(
        presets={
            "Plain gradient": {"method": "saliency"},
            "Few steps": {"method": "integrated_gradients", "arguments": {"n_steps": 7}, "baseline": "white"},
            "Squares": {"method": "integrated_gradients", "smoothing": squares, "outlier": 10},
        },
        name="Presets",
    )


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


def uneven_batches() -> Explorer:
    """D11: batches of 4, 4, 4, 4, 4, 3 and 1; labels as a tensor, a list of numbers or a list of names."""

    def items() -> Iterator[tuple[Tensor, object]]:
        for number, indices in enumerate(torch.arange(LENGTH).split([4, 4, 4, 4, 4, 3, 1])):
            pictures, labels = zip(*map(example, indices.tolist()), strict=True)
            kinds = torch.tensor(labels), list(labels), [CLASSES[label] for label in labels]
            yield torch.stack(pictures), kinds[number % 3]

    return _explorer(dataset=Stream(items), name="Uneven batches")


def few_names() -> Explorer:
    """D11: two names for four outputs."""
    return _explorer(classes=CLASSES[:2], name="Few names")


# --- models ------------------------------------------------------------------------------------------


class FirstOutput(nn.Module):
    """Another model's first score alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        score: Tensor = self.model(x)[:, :1]
        return score


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
    return _explorer(models={"red": lambda: FirstOutput(Tiny())}, classes=None, score_func=None, name="One output")


class Slow(Tiny):
    """Sleeps `PAUSE` seconds in every forward pass, however many examples it has."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(PAUSE)
        return super().forward(x)


def slow_model() -> Explorer:
    """Long enough to be cancelled, or killed, while it runs."""
    return _explorer(models={"slow": Slow}, name="Slow model")


class Mortal(Slow):
    """Kills its own process where the marker file exists, each time it holds 'always', only once if 'once'.

    Only on pictures other than the first: the worker tries that one while it loads, and must come back.
    """

    def forward(self, x: Tensor) -> Tensor:
        name = os.environ.get(MARKER)
        if name and (marker := Path(name)).exists() and not torch.equal(x[0], picture(0)):
            if marker.read_text().strip() == "once":
                marker.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


def mortal() -> Explorer:
    """Q6, Q9: a worker lost in the middle of a forward pass."""
    return _explorer(models={"mortal": Mortal}, name="Mortal")


def different_each_time() -> Explorer:
    """Every process builds another model."""

    def load() -> nn.Module:
        model = Tiny()
        with torch.no_grad():
            model.head.bias[0] = os.getpid()
        return model

    return _explorer(models={"different": load}, name="Different each time")


def exiting() -> Explorer:
    """Q9: `os._exit` in the model, where the marker file exists."""

    class Exiting(Slow):
        def forward(self, x: Tensor) -> Tensor:
            if (name := os.environ.get(MARKER)) and Path(name).exists():
                os._exit(3)
            return super().forward(x)

    return _explorer(models={"exiting": Exiting}, name="Exiting")


class Hanging(Tiny):
    """Sleeps for a minute while the marker file exists, and writes `HANGS` into it before."""

    def forward(self, x: Tensor) -> Tensor:
        if (name := os.environ.get(MARKER)) and Path(name).exists():
            Path(name).write_text(HANGS)
            time.sleep(60)
        return super().forward(x)


def hanging() -> Explorer:
    """Q3, Q9: a forward pass that no cancellation reaches in time."""
    return _explorer(models={"hanging": Hanging}, name="Hanging")


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
