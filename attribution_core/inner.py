"""y as a function of a layer's value: what layer variants of the perturbation methods explain."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from attribution_core.groups import FeatureGroups, Mask
from attribution_core.hidden import from_layers, layer_values
from attribution_core.problem import Problem
from attribution_core.tensors import Extra


def at_layer(problem: Problem, module: nn.Module, at_input: bool = False) -> Problem:
    """The problem whose inputs are the module's value (its output or positional input) at the given inputs.

    Its forward function runs the model with that value put in the module's place, whenever it is called. Finding the
    value costs one evaluation, in a loop of its own.

    Raises:
        LayerNotCalled, LayerNotTensor: there is no such value.
        WrongShape: it has not one row for each example.
    """
    (values,) = layer_values(problem, problem.inputs, [module], at_input)
    forward = from_layers(problem.forward, [module], [len(values)], at_input)
    extra = Extra((*problem.inputs, *problem.extra.values), problem.examples)
    return replace(problem, forward=forward, inputs=values, extra=extra)


def layer_groups(layer_mask: Mask, inner: Problem) -> FeatureGroups:
    """The groups of a layer's units; a mask may be a function of the layer's value."""
    mask = layer_mask(inner.inputs) if callable(layer_mask) else layer_mask
    return FeatureGroups.of(mask, inner.inputs, "layer_mask")
