"""Gradient SHAP: expected gradients, at the inputs, at a layer and of a hidden unit."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from attribution_core.attribution import GradientAttribution, LayerAttribution, NeuronAttribution
from attribution_core.expected_gradients import expected_gradients
from attribution_core.gradients import InputSite, ModuleSite
from attribution_core.path_arguments import at_layer_input, at_neuron_input, multiply
from attribution_core.readout import HiddenUnit
from attribution_core.spec import Cost, MethodSpec, arguments, number, seed, unit, whole
from attribution_core.tensors import grouped, like, like_layers
from attribution_core.types import (
    Attributions,
    Distribution,
    Forward,
    Inputs,
    LayerAttributions,
    NeuronSelector,
    TargetType,
)


@final
class GradientShap(GradientAttribution):
    """E[(x̃ − x′) ⊙ ∂y/∂x at x′ + α(x̃ − x′)], where x̃ is x with noise: an estimate of SHAP values.

    The mean over n_samples copies, each with its own noise, its own x′ drawn from the baselines, and its own α drawn
    uniformly.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.
        multiply_by_inputs: whether x̃ − x′ is a factor; without it attributions are the expected gradient.

    References: Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions,
    https://arxiv.org/abs/1705.07874; Erion et al. (2021), Expected Gradients, https://arxiv.org/abs/1906.10670
    """

    takes_distribution = True

    def __init__(self, forward_func: Forward, multiply_by_inputs: bool = True) -> None:
        super().__init__(forward_func)
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
        n_samples: int = 5,
        stdevs: float | tuple[float, ...] = 0.0,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """Expected gradients of the target output.

        Noise is drawn from torch's global generator, baselines and places from numpy's, in Captum's order.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            baselines: the distribution of x′: a tensor of shape (K, …) for each input, or a function of the inputs (or
                of nothing) that returns them.
            n_samples: copies of each example.
            stdevs: standard deviation of the noise, one for all inputs or one for each.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) of each copy too.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), and the deltas of shape
            (N · n_samples,) if asked, those of the first example first.

        Raises:
            OutOfRange: ``n_samples`` is below 1; a negative ``stdevs``.
            WrongShape: the baselines' rows or ``stdevs`` do not fit the inputs.
            WrongType: integer inputs; baselines that are no tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        found = expected_gradients(
            self.forward_func,
            inputs,
            baselines,
            InputSite(),
            multiply=self._multiply_by_inputs,
            n_samples=n_samples,
            stdevs=stdevs,
            target=target,
            additional_forward_args=additional_forward_args,
            return_convergence_delta=return_convergence_delta,
        )
        attributions = like(found.values, inputs)
        return attributions if found.delta is None else (attributions, found.delta)


