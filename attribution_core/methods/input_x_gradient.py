"""Input × gradient."""

from __future__ import annotations

from typing import Any, final

from attribution_core.attribution import GradientAttribution
from attribution_core.gradients import Here, InputSite, integrate
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec, arguments
from attribution_core.tensors import like
from attribution_core.types import Attributions, Estimate, Forward, Inputs, TargetType


@final
class InputXGradient(GradientAttribution):
    """x ⊙ ∂y/∂x: each input value's share of the output of the model's linear approximation.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.

    Reference: Shrikumar et al. (2016), Not Just a Black Box, https://arxiv.org/abs/1605.01713
    """

    splittable = True

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    @property
    def multiplies_by_inputs(self) -> bool:
        return True

    def attribute(self, inputs: Inputs, target: TargetType = None, additional_forward_args: Any = None) -> Attributions:
        """The inputs times the gradient of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
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
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:

            def finish(gradients: Estimate) -> Estimate:
                return tuple(x * g for x, g in zip(problem.inputs, gradients, strict=True))

            return like(integrate(problem, Here(problem.inputs), InputSite(), finish=finish), inputs)


SPEC = MethodSpec(
    id="input_x_gradient",
    name="Input × Gradient",
    method=InputXGradient,
    family="gradient",
    space="feature",
    summary="The gradient times the input: what each part adds to the score if the model were linear.",
    limitations=(
        "What is 0 in the model's space gets 0, whatever it means.",
        "Local, like the gradient: it vanishes where the model is saturated (Shrikumar et al. 2017, "
        "https://arxiv.org/abs/1704.02685).",
    ),
    references=("Shrikumar et al. (2016), https://arxiv.org/abs/1605.01713",),
    build=lambda info: arguments("InputXGradientArguments"),
    evaluations=lambda values, info: Cost(1, 1),
    smoothing=True,
)
