"""Guided Grad-CAM: guided backprop where Grad-CAM is positive."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from attribution_core import errors, execution
from attribution_core.attribution import GradientAttribution, InternalAttribution, LayerAttribution
from attribution_core.gates import no_relu
from attribution_core.gradients import require_floating
from attribution_core.methods.guided_backprop import GuidedBackprop
from attribution_core.methods.layer_grad_cam import SPEC as GRAD_CAM
from attribution_core.methods.layer_grad_cam import LayerGradCam
from attribution_core.notices import tell
from attribution_core.path_arguments import at_layer_input
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec, arguments, choice
from attribution_core.tensors import like
from attribution_core.types import Attributions, Forward, Inputs, TargetType


@final
class GuidedGradCam(InternalAttribution, GradientAttribution):
    """Guided backprop times the positive part of Grad-CAM, which is enlarged to the input's size.

    Args:
        model: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model, usually its last convolution or the stage that ends in it.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Selvaraju et al. (2017), Grad-CAM, https://arxiv.org/abs/1610.02391
    """

    splittable = True

    def __init__(self, model: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(model, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        interpolate_mode: str = "nearest",
        attribute_to_layer_input: bool = False,
    ) -> Attributions:
        """Guided Grad-CAM of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            interpolate_mode: how Grad-CAM is enlarged: a mode of `torch.nn.functional.interpolate`.
            attribute_to_layer_input: whether Grad-CAM is that of the layer's input instead of its output.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one. For an input to whose size Grad-CAM
            cannot be enlarged (it has other dimensions) an empty tensor.

        Raises:
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            WrongType: integer inputs, or a layer whose value is several tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or gradient is NaN or infinite.

        Warns:
            AttributionWarning: the model calls no ReLU; or an input gets an empty tensor.
        """
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            require_floating(problem.inputs)
            given = (problem.inputs, target, additional_forward_args)
            with execution.plan(2 * problem.examples, lambda inner: None):
                cam = LayerGradCam(self.forward_func, self.module).attribute(
                    *given, attribute_to_layer_input=attribute_to_layer_input, relu_attributions=True
                )
                if not isinstance(cam, Tensor):
                    raise errors.WrongType(
                        f"The layer's value is {len(cam)} tensors; Guided Grad-CAM needs one.", field="layer"
                    )
                guided = GuidedBackprop(self.forward_func).attribute(*given)
        return like(tuple(_product(g, cam, interpolate_mode) for g in guided), inputs)


_MODES = {2: ("nearest", "linear"), 3: ("nearest", "bilinear", "bicubic"), 4: ("nearest", "trilinear")}


def _product(guided: Tensor, cam: Tensor, mode: str) -> Tensor:
    try:
        return guided * LayerAttribution.interpolate(cam, tuple(guided.shape[2:]), mode)
    except (ValueError, NotImplementedError) as error:
        if guided.dim() == cam.dim() > 2:
            raise errors.OutOfRange(
                f"interpolate_mode is {mode!r}, which cannot enlarge a layer of shape {tuple(cam.shape)}.",
                field="interpolate_mode",
                value=repr(mode),
            ) from error
    tell(
        "no_map",
        f"Grad-CAM of shape {tuple(cam.shape)} cannot be enlarged to an input of shape {tuple(guided.shape)}, which "
        "gets an empty tensor.",
        stacklevel=4,
    )
    return torch.empty(0, dtype=guided.dtype, device=guided.device)


def _against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    return (*GRAD_CAM.against(model, inputs, extra), *no_relu(model, inputs, extra))


SPEC = MethodSpec(
    id="guided_grad_cam",
    name="Guided Grad-CAM",
    method=GuidedGradCam,
    family="cam",
    space="feature",
    summary="Guided Backprop, kept where Grad-CAM finds evidence for the class: fine lines in the right place.",
    limitations=(
        "Its detail is Guided Backprop's, which hardly depends on the class (Nie et al. 2018, "
        "https://arxiv.org/abs/1805.07039; Adebayo et al. 2018, https://arxiv.org/abs/1810.03292).",
        "Shows evidence for the class only: Grad-CAM's negative part is dropped.",
    ),
    references=("Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391",),
    build=lambda info: arguments(
        "GuidedGradCamArguments",
        interpolate_mode=choice(
            "nearest", _MODES.get(len(info.shapes[0]), ("nearest",)), "Enlarging", "How Grad-CAM is enlarged."
        ),
        attribute_to_layer_input=at_layer_input(),
    ),
    evaluations=lambda values, info: Cost(2, 2),
    against=_against,
    needs=frozenset({"layer", "positions"}),
    smoothing=True,
)
