"""Whole numbers, such as token ids, seen from the embedding layer that makes vectors of them.

Gradients cannot be taken by a whole number. Methods that need them are given the vectors in its place, and a forward
function that puts these where the layer would: every such method, its baselines and its noise work as on any input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from attribution_core import probe, registry
from attribution_core.locks import explaining, lock_for

Embeddings = Mapping[int, str]
"""By the input's position, the layer that turns it into vectors."""


@dataclass(frozen=True)
class Entry:
    """What a method is given: `forward` is a function of `inputs`, then of `additional`."""

    forward: Callable[..., Tensor]
    inputs: tuple[Tensor, ...]
    baselines: tuple[Tensor, ...] | None
    additional: tuple[Tensor, ...]


def find(model: nn.Module, inputs: Sequence[Tensor], named: Sequence[str | None]) -> dict[int, str]:
    """The layers that make vectors of the integer inputs: those `named`, else the innermost called with them first.

    Runs the model on `inputs` (and any further arguments behind them). Raises UnknownLayer for a name that is none.
    """
    wanted = [at for at in range(len(named)) if not inputs[at].is_floating_point()]
    for at in wanted:
        if (name := named[at]) is not None:
            probe.module_named(model, name)
    found = {at: name for at in wanted if (name := named[at]) is not None}
    sought = {at: inputs[at] for at in wanted if at not in found and inputs[at].dim() > 1}
    if not sought:
        return found

    def see(name: str, arguments: Any, output: Any) -> None:
        for at, ids in sought.items():
            if at not in found and _same(_first(arguments), ids) and _vectors(output, ids):
                found[at] = name

    with lock_for(model), torch.no_grad(), ExitStack() as stack:
        for name, module in model.named_modules():
            if name:
                stack.enter_context(_calls(module, partial(see, name)))
        model(*inputs)
    return dict(sorted(found.items()))


def needs_vectors(method: registry.MethodSpec, *, smoothed: bool = False) -> bool:
    """Whether the method neither perturbs nor takes whole numbers itself, or adds noise."""
    return method.family != "perturbation" and (smoothed or not method.integers)


def at_embeddings(model: nn.Module, entry: Entry, embeddings: Embeddings) -> Entry:
    """The entry with vectors in the place of whole numbers, which follow as additional arguments."""
    if not embeddings:
        return entry
    layers = {at: probe.module_named(model, name) for at, name in embeddings.items()}
    count = len(entry.inputs)

    def vectors(values: Sequence[Tensor]) -> tuple[Tensor, ...]:
        with torch.no_grad():
            return tuple(layers[at](x) if at in layers else x for at, x in enumerate(values))

    def forward(*values: Tensor) -> Tensor:
        given, ids = list(values[:count]), values[count : count + len(layers)]
        puts = [_Put(layers[at], number, given[at]) for at, number in zip(layers, ids, strict=True)]
        for at, number in zip(layers, ids, strict=True):
            given[at] = number
        with _putting(puts):
            return entry.forward(*given, *values[count + len(layers) :])

    return Entry(
        explaining(model, forward),
        vectors(entry.inputs),
        None if entry.baselines is None else vectors(entry.baselines),
        (*(entry.inputs[at] for at in layers), *entry.additional),
    )


@dataclass(eq=False)
class _Put:
    """`vectors` for what `layer` makes of `ids`."""

    layer: nn.Module
    ids: Tensor
    vectors: Tensor


@contextmanager
def _putting(puts: Sequence[_Put]) -> Iterator[None]:
    """In the block, layers return the vectors where they are called with the ids; one layer may serve two inputs."""

    def see(layer: nn.Module, arguments: Any, output: Any) -> Tensor | None:
        given = _first(arguments)
        own = [put for put in puts if put.layer is layer]
        # Two inputs may hold the same ids; which of them it is, the tensor itself tells where it was not copied.
        matching = [put for put in own if given is put.ids] or [put for put in own if _same(given, put.ids)]
        return matching[0].vectors.clone() if matching else None

    with ExitStack() as stack:
        for layer in dict.fromkeys(put.layer for put in puts):
            stack.enter_context(_calls(layer, partial(see, layer)))
        yield


@contextmanager
def _calls(module: nn.Module, see: Callable[[Any, Any], Any]) -> Iterator[None]:
    """`see(arguments, output)` whenever the module is called; what it returns takes the output's place."""
    arguments: list[Any] = []

    def before(value: Any) -> None:
        arguments.append(value)

    with (
        probe.watch(module, before, at_input=True),
        probe.watch(module, lambda output: see(arguments.pop(), output)),
    ):
        yield


def _first(arguments: Any) -> Any:
    return arguments[0] if isinstance(arguments, tuple) and arguments else None


def _same(value: Any, ids: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == ids.shape and bool((value == ids).all())


def _vectors(output: Any, ids: Tensor) -> bool:
    return isinstance(output, Tensor) and output.is_floating_point() and output.shape[:-1] == ids.shape
