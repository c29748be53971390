"""DeepLIFT and DeepLIFT SHAP of a hidden unit."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import GradientAttribution, NeuronAttribution
from attribution_core.distributions import checked_distribution
from attribution_core.path_arguments import at_neuron_input, multiply
from attribution_core.problem import opened
from attribution_core.propagation import EPS, AtInputs, CustomAttribution, Drawn, Single, contrast, contributing
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, arguments, unit
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Distribution, Forward, Inputs, NeuronSelector

_ROWS = 16
"""Baselines that an explorer draws for DeepLIFT SHAP."""


@final
class NeuronDeepLift(NeuronAttribution, GradientAttribution):
    """m ⊙ (x − x′) for a hidden unit h, where the multipliers m are Δh/Δx propagated back to x; see `DeepLift`.

    Args:
        model: the model, or a function that calls it.
        layer: a module of the model.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the multipliers.

    Reference: Shrikumar et al. (2017), Learning Important Features Through Propagating Activation Differences,
    https://arxiv.org/abs/1704.02685
    """

    splittable = True

    def __init__(self, model: Forward, layer: nn.Module, multiply_by_inputs: bool = True) -> None:
        super().__init__(model, layer)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        baselines: Baselines = None,
        additional_forward_args: Any = None,
        attribute_to_neuron_input: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions:
        """DeepLIFT of the unit.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (x − x′).

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange: there is no such unit.
            WrongShape: the baselines' shape is not the inputs', or there are too many indices.
            WrongType: integer inputs; or ``custom_attribution_func`` does not take or return what it must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or multiplier is NaN or infinite.

        Warns:
            AttributionWarning: the multipliers do not add up to the unit's change, because of operations without a
                rule; the message names them and the gap.
        """
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
        with opened(self.forward_func, inputs, None, additional_forward_args, unit) as problem:
            references = Single(checked_baselines(baselines, problem.inputs))
            result, _ = contrast(problem, references, AtInputs(), contribution, EPS)
        return like(result, inputs)


@final
class NeuronDeepLiftShap(NeuronAttribution, GradientAttribution):
    """The mean over K baselines x′ of DeepLIFT's m ⊙ (x − x′) for a hidden unit; see `DeepLiftShap`.

    Args:
        model: the model, or a function that calls it.
        layer: a module of the model.
        multiply_by_inputs: whether x − x′ is a factor; without it attributions are the multipliers.

    References: Lundberg and Lee (2017), https://arxiv.org/abs/1705.07874; Shrikumar et al. (2017),
    https://arxiv.org/abs/1704.02685
    """

    splittable = True
    takes_distribution = True

    def __init__(self, model: Forward, layer: nn.Module, multiply_by_inputs: bool = True) -> None:
        super().__init__(model, layer)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        baselines: Distribution,
        additional_forward_args: Any = None,
        attribute_to_neuron_input: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions:
        """DeepLIFT SHAP of the unit.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            baselines: K rows x′: a tensor of shape (K, …) for each input, or a function of the inputs (or of nothing)
                that returns them.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (x − x′).

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange: there is no such unit.
            WrongShape: rows of another shape than the inputs', or not as many for each input; too many indices.
            WrongType: integer inputs; baselines that are no tensors; or ``custom_attribution_func`` does not take or
                return what it must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or multiplier is NaN or infinite.

        Warns:
            AttributionWarning: the multipliers do not add up to the unit's change, because of operations without a
                rule; the message names them and the gap.
        """
        unit = HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input)
        contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
        with opened(self.forward_func, inputs, None, additional_forward_args, unit) as problem:
            references = Drawn(checked_distribution(baselines, inputs, problem.inputs), problem.examples)
            result, _ = contrast(problem, references, AtInputs(), contribution, EPS)
        return like(result, inputs)


_LIMITATIONS = (
    "The map answers 'compared with the baseline': where nothing differs from it, the attribution is 0.",
    "Products of activations (attention, gates) have no rule: the map misses part of the change, which is told "
    "(Ancona et al. 2018, https://arxiv.org/abs/1711.06104).",
)
_LIMITATIONS_SHAP = (
    "The map answers 'compared with these samples': another draw of them gives another.",
    "Products of activations (attention, gates) have no rule: the map misses part of the change, which is told "
    "(Ancona et al. 2018, https://arxiv.org/abs/1711.06104).",
)
_REFERENCES = ("Shrikumar et al. (2017), https://arxiv.org/abs/1704.02685",)
_REFERENCES_SHAP = ("Lundberg and Lee (2017), https://arxiv.org/abs/1705.07874", *_REFERENCES)

SPECS = (
    MethodSpec(
        id="neuron_deep_lift",
        name="Neuron DeepLIFT",
        method=NeuronDeepLift,
        family="propagation",
        space="neuron",
        summary="DeepLIFT of a unit of the layer: what made it differ from its value at the baseline.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: arguments(
            "NeuronDeepLiftArguments",
            unit=unit(),
            multiply_by_inputs=multiply(),
            attribute_to_neuron_input=at_neuron_input(),
        ),
        evaluations=lambda values, info: Cost(2, 1),
        options=frozenset({"multiply_by_inputs"}),
        needs=frozenset({"layer", "baseline"}),
        smoothing=True,
    ),
    MethodSpec(
        id="neuron_deep_lift_shap",
        name="Neuron DeepLIFT SHAP",
        method=NeuronDeepLiftShap,
        family="propagation",
        space="neuron",
        summary="Neuron DeepLIFT against several samples of the dataset instead of one baseline, averaged.",
        limitations=_LIMITATIONS_SHAP,
        references=_REFERENCES_SHAP,
        build=lambda info: arguments(
            "NeuronDeepLiftShapArguments",
            unit=unit(),
            multiply_by_inputs=multiply(),
            attribute_to_neuron_input=at_neuron_input(),
        ),
        evaluations=lambda values, info: Cost(2 * _ROWS, _ROWS),
        options=frozenset({"multiply_by_inputs"}),
        needs=frozenset({"layer", "distribution"}),
        distribution=_ROWS,
        anytime=True,
    ),
)
