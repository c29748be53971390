"""Insertion and deletion curves: how the output follows when what a map names is taken away, or put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.metrics.maps import checked_maps
from attribution_core.problem import Problem, opened
from attribution_core.tensors import checked_baselines, take_rows
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType

DIVISIONS = 8
"""Squares along the shorter side of an image, or segments along a sequence."""


class Curve(NamedTuple):
    """The output while more and more of the input is taken away or put back.

    Attributes:
        shares: of the squares changed so far, from 0 to 1: shape (K + 1,) for K squares.
        outputs: y at each of them: shape (N, K + 1).
        area: ∫ outputs d shares by the trapezoid rule, in the output's unit: shape (N,).
    """

    shares: Tensor
    outputs: Tensor
    area: Tensor


def deletion_curve(
    forward_func: Forward,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines = None,
    target: TargetType = None,
    additional_forward_args: Any = None,
    side: int | None = None,
) -> Curve:
    """y(x) while the squares with the largest attributions are replaced by the baseline first. A small area is good.

    A square's attribution is the sum over its pixels and channels. Whole squares are replaced because removing single
    pixels makes inputs unlike any the model knows, so that even a random order brings the output down.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example. The paper explains
            probabilities: give a function that ends in softmax for areas between 0 and 1.
        inputs: tensor or tuple of tensors of shape (N, C, H, W), (N, C, L) or (N, F).
        attributions: of the inputs' shapes, or with one channel.
        baselines: x′, what the squares are replaced by: tensors of the inputs' shape or with one row, or numbers;
            None means zero.
        target: the output explained.
        additional_forward_args: further arguments of the forward function; a tensor with N rows is split.
        side: of the squares, in pixels; ⌈min(H, W) / 8⌉ if None. A vector's squares are its single features.

    Returns:
        A `Curve` from y(x) to y(x′). The squares of all inputs are ranked together.

    Raises:
        OutOfRange, WrongType: ``side`` is no whole number from 1 to the shorter side.
        WrongShape: attributions or baselines do not fit the inputs.
        TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
        Nonfinite: an output or an attribution is NaN or infinite.

    Reference: Petsiuk et al. (2018), RISE, https://arxiv.org/abs/1806.07421; by regions: Samek et al. (2017),
    https://arxiv.org/abs/1509.06321
    """
    return _curve(False, forward_func, inputs, attributions, baselines, target, additional_forward_args, side)


def insertion_curve(
    forward_func: Forward,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines = None,
    target: TargetType = None,
    additional_forward_args: Any = None,
    side: int | None = None,
) -> Curve:
    """y(x′) while the squares with the largest attributions are put back first. A large area is good.

    Args:
        forward_func, inputs, attributions, baselines, target, additional_forward_args, side: as for `deletion_curve`.

    Returns:
        A `Curve` from y(x′) to y(x).

    Raises:
        OutOfRange, WrongType, WrongShape, TargetMissing, TargetOutOfRange, TargetNotWanted, Nonfinite: as
            `deletion_curve` does.

    Reference: Petsiuk et al. (2018), RISE, https://arxiv.org/abs/1806.07421
    """
    return _curve(True, forward_func, inputs, attributions, baselines, target, additional_forward_args, side)


def curves_of_outputs(
    insert: bool,
    forward_func: Forward,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines = None,
    additional_forward_args: Any = None,
    side: int | None = None,
) -> Curve:
    """The curves of all outputs from the passes that one of them takes: outputs (N, K + 1, R), area (N, R)."""
    chosen = (insert, forward_func, inputs, attributions, baselines, None, additional_forward_args, side)
    return _curve(*chosen, read=Problem.values)


_Read = Callable[[Problem, Estimate, Tensor], Tensor]


def _curve(
    insert: bool,
    forward_func: Forward,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines,
    target: TargetType,
    additional_forward_args: Any,
    side: int | None,
    read: _Read = Problem.single,
) -> Curve:
    maps = checked_maps(attributions)
    with opened(forward_func, inputs, target, additional_forward_args) as problem:
        start = checked_baselines(baselines, problem.inputs)
        _fit(maps, problem.inputs)
        labels = squares_of(problem.inputs, side)
        ranks = _ranks(maps, labels)
        count = ranks.shape[1]
        outputs = _outputs(problem, start, labels, ranks, insert, read)
    shares = torch.arange(count + 1, device=outputs.device, dtype=outputs.dtype) / count
    area = torch.trapezoid(outputs.movedim(1, -1), shares)
    return Curve(shares, outputs, area)


def _outputs(problem: Problem, start: Estimate, labels: Estimate, ranks: Tensor, insert: bool, read: _Read) -> Tensor:
    """What is read with the best k squares changed, for k = 0 … K, as (N, K + 1, …)."""
    n, steps = problem.examples, ranks.shape[1] + 1
    parts: list[Tensor] = []

    def evaluate(first: int, last: int) -> Tensor:
        rows = problem.rows(first, last)
        step = torch.arange(first, last, device=problem.device) // n
        changed = ranks[rows] < step[:, None]
        points = []
        for x, b, of in zip(problem.inputs, start, labels, strict=True):
            here = changed[:, of].reshape(len(rows), 1, *of.shape) if x.dim() > 2 else changed[:, of]
            points.append(torch.where(here == insert, take_rows(x, rows), take_rows(b, rows)))
        with torch.no_grad():
            return read(problem, tuple(points), rows)

    execution.run(n * steps, evaluate, lambda first, last, y: parts.append(y), problem.chunks("forward"))
    found = torch.cat(parts)
    return found.reshape(steps, n, *found.shape[1:]).transpose(0, 1).contiguous()


def _fit(maps: Estimate, inputs: Estimate) -> None:
    if len(maps) != len(inputs):
        raise errors.WrongShape(
            f"attributions has {len(maps)} entries; it must have one for each of the {len(inputs)} inputs.",
            field="attributions",
            entries=len(maps),
        )
    for a, x in zip(maps, inputs, strict=True):
        one_channel = (len(x), 1, *x.shape[2:])
        if tuple(a.shape) not in (tuple(x.shape), one_channel if x.dim() > 2 else tuple(x.shape)):
            raise errors.WrongShape(
                f"attributions has shape {tuple(a.shape)}; it must be {tuple(x.shape)}, as the inputs"
                + (f", or {one_channel}." if x.dim() > 2 else "."),
                field="attributions",
                shape=list(a.shape),
                expected=list(x.shape),
            )


def squares_of(inputs: Estimate, side: int | None = None) -> Estimate:
    """For each input, the number of the square that each position lies in; the squares of all inputs are numbered."""
    labels, first = [], 0
    for x in inputs:
        positions, cell, counts = _grid(tuple(x.shape[1:]), side)
        along = [torch.arange(size, device=x.device) // cell for size in positions]
        numbers = torch.zeros(positions, dtype=torch.long, device=x.device)
        for axis, (index, count) in enumerate(zip(along, counts, strict=True)):
            numbers = numbers * count + index.reshape(-1, *(1,) * (len(positions) - axis - 1))
        labels.append(numbers + first)
        first += prod(counts)
    return tuple(labels)


def count_squares(shapes: Sequence[tuple[int, ...]], side: int | None = None) -> int:
    """How many squares inputs of those shapes (without the batch dimension) have together."""
    return sum(prod(_grid(shape, side)[2]) for shape in shapes)


def side_of(shape: tuple[int, ...]) -> int:
    """The side of the squares by default, of an input of that shape, without the batch dimension."""
    return _grid(shape, None)[1]


def _grid(shape: tuple[int, ...], side: int | None) -> tuple[tuple[int, ...], int, list[int]]:
    """The positions of one input along each axis, the side of its squares, and their number along each axis."""
    positions = shape[1:] or shape
    shorter = min(positions)
    if len(shape) == 1:
        cell = 1
    else:
        cell = ceil(shorter / DIVISIONS) if side is None else errors.whole_number("side", side, 1, shorter)
    return positions, cell, [ceil(size / cell) for size in positions]


def _ranks(maps: Estimate, labels: Estimate) -> Tensor:
    """The place of each square in each example's order, best first, as (N, K); equal ones in the order of position."""
    count = 1 + max(int(of.max()) for of in labels)
    sums = torch.zeros((len(maps[0]), count), dtype=torch.float64)
    for a, of in zip(maps, labels, strict=True):
        values = a.cpu().double()
        flat = (values.sum(1) if a.dim() > 2 else values).reshape(len(a), -1)
        sums.index_add_(1, of.cpu().reshape(-1), flat)
    order = torch.sort(sums, stable=True, dim=1, descending=True).indices
    places = torch.arange(count).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).to(labels[0].device)
