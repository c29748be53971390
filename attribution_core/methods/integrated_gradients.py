"""Integrated gradients: the gradient averaged along the line from a baseline to the input."""

from __future__ import annotations

from typing import Any, Literal, Self, final, overload

from pydantic import model_validator
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.attribution import GradientAttribution
from attribution_core.gradients import InputSite, StraightPath, integrate
from attribution_core.problem import opened
from attribution_core.quadrature import NAMES, quadrature
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec, arguments, choice, flag, whole
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType


@final
class IntegratedGradients(GradientAttribution):
    """(x − x′) ⊙ ∫₀¹ ∂y(x′ + α(x − x′))/∂x dα, the integral approximated by a quadrature.

    The attributions of an example add up to y(x) − y(x′), but for the quadrature's error (completeness).

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the averaged gradient.

    Reference: Sundararajan et al. (2017), Axiomatic Attribution for Deep Networks, https://arxiv.org/abs/1703.01365
    """

    splittable = True

    def __init__(self, forward_func: Forward, multiply_by_inputs: bool = True) -> None:
        super().__init__(forward_func)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def has_convergence_delta(self) -> bool:
        return True

    @overload
    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        return_convergence_delta: Literal[False] = False,
    ) -> Attributions: ...

    @overload
    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        *,
        return_convergence_delta: Literal[True],
    ) -> tuple[Attributions, Tensor]: ...

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        return_convergence_delta: bool = False,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """Integrated gradients of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
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
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) too.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), and the delta of shape (N,) if asked.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1; ``method`` is unknown.
            WrongShape: the baselines' shape is not the inputs'.
            WrongType: integer inputs.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or gradient is NaN or infinite.
        """
        rule = quadrature(method, n_steps)
        if internal_batch_size is not None:
            errors.whole_number("internal_batch_size", internal_batch_size, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)

            def finish(averages: Estimate) -> Estimate:
                if not self._multiply_by_inputs:
                    return averages
                return tuple((x - b) * g for x, b, g in zip(problem.inputs, start, averages, strict=True))

            latest: list[Estimate] = []

            def blend(inner: Estimate | None) -> Estimate | None:
                return latest[0] if latest else inner

            n = problem.examples
            with execution.plan(n * (n_steps + 2 * return_convergence_delta), blend):
                path = StraightPath(start, problem.inputs, rule)
                result = integrate(problem, path, InputSite(), finish=finish, most=internal_batch_size)
                latest.append(result)
                if not return_convergence_delta:
                    return like(result, inputs)
                delta = self.compute_convergence_delta(result, start, problem.inputs, target, additional_forward_args)
        return like(result, inputs), delta


class _Arguments(Arguments):
    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        if getattr(self, "method", None) == "riemann_trapezoid" and getattr(self, "n_steps", 2) < 2:
            raise errors.OutOfRange(
                "n_steps is 1; it must be 2 to 1000 for riemann_trapezoid.", field="n_steps", value=1, low=2, high=1000
            )
        return self


def _arguments(info: InputInfo) -> type[Arguments]:
    return arguments(
        "IntegratedGradientsArguments",
        _Arguments,
        n_steps=whole(50, 1, 1000, "Steps", "Points on the path from the baseline to the input; more are more exact."),
        method=choice("gausslegendre", NAMES, "Quadrature", "How the points are placed and weighed.", advanced=True),
        multiply_by_inputs=flag(
            True,
            "Multiply by the input's difference",
            "Without it, the map is the averaged gradient and does not add up to the score's change.",
            advanced=True,
        ),
    )


SPEC = MethodSpec(
    id="integrated_gradients",
    name="Integrated Gradients",
    method=IntegratedGradients,
    family="path",
    space="feature",
    summary="Adds up the gradient on the way from a baseline to the image. The map sums to the score's change.",
    limitations=(
        "The map answers 'compared with the baseline': where the image equals it, the attribution is 0 "
        "(Sturmfels et al. 2020, https://doi.org/10.23915/distill.00022).",
        "With few steps the sum misses the score's change; the convergence delta tells by how much.",
    ),
    references=("Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365",),
    build=_arguments,
    evaluations=lambda values, info: Cost(values.n_steps, values.n_steps),
    options=frozenset({"multiply_by_inputs"}),
    anytime=True,
    needs=frozenset({"baseline"}),
    smoothing=True,
    delta=lambda values: bool(values.multiply_by_inputs),
)
