"""Internal influence: the gradient by a layer, averaged along the line from a baseline to the input."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import ModuleSite, require_floating
from attribution_core.path_arguments import at_layer_input, path_arguments
from attribution_core.paths import averaged, checked_rule
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec
from attribution_core.tensors import checked_baselines, like_layer
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


@final
class InternalInfluence(LayerAttribution, GradientAttribution):
    """∫₀¹ ∂y/∂h at x′ + α(x − x′) dα, for a layer h: how strongly its units move the output between the two inputs.

    Args:
        forward_func: the model, or a function that calls it and returns one row for each example.
        layer: a module of the model.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Leino et al. (2018), Influence-Directed Explanations, https://arxiv.org/abs/1802.03788
    """

    splittable = True

    def __init__(self, forward_func: Forward, layer: nn.Module, device_ids: list[int] | None = None) -> None:
        super().__init__(forward_func, layer, device_ids)

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_steps: int = 50,
        method: str = "gausslegendre",
        internal_batch_size: int | None = None,
        attribute_to_layer_input: bool = False,
        grad_kwargs: dict[str, Any] | None = None,
    ) -> Attributions:
        """The averaged gradient of the target output by the layer.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
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
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            grad_kwargs: keywords for `torch.autograd.grad`.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several.

        Raises:
            OutOfRange: ``n_steps`` or ``internal_batch_size`` is below 1; ``method`` is unknown.
            WrongShape: the baselines' shape is not the inputs'.
            WrongType: integer inputs.
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: a value or gradient is NaN or infinite.
        """
        rule = checked_rule(method, n_steps, internal_batch_size)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            require_floating(problem.inputs)
            start = checked_baselines(baselines, problem.inputs)
            site = ModuleSite(self.module, attribute_to_layer_input, grad_kwargs)
            result = averaged(problem, start, rule, site, most=internal_batch_size)
        return like_layer(result)


SPEC = MethodSpec(
    id="internal_influence",
    name="Internal Influence",
    method=InternalInfluence,
    family="path",
    space="layer",
    summary="The gradient by the layer, averaged on the way from a baseline to the input.",
    limitations=(
        "It tells how the score would react to a unit, not how much the unit did: it does not add up to the score's "
        "change (Dhamdhere et al. 2018, https://arxiv.org/abs/1805.12233).",
    ),
    references=("Leino et al. (2018), https://arxiv.org/abs/1802.03788",),
    build=lambda info: path_arguments("InternalInfluenceArguments", attribute_to_layer_input=at_layer_input()),
    evaluations=lambda values, info: Cost(values.n_steps, values.n_steps),
    anytime=True,
    needs=frozenset({"layer", "baseline"}),
    smoothing=True,
)