@final
class LayerGradientShap(LayerAttribution, GradientAttribution):
    """E[(h(x̃) − h(x′)) ⊙ ∂y/∂h at x′ + α(x̃ − x′)] for a layer h, where x̃ is x with noise.

    The mean over n_samples copies, each with its own noise, its own x′ drawn from the baselines, and its own α drawn
    uniformly.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model, or a list of modules.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether h(x̃) − h(x′) is a factor; without it attributions are the expected gradient.

    References: Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions,
    https://arxiv.org/abs/1705.07874; Erion et al. (2021), Expected Gradients, https://arxiv.org/abs/1906.10670
    """

    takes_distribution = True

    def __init__(
        self,
        forward_func: Forward,
        layer: nn.Module | list[nn.Module],
        device_ids: list[int] | None = None,
        multiply_by_inputs: bool = True,
    ) -> None:
        super().__init__(forward_func, layer, device_ids)
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
        n_samples: int = 5,
        stdevs: float | tuple[float, ...] = 0.0,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        attribute_to_layer_input: bool = False,
    ) -> LayerAttributions | tuple[LayerAttributions, Tensor]:
        """Expected gradients of the target output at the layer.

        Noise is drawn from torch's global generator, baselines and places from numpy's, in Captum's order.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            baselines: the distribution of x′: a tensor of shape (K, …) for each input, or a function of the inputs (or
                of nothing) that returns them.
            n_samples: copies of each example.
            stdevs: standard deviation of the noise, one for all inputs or one for each.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) of each copy too.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several; a list of these for a list
            of layers; and the deltas of shape (N · n_samples,) if asked, those of the first example first.

        Raises:
            OutOfRange: ``n_samples`` is below 1; a negative ``stdevs``.
            WrongShape: the baselines' rows or ``stdevs`` do not fit the inputs.
            WrongType: integer inputs; baselines that are no tensors.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        site = ModuleSite(self.layer, attribute_to_layer_input)
        found = expected_gradients(
            self.forward_func,
            inputs,
            baselines,
            site,
            multiply=self._multiply_by_inputs,
            n_samples=n_samples,
            stdevs=stdevs,
            target=target,
            additional_forward_args=additional_forward_args,
            return_convergence_delta=return_convergence_delta,
        )
        attributions = like_layers(grouped(found.values, site.counts), self.layer)
        return attributions if found.delta is None else (attributions, found.delta)


@final
class NeuronGradientShap(NeuronAttribution, GradientAttribution):
    """E[(x̃ − x′) ⊙ ∂h/∂x at x′ + α(x̃ − x′)] for a hidden unit h, where x̃ is x with noise.

    The mean over n_samples copies, each with its own noise, its own x′ drawn from the baselines, and its own α drawn
    uniformly.

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether x̃ − x′ is a factor; without it attributions are the expected gradient.

    References: Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions,
    https://arxiv.org/abs/1705.07874; Erion et al. (2021), Expected Gradients, https://arxiv.org/abs/1906.10670
    """

    takes_distribution = True

    def __init__(
        self,
        forward_func: Forward,
        layer: nn.Module,
        device_ids: list[int] | None = None,
        multiply_by_inputs: bool = True,
    ) -> None:
        super().__init__(forward_func, layer, device_ids)
        self._multiply_by_inputs = multiply_by_inputs

    @property
    def multiplies_by_inputs(self) -> bool:
        return self._multiply_by_inputs

    def attribute(
        self,
        inputs: Inputs,
        neuron_selector: NeuronSelector,
        baselines: Distribution,
        n_samples: int = 5,
        stdevs: float | tuple[float, ...] = 0.0,
        additional_forward_args: Any = None,
        attribute_to_neuron_input: bool = False,
    ) -> Attributions:
        """Expected gradients of the unit.

        Noise is drawn from torch's global generator, baselines and places from numpy's, in Captum's order.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            neuron_selector: the unit: an index or slice for each of the layer's dimensions after the batch (those left
                out, and slices, are summed over), or a function of the layer's value that returns one number for each
                example.
            baselines: the distribution of x′: a tensor of shape (K, …) for each input, or a function of the inputs (or
                of nothing) that returns them.
            n_samples: copies of each example.
            stdevs: standard deviation of the noise, one for all inputs or one for each.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            attribute_to_neuron_input: whether the unit is one of the layer's input instead of its output.

        Returns:
            Attributions of the inputs' shapes; a tuple if ``inputs`` was one.

        Raises:
            OutOfRange: ``n_samples`` is below 1; a negative ``stdevs``; no such unit.
            WrongShape: the baselines' rows or ``stdevs`` do not fit the inputs.
            WrongType: integer inputs; baselines that are no tensors.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            NoGradient: the unit does not depend on the inputs.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        found = expected_gradients(
            self.forward_func,
            inputs,
            baselines,
            InputSite(),
            readout=HiddenUnit(self.module, neuron_selector, attribute_to_neuron_input),
            multiply=self._multiply_by_inputs,
            n_samples=n_samples,
            stdevs=stdevs,
            additional_forward_args=additional_forward_args,
        )
        return like(found.values, inputs)


_LIMITATIONS = (
    "Few samples give a noisy map; another seed gives another.",
    "It takes input values to be independent and the model to be about linear (Lundberg and Lee 2017, "
    "https://arxiv.org/abs/1705.07874).",
)
_REFERENCES = (
    "Lundberg and Lee (2017), https://arxiv.org/abs/1705.07874",
    "Erion et al. (2021), https://arxiv.org/abs/1906.10670",
)


def _fields() -> dict[str, Any]:
    return {
        "n_samples": whole(50, 1, 1000, "Samples", "Random baselines and points for each sample; more are smoother."),
        "stdevs": number(0.0, 0.0, 10.0, "Noise", "Standard deviation of noise on the input.", advanced=True),
        "multiply_by_inputs": multiply(),
        "seed": seed(),
    }


SPECS = (
    MethodSpec(
        id="gradient_shap",
        name="Gradient SHAP",
        method=GradientShap,
        family="path",
        space="feature",
        summary="The gradient at random points between the input and other samples of the dataset, averaged.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: arguments("GradientShapArguments", **_fields()),
        evaluations=lambda values, info: Cost(values.n_samples, values.n_samples),
        options=frozenset({"multiply_by_inputs"}),
        anytime=True,
        stochastic=True,
        needs=frozenset({"distribution"}),
        distribution=16,
    ),
    MethodSpec(
        id="layer_gradient_shap",
        name="Layer Gradient SHAP",
        method=LayerGradientShap,
        family="path",
        space="layer",
        summary="The gradient by the layer at random points between the input and others of the dataset, averaged.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: arguments(
            "LayerGradientShapArguments", **_fields(), attribute_to_layer_input=at_layer_input()
        ),
        evaluations=lambda values, info: Cost(
            values.n_samples * (3 if values.multiply_by_inputs else 1), values.n_samples
        ),
        options=frozenset({"multiply_by_inputs"}),
        anytime=True,
        stochastic=True,
        needs=frozenset({"layer", "distribution"}),
        distribution=16,
    ),
    MethodSpec(
        id="neuron_gradient_shap",
        name="Neuron Gradient SHAP",
        method=NeuronGradientShap,
        family="path",
        space="neuron",
        summary="A unit's gradient at random points between the input and other samples of the dataset, averaged.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: arguments(
            "NeuronGradientShapArguments", unit=unit(), **_fields(), attribute_to_neuron_input=at_neuron_input()
        ),
        evaluations=lambda values, info: Cost(values.n_samples, values.n_samples),
        options=frozenset({"multiply_by_inputs"}),
        anytime=True,
        stochastic=True,
        needs=frozenset({"layer", "distribution"}),
        distribution=16,
    ),
)
