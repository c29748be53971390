"""Layer feature ablation: what is lost when a layer's units are replaced by a baseline."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import nn

from attribution_core import errors, execution
from attribution_core.ablation import ablate
from attribution_core.attribution import LayerAttribution, PerturbationAttribution
from attribution_core.groups import Mask
from attribution_core.inner import at_layer, layer_groups
from attribution_core.problem import opened
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec, arguments, whole
from attribution_core.tensors import checked_baselines
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType


@final
class LayerFeatureAblation(LayerAttribution, PerturbationAttribution):
    """y − y(a group of the layer's units replaced by the baseline), given to every unit of the group.

    The model runs as before but for the layer's value.

    Args:
        forward_func: the model, or a function that calls it. It may return several numbers for each example, or one
            row for the whole batch.
        layer: a module that the forward function calls, whose value has one row for each example.
        device_ids: accepted for compatibility.

    Reference: Morcos et al. (2018), On the Importance of Single Directions for Generalization,
    https://arxiv.org/abs/1803.06959
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        layer_baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        layer_mask: Mask = None,
        attribute_to_layer_input: bool = False,
        perturbations_per_eval: int = 1,
    ) -> Attributions:
        """Ablation of the target output at the layer; it costs two evaluations and one more for each group.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            layer_baselines: what units are replaced by: tensors of the layer's shape or with one row, or numbers; None
                means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            layer_mask: groups: whole numbers of the layer's shape, or of a shape that broadcasts to it, as for
                `FeatureAblation`; or a function that makes them of the layer's value (a tuple of tensors). None makes
                each unit its own group.
            attribute_to_layer_input: whether to replace the layer's input instead of its output.
            perturbations_per_eval: groups in the first evaluation; later ones grow while time and memory allow.

        Returns:
            Attributions of the layer's shape; a tuple if its value consists of several tensors. N·R rows where R
            numbers are explained for each example.

        Raises:
            LayerNotCalled: the forward function does not reach the layer.
            LayerNotTensor: the layer's value is not made of tensors.
            AttributionError: as `FeatureAblation`.
        """
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        given = opened(self.forward_func, inputs, target, additional_forward_args)
        with given as problem, execution.plan(None) as plan:
            inner = at_layer(problem, self.module, attribute_to_layer_input)
            start = checked_baselines(layer_baselines, inner.inputs, "layer_baselines")
            groups = layer_groups(layer_mask, inner)
            plan.total = problem.examples * (2 + len(groups.present))
            found = ablate(inner, start, groups, perturbations_per_eval)
        return found if len(found) > 1 else found[0]


class Channels:
    """A ``layer_mask`` that puts neighbouring channels (dimension 1) into at most ``groups`` groups."""

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.groups})"

    def __call__(self, values: Estimate) -> Estimate:
        masks, count = [], 0
        for value in values:
            channels = value.shape[1] if value.dim() > 1 else 1
            groups = self.count(tuple(value.shape[1:]))
            mask = torch.arange(channels, device=value.device) * groups // max(channels, 1) + count
            masks.append(mask.reshape(1, -1, *(1,) * (value.dim() - 2)) if value.dim() > 1 else mask)
            count += groups
        return tuple(masks)

    def count(self, shape: tuple[int, ...]) -> int:
        """The groups of a value whose examples have that shape."""
        return min(self.groups, shape[0]) if shape else 1


def _arguments(info: InputInfo) -> type[Arguments]:
    return arguments(
        "LayerFeatureAblationArguments",
        groups=whole(
            64, 1, 4096, "Groups", "Channels are removed one by one, or, where there are more, in so many groups."
        ),
    )


def _evaluations(values: Any, info: InputInfo) -> Cost:
    groups = values.groups if info.layer is None else Channels(values.groups).count(info.layer)
    return Cost(2 + groups, 0)


def _translate(values: dict[str, Any], info: InputInfo) -> dict[str, Any]:
    rest = dict(values)
    return {"layer_mask": Channels(rest.pop("groups")), **rest}


SPEC = MethodSpec(
    id="layer_feature_ablation",
    name="Layer Feature Ablation",
    method=LayerFeatureAblation,
    family="perturbation",
    space="layer",
    summary="Sets one channel of the layer after the other to zero and notes how far the score falls.",
    limitations=(
        "Channels are removed one at a time: what another channel can stand in for is missed (Morcos et al. 2018, "
        "https://arxiv.org/abs/1803.06959).",
        "Zero may be no usual value of the channel (Hooker et al. 2019, https://arxiv.org/abs/1806.10758).",
    ),
    references=("Morcos et al. (2018), https://arxiv.org/abs/1803.06959",),
    build=_arguments,
    evaluations=_evaluations,
    translate=_translate,
    anytime=True,
    needs=frozenset({"layer"}),
)
