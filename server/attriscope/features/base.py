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
from attriscope.features.transforms import Transforms
from attriscope.workers.messages import FeatureKind, Notice, RowForm, TextForm

TypedInput = str | Mapping[str, float | str]
"""A text, or values of a row by the names of its lines."""


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
    """A reference input by name; `description` says what it looks like, e.g. 'zero here = mean grey'.

    parts: of several inputs, what each one's is: its name and description.
    """

    id: str
    name: str
    description: str
    parts: tuple[tuple[str, str], ...] = ()


class Feature(ABC):
    """One input of the model. Examples come without the batch dimension.

    An example is what the dataset yields; `to_model` makes of it what the model takes. Baselines are for the latter.
    """

    kind: ClassVar[FeatureKind]
    unit: ClassVar[str | None] = None
    """What the places of a map are, in forms: 'tokens', 'columns'."""
    dimensions: ClassVar[int]
    """of one example"""
    axes: ClassVar[str]
    """of one example, for messages: 'C×H×W'"""
    usual: ClassVar[tuple[int, ...]]
    """A shape that forms take their bounds from where the dataset has no first sample."""

    averages: ClassVar[bool] = False
    """Whether the mean of several examples is one, too: a baseline that is made of the dataset."""

    name: str
    transforms: Transforms = Transforms()
    embedding: str | None = None
    """The layer that turns whole numbers into vectors, where the user names it; otherwise it is looked for."""

    @abstractmethod
    def display(self, example: Tensor) -> Display:
        """The example as the page shows it. Raises ExplorerError where its values cannot be shown."""

    def to_model(self, example: Tensor) -> Tensor:
        """The example as the model takes it. Raises ExplorerError where the user's own functions fail."""
        return self.transforms.to_model(example)

    def from_model(self, value: Tensor) -> Tensor:
        """The example that `to_model` makes `value` of. Raises ExplorerError where that cannot be told."""
        if self.transforms.changes_inputs:
            raise ExplorerError(
                "not_displayable",
                f"input_transforms of {self.name!r} cannot be undone, so that a baseline cannot be shown or filled in.",
                field="features",
                feature=self.name,
            )
        return value

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

    def untyped(self) -> ExplorerError | None:
        """Why nothing can be typed, where that is so and not in the nature of this kind of input."""
        return None

    def form(self, like: Tensor | None) -> TextForm | RowForm | None:
        """How an example is typed, None where it cannot be; `like` is one of the dataset."""
        return None

    def from_typed(self, typed: TypedInput, like: Tensor) -> tuple[Tensor, list[Notice]]:
        """What somebody has typed as one example, made from `like`; and what they should know of it.

        Raises ExplorerError where it is no input of this kind.
        """
        raise ExplorerError("edit_unsupported", f"{self.name!r} cannot be typed.", field="feature", feature=self.name)

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

    def own_baselines(self) -> tuple[Baseline, ...]:
        """Those of the user's `baseline_transforms`, which come before all others."""
        names = list(self.transforms.baselines)
        return tuple(Baseline(id, id.capitalize(), "made by baseline_transforms") for id in names)

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
