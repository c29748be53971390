"""Guided backprop: gradients that only positive paths carry, of an output and of a hidden unit."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import GradientAttribution, NeuronAttribution
from attribution_core.gates import gated, no_relu
from attribution_core.path_arguments import at_neuron_input
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, arguments, unit
from attribution_core.types import Attributions, Forward, Inputs, NeuronSelector, TargetType


@final
class GuidedBackprop(GradientAttribution):
    """The gradient ∂y/∂x with every ReLU's backward pass replaced by R_in = max(R_out, 0) · 1[x > 0].

    ReLUs are found as modules, functions, methods and in place, also where one module is used several times.

    Args:
        model: the model, or a function that calls it and returns one row for each example.

    Reference: Springenberg et al. (2014), Striving for Simplicity, https://arxiv.org/abs/1412.6806
    """

    splittable = True

    def __init__(self, model: Forward) -> None:
        super().__init__(model)

    def attribute(self, inputs: Inputs, target: TargetType = None, additional_forward_args: Any = None) -> Attributions:
        """Guided gradients of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            WrongType: integer inputs.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or gradient is NaN or infinite.

        Warns:
            AttributionWarning: the model calls no ReLU, so that this is the plain gradient.
        """
        return gated(self, inputs, target, additional_forward_args, guided=True)


@final
class NeuronGuidedBackprop(NeuronAttribution, GradientAttribution):
    """Guided backprop of a hidden unit h instead of the output: ∂h/∂x with R_in = max(R_out, 0) · 1[x > 0] at ReLUs.

    Args:
        model: the model, or a function that calls it.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Springenberg et al. (2014), Striving for Simplicity, https://arxiv.org/abs/1412.6806
    """

    splittable = True

    def __init__(self, model: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(model, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        additional_forward_args: Any = None,
        attribute_to_neuron_input: bool = False,
    ) -> Attributions:
        """Guided gradients of the unit.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange, WrongShape, WrongType: there is no such unit, or integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.

        Warns:
            AttributionWarning: the model calls no ReLU, so that this is the plain gradient.
        """
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        return gated(self, inputs, None, additional_forward_args, guided=True, readout=unit)


_LIMITATIONS = (
    "Hardly depends on the class or on the later layers: close to a reconstruction of the input (Nie et al. 2018, "
    "https://arxiv.org/abs/1805.07039; Adebayo et al. 2018, https://arxiv.org/abs/1810.03292; Sixt et al. 2020, "
    "https://arxiv.org/abs/1912.09818).",
    "Changes ReLUs only: other activations keep their gradient.",
)

SPECS = (
    MethodSpec(
        id="guided_backprop",
        name="Guided Backprop",
        method=GuidedBackprop,
        family="propagation",
        space="feature",
        summary="The gradient, with only positive parts let through at every ReLU: sharp, but hardly about the class.",
        limitations=_LIMITATIONS,
        references=("Springenberg et al. (2014), https://arxiv.org/abs/1412.6806",),
        build=lambda info: arguments("GuidedBackpropArguments"),
        evaluations=lambda values, info: Cost(1, 1),
        against=no_relu,
        smoothing=True,
    ),
    MethodSpec(
        id="neuron_guided_backprop",
        name="Neuron Guided Backprop",
        method=NeuronGuidedBackprop,
        family="propagation",
        space="neuron",
        summary="Guided Backprop of a unit of the layer: what in the input drives it, by positive paths only.",
        limitations=_LIMITATIONS,
        references=("Springenberg et al. (2014), https://arxiv.org/abs/1412.6806",),
        build=lambda info: arguments(
            "NeuronGuidedBackpropArguments", unit=unit(), attribute_to_neuron_input=at_neuron_input()
        ),
        evaluations=lambda values, info: Cost(1, 1),
        against=no_relu,
        needs=frozenset({"layer"}),
        smoothing=True,
    ),
)
