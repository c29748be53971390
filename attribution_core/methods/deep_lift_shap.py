"""DeepLIFT SHAP: DeepLIFT against many baselines, averaged."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor

from attribution_core.attribution import GradientAttribution
from attribution_core.distributions import checked_distribution
from attribution_core.path_arguments import multiply
from attribution_core.problem import opened
from attribution_core.propagation import EPS, AtInputs, CustomAttribution, Drawn, contrast, contributing
from attribution_core.spec import Cost, MethodSpec, arguments
from attribution_core.tensors import like
from attribution_core.types import Attributions, Distribution, Forward, Inputs, TargetType

_ROWS = 16
"""Baselines that an explorer draws."""


@final
class DeepLiftShap(GradientAttribution):
    """The mean over K baselines x′ of DeepLIFT's m ⊙ (x − x′), an approximation of SHAP values.

    Every example is compared with every baseline, in chunks: memory does not depend on K.

    Args:
        model: the model, or a function that calls it and returns one row for each example.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the mean multipliers.

    References: Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions,
    https://arxiv.org/abs/1705.07874; Shrikumar et al. (2017), https://arxiv.org/abs/1704.02685
    """

    splittable = True
    takes_distribution = True

    def __init__(self, model: Forward, multiply_by_inputs: bool = True) -> None:
        super().__init__(model)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def has_convergence_delta(self) -> bool:
        return True

    def attribute(
        self,
        inputs: Inputs,
        baselines: Distribution,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """DeepLIFT SHAP of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            baselines: K rows x′: a tensor of shape (K, …) for each input, or a function of the inputs (or of nothing)
                that returns them.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) of every pair too, at no further
                cost.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (x − x′).

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), and the deltas of shape (N·K,) if asked,
            those of the first example first.

        Raises:
            WrongShape: rows of another shape than the inputs', or not as many for each input.
            WrongType: integer inputs; baselines that are no tensors; or ``custom_attribution_func`` does not take or
                return what it must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or multiplier is NaN or infinite.

        Warns:
            AttributionWarning: the multipliers do not add up to the output's change, because of operations without a
                rule; the message names them and the gap.
        """
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            drawn = Drawn(checked_distribution(baselines, inputs, problem.inputs), problem.examples)
            contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
            result, delta = contrast(problem, drawn, AtInputs(), contribution, EPS)
        return (like(result, inputs), delta) if return_convergence_delta else like(result, inputs)


SPEC = MethodSpec(
    id="deep_lift_shap",
    name="DeepLIFT SHAP",
    method=DeepLiftShap,
    family="propagation",
    space="feature",
    summary="DeepLIFT against several samples of the dataset instead of one baseline, averaged.",
    limitations=(
        "The map answers 'compared with these samples': another draw of them gives another.",
        "It takes the model to be about linear between input and baselines, and input values to be independent "
        "(Lundberg and Lee 2017, https://arxiv.org/abs/1705.07874).",
        "Products of activations (attention, gates) have no rule: the map misses part of the change, which is told "
        "(Ancona et al. 2018, https://arxiv.org/abs/1711.06104).",
    ),
    references=(
        "Lundberg and Lee (2017), https://arxiv.org/abs/1705.07874",
        "Shrikumar et al. (2017), https://arxiv.org/abs/1704.02685",
    ),
    build=lambda info: arguments("DeepLiftShapArguments", multiply_by_inputs=multiply()),
    evaluations=lambda values, info: Cost(2 * _ROWS, _ROWS),
    options=frozenset({"multiply_by_inputs"}),
    anytime=True,
    needs=frozenset({"distribution"}),
    distribution=_ROWS,
)
