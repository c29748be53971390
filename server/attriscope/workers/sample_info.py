"""What the web process, the workers and the page say of a sample: its inputs as they are shown, and its predictions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from attriscope.workers.messages import Message


class Label(Message):
    index: int | None = Field(description="None for a label that is no class of the explorer")
    name: str


class _SampleFeature(Message):
    """One input of a sample as the page shows it."""

    name: str
    width: int = Field(description="of its map: a place for each token of a text, each number of a row")
    height: int
    evidence: bool = Field(description="whether the true evidence mask is known")


class ImageSample(_SampleFeature):
    """Drawn as a picture."""

    kind: Literal["image"]


class Word(Message):
    text: str
    start: int = Field(description="the first of its tokens")
    stop: int = Field(description="the first token behind it")
    padding: bool


class TextSample(_SampleFeature):
    """Words, each made of one token or several."""

    kind: Literal["text"]
    words: list[Word]
    text: str | None = Field(description="as it would be typed; None where texts cannot be")


class TableRow(Message):
    name: str
    value: float | str
    unit: str | None
    places: list[int] = Field(description="the numbers that it stands for; several for one category")


class TableSample(_SampleFeature):
    """Names and values."""

    kind: Literal["table"]
    rows: list[TableRow]


class EmptySample(_SampleFeature):
    """Not shown."""

    kind: Literal["empty"]


SampleFeature = Annotated[ImageSample | TextSample | TableSample | EmptySample, Field(discriminator="kind")]


class SampleInfo(Message):
    index: int
    sha256: str
    label: Label | None
    more_labels: list[Label] = Field(default_factory=list, description="beside the first, where classes do not exclude")
    no_class: bool = Field(default=False, description="whether it is known to be of none, where they do not exclude")
    features: list[SampleFeature]
    shapes: list[list[int]] = Field(description="of each input as the model takes it, without the batch dimension")

    @property
    def labels(self) -> list[Label]:
        """All of them."""
        return [] if self.label is None else [self.label, *self.more_labels]

    @property
    def labelled(self) -> bool:
        """Whether anything is known of its classes, be it that there is none."""
        return self.label is not None or self.no_class


# A server holds hundreds of thousands of them: slots take a fraction of a model's memory.
@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Prediction:
    index: int
    name: str
    score: float = Field(
        description="score_func of the output, or the output where there is none; of a map, the share that is the class"
    )
    output: float = Field(description="the model's raw output; of a map, its mean")


PREDICTIONS = TypeAdapter(list[Prediction])
"""One sample's."""
