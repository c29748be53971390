"""Deconvolution: gradients whose negative part is dropped at every ReLU, of an output and of a hidden unit."""

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
class Deconvolution(GradientAttribution):
    """The gradient ∂y/∂x with every ReLU's backward pass replaced by R_in = max(R_out, 0).

    ReLUs are found as modules, functions, methods and in place, also where one module is used several times.

    Args:
        model: the model, or a function that calls it and returns one row for each example.

    Reference: Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks,
    https://arxiv.org/abs/1311.2901
    """

    splittable = True

    def __init__(self, model: Forward) -> None:
        super().__init__(model)

    def attribute(self, inputs: Inputs, target: TargetType = None, additional_forward_args: Any = None) -> Attributions:
        """Deconvolution of the target output.

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
        return gated(self, inputs, target, additional_forward_args, guided=False)


@final
class NeuronDeconvolution(NeuronAttribution, GradientAttribution):
    """Deconvolution of a hidden unit h instead of the output: ∂h/∂x with R_in = max(R_out, 0) at ReLUs.

    Args:
        model: the model, or a function that calls it.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks,
    https://arxiv.org/abs/1311.2901
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
        """Deconvolution of the unit.

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
        return gated(self, inputs, None, additional_forward_args, guided=False, readout=unit)


_LIMITATIONS = (
    "Hardly depends on the class or on the later layers (Nie et al. 2018, https://arxiv.org/abs/1805.07039; "
    "Sixt et al. 2020, https://arxiv.org/abs/1912.09818).",
    "Ignores which ReLUs were on: noisier than Guided Backprop (Springenberg et al. 2014, "
    "https://arxiv.org/abs/1412.6806).",
    "Changes ReLUs only: other activations keep their gradient.",
)

SPECS = (
    MethodSpec(
        id="deconvolution",
        name="Deconvolution",
        method=Deconvolution,
        family="propagation",
        space="feature",
        summary="The gradient, with its negative part dropped at every ReLU, whether the ReLU was on or off.",
        limitations=_LIMITATIONS,
        references=("Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901",),
        build=lambda info: arguments("DeconvolutionArguments"),
        evaluations=lambda values, info: Cost(1, 1),
        against=no_relu,
        smoothing=True,
    ),
    MethodSpec(
        id="neuron_deconvolution",
        name="Neuron Deconvolution",
        method=NeuronDeconvolution,
        family="propagation",
        space="neuron",
        summary="Deconvolution of a unit of the layer: what in the input drives it, negative gradients dropped.",
        limitations=_LIMITATIONS,
        references=("Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901",),
        build=lambda info: arguments(
            "NeuronDeconvolutionArguments", unit=unit(), attribute_to_neuron_input=at_neuron_input()
        ),
        evaluations=lambda values, info: Cost(1, 1),
        against=no_relu,
        needs=frozenset({"layer"}),
        smoothing=True,
    ),
)
