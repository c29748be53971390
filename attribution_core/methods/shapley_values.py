"""Exact Shapley values, for a few groups of features."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from attribution_core import errors, execution, squares
from attribution_core.attribution import PerturbationAttribution
from attribution_core.coalitions import Subsets
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.problem import opened
from attribution_core.shapes import remembering_shape
from attribution_core.solvers import WeightedMarginal, solve
from attribution_core.spec import Cost, InputInfo, MethodSpec
from attribution_core.squares import Grid
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType

MOST_GROUPS = 20


@final
class ShapleyValues(PerturbationAttribution):
    """φ_g = Σ_S |S|! (n−|S|−1)!/n! · (y(S ∪ g) − y(S)) over all subsets S of the n groups without g.

    Features outside S are at the baseline. The only attribution with efficiency (Σ φ_g = y(x) − y(baseline)), symmetry,
    additivity, and zero for a group that changes nothing.

    Args:
        forward_func: the model, or a function of its inputs. It may return several numbers for each example, or one
            row for the whole batch; then features are brought into all examples at once.

    Reference: Shapley (1953), A Value for n-Person Games, https://doi.org/10.1515/9781400881970-018
    """

    splittable = True

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        perturbations_per_eval: int = 1,
        show_progress: bool = False,
    ) -> Attributions:
        """Shapley values of the target output; for n groups it costs 2ⁿ evaluations, and n is at most 20.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            baselines: what features outside a subset are at: tensors of the inputs' shape or with one row, or numbers;
                None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups, as for `ShapleyValueSampling`; numbers left out cost nothing.
            perturbations_per_eval: subsets in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.

        Returns:
            As `ShapleyValueSampling`.

        Raises:
            OutOfRange: more than 20 groups; ``perturbations_per_eval`` below 1; a negative number in a mask.
            AttributionError: as `ShapleyValueSampling`.
        """
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as opened_problem:
            problem, form = remembering_shape(opened_problem)
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs)
            n = len(groups.present)
            if n > MOST_GROUPS:
                raise errors.OutOfRange(
                    f"feature_mask has {n} groups, which needs 2^{n} evaluations for each example; it must have at "
                    f"most {MOST_GROUPS}. ShapleyValueSampling takes any number.",
                    field="feature_mask",
                    value=n,
                    low=1,
                    high=MOST_GROUPS,
                )
            stream = Subsets(problem, start, groups)

            def build(reference: Tensor, together: bool) -> WeightedMarginal:
                return WeightedMarginal(problem, stream, groups, reference, together)

            with execution.shown("Exact Shapley", show_progress):
                return like(solve(problem, len(stream), perturbations_per_eval, build, form), inputs)


_GRID = Grid(side=3, segments=8, usual_groups=10, most_groups=16)


def _against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    info = InputInfo(tuple(tuple(x.shape[1:]) for x in inputs))
    groups = squares.count(_build(info)(), info)
    if groups > _GRID.most_groups:
        return (
            f"The inputs have {groups} features, each a group of its own; exact values are offered for at most "
            f"{_GRID.most_groups}.",
        )
    return ()


_build = squares.arguments_for("ShapleyValuesArguments", _GRID)

SPEC = MethodSpec(
    id="shapley_values",
    name="Exact Shapley",
    method=ShapleyValues,
    family="perturbation",
    space="feature",
    summary="Tries every combination of a few parts and averages what each part adds to the score.",
    limitations=(
        "Every part more doubles the cost, so parts are large.",
        "Partly covered inputs are unlike any the model was trained on, and what counts as covered is a choice "
        "(Kumar et al. 2020, https://arxiv.org/abs/2002.11097).",
    ),
    references=("Shapley (1953), https://doi.org/10.1515/9781400881970-018",),
    build=_build,
    evaluations=lambda values, info: Cost(2 ** squares.count(values, info), 0),
    translate=squares.with_mask,
    against=_against,
    needs=frozenset({"baseline"}),
)
