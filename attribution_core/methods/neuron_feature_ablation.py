"""Neuron feature ablation: what a hidden unit loses when a group of features is replaced by the baseline."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core import errors, squares
from attribution_core.ablation import ablate
from attribution_core.attribution import NeuronAttribution, PerturbationAttribution
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.problem import opened
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, unit
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Forward, Inputs, NeuronSelector


@final
class NeuronFeatureAblation(NeuronAttribution, PerturbationAttribution):
    """h(x) − h(x with a group of features replaced by the baseline), for a hidden unit h.

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module that the forward function calls.
        device_ids: accepted for compatibility.

    Reference: Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks,
    https://arxiv.org/abs/1311.2901
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        baselines: Baselines = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        attribute_to_neuron_input: bool = False,
        perturbations_per_eval: int = 1,
    ) -> Attributions:
        """Ablation of the unit's value; it costs one evaluation and one more for each group.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            neuron_selector: the unit in the layer's value: an index, a tuple of indices and slices (a slice's units are
                added up), or a function of the value that returns one number for each example.
            baselines: what features are replaced by: tensors of the inputs' shape or with one row, or numbers; None
                means zero.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups, as for `FeatureAblation`.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.
            perturbations_per_eval: groups in the first evaluation; later ones grow while time and memory allow.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            LayerNotCalled: the forward function does not reach the layer.
            LayerNotTensor: the layer's value is not made of tensors.
            OutOfRange: no such unit.
            AttributionError: as `FeatureAblation`.
        """
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        readout = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        with opened(self.forward_func, inputs, None, additional_forward_args, readout) as problem:
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs)
            return like(ablate(problem, start, groups, perturbations_per_eval), inputs)


SPEC = MethodSpec(
    id="neuron_feature_ablation",
    name="Neuron Feature Ablation",
    method=NeuronFeatureAblation,
    family="perturbation",
    space="neuron",
    summary="Covers one part of the input after the other and notes how far the unit's value falls.",
    limitations=(
        "A unit may be zero already: then nothing that is covered lowers it (Zeiler and Fergus 2013, "
        "https://arxiv.org/abs/1311.2901).",
        "A covered input is unlike any the model was trained on (Hooker et al. 2019, https://arxiv.org/abs/1806.10758).",
    ),
    references=("Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901",),
    build=squares.arguments_for("NeuronFeatureAblationArguments", unit=unit()),
    evaluations=lambda values, info: Cost(1 + squares.count(values, info), 0),
    translate=squares.with_mask,
    anytime=True,
    needs=frozenset({"layer", "baseline"}),
)
