"""Saliency: the gradient."""

from __future__ import annotations

from typing import Any, final

from attribution_core.attribution import GradientAttribution
from attribution_core.gradients import Here, InputSite, integrate
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec, arguments, flag
from attribution_core.tensors import like
from attribution_core.types import Attributions, Estimate, Forward, Inputs, TargetType


@final
class Saliency(GradientAttribution):
    """|∂y/∂x|: how strongly each input value would change the output at first order.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.

    Reference: Simonyan et al. (2013), Deep Inside Convolutional Networks, https://arxiv.org/abs/1312.6034
    """

    splittable = True

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        abs: bool = True,
        additional_forward_args: Any = None,
    ) -> Attributions:
        """The gradient of the target output by the inputs, or its absolute value.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            abs: whether to take absolute values.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            WrongType: integer inputs.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or gradient is NaN or infinite.
        """

        def finish(gradients: Estimate) -> Estimate:
            return tuple(g.abs() for g in gradients) if abs else gradients

        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            return like(integrate(problem, Here(problem.inputs), InputSite(), finish=finish), inputs)


SPEC = MethodSpec(
    id="saliency",
    name="Saliency",
    method=Saliency,
    family="gradient",
    space="feature",
    summary="How strongly the score reacts to a small change of each part of the input: the gradient's magnitude.",
    limitations=(
        "Local: it sees an infinitesimal change, and vanishes where the model is saturated (Sundararajan et al. 2017, "
        "https://arxiv.org/abs/1703.01365).",
        "Noisy on deep networks; smoothing helps (Smilkov et al. 2017, https://arxiv.org/abs/1706.03825).",
    ),
    references=("Simonyan et al. (2013), https://arxiv.org/abs/1312.6034",),
    sign="absolute",
    smoothing=True,
    build=lambda info: arguments(
        "SaliencyArguments",
        abs=flag(True, "Absolute value", "Take the gradient's absolute value, without its direction."),
    ),
    evaluations=lambda values, info: Cost(1, 1),
)
