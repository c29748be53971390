"""Gradient × activation at a layer."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, final

from torch import nn
from torch.autograd.graph import save_on_cpu

from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import Here, ModuleSite, integrate
from attribution_core.path_arguments import at_layer_input
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec, arguments, flag
from attribution_core.tensors import grouped, like_layers
from attribution_core.types import Estimate, Forward, Inputs, LayerAttributions, TargetType


@final
class LayerGradientXActivation(LayerAttribution, GradientAttribution):
    """h ⊙ ∂y/∂h at a layer h: each unit's share of the output of the linear approximation behind the layer.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model, or a list of modules.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether h is a factor; without it attributions are the gradient.
        memory_efficient: whether autograd keeps what it saves in the CPU's memory instead of the device's.

    Reference: Shrikumar et al. (2016), Not Just a Black Box, https://arxiv.org/abs/1605.01713
    """

    splittable = True

    def __init__(
        self,
        forward_func: Forward,
        layer: nn.Module | list[nn.Module],
        device_ids: list[int] | None = None,
        multiply_by_inputs: bool = True,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__(forward_func, layer, device_ids)
        self._multiply_by_inputs = multiply_by_inputs
        self.memory_efficient = memory_efficient

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        attribute_to_layer_input: bool = False,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> LayerAttributions:
        """The layer's value times the gradient of the target output by it.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several; a list of these for a list
            of layers.

        Raises:
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: a value or gradient is NaN or infinite.
        """

        def contribution(values: Estimate, grads: Estimate) -> Estimate:
            if not self._multiply_by_inputs:
                return grads
            return tuple(v * g for v, g in zip(values, grads, strict=True))

        kept = save_on_cpu() if self.memory_efficient else nullcontext()
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem, kept:
            site = ModuleSite(self.layer, attribute_to_layer_input, grad_kwargs)
            result = integrate(problem, Here(problem.inputs), site, contribution=contribution)
        return like_layers(grouped(result, site.counts), self.layer)


SPEC = MethodSpec(
    id="layer_gradient_x_activation",
    name="Layer Gradient × Activation",
    method=LayerGradientXActivation,
    family="gradient",
    space="layer",
    summary="The layer's value times the gradient: what each unit adds to the score if the rest were linear.",
    limitations=(
        "Local: it vanishes where what follows the layer is saturated (Shrikumar et al. 2017, "
        "https://arxiv.org/abs/1704.02685).",
    ),
    references=("Shrikumar et al. (2016), https://arxiv.org/abs/1605.01713",),
    build=lambda info: arguments(
        "LayerGradientXActivationArguments",
        multiply_by_inputs=flag(True, "Multiply by the activation", "Without it, the map is the gradient."),
        attribute_to_layer_input=at_layer_input(),
    ),
    evaluations=lambda values, info: Cost(1, 1),
    options=frozenset({"multiply_by_inputs"}),
    needs=frozenset({"layer"}),
    integers=True,
    smoothing=True,
)
