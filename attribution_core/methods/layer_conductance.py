"""Layer conductance: how much of the output's change flows through each unit of a layer."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor, nn

from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import ModuleSite, require_floating
from attribution_core.path_arguments import at_layer_input, path_arguments
from attribution_core.paths import checked_rule, conductance, with_delta
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec
from attribution_core.tensors import checked_baselines, like_layer
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType


@final
class LayerConductance(LayerAttribution, GradientAttribution):
    """∫ ∂y/∂h dh along the line from x′ to x, for each unit h of a layer: Σₖ ∂y/∂h(xₖ) ⊙ (h(xₖ₊₁) − h(xₖ)).

    The xₖ are the n_steps + 1 points of a quadrature; its weights are not used. If all that the output depends on flows
    through the layer, the attributions of an example add up to y(x) − y(x′), but for the sum's error and for the ends
    of the line before the first and behind the last point: only 'riemann_trapezoid' has points at both ends.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.

    References: Dhamdhere et al. (2018), How Important Is a Neuron?, https://arxiv.org/abs/1805.12233; Shrikumar et al.
    (2018), Computationally Efficient Measures of Internal Neuron Importance, https://arxiv.org/abs/1807.09946
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    @property
    def multiplies_by_inputs(self) -> bool:
        return True

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
    ) -> Attributions | tuple[Attributions, Tensor]:
        """Conductance of the target output through the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            baselines: x′: tensors of the inputs' shape or with one row, or numbers; None means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            n_steps: number of steps on the path.
            method: whose points are taken: 'gausslegendre', 'riemann_left', 'riemann_right', 'riemann_middle' or
                'riemann_trapezoid', see `attribution_core.quadrature`.
            internal_batch_size: at most that many (point, example) pairs are evaluated at once; chosen automatically
                if None.
            return_convergence_delta: whether to return Σ attributions − (y(x) − y(x′)) too.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several; and the delta of shape (N,)
            if asked.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1; ``method`` is unknown.
            WrongShape: the baselines' shape is not the inputs'.
            WrongType: integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        checked_rule(method, n_steps, internal_batch_size)
        rule = checked_rule(method, n_steps + 1, None)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            require_floating(problem.inputs)
            start = checked_baselines(baselines, problem.inputs)
            site = ModuleSite(self.module, attribute_to_layer_input, grad_kwargs)

            def gap(result: Estimate) -> Tensor:
                return self.compute_convergence_delta(result, start, problem.inputs, target, additional_forward_args)

            result, delta = with_delta(
                (n_steps + 1) * problem.examples,
                lambda: conductance(problem, start, rule, site, internal_batch_size),
                gap if return_convergence_delta else None,
                problem.examples,
            )
        attributions = like_layer(result)
        return attributions if delta is None else (attributions, delta)


SPEC = MethodSpec(
    id="layer_conductance",
    name="Layer Conductance",
    method=LayerConductance,
    family="path",
    space="layer",
    summary="How much of the score's change between the baseline and the input flows through each unit of the layer.",
    limitations=(
        "The answer depends on the baseline (Sturmfels et al. 2020, https://doi.org/10.23915/distill.00022).",
        "What bypasses the layer is not told; the convergence delta then stays large.",
    ),
    references=(
        "Dhamdhere et al. (2018), https://arxiv.org/abs/1805.12233",
        "Shrikumar et al. (2018), https://arxiv.org/abs/1807.09946",
    ),
    build=lambda info: path_arguments("LayerConductanceArguments", attribute_to_layer_input=at_layer_input()),
    evaluations=lambda values, info: Cost(values.n_steps + 1, values.n_steps + 1),
    needs=frozenset({"layer", "baseline"}),
    smoothing=True,
    delta=lambda values: True,
)
