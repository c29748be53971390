"""What every kind of input can do. A new kind is one subclass in one file."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar

from PIL import Image
from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.workers.messages import FeatureKind


@dataclass(frozen=True)
class Display:
    """One example as the page shows it.

    width, height: of its map. png: the example drawn, where it is a picture. content: what else the page is told of it,
    the fields of the kind's own `SampleFeature`.
    """

    width: int
    height: int
    png: bytes | None = None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Baseline:
    """A reference input by name; `description` says what it looks like, e.g. 'zero here = mean grey'."""

    id: str
    name: str
    description: str


class Feature(ABC):
    """One input of the model. Examples come without the batch dimension."""

    kind: ClassVar[FeatureKind]
    dimensions: ClassVar[int]
    """of one example"""
    axes: ClassVar[str]
    """of one example, for messages: 'C×H×W'"""
    usual: ClassVar[tuple[int, ...]]
    """A shape that forms take their bounds from where the dataset has no first sample."""

    averages: ClassVar[bool] = False
    """Whether the mean of several examples is one, too: a baseline that is made of the dataset."""

    name: str
    embedding: str | None = None
    """The layer that turns whole numbers into vectors, where the user names it; otherwise it is looked for."""

    @abstractmethod
    def display(self, example: Tensor) -> Display:
        """The example as the page shows it. Raises ExplorerError where its values cannot be shown."""

    @abstractmethod
    def baselines(self) -> tuple[Baseline, ...]:
        """What `baseline` offers, the default first."""

    @abstractmethod
    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        """The named baseline for `example`: its shape, type and device. The same every time.

        Raises ExplorerError for an unknown name.
        """

    @abstractmethod
    def describe(self) -> str:
        """Everything about the declaration that its baselines depend on, for content keys."""

    def places(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Height and width of the map of an example of that shape; evidence masks have as many places."""
        return 1, shape[-1]

    def drawn(self, attribution: Tensor, shape: tuple[int, ...]) -> Tensor:
        """One example's attributions as its map, C×H×W: one channel in the shape of `places`.

        They have the example's shape; where whole numbers were explained at their embedding, a dimension more.
        """
        return attribution.reshape(*self.places(shape), -1).sum(-1)[None]

    def layer_drawn(self, value: Tensor, shape: tuple[int, ...]) -> Tensor:
        """A layer's map shown over an example, C×H×W: a vector of units becomes K×1×1, a sequence C×1×L."""
        if value.dim() == 3:
            return value
        if value.dim() <= 1:
            return value.reshape(-1, 1, 1)
        return value.reshape(value.shape[0], 1, -1)

    def from_picture(self, picture: Image.Image, like: Tensor) -> Tensor:
        """An uploaded picture (RGB) as one example; `like` is another, of the dataset.

        Raises ExplorerError where this kind of input cannot be made of a picture.
        """
        raise ExplorerError("upload_unsupported", f"{self.name!r} is no image; nothing can be uploaded.", field="file")

    def plain(self, colour: tuple[int, int, int], like: Tensor) -> Tensor:
        """An example of one displayed colour (red, green, blue; 0 to 255) everywhere; otherwise as `like`.

        Raises ExplorerError where this kind of input has no colours.
        """
        raise ExplorerError("edit_unsupported", f"{self.name!r} has no colours to be filled with.", field="fill")

    def batched(self, value: Tensor, index: int) -> bool | None:
        """Whether `value` is a batch of examples or one; None where that cannot be told from its shape.

        Raises ExplorerError for a shape that is neither.
        """
        if value.dim() in (self.dimensions, self.dimensions + 1) and 0 not in value.shape[-self.dimensions :]:
            return value.dim() == self.dimensions + 1
        raise ExplorerError(
            "wrong_shape",
            f"Sample {index}: {self.name!r} has shape {tuple(value.shape)}; one example is {self.axes}, "
            f"a batch N×{self.axes}.",
            field=f"dataset[{index}]",
            index=index,
            shape=list(value.shape),
        )

    def unknown_baseline(self, baseline: str) -> ExplorerError:
        known = [known.id for known in self.baselines()]
        return ExplorerError(
            "unknown_baseline",
            f"No baseline {baseline!r}.{nearest(baseline, known)}",
            field="baseline",
            baseline=baseline,
        )


def checked_name(name: object) -> str:
    """Raises ExplorerError for anything but a non-empty string."""
    if not isinstance(name, str) or not name:
        raise ExplorerError("wrong_type", f"name is {name!r}; it must be a non-empty string.", field="name")
    return name


def finite_numbers(field: str, value: Any) -> tuple[float, ...]:
    """One number, or several, as floats. Raises ExplorerError for anything else."""
    values = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    values = tuple(v.item() if isinstance(v, Tensor) and v.numel() == 1 else v for v in values)
    if not values:
        raise ExplorerError("wrong_shape", f"{field} is empty; give a number, or several.", field=field)
    for number in values:
        if isinstance(number, bool) or not isinstance(number, Real) or not math.isfinite(number):
            raise ExplorerError(
                "wrong_type", f"{field} is {value!r}; it must be a finite number, or several.", field=field
            )
    return tuple(float(number) for number in values)
