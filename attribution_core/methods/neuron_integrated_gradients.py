"""Integrated gradients of a hidden unit."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import GradientAttribution, NeuronAttribution
from attribution_core.path_arguments import at_neuron_input, multiply, path_arguments
from attribution_core.paths import averaged, checked_rule
from attribution_core.problem import opened
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, unit
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, NeuronSelector


@final
class NeuronIntegratedGradients(NeuronAttribution, GradientAttribution):
    """(x − x′) ⊙ ∫₀¹ ∂h(x′ + α(x − x′))/∂x dα for a hidden unit h.

    The attributions of an example add up to h(x) − h(x′), but for the quadrature's error (completeness).

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the averaged gradient.

    Reference: Sundararajan et al. (2017), Axiomatic Attribution for Deep Networks, https://arxiv.org/abs/1703.01365
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
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        attribute_to_neuron_input: bool = False,
    ) -> Attributions:
        """Integrated gradients of the unit.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            n_steps: number of points on the path.
            method: the quadrature: 'gausslegendre', 'riemann_left', 'riemann_right', 'riemann_middle' or
                'riemann_trapezoid' (whose weights sum to (n − 1)/n, see `attribution_core.quadrature`).
            internal_batch_size: at most that many (point, example) pairs are evaluated at once; chosen automatically
                if None.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1; ``method`` is unknown; no such unit.
            WrongShape: the baselines' shape is not the inputs', or there are too many indices.
            WrongType: integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        rule = checked_rule(method, n_steps, internal_batch_size)
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        with opened(self.forward_func, inputs, None, additional_forward_args, unit) as problem:
            start = checked_baselines(baselines, problem.inputs)
            result = averaged(problem, start, rule, multiply=self._multiply_by_inputs, most=internal_batch_size)
        return like(result, inputs)


SPEC = MethodSpec(
    id="neuron_integrated_gradients",
    name="Neuron Integrated Gradients",
    method=NeuronIntegratedGradients,
    family="path",
    space="neuron",
    summary="Adds up a unit's gradient on the way from a baseline to the input. The map sums to the unit's change.",
    limitations=(
        "The map answers 'compared with the baseline': where the input equals it, the attribution is 0 "
        "(Sturmfels et al. 2020, https://doi.org/10.23915/distill.00022).",
    ),
    references=("Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365",),
    build=lambda info: path_arguments(
        "NeuronIntegratedGradientsArguments",
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
