"""DeepLIFT and DeepLIFT SHAP at a layer."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.distributions import checked_distribution
from attribution_core.path_arguments import at_layer_input, multiply
from attribution_core.problem import opened
from attribution_core.propagation import EPS, AtModule, CustomAttribution, Drawn, Single, contrast, contributing
from attribution_core.spec import Cost, MethodSpec, arguments
from attribution_core.tensors import checked_baselines
from attribution_core.types import Attributions, Baselines, Distribution, Forward, Inputs, TargetType

_ROWS = 16
"""Baselines that an explorer draws for DeepLIFT SHAP."""


@final
class LayerDeepLift(LayerAttribution, GradientAttribution):
    """m ⊙ (h(x) − h(x′)) for a layer h, where the multipliers m are Δy/Δh propagated back to it; see `DeepLift`.

    The attributions of an example add up to y(x) − y(x′) where all that y depends on passes through the layer.

    Args:
        model: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model.
        multiply_by_inputs: whether h(x) − h(x′) is a factor; without it attributions are the multipliers.

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

    def has_convergence_delta(self) -> bool:
        return True

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        attribute_to_layer_input: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """DeepLIFT of the target output at the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) too, at no further cost.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (h − h′).
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Attributions of the layer's shape, a tuple if its value is several tensors; and the delta of shape (N,) if
            asked.

        Raises:
            WrongShape: the baselines' shape is not the inputs'.
            WrongType: ``custom_attribution_func`` does not take or return what it must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: an output or multiplier is NaN or infinite.
        """
        place = AtModule(self.module, attribute_to_layer_input, grad_kwargs)
        contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            references = Single(checked_baselines(baselines, problem.inputs))
            result, delta = contrast(problem, references, place, contribution, EPS)
        attributions = result[0] if len(result) == 1 else result
        return (attributions, delta) if return_convergence_delta else attributions


@final
class LayerDeepLiftShap(LayerAttribution, GradientAttribution):
    """The mean over K baselines x′ of m ⊙ (h(x) − h(x′)) for a layer h; see `DeepLiftShap`.

    Args:
        model: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model.
        multiply_by_inputs: whether h(x) − h(x′) is a factor; without it attributions are the multipliers.

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

    def has_convergence_delta(self) -> bool:
        return True

    def attribute(
        self,
        inputs: Inputs,
        baselines: Distribution,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        attribute_to_layer_input: bool = False,
        custom_attribution_func: CustomAttribution | None = None,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """DeepLIFT SHAP of the target output at the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            baselines: K rows x′: a tensor of shape (K, …) for each input, or a function of the inputs (or of nothing)
                that returns them.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) of every pair too, at no further
                cost.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            custom_attribution_func: makes attributions of multipliers, of multipliers and inputs, or of these and
                baselines (tuples each) in place of m ⊙ (h − h′).

        Returns:
            Attributions of the layer's shape, a tuple if its value is several tensors; and the deltas of shape (N·K,)
            if asked, those of the first example first.

        Raises:
            WrongShape: rows of another shape than the inputs', or not as many for each input.
            WrongType: baselines that are no tensors; or ``custom_attribution_func`` does not take or return what it
                must.
            NotApplicable: the model calls other operations at the baseline than at the input.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: an output or multiplier is NaN or infinite.
        """
        place = AtModule(self.module, attribute_to_layer_input)
        contribution = contributing(self._multiply_by_inputs, custom_attribution_func)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            references = Drawn(checked_distribution(baselines, inputs, problem.inputs), problem.examples)
            result, delta = contrast(problem, references, place, contribution, EPS)
        attributions = result[0] if len(result) == 1 else result
        return (attributions, delta) if return_convergence_delta else attributions


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
        id="layer_deep_lift",
        name="Layer DeepLIFT",
        method=LayerDeepLift,
        family="propagation",
        space="layer",
        summary="Compares the layer's value with that at a baseline, and says what the difference does to the score.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: arguments(
            "LayerDeepLiftArguments", multiply_by_inputs=multiply(), attribute_to_layer_input=at_layer_input()
        ),
        evaluations=lambda values, info: Cost(2, 1),
        options=frozenset({"multiply_by_inputs"}),
        integers=True,
        delta=lambda values: bool(values.multiply_by_inputs),
        delta_forwards=0,
        needs=frozenset({"layer", "baseline"}),
        smoothing=True,
    ),
    MethodSpec(
        id="layer_deep_lift_shap",
        name="Layer DeepLIFT SHAP",
        method=LayerDeepLiftShap,
        family="propagation",
        space="layer",
        summary="Layer DeepLIFT against several samples of the dataset instead of one baseline, averaged.",
        limitations=_LIMITATIONS_SHAP,
        references=_REFERENCES_SHAP,
        build=lambda info: arguments(
            "LayerDeepLiftShapArguments", multiply_by_inputs=multiply(), attribute_to_layer_input=at_layer_input()
        ),
        evaluations=lambda values, info: Cost(2 * _ROWS, _ROWS),
        options=frozenset({"multiply_by_inputs"}),
        integers=True,
        needs=frozenset({"layer", "distribution"}),
        distribution=_ROWS,
        anytime=True,
    ),
)
