"""What somebody chooses of a model's outputs and of baselines: plain data, no torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_BASELINES = 16
"""Of which one average is taken."""
MEAN_OF = 64
"""Samples, the dataset's first, whose mean the baseline `dataset_mean` is."""


class Message(BaseModel):
    """Strict, closed, finite: a boolean is not a number and an unknown key is an error."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


# --- targets ---------------------------------------------------------------------------------------


def _class_choice(value: object) -> object:
    named = isinstance(value, str) and value in ("predicted", "runner_up", "label")
    if named or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise PydanticCustomError(
        "target",
        "it must be 'predicted', 'runner_up', 'label' or a class index of at least 0, two of them, one in a region, "
        "or the name of a function",
    )


ClassChoice = Annotated[
    Literal["predicted", "runner_up", "label"] | Annotated[int, Field(ge=0)],
    WrapValidator(lambda value, _: _class_choice(value)),
]


class Region(Message):
    """Some places of an output that is a map, in the output's own rows and columns; right and bottom are not in it."""

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    right: int = Field(ge=1)
    bottom: int = Field(ge=1)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.left >= self.right or self.top >= self.bottom:
            raise PydanticCustomError("region", "left must be below right, and top below bottom")
        return self


class ClassTarget(Message):
    """More than one class by itself: less the output of another, or its mean in a region where the output is a map."""

    of: ClassChoice
    against: ClassChoice | None = Field(default=None, description="the class whose output is subtracted")
    region: Region | None = None


class FunctionTarget(Message):
    """One of the explorer's `targets`: a function of the model's output."""

    function: str = Field(min_length=1)


def _target_choice(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    if isinstance(value, dict) and "function" not in value:
        classes = [value.get("of")]
        if value.get("region") is None or value.get("against") is not None:
            classes.append(value.get("against"))
        for choice in (*classes, *(value.keys() - {"of", "against", "region"})):
            _class_choice(choice)
    if isinstance(value, dict):
        return handler(value)
    return value if isinstance(value, ClassTarget | FunctionTarget) else _class_choice(value)


TargetChoice = Annotated[
    Literal["predicted", "runner_up", "label"] | Annotated[int, Field(ge=0)] | ClassTarget | FunctionTarget,
    WrapValidator(_target_choice),
]


def class_target(target: object) -> ClassTarget | None:
    """The classes and the region of a target; None for a function."""
    if isinstance(target, FunctionTarget):
        return None
    return target if isinstance(target, ClassTarget) else ClassTarget(of=target)  # type: ignore[arg-type]


# --- baselines -------------------------------------------------------------------------------------

Names = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MAX_BASELINES)]


def _baseline_choice(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """One sentence for the whole choice, not one for each form that it does not have."""
    try:
        return handler(value)
    except ValidationError:
        raise PydanticCustomError(
            "baseline",
            "it must be a name, 1 to {most} names to average, or for each input by its name a list of them",
            {"most": MAX_BASELINES},
        ) from None


BaselineChoice = Annotated[str | Names | dict[str, Names], WrapValidator(_baseline_choice)]
"""A name for all inputs, several whose attributions are averaged, or names for each input, by feature."""

_SAMPLE = re.compile(r"sample:(\d{1,9})")
_SAMPLES = re.compile(r"samples:(\d{1,9})")
DATASET_MEAN = "dataset_mean"


def sample_of(name: str) -> int | None:
    """17 for 'sample:17': a sample of the dataset as a baseline; None for other names."""
    found = _SAMPLE.fullmatch(name)
    return int(found[1]) if found else None


def samples_of(name: str) -> int | None:
    """8 for 'samples:8': the dataset's first samples, each of them a baseline; None for other names."""
    found = _SAMPLES.fullmatch(name)
    return int(found[1]) if found else None


def names_of(choice: BaselineChoice | None) -> Iterator[str]:
    """Every name in a choice."""
    if isinstance(choice, str):
        yield choice
        return
    several: Sequence[Sequence[str]] = list(choice.values()) if isinstance(choice, Mapping) else [choice or []]
    for names in several:
        yield from names


def rows_of(choice: BaselineChoice | None) -> tuple[set[int], int]:
    """The samples of the dataset that a choice asks for by number, and how many of the first it makes do with."""
    chosen: set[int] = set()
    first = 0
    for name in names_of(choice):
        if (one := sample_of(name)) is not None:
            chosen.add(one)
        elif name == DATASET_MEAN:
            first = max(first, MEAN_OF)
        else:
            first = max(first, min(samples_of(name) or 0, MAX_BASELINES))
    return chosen, first
