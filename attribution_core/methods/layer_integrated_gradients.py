"""Integrated gradients along the line between a layer's values at a baseline and at the input."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from attribution_core import errors, probe
from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import InputSite
from attribution_core.hidden import from_layers, layer_values
from attribution_core.locks import owner
from attribution_core.path_arguments import at_layer_input, multiply, path_arguments
from attribution_core.paths import averaged, checked_rule, with_delta
from attribution_core.problem import Problem, opened
from attribution_core.spec import Cost, MethodSpec
from attribution_core.tensors import checked_baselines, grouped, like_layers
from attribution_core.types import Baselines, Estimate, Forward, Inputs, LayerAttributions, TargetType


@final
class LayerIntegratedGradients(LayerAttribution, GradientAttribution):
    """(h − h′) ⊙ ∫₀¹ ∂y/∂h at h′ + α(h − h′) dα, where h and h′ are a layer's values at x and at the baseline x′.

    The layer's value is put in place while the model runs on x. Several layers move from h′ to h together; none of
    them may depend on another. At an embedding this explains tokens, which have no gradient themselves.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model, or a list of modules.
        device_ids: accepted for compatibility; the module's own device is used.
        multiply_by_inputs: whether h − h′ is a factor; without it attributions are the averaged gradient.

    Reference: Sundararajan et al. (2017), Axiomatic Attribution for Deep Networks, https://arxiv.org/abs/1703.01365
    """

    splittable = True

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
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        return_convergence_delta: bool = False,
        attribute_to_layer_input: bool = False,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> LayerAttributions | tuple[LayerAttributions, Tensor]:
        """Integrated gradients of the target output at the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …); integers too.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            n_steps: number of points on the path.
            method: the quadrature: 'gausslegendre', 'riemann_left', 'riemann_right', 'riemann_middle' or
                'riemann_trapezoid' (whose weights sum to (n − 1)/n, see `attribution_core.quadrature`).
            internal_batch_size: at most that many (point, example) pairs are evaluated at once; chosen automatically
                if None.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) too.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several; a list of these for a list
            of layers; and the delta of shape (N,) if asked.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1; ``method`` is unknown.
            WrongShape: the baselines' shape is not the inputs'; a layer's value has not one row for each example.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer, or its value is an integer.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        rule = checked_rule(method, n_steps, internal_batch_size)
        modules = self.layer if isinstance(self.layer, list) else [self.layer]
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            counts: list[int] = []

            def attribute() -> Estimate:
                here = layer_values(problem, problem.inputs, modules, attribute_to_layer_input)
                there = layer_values(problem, start, modules, attribute_to_layer_input)
                self._require_floating(problem, modules, here)
                counts[:] = map(len, here)
                forward = from_layers(self.forward_func, modules, counts, attribute_to_layer_input)
                values, before = (tuple(v for part in found for v in part) for found in (here, there))
                rest = (*problem.inputs, *problem.extra.values)
                with opened(forward, values, target, rest) as behind:
                    site = InputSite(grad_kwargs)
                    return averaged(
                        behind, before, rule, site, multiply=self._multiply_by_inputs, most=internal_batch_size
                    )

            def gap(result: Estimate) -> Tensor:
                return self.compute_convergence_delta(result, start, problem.inputs, target, additional_forward_args)

            result, delta = with_delta(
                (n_steps + 2) * problem.examples,
                attribute,
                gap if return_convergence_delta else None,
                problem.examples,
            )
        attributions = like_layers(grouped(result, counts), self.layer)
        return attributions if delta is None else (attributions, delta)

    def _require_floating(self, problem: Problem, modules: list[nn.Module], values: list[Estimate]) -> None:
        for module, found in zip(modules, values, strict=True):
            name = probe.name_of(owner(problem.forward), module)
            for v in found:
                if not v.is_floating_point():
                    raise errors.NoGradient(
                        f"Layer '{name}' has a tensor of {v.dtype} as its value, which has no gradient.",
                        field="layer",
                        layer=name,
                    )


SPEC = MethodSpec(
    id="layer_integrated_gradients",
    name="Layer Integrated Gradients",
    method=LayerIntegratedGradients,
    family="path",
    space="layer",
    summary="Adds up the gradient by the layer on the way from its value at a baseline to its value at the input.",
    limitations=(
        "The answer depends on the baseline (Sturmfels et al. 2020, https://doi.org/10.23915/distill.00022).",
        "Values between the two may be such as the layer never has.",
    ),
    references=("Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365",),
    build=lambda info: path_arguments(
        "LayerIntegratedGradientsArguments",
        multiply_by_inputs=multiply(),
        attribute_to_layer_input=at_layer_input(),
    ),
    evaluations=lambda values, info: Cost(values.n_steps + 2, values.n_steps),
    options=frozenset({"multiply_by_inputs"}),
    anytime=True,
    needs=frozenset({"layer", "baseline"}),
    integers=True,
    smoothing=True,
    delta=lambda values: bool(values.multiply_by_inputs),
)
