"""Layer feature permutation: what is lost when a layer's units are exchanged between the examples."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core import errors, execution
from attribution_core.ablation import permute
from attribution_core.attribution import LayerAttribution, PerturbationAttribution
from attribution_core.groups import Mask
from attribution_core.inner import at_layer, layer_groups
from attribution_core.methods.feature_permutation import check_batch, exchanged
from attribution_core.problem import opened
from attribution_core.types import Attributions, Forward, Inputs, TargetType


@final
class LayerFeaturePermutation(LayerAttribution, PerturbationAttribution):
    """y − y(a group of the layer's units exchanged between the examples of the batch).

    Args:
        forward_func: the model, or a function that calls it. It may return several numbers for each example, or one
            row for the whole batch.
        layer: a module that the forward function calls, whose output has one row for each example.
        device_ids: accepted for compatibility.

    Reference: Fisher et al. (2019), All Models are Wrong, but Many are Useful, https://arxiv.org/abs/1801.01489
    """

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        layer_mask: Mask = None,
        perturbations_per_eval: int = 1,
    ) -> Attributions:
        """Permutation of the target output at the layer; two evaluations of the batch and one more for each group.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), N at least 2, of any type.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            layer_mask: groups, as for `LayerFeatureAblation`.
            perturbations_per_eval: groups in the first evaluation; later ones grow while time and memory allow.

        Returns:
            As `LayerFeatureAblation`.

        Raises:
            WrongShape: a single example; masks that do not fit the layer.
            AttributionError: as `LayerFeatureAblation`.
        """
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        given = opened(self.forward_func, inputs, target, additional_forward_args)
        with given as problem, execution.plan(None) as plan:
            check_batch(problem)
            inner = at_layer(problem, self.module)
            groups = layer_groups(layer_mask, inner)
            plan.total = problem.examples * (2 + len(groups.present))
            found = permute(inner, groups, exchanged, perturbations_per_eval)
        return found if len(found) > 1 else found[0]
