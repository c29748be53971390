"""What every kind of input can do. A new kind is one subclass in one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from PIL import Image
from torch import Tensor

from attriscope.errors import ExplorerError


@dataclass(frozen=True)
class Display:
    """One example as the page shows it."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Baseline:
    """A reference input by name; `description` says what it looks like, e.g. 'zero here = mean grey'."""

    id: str
    name: str
    description: str


class Feature(ABC):
    """One input of the model. Examples come without the batch dimension."""

    kind: ClassVar[Literal["image"]]
    dimensions: ClassVar[int]
    """of one example"""
    axes: ClassVar[str]
    """of one example, for messages: 'C×H×W'"""

    name: str

    @abstractmethod
    def display(self, example: Tensor) -> Display:
        """The example drawn. Raises ExplorerError where its values cannot be drawn."""

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

    def batched(self, value: Tensor, index: int) -> bool:
        """Whether `value` is a batch of examples or one. Raises ExplorerError for any other shape."""
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
