"""Shapley value sampling: what a feature adds on average when features are brought in one after the other."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor

from attribution_core import errors, execution, squares
from attribution_core.attribution import PerturbationAttribution
from attribution_core.coalitions import Walks
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.problem import opened
from attribution_core.shapes import remembering_shape
from attribution_core.solvers import MeanMarginal, solve
from attribution_core.spec import Cost, InputInfo, MethodSpec, seed, whole
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


@final
class ShapleyValueSampling(PerturbationAttribution):
    """The mean over random orders π of y(S ∪ g) − y(S), where S are the groups before g in π.

    Features outside S are at the baseline. The values of all groups add up to y(x) − y(baseline) for any number of
    orders (efficiency); the error of each falls with the square root of that number.

    Args:
        forward_func: the model, or a function of its inputs. It may return several numbers for each example, or one
            row for the whole batch; then features are brought into all examples at once.

    References: Castro et al. (2009), Polynomial calculation of the Shapley value based on sampling,
    https://doi.org/10.1016/j.cor.2008.04.004; Štrumbelj and Kononenko (2010), An Efficient Explanation of Individual
    Classifications using Game Theory, https://jmlr.org/papers/v11/strumbelj10a.html
    """

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        n_samples: int = 25,
        perturbations_per_eval: int = 1,
        show_progress: bool = False,
    ) -> Attributions:
        """Shapley values of the target output; for G groups it costs 2 + n_samples · (G − 1) evaluations.

        Orders are drawn from torch's global generator as Captum draws them: all examples share them, and the numbers
        under `torch.manual_seed` are Captum's.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            baselines: what features not yet brought in are at: tensors of the inputs' shape or with one row, or
                numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups: whole numbers of the inputs' shape, or of a shape that broadcasts to it; a tuple of
                them for a tuple of inputs. Features of equal number are brought in together, also across inputs.
                Numbers may be left out; a mask on another device is moved. None makes each feature its own group.
            n_samples: random orders.
            perturbations_per_eval: points in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one). Where the output explained has a shape
            of its own for each example, (N, *that shape, …). One row where the model returns one for the whole batch.

        Raises:
            OutOfRange: ``n_samples`` or ``perturbations_per_eval`` below 1; a negative number in a mask.
            WrongShape: baselines or masks that do not fit the inputs; a mask with a row for each example where the
                model returns one for all.
            WrongType: a mask that does not hold whole numbers.
            TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            Nonfinite: an output is NaN or infinite.
        """
        errors.whole_number("n_samples", n_samples, 1)
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as opened_problem:
            problem, form = remembering_shape(opened_problem)
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs)
            stream = Walks(problem, start, groups, n_samples)

            def build(reference: Tensor, together: bool) -> MeanMarginal:
                return MeanMarginal(problem, stream, groups, reference, together)

            with execution.shown("Shapley Sampling", show_progress):
                return like(solve(problem, len(stream), perturbations_per_eval, build, form), inputs)


def _evaluations(values: Any, info: InputInfo) -> Cost:
    return Cost(2 + values.n_samples * (squares.count(values, info) - 1), 0)


SPEC = MethodSpec(
    id="shapley_value_sampling",
    name="Shapley Sampling",
    method=ShapleyValueSampling,
    family="perturbation",
    space="feature",
    summary="Uncovers the input part by part in random orders and averages what each part adds to the score.",
    limitations=(
        "An estimate: with few orders, maps under two seeds differ visibly (Castro et al. 2009, "
        "https://doi.org/10.1016/j.cor.2008.04.004).",
        "Partly covered inputs are unlike any the model was trained on, and what counts as covered is a choice "
        "(Kumar et al. 2020, https://arxiv.org/abs/2002.11097).",
    ),
    references=(
        "Castro et al. (2009), https://doi.org/10.1016/j.cor.2008.04.004",
        "Štrumbelj and Kononenko (2010), https://jmlr.org/papers/v11/strumbelj10a.html",
    ),
    build=squares.arguments_for(
        "ShapleyValueSamplingArguments",
        n_samples=whole(10, 1, 1000, "Orders", "Random orders in which parts are uncovered; more are more accurate."),
        seed=seed(),
    ),
    evaluations=_evaluations,
    translate=squares.with_mask,
    anytime=True,
    stochastic=True,
    needs=frozenset({"baseline"}),
)
