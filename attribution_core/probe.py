"""Read a module's value during a forward pass, or put another in its place.

Hooks are registered here and in ``rules.py`` only, always by a context manager that removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from attribution_core import errors, folding
from attribution_core.types import Estimate

Replace = Callable[[Any], Any]


@dataclass(slots=True)
class Tap:
    """What a module's value was: its output, or its positional input; the last one if it was called several times."""

    calls: int = 0
    value: Any = None

    def tensors(self, name: str, examples: int | None = None) -> Estimate:
        """The value as a tuple of tensors, with a row for each of the ``examples`` if given; see `tensors_of`.

        Raises:
            LayerNotCalled: the forward pass did not reach the module.
        """
        return tensors_of(self.value, name, examples) if self.calls else not_called(name)


def not_called(name: str) -> NoReturn:
    """Refuse a layer that the forward pass did not reach."""
    raise errors.LayerNotCalled(f"Layer '{name}' is not called in the forward pass.", field="layer", layer=name)


def tensors_of(value: Any, name: str, examples: int | None = None) -> Estimate:
    """A layer's value as a tuple of tensors.

    Raises:
        LayerNotTensor: it is not made of tensors.
        WrongShape: it has not one row for each of the ``examples``.
    """
    values = value if isinstance(value, tuple) else (value,)
    if not values or not all(isinstance(v, Tensor) for v in values):
        raise errors.LayerNotTensor(
            f"Layer '{name}' has {describe(value)} as its value; it must be a tensor.",
            field="layer",
            layer=name,
            type=type(value).__name__,
        )
    for v in values:
        if examples is not None and (v.dim() == 0 or v.shape[0] != examples):
            raise errors.WrongShape(
                f"Layer '{name}' has shape {tuple(v.shape)} for {examples} examples; its first dimension must "
                "count the examples.",
                field="layer",
                layer=name,
                shape=list(v.shape),
            )
    return values


@contextmanager
def watch(module: nn.Module, see: Callable[[Any], Any], *, at_input: bool = False) -> Iterator[None]:
    """Call ``see(value)`` with the module's output (or tuple of positional inputs) whenever it is called.

    What ``see`` returns takes the value's place, unless it is None.
    """
    with folding.unfolded(module):
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
    """Keep a copy of the module's value, which an in-place operation behind the module does not change.

    ``replace(value)`` may put another value in its place, and a copy of that one is kept.
    """
    seen = Tap()

    def see(value: Any) -> Any:
        put = None if replace is None else replace(value)
        seen.calls += 1
        seen.value = copied(value if replace is None else put)
        return put

    with watch(module, see, at_input=at_input):
        yield seen


def copied(value: Any) -> Any:
    """A tensor, or the tensors in a tuple, copied; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(copied(v) for v in value)
    return value.clone() if isinstance(value, Tensor) else value


@contextmanager
def leaves(module: nn.Module, *, at_input: bool = False, cut: bool = True) -> Iterator[Tap]:
    """Cut the graph at the module: its value becomes leaves to differentiate by, kept in the tap.

    The model goes on with copies of the leaves, so that an in-place operation behind the module does no harm.
    Without ``cut`` the value can be differentiated by too, and still belongs to the graph of what came before.
    """
    seen = Tap()

    def see(value: Any) -> Any:
        seen.calls += 1
        single = isinstance(value, Tensor)
        parts = (value,) if single else value
        if not isinstance(parts, tuple) or not all(isinstance(v, Tensor) for v in parts):
            seen.value = value
            return None
        kept = tuple(
            v.detach().requires_grad_(v.is_floating_point()) if cut or not v.requires_grad else v for v in parts
        )
        seen.value = kept
        copies: Estimate = copied(kept)
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
    """The calls of a forward pass, in the order in which they end."""

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
