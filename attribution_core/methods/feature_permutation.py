"""Feature permutation: what is lost when a feature's values are exchanged between the examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.ablation import permute
from attribution_core.attribution import PerturbationAttribution
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.problem import Problem, opened
from attribution_core.tensors import like
from attribution_core.types import Attributions, Forward, Inputs, TargetType


def exchanged(x: Tensor, feature_mask: Tensor) -> Tensor:
    """A batch with the masked features of its examples in random order; never in the order in which they were.

    Orders are drawn from torch's global generator as Captum draws them.
    """
    own = torch.arange(len(x))
    order = torch.randperm(len(x))
    while torch.equal(order, own):
        order = torch.randperm(len(x))
    return torch.where(feature_mask, x.index_select(0, order.to(x.device)), x)


@final
class FeaturePermutation(PerturbationAttribution):
    """y(x) − y(x with a group's values exchanged between the examples of the batch).

    Unlike other methods it needs a batch, and an example's attribution depends on its batch-mates. With a forward
    function that returns one number for the batch, a loss for example, it is permutation importance.

    Args:
        forward_func: the model, or a function of its inputs. It may return several numbers for each example, or one
            row for the whole batch.
        perm_func: ``perm_func(x, mask)`` returns a batch of x's shape with the features that the mask is true for
            exchanged; a random order of the examples if left out.

    References: Breiman (2001), Random Forests, https://doi.org/10.1023/A:1010933404324; Fisher et al. (2019), All
    Models are Wrong, but Many are Useful, https://arxiv.org/abs/1801.01489
    """

    def __init__(self, forward_func: Forward, perm_func: Callable[[Tensor, Tensor], Tensor] = exchanged) -> None:
        super().__init__(forward_func)
        if not callable(perm_func):
            raise errors.WrongType(
                f"perm_func is a {type(perm_func).__name__}; it must be callable.", field="perm_func"
            )
        self.perm_func = perm_func

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        perturbations_per_eval: int = 1,
        show_progress: bool = False,
        **kwargs: Any,
    ) -> Attributions:
        """Permutation of the target output; it costs one evaluation of the batch and one more for each group.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), N at least 2, of any type.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups, as for `FeatureAblation`.
            perturbations_per_eval: groups in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.
            **kwargs: ``baselines`` is ignored, as in Captum; anything else is refused.

        Returns:
            As `FeatureAblation`.

        Raises:
            WrongShape: a single example; masks that do not fit the inputs; a function that returns another shape.
            AttributionError: as `FeatureAblation`.
        """
        errors.no_more_arguments({name: value for name, value in kwargs.items() if name != "baselines"})
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            check_batch(problem)
            groups = FeatureGroups.of(feature_mask, problem.inputs)
            with execution.shown("Feature Permutation", show_progress):
                found = permute(problem, groups, checked(self.perm_func), perturbations_per_eval)
                return like(found, inputs)


def check_batch(problem: Problem) -> None:
    """Refuse a single example, which has nobody to exchange values with."""
    if problem.examples < 2:
        raise errors.WrongShape("inputs has 1 example; permutation needs at least 2.", field="inputs", examples=1)


def checked(permute: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """``permute`` with its answer's shape checked."""

    def checked_permute(x: Tensor, mask: Tensor) -> Tensor:
        found = permute(x, mask)
        if not isinstance(found, Tensor) or found.shape != x.shape:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise errors.WrongShape(
                f"perm_func returned {shape}; it must return a tensor of shape {tuple(x.shape)}.", field="perm_func"
            )
        return found

    return checked_permute
