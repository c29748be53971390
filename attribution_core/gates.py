"""Guided backprop and deconvolution: the gradient through ReLUs that are gates for what comes back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from attribution_core.attribution import GradientAttribution
from attribution_core.gradients import Here, InputSite, integrate
from attribution_core.locks import lock_for
from attribution_core.notices import tell
from attribution_core.problem import opened
from attribution_core.readout import Readout
from attribution_core.rules import Gates
from attribution_core.tensors import like
from attribution_core.types import Attributions, Inputs, TargetType


def gated(
    method: GradientAttribution,
    inputs: Inputs,
    target: TargetType,
    additional_forward_args: Any,
    *,
    guided: bool,
    readout: Readout | None = None,
) -> Attributions:
    """The gradient of what ``readout`` reads, through the gates of guided backprop or of deconvolution."""
    with opened(method.forward_func, inputs, target, additional_forward_args, readout) as problem:
        with Gates(guided) as gates:
            result = integrate(problem, Here(problem.inputs), InputSite())
        if not gates.relus:
            tell("no_relu", f"The model calls no ReLU, so {type(method).__name__} is the plain gradient.", stacklevel=3)
        return like(result, inputs)


def no_relu(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    """The reason against a model without any ReLU."""
    with lock_for(model), Gates(guided=True) as gates, torch.no_grad():
        model(*inputs, *extra)
    return () if gates.relus else ("The model calls no ReLU, so that only the plain gradient would be left.",)
