"""Whether a map adds up to what it explains."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.metrics.maps import precise, values_of
from attribution_core.problem import opened
from attribution_core.tensors import checked_baselines, one_each
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


def completeness_gap(
    forward_func: Forward,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines = None,
    target: TargetType = None,
    additional_forward_args: Any = None,
) -> Tensor:
    """|Σ attributions − (y(x) − y(x′))| / |y(x) − y(x′)|: the share of the output's change that a map misses.

    Only methods that promise completeness (path methods, DeepLIFT, Shapley values, some LRP rules) should have a small
    one. It has no unit, unlike the convergence delta, which is the numerator with its sign.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.
        inputs: x, tensor or tuple of tensors of shape (N, …).
        attributions: of ``inputs``, or of a layer: tensors with N rows.
        baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
        target: the output explained.
        additional_forward_args: further arguments of the forward function.

    Returns:
        Tensor of shape (N,), float64. Where y(x) = y(x′) it is 0 if the map adds up to 0, else infinite.

    Raises:
        WrongShape: the shapes do not fit together.
        TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
        Nonfinite: an output or an attribution is NaN or infinite.

    Reference: completeness axiom, Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365
    """
    total = precise(values_of(attributions)).sum(1)
    with opened(forward_func, inputs, target, additional_forward_args) as problem:
        if len(total) != problem.examples:
            raise errors.WrongShape(
                f"attributions has {len(total)} rows; it must have {problem.examples}, one for each example.",
                field="attributions",
                rows=len(total),
            )
        start = checked_baselines(baselines, problem.inputs)
        with execution.plan(2 * problem.examples):
            change = one_each(problem.outputs(problem.inputs)) - one_each(problem.outputs(start))
    change = precise(change).to(total.device)
    gap = (total - change).abs()
    return torch.where(gap > 0, gap / change.abs(), torch.zeros_like(gap))
