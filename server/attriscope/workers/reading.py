"""How a model's output is read: every target is a function from it to one number for each example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from attriscope.errors import ExplorerError
from attriscope.workers.choices import ClassTarget, FunctionTarget, Region, class_target
from attriscope.workers.messages import AttributionRequest


@dataclass(frozen=True)
class Reading:
    """What is explained of a model's output: a number for each class, from which a target is picked, or one number.

    quantity: the raw output, or `score_func` of it. against: the class whose number is subtracted from every other's.
    region: where an output that is a map is averaged; None for everywhere. function: the name of one of the explorer's
    targets, which takes the place of all the others.
    """

    quantity: Literal["output", "score"] = "output"
    against: int | None = None
    region: Region | None = None
    function: str | None = None

    @classmethod
    def of(cls, request: AttributionRequest, against: int | None = None) -> Reading:
        """What a request asks for; `against` is what its choice stands for."""
        if isinstance(request.target, FunctionTarget):
            return cls(request.quantity, function=request.target.function)
        chosen = class_target(request.target) or ClassTarget(of=0)
        return cls(request.quantity, against, chosen.region)


OUTPUT, SCORE = Reading(), Reading("score")


def scores(output: Any) -> Tensor:
    """The tensor of scores in what a model returned: itself, `.logits`, `["logits"]`, or the first tensor of several.

    Raises ExplorerError where there is none, or it has not one row for each example.
    """
    value = output
    if not isinstance(value, Tensor):
        value = getattr(output, "logits", None)
    if value is None and isinstance(output, Mapping):
        value = output.get("logits", next((part for part in output.values() if isinstance(part, Tensor)), None))
    elif value is None and isinstance(output, list | tuple):
        value = next((part for part in output if isinstance(part, Tensor)), None)
    if not isinstance(value, Tensor):
        raise ExplorerError("wrong_output", f"The model returned {type(output).__name__}; it must return a tensor.")
    if value.dim() not in (1, 2, 4):
        raise ExplorerError(
            "wrong_output",
            f"The model's output has shape {tuple(value.shape)}; it must be N×C, one row of scores for each example, "
            "N for one value each, or N×C×H×W for a map of each class.",
            shape=list(value.shape),
        )
    return value


def averaged(value: Tensor, region: Region | None) -> Tensor:
    """N×C of a map N×C×H×W: each class's mean in the region, or everywhere; anything else as it is.

    Raises ExplorerError for a region that is not in the map, or of an output that is none.
    """
    if value.dim() != 4:
        if region is not None:
            raise ExplorerError("region_not_wanted", "target is a region, but the output is no map.", field="target")
        return value
    if region is None:
        return value.mean((2, 3))
    check_region(region, (value.shape[2], value.shape[3]))
    return value[:, :, region.top : region.bottom, region.left : region.right].mean((2, 3))


def check_region(region: Region, shape: tuple[int, int]) -> None:
    """Raises ExplorerError for one that is not within `shape`, height and width."""
    height, width = shape
    if region.right > width or region.bottom > height:
        raise ExplorerError(
            "region_outside",
            f"target reaches to column {region.right} and row {region.bottom}; the output is {width} wide and {height} "
            "high.",
            field="target",
            right=region.right,
            bottom=region.bottom,
            width=width,
            height=height,
        )


def one_each(name: str, value: Any, count: int) -> Tensor:
    """N of what a target's function returned for `count` examples. Raises ExplorerError for any other shape."""
    if isinstance(value, Tensor) and tuple(value.shape) in ((count,), (count, 1)) and value.is_floating_point():
        return value.reshape(count)
    got = f"shape {tuple(value.shape)}, {value.dtype}" if isinstance(value, Tensor) else f"type {type(value).__name__}"
    raise ExplorerError(
        "wrong_target",
        f"targets[{name!r}] returned a value of {got} for {count} examples; it must be a tensor of one "
        "floating-point number for each.",
        field="targets",
        target=name,
    )


def columns(value: Tensor) -> Tensor:
    """N×C, with one column for a single value."""
    value = value.detach().to("cpu").double()
    return value[:, None] if value.dim() == 1 else value
