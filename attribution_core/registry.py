"""Every method that an explorer offers.

>>> [spec.name for spec in methods()][0]
'Integrated Gradients'
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

from attribution_core import errors
from attribution_core import methods as _package
from attribution_core.noise import Smoothing
from attribution_core.spec import Arguments, Cost, Family, InputInfo, MethodSpec, Outcome

__all__ = ["Arguments", "Cost", "InputInfo", "MethodSpec", "Outcome", "Smoothing", "get", "methods"]

_SPACES = ("feature", "layer", "neuron")
_FAMILIES = ("path", *(family for family in get_args(Family) if family != "path"))


@cache
def methods() -> tuple[MethodSpec, ...]:
    """The specs of all methods in the order of the menu: input, layer, neuron; path methods first; by name."""
    modules = (import_module(f"{_package.__name__}.{module.name}") for module in iter_modules(_package.__path__))
    specs = [module.SPEC for module in modules if hasattr(module, "SPEC")]
    return tuple(sorted(specs, key=lambda spec: (_SPACES.index(spec.space), _FAMILIES.index(spec.family), spec.name)))


def get(id: str) -> MethodSpec:
    """The spec of that id.

    Raises:
        UnknownMethod: there is none; the message tells the nearest ids.
    """
    known = {spec.id: spec for spec in methods()}
    if id in known:
        return known[id]
    raise errors.UnknownMethod(
        f"No method '{id}'.{errors.suggestion(id, known)}", field="method", nearest=errors.nearest(id, known)
    )
