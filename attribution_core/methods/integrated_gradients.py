"""Integrated gradients: the gradient averaged along the line from a baseline to the input."""

from __future__ import annotations

from typing import Any, Literal, final, overload

from torch import Tensor

from attribution_core.attribution import GradientAttribution
from attribution_core.path_arguments import multiply, path_arguments
from attribution_core.paths import averaged, checked_rule, with_delta
from attribution_core.problem import opened
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec
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
        rule = checked_rule(method, n_steps, internal_batch_size)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)

            def gap(result: Estimate) -> Tensor:
                return self.compute_convergence_delta(result, start, problem.inputs, target, additional_forward_args)

            result, delta = with_delta(
                n_steps * problem.examples,
                lambda: averaged(problem, start, rule, multiply=self._multiply_by_inputs, most=internal_batch_size),
                gap if return_convergence_delta else None,
                problem.examples,
            )
        attributions = like(result, inputs)
        return attributions if delta is None else (attributions, delta)


def _arguments(info: InputInfo) -> type[Arguments]:
    return path_arguments("IntegratedGradientsArguments", multiply_by_inputs=multiply())


SPEC = MethodSpec(
    id="integrated_gradients",
    name="Integrated Gradients",
    method=IntegratedGradients,
    family="path",
    space="feature",
    summary="Adds up the gradient on the way from a baseline to the input. The map sums to the score's change.",
    limitations=(
        "The map answers 'compared with the baseline': where the input equals it, the attribution is 0 "
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
