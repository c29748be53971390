"""Layer activation: what a layer puts out."""

from __future__ import annotations

from typing import Any, final

from torch import nn

from attribution_core.attribution import LayerAttribution
from attribution_core.hidden import layer_values
from attribution_core.path_arguments import at_layer_input
from attribution_core.problem import opened
from attribution_core.spec import Cost, MethodSpec, arguments
from attribution_core.tensors import like_layers
from attribution_core.types import Forward, Inputs, LayerAttributions


@final
class LayerActivation(LayerAttribution):
    """h(x): the layer's value, of no output in particular.

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module of the model, or a list of modules.
        device_ids: accepted for compatibility; the module's own device is used.

    Reference: Erhan et al. (2009), Visualizing Higher-Layer Features of a Deep Network,
    https://www.researchgate.net/publication/265022827
    """

    splittable = True

    def __init__(
        self, forward_func: Forward, layer: nn.Module | list[nn.Module], device_ids: list[int] | None = None
    ) -> None:
        super().__init__(forward_func, layer, device_ids)

    @property
    def multiplies_by_inputs(self) -> bool:
        return True

    def attribute(
        self, inputs: Inputs, additional_forward_args: Any = None, attribute_to_layer_input: bool = False
    ) -> LayerAttributions:
        """The layer's value at the inputs.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            attribute_to_layer_input: whether to take the layer's input instead of its output.

        Returns:
            Tensor of the layer's shape (N, …), a tuple if its value is a tuple of several; a list of these for a list
            of layers. A layer that is called several times gives the last call's value.

        Raises:
            LayerNotCalled, LayerNotTensor: the layer is not reached, or its value is not made of tensors.
            WrongShape: the layer's value has not one row for each example.
            Nonfinite: the value is NaN or infinite.
        """
        modules = self.layer if isinstance(self.layer, list) else [self.layer]
        with opened(self.forward_func, inputs, None, additional_forward_args) as problem:
            values = layer_values(problem, problem.inputs, modules, attribute_to_layer_input)
        return like_layers(values, self.layer)


SPEC = MethodSpec(
    id="layer_activation",
    name="Layer Activation",
    method=LayerActivation,
    family="activation",
    space="layer",
    summary="What the layer puts out for the input: which of its units respond, and where.",
    limitations=("It speaks of no class: a unit that responds strongly may not matter for the score.",),
    references=("Erhan et al. (2009), https://www.researchgate.net/publication/265022827",),
    build=lambda info: arguments("LayerActivationArguments", attribute_to_layer_input=at_layer_input()),
    evaluations=lambda values, info: Cost(1, 0),
    needs=frozenset({"layer"}),
    smoothing=True,
)
