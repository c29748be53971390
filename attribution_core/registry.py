"""Every method that an explorer offers.

>>> get("integrated_gradients").name
'Integrated Gradients'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import get_args

from attribution_core import errors
from attribution_core import methods as _package
from attribution_core.custom import class_of, spec_of
from attribution_core.noise import Smoothing
from attribution_core.spec import Arguments, Cost, Family, InputInfo, MethodSpec, Outcome

__all__ = [
    "Arguments",
    "Catalogue",
    "Cost",
    "InputInfo",
    "MethodSpec",
    "Outcome",
    "Smoothing",
    "catalogue",
    "get",
    "methods",
    "register",
    "unregister",
]

_FIRST = "integrated_gradients"
_SPACES = ("feature", "layer", "neuron")
_FAMILIES = get_args(Family)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Methods to choose from.

    Attributes:
        methods: in the order of the menu: input, layer, neuron; path methods first, one's own last; by name.
    """

    methods: tuple[MethodSpec, ...]

    def get(self, id: str) -> MethodSpec:
        """The spec of that id.

        Raises:
            UnknownMethod: there is none; the message tells the nearest ids.
        """
        known = {spec.id: spec for spec in self.methods}
        if id in known:
            return known[id]
        raise errors.UnknownMethod(
            f"No method '{id}'.{errors.suggestion(id, known)}", field="method", nearest=errors.nearest(id, known)
        )


@cache
def _built_in() -> tuple[MethodSpec, ...]:
    modules = (import_module(f"{_package.__name__}.{module.name}") for module in iter_modules(_package.__path__))
    specs = [spec for module in modules for spec in (*getattr(module, "SPECS", ()), *_single(module))]
    return _ordered(specs)


def _single(module: ModuleType) -> tuple[MethodSpec, ...]:
    return (module.SPEC,) if hasattr(module, "SPEC") else ()


def _ordered(specs: Iterable[MethodSpec]) -> tuple[MethodSpec, ...]:
    return tuple(
        sorted(
            specs,
            key=lambda spec: (spec.id != _FIRST, _SPACES.index(spec.space), _FAMILIES.index(spec.family), spec.name),
        )
    )


_registered: dict[str, MethodSpec] = {}


def catalogue(own: Iterable[type] = ()) -> Catalogue:
    """The library's methods, those of `register`, and the classes ``own``, which are known to this catalogue alone.

    A class that the library offers already is not offered twice.

    Raises:
        WrongType, OutOfRange: one of ``own`` is no class with Captum's protocol, see `attribution_core.custom.spec_of`.
        NameTaken: a class has the name of another method.
    """
    specs = {spec.id: spec for spec in (*_built_in(), *_registered.values())}
    for cls in own:
        _add(specs, cls)
    return Catalogue(_ordered(specs.values()))


def register(cls: type) -> MethodSpec:
    """Add a class with Captum's protocol to `methods`, in this process, and return its spec.

    Raises:
        WrongType, OutOfRange: it is no such class, see `attribution_core.custom.spec_of`.
        NameTaken: there is a method of that name.
    """
    known = {spec.id: spec for spec in methods()}
    spec = _add(known, cls)
    if spec.family == "custom":
        _registered[spec.id] = spec
    return spec


def unregister(id: str) -> None:
    """Take a registered method away again.

    Raises:
        UnknownMethod: no method of that id was registered.
    """
    if _registered.pop(id, None) is None:
        raise errors.UnknownMethod(
            f"No method '{id}' was registered.{errors.suggestion(id, _registered)}", field="method"
        )


def methods() -> tuple[MethodSpec, ...]:
    """The specs of the library's methods and of those registered, in the order of the menu."""
    return catalogue().methods


def get(id: str) -> MethodSpec:
    """The spec of that id among `methods`.

    Raises:
        UnknownMethod: there is none; the message tells the nearest ids.
    """
    return catalogue().get(id)


def _add(specs: dict[str, MethodSpec], cls: type) -> MethodSpec:
    """Make the class's spec and put it among ``specs``; a class that is there already stays as it is."""
    for spec in specs.values():
        if cls in (spec.method, class_of(spec)):
            return spec
    spec = spec_of(cls)
    for other in specs.values():
        if spec.id == other.id or spec.name == other.name:
            raise errors.NameTaken(
                f"There is a method '{other.name}' ({other.id}) already; give {cls.__name__} another name.",
                field="methods",
                method=other.id,
            )
    specs[spec.id] = spec
    return spec
