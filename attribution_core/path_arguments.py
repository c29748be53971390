"""The form fields that path methods share."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from attribution_core import errors
from attribution_core.quadrature import NAMES
from attribution_core.spec import Arguments, arguments, choice, flag, whole


class _PathArguments(Arguments):
    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        if getattr(self, "method", None) == "riemann_trapezoid" and getattr(self, "n_steps", 2) < 2:
            raise errors.OutOfRange(
                "n_steps is 1; it must be 2 to 1000 for riemann_trapezoid.", field="n_steps", value=1, low=2, high=1000
            )
        return self


def path_arguments(name: str, method: str = "gausslegendre", **others: Any) -> type[Arguments]:
    """``n_steps`` and ``method``, then ``others``."""
    return arguments(
        name,
        _PathArguments,
        n_steps=whole(50, 1, 1000, "Steps", "Points on the path from the baseline to the input; more are more exact."),
        method=choice(method, NAMES, "Quadrature", "How the points are placed and weighed.", advanced=True),
        **others,
    )


def multiply() -> Any:
    """The field ``multiply_by_inputs``."""
    return flag(
        True,
        "Multiply by the input's difference",
        "Without it, the map is the averaged gradient and does not add up to the score's change.",
        advanced=True,
    )


def at_layer_input() -> Any:
    """The field ``attribute_to_layer_input``."""
    return flag(
        False, "At the layer's input", "Explain what goes into the layer instead of what comes out.", advanced=True
    )


def at_neuron_input() -> Any:
    """The field ``attribute_to_neuron_input``."""
    return flag(
        False, "At the layer's input", "Explain a unit that goes into the layer, not one that comes out.", advanced=True
    )
