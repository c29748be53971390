"""Neuron conductance: how much of the output's change each input value causes through a hidden unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from attribution_core import probe
from attribution_core.attribution import GradientAttribution, NeuronAttribution
from attribution_core.gradients import differentiate, require_floating
from attribution_core.locks import owner
from attribution_core.path_arguments import at_neuron_input, multiply, path_arguments
from attribution_core.paths import averaged, checked_rule
from attribution_core.problem import Problem, opened
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, unit
from attribution_core.tensors import checked_baselines, like, spread_weights
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, NeuronSelector, TargetType


@dataclass(frozen=True, slots=True)
class _ThroughUnit:
    """The inputs, as far as they act on y through a hidden unit h: ∂y/∂h · ∂h/∂x."""

    unit: HiddenUnit
    grad_kwargs: Mapping[str, Any] | None

    def gradients(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Estimate]:
        require_floating(inputs)
        module, at_input = self.unit.module, self.unit.at_input
        name = probe.name_of(owner(problem.forward), module)
        with probe.leaves(module, at_input=at_input, cut=False) as tap, torch.enable_grad():
            leaves = tuple(x.detach().requires_grad_() for x in inputs)
            y = problem.single(leaves, rows)
            values = tap.tensors(name, len(rows))
            keywords = {"retain_graph": True, **(self.grad_kwargs or {})}
            by_layer = differentiate(y, values, f"layer '{name}'", keywords)
            grads = differentiate(self.unit.of(values, name), leaves, "inputs")
        weights = self.unit.of(by_layer, name)
        through = tuple(spread_weights(weights, g) * g for g in grads)
        for g in through:
            problem.check_finite(g, f"The gradient by the inputs through layer '{name}'", inputs, rows)
        return inputs, through


@final
class NeuronConductance(NeuronAttribution, GradientAttribution):
    """(x − x′) ⊙ ∫₀¹ ∂y/∂h · ∂h/∂x at x′ + α(x − x′) dα, for a hidden unit h.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether x − x′ is a factor.

    References: Dhamdhere et al. (2018), How Important Is a Neuron?, https://arxiv.org/abs/1805.12233; Shrikumar et al.
    (2018), Computationally Efficient Measures of Internal Neuron Importance, https://arxiv.org/abs/1807.09946
    """

    splittable = True

    def __init__(
        self,
        forward_func: Forward,
        layer: nn.Module,
        device_ids: list[int] | None = None,
        multiply_by_inputs: bool = True,
    ) -> None:
        super().__init__(forward_func, layer, device_ids)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "riemann_trapezoid",
        internal_batch_size: int | None = None,
        attribute_to_neuron_input: bool = False,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> Attributions:
        """Conductance of the target output through the unit, by input value.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example. Over several units, gradients are summed before they are multiplied, as in Captum.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            n_steps: number of points on the path.
            method: the quadrature: 'gausslegendre', 'riemann_left', 'riemann_right', 'riemann_middle' or
                'riemann_trapezoid' (whose weights sum to (n − 1)/n, see `attribution_core.quadrature`).
            internal_batch_size: at most that many (point, example) pairs are evaluated at once; chosen automatically
                if None.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.
            grad_kwargs: keywords for `torch.autograd.grad` of the output by the layer.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1 (``n_steps`` below 2 for the trapezoid);
                ``method`` is unknown; no such unit.
            WrongShape: the baselines' shape is not the inputs', or there are too many indices.
            WrongType: integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer, or the layer not on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        rule = checked_rule(method, n_steps, internal_batch_size)
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            site = _ThroughUnit(unit, grad_kwargs)
            result = averaged(problem, start, rule, site, multiply=self._multiply_by_inputs, most=internal_batch_size)
        return like(result, inputs)


SPEC = MethodSpec(
    id="neuron_conductance",
    name="Neuron Conductance",
    method=NeuronConductance,
    family="path",
    space="neuron",
    summary="How much of the score's change between the baseline and the input each part causes through a unit.",
    limitations=(
        "The answer depends on the baseline (Sturmfels et al. 2020, https://doi.org/10.23915/distill.00022).",
        "For a channel, the gradients of its positions are summed before they are multiplied.",
    ),
    references=(
        "Dhamdhere et al. (2018), https://arxiv.org/abs/1805.12233",
        "Shrikumar et al. (2018), https://arxiv.org/abs/1807.09946",
    ),
    build=lambda info: path_arguments(
        "NeuronConductanceArguments",
        "riemann_trapezoid",
        unit=unit(),
        multiply_by_inputs=multiply(),
        attribute_to_neuron_input=at_neuron_input(),
    ),
    evaluations=lambda values, info: Cost(values.n_steps, values.n_steps),
    options=frozenset({"multiply_by_inputs"}),
    anytime=True,
    needs=frozenset({"layer", "baseline"}),
    smoothing=True,
)
