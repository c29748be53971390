"""DeepLIFT: the difference to a baseline, propagated by the rescale rule."""

from __future__ import annotations

from typing import Any, Literal, final, overload

from torch import Tensor

from attribution_core import errors
from attribution_core.attribution import GradientAttribution
from attribution_core.path_arguments import multiply
from attribution_core.problem import opened
from attribution_core.propagation import EPS, AtInputs, CustomAttribution, Single, contrast, contributing
from attribution_core.spec import Cost, MethodSpec, arguments
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


@final
class DeepLift(GradientAttribution):
    """m ⊙ (x − x′), where the multipliers m are Δy/Δx propagated back through the model.

    At a function of one variable m_in = m_out · Δout/Δin (rescale rule), at a linear operation m_in = Wᵀ m_out. The
    attributions of an example add up to y(x) − y(x′). Activations are found as modules, functions, methods and in
    place, also where one module is used several times. See `attribution_core.rules.Rescaled` for max pools and softmax.

    Args:
        model: the model, or a function that calls it and returns one row for each example.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the multipliers.
        eps: where |Δin| is smaller, a function's derivative takes the place of Δout/Δin.

    References: Shrikumar et al. (2017), Learning Important Features Through Propagating Activation Differences,
    https://arxiv.org/abs/1704.02685; Ancona et al. (2018), https://arxiv.org/abs/1711.06104
    """

    splittable = True

    def __init__(self, model: Forward, multiply_by_inputs: bool = True, eps: float = EPS) -> None:
        super().__init__(model)
        if isinstance(eps, bool) or not isinstance(eps, (int, float)):
            raise errors.WrongType(f"eps is {eps!r}; it must be a number above 0.", field="eps", value=repr(eps))
        if not eps > 0:
            raise errors.OutOfRange(f"eps is {eps}; it must be above 0.", field="eps", value=repr(eps), low=0)
        self._multiply_by_inputs = multiply_by_inputs
        self._eps = float(eps)

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
        return_convergence_delta: Literal[False] = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions: ...

    @overload
    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        *,
        return_convergence_delta: Literal[True],
        custom_attribution_func: CustomAttribution | None = None,
    ) -> tuple[Attributions, Tensor]: ...

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """DeepLIFT of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) too, at no further cost.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (x − x′).

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), and the delta of shape (N,) if asked.

        Raises:
            WrongShape: the baselines' shape is not the inputs'.
            WrongType: integer inputs, or ``custom_attribution_func`` does not take or return what it must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or multiplier is NaN or infinite.

        Warns:
            AttributionWarning: the multipliers do not add up to the output's change, because of operations without a
                rule; the message names them and the gap.
        """
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            baseline = Single(checked_baselines(baselines, problem.inputs))
            contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
            result, delta = contrast(problem, baseline, AtInputs(), contribution, self._eps)
        return (like(result, inputs), delta) if return_convergence_delta else like(result, inputs)


SPEC = MethodSpec(
    id="deep_lift",
    name="DeepLIFT",
    method=DeepLift,
    family="propagation",
    space="feature",
    summary="Compares every activation with the one at a baseline. The map sums to the score's change, in one pass.",
    limitations=(
        "The map answers 'compared with the baseline': where the input equals it, the attribution is 0.",
        "Products of activations (attention, gates) have no rule: the map misses part of the change, which is told "
        "(Ancona et al. 2018, https://arxiv.org/abs/1711.06104).",
        "Depends on how the model is written, not only on what it computes (Sundararajan et al. 2017, "
        "https://arxiv.org/abs/1703.01365).",
    ),
    references=("Shrikumar et al. (2017), https://arxiv.org/abs/1704.02685",),
    build=lambda info: arguments("DeepLiftArguments", multiply_by_inputs=multiply()),
    evaluations=lambda values, info: Cost(2, 1),
    options=frozenset({"multiply_by_inputs"}),
    needs=frozenset({"baseline"}),
    smoothing=True,
    delta=lambda values: bool(values.multiply_by_inputs),
    delta_forwards=0,
)
