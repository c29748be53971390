"""The feature groups that an explorer offers: an image's squares, a sequence's segments, a vector's features.

An image (C×H×W, or with more dimensions before its height and width) is cut into rows and columns of cells, all
channels together; a sequence (C×L) into segments; each feature of a vector is a group of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

import torch
from torch import Tensor

from attribution_core.spec import Arguments, InputInfo, arguments, whole
from attribution_core.types import Estimate

Shape = tuple[int, ...]
_FINEST_GRID = 32
_MOST_SEGMENTS = 1024


@dataclass(frozen=True, slots=True)
class Grid:
    """How finely inputs are cut by default, and at most.

    Attributes:
        side, segments: an image's rows and columns of cells, a sequence's segments.
        usual_groups, most_groups: bounds of the number of groups by default, and at all, shared out among the inputs.
    """

    side: int = 8
    segments: int = 64
    usual_groups: int = 1 << 20
    most_groups: int = 1 << 20


_EIGHT = Grid()


def arguments_for(name: str, grid: Grid = _EIGHT, **others: Any) -> Callable[[InputInfo], type[Arguments]]:
    """A spec's ``build``: the arguments ``squares`` and ``segments`` where inputs have them, and ``others``."""

    def build(info: InputInfo) -> type[Arguments]:
        sides = [max(shape[-2:]) for shape in info.shapes if len(shape) > 2]
        lengths = [shape[-1] for shape in info.shapes if len(shape) == 2]
        fixed = sum(shape[0] if shape else 1 for shape in info.shapes if len(shape) < 2)
        usual, most = (
            max((groups - fixed) // max(len(sides) + len(lengths), 1), 1)
            for groups in (grid.usual_groups, grid.most_groups)
        )
        fields: dict[str, Any] = {}
        if sides:
            high = min(max(sides), _FINEST_GRID, isqrt(most))
            fields["squares"] = whole(
                min(grid.side, isqrt(usual), high),
                1,
                high,
                "Squares a side",
                "The image is cut into this many rows and as many columns of cells, all channels together.",
            )
        if lengths:
            high = min(max(lengths), _MOST_SEGMENTS, most)
            fields["segments"] = whole(
                min(grid.segments, usual, high),
                1,
                high,
                "Segments",
                "The sequence is cut into this many parts of equal length.",
            )
        return arguments(name, **fields, **others)

    return build


def masks(squares: int, segments: int, info: InputInfo) -> Estimate:
    """A feature mask for inputs of those shapes; numbers go on from one input to the next."""
    found, count = [], 0
    for shape in info.shapes:
        mask = _mask(shape, squares, segments)
        found.append(mask + count)
        count += int(mask.max()) + 1 if mask.numel() else 0
    return tuple(found)


def with_mask(values: dict[str, Any], info: InputInfo) -> dict[str, Any]:
    """A spec's ``translate``: ``feature_mask`` in place of ``squares`` and ``segments``."""
    rest = dict(values)
    mask = masks(rest.pop("squares", 1), rest.pop("segments", 1), info)
    return {"feature_mask": mask, **rest}


def count(values: Any, info: InputInfo) -> int:
    """How many groups there are."""
    squares, segments = getattr(values, "squares", 1), getattr(values, "segments", 1)
    total = 0
    for shape in info.shapes:
        if len(shape) > 2:
            total += min(squares, shape[-2]) * min(squares, shape[-1])
        else:
            total += min(segments, shape[-1]) if len(shape) == 2 else (shape[0] if shape else 1)
    return total


def _mask(shape: Shape, squares: int, segments: int) -> Tensor:
    if len(shape) > 2:
        height, width = (_cells(size, min(squares, size)) for size in shape[-2:])
        columns = min(squares, shape[-1])
        return (height.unsqueeze(1) * columns + width).reshape(*(1,) * (len(shape) - 1), *shape[-2:])
    if len(shape) == 2:
        return _cells(shape[1], min(segments, shape[1])).reshape(1, 1, -1)
    return torch.arange(shape[0] if shape else 1).reshape(1, *shape)


def _cells(size: int, cells: int) -> Tensor:
    """The cell of each of ``size`` positions; cells differ in length by at most one."""
    return torch.arange(size) * cells // max(size, 1)
