"""Kernel SHAP: Shapley values as the coefficients of a weighted linear regression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import torch
from torch import Tensor

from attribution_core import errors, execution, squares
from attribution_core.attribution import PerturbationAttribution
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.kernels import Weigh
from attribution_core.problem import Problem, opened
from attribution_core.regression import Recipe, fit_groups
from attribution_core.spec import Cost, MethodSpec, seed, whole
from attribution_core.surrogates import LinearRegression
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType

_INFINITE_WEIGHT = 1e6


@final
class KernelShap(PerturbationAttribution):
    """The linear model that fits y best where subsets S of the G groups are kept, under the Shapley kernel.

    The kernel weighs a subset by (G − 1) / (C(G, |S|) |S| (G − |S|)); with all subsets the coefficients are the Shapley
    values. Here subsets are drawn in proportion to it and count equally; the empty and the full one, whose weight is
    infinite, come first and count 1,000,000, so that the coefficients add up to y(x) − y(baseline) but for about 1e-6.

    Args:
        forward_func: the model, or a function of its inputs.

    Reference: Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions,
    https://arxiv.org/abs/1705.07874
    """

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    @property
    def multiplies_by_inputs(self) -> bool:
        return False

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        n_samples: int = 25,
        perturbations_per_eval: int = 1,
        return_input_shape: bool = True,
        show_progress: bool = False,
    ) -> Attributions:
        """Shapley values of the target output as estimated from ``n_samples`` evaluations for each example.

        Examples are explained one after the other, which costs one more evaluation each if there are several. Subsets
        are drawn from torch's global generator as Captum draws them. With fewer samples than groups the coefficients
        are those of least norm.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            baselines: what features outside a subset are at: tensors of the inputs' shape or with one row, or numbers;
                None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example, or one for all.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups, as for `Lime`.
            n_samples: how many subsets are evaluated for each example.
            perturbations_per_eval: subsets in the first evaluation; later ones grow while time and memory allow.
            return_input_shape: whether every feature gets its group's coefficient.
            show_progress: whether to write progress to standard error.

        Returns:
            As `Lime`.

        Raises:
            AttributionError: as `Lime`.
        """
        errors.whole_number("n_samples", n_samples, 1)
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs, lowest=None)
            recipe = Recipe(LinearRegression(), _subsets, _weigh, n_samples, perturbations_per_eval)
            with execution.shown("Kernel SHAP", show_progress):
                found = fit_groups(problem, start, groups, recipe, return_input_shape)
        return like(found, inputs) if return_input_shape else found


def _subsets(problem: Problem, baselines: Estimate, groups: FeatureGroups) -> Iterator[Tensor]:
    """The full subset, the empty one, and then subsets whose size has probability ∝ 1 / (|S| (G − |S|))."""
    count = groups.count
    yield torch.ones(1, count, dtype=torch.long)
    yield torch.zeros(1, count, dtype=torch.long)
    sizes = torch.arange(count, dtype=torch.float)
    shares = (count - 1) / (sizes * (count - sizes))
    shares[0] = 0
    while count == 1:
        yield torch.zeros(1, 1, dtype=torch.long)
    while True:
        kept = int(torch.multinomial(shares / shares.sum(), 1))
        values = torch.randn(1, count)
        threshold = torch.kthvalue(values, count - kept).values
        yield (values > threshold).long()


def _weigh(problem: Problem, baselines: Estimate, groups: FeatureGroups) -> Weigh:
    def weights(inputs: Estimate, vectors: Tensor) -> Tensor:
        kept = vectors.sum(1)
        infinite = (kept == 0) | (kept == groups.count)
        return torch.where(infinite, _INFINITE_WEIGHT, 1.0).to(problem.device)

    return weights


SPEC = MethodSpec(
    id="kernel_shap",
    name="Kernel SHAP",
    method=KernelShap,
    family="perturbation",
    space="feature",
    summary="Covers random sets of the input's parts and solves for the Shapley values that explain the scores best.",
    limitations=(
        "An estimate: with few samples for the number of parts, maps under two seeds differ (Covert and Lee 2021, "
        "https://arxiv.org/abs/2012.01536).",
        "Partly covered inputs are unlike any the model was trained on, and what counts as covered is a choice "
        "(Kumar et al. 2020, https://arxiv.org/abs/2002.11097).",
    ),
    references=("Lundberg and Lee (2017), https://arxiv.org/abs/1705.07874",),
    build=squares.arguments_for(
        "KernelShapArguments",
        n_samples=whole(256, 2, 5000, "Samples", "Randomly covered inputs that are evaluated."),
        seed=seed(),
    ),
    evaluations=lambda values, info: Cost(values.n_samples, 0),
    translate=squares.with_mask,
    anytime=True,
    stochastic=True,
    needs=frozenset({"baseline"}),
)
