"""Grad-CAM: where a layer's channels that matter are active."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, final

import torch
from torch import Tensor, nn

from attribution_core import layers, probe
from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import Here, ModuleSite, integrate
from attribution_core.layout import Layout, layout_of, may_be_last
from attribution_core.locks import owner
from attribution_core.problem import opened
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec, arguments, flag
from attribution_core.tensors import like_layer
from attribution_core.types import Attributions, Estimate, Forward, Inputs, TargetType


@final
class LayerGradCam(LayerAttribution, GradientAttribution):
    """Σ_c ā_c A_c, the layer's channels A weighted by the gradient ∂y/∂A averaged over positions, ā.

    Without ReLU by default, as in Captum; the paper keeps the positive part only. In transformers the tokens are the
    positions and their last dimension holds the channels: tokens become a grid again, class and register tokens, taken
    to come first, are left out (see `attribution_core.layout`).

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model, usually its last convolution or the stage that ends in it.
        device_ids: accepted for compatibility.

    Reference: Selvaraju et al. (2017), Grad-CAM, https://arxiv.org/abs/1610.02391
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        attribute_to_layer_input: bool = False,
        relu_attributions: bool = False,
        attr_dim_summation: bool = True,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> Attributions:
        """Grad-CAM of the target output at the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            relu_attributions: whether to keep the positive part only.
            attr_dim_summation: whether to sum over channels (dimension 1).
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Tensor of shape (N, 1, …) with the layer's positions, or (N, C, …) without the sum; the positions of image
            tokens are rows and columns. A tuple of tensors if the layer's value is a tuple of several.
            `LayerAttribution.interpolate` enlarges it to the input's size.

        Raises:
            LayerNotCalled: the forward function does not reach the layer.
            LayerNotTensor: the layer's value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: an output or gradient is NaN or infinite.
        """

        layouts: dict[torch.Size, Layout] = {}

        def contribution(values: Estimate, grads: Estimate) -> Estimate:
            return tuple(cam(v, g) for v, g in zip(values, grads, strict=True))

        def cam(value: Tensor, gradient: Tensor) -> Tensor:
            if value.shape[1:] not in layouts:
                calls = [(call.module, call.output) for call in seen.calls]
                layouts[value.shape[1:]] = layout_of(tuple(value.shape), calls, images)
            value, gradient = (layouts[value.shape[1:]].channels_first(t) for t in (value, gradient))
            positions = tuple(range(2, value.dim()))
            weighted = value * (gradient.mean(positions, keepdim=True) if positions else gradient)
            if attr_dim_summation and value.dim() > 1:
                weighted = weighted.sum(1, keepdim=True)
            return weighted.relu() if relu_attributions else weighted

        model = owner(self.forward_func)
        known = model if isinstance(model, nn.Module) else self.module
        watched = may_be_last(known, self.module)
        with (
            opened(self.forward_func, inputs, target, additional_forward_args) as problem,
            probe.trace(known, layers.shape_or_words) if watched else nullcontext(probe.Trace()) as seen,
        ):
            images = any(x.dim() == 4 for x in problem.inputs)
            site = ModuleSite(self.module, attribute_to_layer_input, grad_kwargs)
            result = integrate(problem, Here(problem.inputs), site, contribution=contribution)
        return like_layer(result)


def _arguments(info: InputInfo) -> type[Arguments]:
    return arguments(
        "LayerGradCamArguments",
        attribute_to_layer_input=flag(
            False, "At the layer's input", "Explain what goes into the layer instead of what comes out.", advanced=True
        ),
        relu_attributions=flag(
            False, "Positive part only", "Drop what speaks against the class, as the paper does.", advanced=True
        ),
        attr_dim_summation=flag(
            True, "Sum over channels", "One map; without it, a map for each of the layer's channels.", advanced=True
        ),
    )


def _against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    if layers.default_cam_layer(model, (*inputs, *extra)) is None:
        return ("The model has no convolution and no image tokens whose output is a map of positions.",)
    return ()


SPEC = MethodSpec(
    id="layer_grad_cam",
    name="Grad-CAM",
    method=LayerGradCam,
    family="cam",
    space="layer",
    summary="A coarse map of where the channels that matter for the class are active in a convolution's output.",
    limitations=(
        "As coarse as the layer: often 7×7 positions, enlarged.",
        "Averaging the gradient over positions can point beside the evidence (Draelos and Carin 2020, "
        "https://arxiv.org/abs/2011.08891).",
    ),
    references=("Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391",),
    build=_arguments,
    evaluations=lambda values, info: Cost(1, 1),
    against=_against,
    needs=frozenset({"layer", "positions"}),
    integers=True,
    smoothing=True,
    sign="positive",
)
