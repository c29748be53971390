"""The gradient of a hidden unit."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import GradientAttribution, NeuronAttribution
from attribution_core.gradients import Here, InputSite, integrate
from attribution_core.path_arguments import at_neuron_input
from attribution_core.problem import opened
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, arguments, unit
from attribution_core.tensors import like
from attribution_core.types import Attributions, Forward, Inputs, NeuronSelector


@final
class NeuronGradient(NeuronAttribution, GradientAttribution):
    """∂h/∂x for a hidden unit h: how it reacts to a small change of each input value.

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Simonyan et al. (2013), Deep Inside Convolutional Networks, https://arxiv.org/abs/1312.6034
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        additional_forward_args: Any = None,
        attribute_to_neuron_input: bool = False,
    ) -> Attributions:
        """The gradient of the unit by the inputs.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange, WrongShape, WrongType: there is no such unit, or integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        with opened(self.forward_func, inputs, None, additional_forward_args, unit) as problem:
            return like(integrate(problem, Here(problem.inputs), InputSite()), inputs)


SPEC = MethodSpec(
    id="neuron_gradient",
    name="Neuron Gradient",
    method=NeuronGradient,
    family="gradient",
    space="neuron",
    summary="How a unit of the layer reacts to a small change of each part of the input.",
    limitations=(
        "Local: it sees an infinitesimal change, and vanishes where the unit is saturated or off (Sundararajan et al. "
        "2017, https://arxiv.org/abs/1703.01365).",
    ),
    references=("Simonyan et al. (2013), https://arxiv.org/abs/1312.6034",),
    build=lambda info: arguments("NeuronGradientArguments", unit=unit(), attribute_to_neuron_input=at_neuron_input()),
    evaluations=lambda values, info: Cost(1, 1),
    needs=frozenset({"layer"}),
    smoothing=True,
)
