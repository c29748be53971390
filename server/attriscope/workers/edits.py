"""What somebody may make of a sample: parts of a picture erased, another text, other values of a row. Plain data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from attriscope.workers.messages import Message

# --- what is filled in for the parts of a picture --------------------------------------------------


class BaselineFill(Message):
    kind: Literal["baseline"]
    baseline: str = "zero"


class BlurFill(Message):
    """The image itself, blurred as the feature blurs."""

    kind: Literal["blur"]


class ColourFill(Message):
    kind: Literal["colour"]
    colour: list[Annotated[int, Field(ge=0, le=255)]] = Field(
        min_length=3, max_length=3, description="red, green, blue, as displayed"
    )


Fill = Annotated[BaselineFill | BlurFill | ColourFill, Field(discriminator="kind")]


class Mask(Message):
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    bits: str = Field(
        description="base64; a bit a pixel, 1 to fill it, row after row without padding between, the highest bit first"
    )


# --- edits -----------------------------------------------------------------------------------------


class _Edit(Message):
    feature: str = Field(description="the input that is changed; the sample's others stay")


class Erasure(_Edit):
    """Some pixels of a picture filled."""

    kind: Literal["erase"]
    mask: Mask
    fill: Fill


class Typed(_Edit):
    """Another text in the place of the sample's."""

    kind: Literal["text"]
    text: str
    new: bool = Field(
        default=False,
        description="whether it has nothing to do with the sample's; told so where the model has no other input",
    )


class Row(_Edit):
    """Other values of a row; columns that are not named keep theirs."""

    kind: Literal["row"]
    values: dict[str, float | str] = Field(description="by the name of a line: its number as shown, or its category")


Edit = Annotated[Erasure | Typed | Row, Field(discriminator="kind")]
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)

# --- what is told of an edited sample --------------------------------------------------------------


class _Edited(Message):
    sample: int = Field(description="what it was made of")
    feature: str


class Erased(_Edited):
    kind: Literal["erase"]
    share: float = Field(gt=0, le=1, description="of the pixels")
    fill: Fill


class Retyped(_Edited):
    kind: Literal["text"]


class Revalued(_Edited):
    kind: Literal["row"]
    values: dict[str, float | str]


Edited = Annotated[Erased | Retyped | Revalued, Field(discriminator="kind")]
EDITED: TypeAdapter[Edited] = TypeAdapter(Edited)
