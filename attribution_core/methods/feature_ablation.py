"""Feature ablation: what is lost when a group of features is replaced by the baseline."""

from __future__ import annotations

from typing import Any, final

from attribution_core import errors, execution, squares
from attribution_core.ablation import ablate
from attribution_core.attribution import PerturbationAttribution
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


@final
class FeatureAblation(PerturbationAttribution):
    """y(x) − y(x with a group of features replaced by the baseline), given to every feature of the group.

    Args:
        forward_func: the model, or a function of its inputs. It may return several numbers for each example, or one
            row for the whole batch; then every group is replaced in all examples at once.

    Reference: Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks,
    https://arxiv.org/abs/1311.2901
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
        **kwargs: Any,
    ) -> Attributions:
        """Ablation of the target output; it costs one evaluation and one more for each group.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            baselines: what features are replaced by: tensors of the inputs' shape or with one row, or numbers; None
                means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups: whole numbers of the inputs' shape, or of a shape that broadcasts to it; a tuple of
                them for a tuple of inputs. Features of equal number are replaced together, also across inputs.
                Numbers may be left out; a mask on another device is moved. None makes each feature its own group.
            perturbations_per_eval: groups in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.
            **kwargs: there for compatibility; anything is refused.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one). Where R numbers are explained for each
            example, N·R rows: those of the first example come first. Where the model returns one row for the whole
            batch, one row (or R).

        Raises:
            WrongShape: baselines or masks that do not fit the inputs; a mask with a row for each example where the
                model returns one for all.
            WrongType: a mask that does not hold whole numbers.
            OutOfRange: a negative number in a mask; ``perturbations_per_eval`` below 1.
            TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            UnknownArgument: any other keyword.
            Nonfinite: an output is NaN or infinite.
        """
        errors.no_more_arguments(kwargs)
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs)
            with execution.shown("Feature Ablation", show_progress):
                return like(ablate(problem, start, groups, perturbations_per_eval), inputs)


SPEC = MethodSpec(
    id="feature_ablation",
    name="Feature Ablation",
    method=FeatureAblation,
    family="perturbation",
    space="feature",
    summary="Covers one part of the input after the other and notes how far the score falls.",
    limitations=(
        "Features are removed one group at a time: evidence that is present twice, or that needs a partner, is missed "
        "(Lundberg and Lee 2017, https://arxiv.org/abs/1705.07874).",
        "A covered input is unlike any the model was trained on (Hooker et al. 2019, https://arxiv.org/abs/1806.10758).",
    ),
    references=("Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901",),
    build=squares.arguments_for("FeatureAblationArguments"),
    evaluations=lambda values, info: Cost(1 + squares.count(values, info), 0),
    translate=squares.with_mask,
    anytime=True,
    needs=frozenset({"baseline"}),
)
