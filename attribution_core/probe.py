"""Read a module's value during a forward pass, or put another in its place.

Hooks are registered here and in ``rules.py`` only, always by a context manager that removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.types import Estimate

Replace = Callable[[Any], Any]


@dataclass(slots=True)
class Tap:
    """What a module's value was: its output, or its positional input; the last one if it was called several times."""

    calls: int = 0
    value: Any = None

    def tensors(self, name: str) -> Estimate:
        """The value as a tuple of tensors.

        Raises:
            LayerNotCalled: the forward pass did not reach the module.
            LayerNotTensor: the value is not made of tensors.
        """
        if not self.calls:
            raise errors.LayerNotCalled(f"Layer '{name}' is not called in the forward pass.", field="layer", layer=name)
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if not values or not all(isinstance(v, Tensor) for v in values):
            raise errors.LayerNotTensor(
                f"Layer '{name}' has {describe(self.value)} as its value; it must be a tensor.",
                field="layer",
                layer=name,
                type=type(self.value).__name__,
            )
        return values


@contextmanager
def watch(module: nn.Module, see: Callable[[Any], Any], *, at_input: bool = False) -> Iterator[None]:
    """Call ``see(value)`` with the module's output (or tuple of positional inputs) whenever it is called.

    What ``see`` returns takes the value's place, unless it is None.
    """
    if at_input:
        handle = module.register_forward_pre_hook(lambda _, args: see(args))
    else:
        handle = module.register_forward_hook(lambda _, __, output: see(output))
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def tap(module: nn.Module, *, at_input: bool = False, replace: Replace | None = None) -> Iterator[Tap]:
    """Keep the module's value; ``replace(value)`` may put another in its place, and that one is kept."""
    seen = Tap()

    def see(value: Any) -> Any:
        seen.calls += 1
        seen.value = value if replace is None else replace(value)
        return None if replace is None else seen.value

    with watch(module, see, at_input=at_input):
        yield seen


@contextmanager
def leaves(module: nn.Module, *, at_input: bool = False) -> Iterator[Tap]:
    """Cut the graph at the module: its value becomes leaves to differentiate by, kept in the tap.

    The model goes on with copies of the leaves, so that an in-place operation behind the module does no harm.
    """
    seen = Tap()

    def see(value: Any) -> Any:
        seen.calls += 1
        single = isinstance(value, Tensor)
        parts = (value,) if single else value
        if not isinstance(parts, tuple) or not all(isinstance(v, Tensor) for v in parts):
            seen.value = value
            return None
        kept = tuple(v.detach().requires_grad_(v.is_floating_point()) for v in parts)
        seen.value = kept
        copies = tuple(v.clone() for v in kept)
        return copies[0] if single else copies

    with watch(module, see, at_input=at_input):
        yield seen


@dataclass(slots=True)
class Call:
    """One call of a module, in the order in which calls end."""

    name: str
    module: nn.Module
    output: Any


@dataclass(slots=True)
class Trace:
    calls: list[Call] = field(default_factory=list)


@contextmanager
def trace(model: nn.Module, keep: Callable[[Any], Any]) -> Iterator[Trace]:
    """Note every call of every submodule with ``keep(output)``."""
    seen = Trace()
    with ExitStack() as stack:
        for name, module in model.named_modules():
            stack.enter_context(watch(module, _noting(seen, name, module, keep)))
        yield seen


def _noting(seen: Trace, name: str, module: nn.Module, keep: Callable[[Any], Any]) -> Callable[[Any], None]:
    def note(output: Any) -> None:
        seen.calls.append(Call(name, module, keep(output)))

    return note


def first_nonfinite(model: nn.Module, forward: Callable[[], Any]) -> str | None:
    """The first submodule whose output is not finite when ``forward()`` runs, e.g. "layer 'conv2'"; None if none is."""

    def bad(output: Any) -> bool:
        parts = output if isinstance(output, (tuple, list)) else (output,)
        return any(isinstance(v, Tensor) and not bool(torch.isfinite(v).all()) for v in parts)

    with trace(model, bad) as seen, torch.no_grad():
        forward()
    return next(
        (f"layer '{call.name}'" if call.name else "the model's output" for call in seen.calls if call.output), None
    )


def module_named(model: nn.Module, name: str) -> nn.Module:
    """The submodule of that name.

    Raises:
        UnknownLayer: there is none; the message tells the nearest names.
    """
    modules: dict[str, nn.Module] = dict(model.named_modules())
    if name in modules and name:
        return modules[name]
    known = [known for known in modules if known]
    raise errors.UnknownLayer(
        f"No layer '{name}'.{errors.suggestion(name, known)}",
        field="layer",
        layer=name,
        nearest=errors.nearest(name, known),
    )


def name_of(model: Any, module: nn.Module) -> str:
    """The module's name in the model, or its class where the model is only a function."""
    modules = model.named_modules() if isinstance(model, nn.Module) else ()
    return next((name for name, candidate in modules if candidate is module), "") or type(module).__name__


def describe(value: Any) -> str:
    """A few words on a value that is no tensor: 'a tuple of 2', 'None'."""
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {', '.join(type(v).__name__ for v in value) or 'nothing'}"
    return "None" if value is None else f"a {type(value).__name__}"
