"""What number of the model is explained: an output, or a hidden unit. Neuron methods change only this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import index as as_index
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from attribution_core import errors, probe
from attribution_core.tensors import main_output
from attribution_core.types import Estimate, NeuronSelector


class Readout(Protocol):
    """Reads the tensor to explain off one call of the forward function."""

    def words(self, model: Any) -> str:
        """What is read, to begin a message with: "The model's output"."""
        ...

    def read(self, model: Any, call: Callable[[], Any], examples: int) -> Tensor:
        """The tensor, one row for each of the ``examples``; ``call()`` runs the forward function."""
        ...


class ModelOutput:
    """The forward function's output; a target may choose among its columns."""

    def words(self, model: Any) -> str:
        return "The model's output"

    def read(self, model: Any, call: Callable[[], Any], examples: int) -> Tensor:
        return main_output(call())


@dataclass(frozen=True, slots=True)
class HiddenUnit:
    """One number for each example of a module's output (or positional input), the last call's.

    Attributes:
        module: a module that the forward function calls.
        selector: an index or slice for each dimension after the batch; dimensions left out and slices are summed over.
            Or a function of the module's value (a tuple of tensors if there are several) that returns one number for
            each example; a function that returns a single number is asked for each example alone.
        at_input: whether to read the module's positional input.
    """

    module: nn.Module
    selector: NeuronSelector
    at_input: bool = False

    def words(self, model: Any) -> str:
        return f"The unit of layer '{probe.name_of(model, self.module)}'"

    def read(self, model: Any, call: Callable[[], Any], examples: int) -> Tensor:
        name = probe.name_of(model, self.module)
        found: list[Tensor] = []

        def see(value: Any) -> None:
            # A copy: an in-place operation behind the module would change a view.
            found[:] = [self.of(probe.tensors_of(value, name, examples), name).clone()]

        with probe.watch(self.module, see, at_input=self.at_input):
            call()
        return found[0] if found else probe.not_called(name)

    def of(self, values: Estimate, name: str) -> Tensor:
        """The unit in ``values`` of the layer called ``name``, as (m,).

        Raises:
            WrongType: the selector is neither integers and slices nor a function, or does not return a tensor; or it
                is made of indices and the layer's value of several tensors.
            WrongShape: there are more indices than dimensions, or a function returns not one number for each example.
            OutOfRange: no such unit.
        """
        if callable(self.selector):
            return _asked(self.selector, values)
        if len(values) > 1:
            raise errors.WrongType(
                f"Layer '{name}' has {len(values)} tensors as its value; neuron_selector must be a function of them.",
                field="neuron_selector",
                layer=name,
            )
        (value,) = values
        place = _place(self.selector, tuple(value.shape[1:]), name)
        return value[(slice(None), *place)].reshape(len(value), -1).sum(1)


def _place(selector: Any, sizes: tuple[int, ...], name: str) -> tuple[int | slice, ...]:
    """The selector as a checked tuple of indices and slices."""
    parts = selector if isinstance(selector, tuple) else (selector,)
    if len(parts) > len(sizes):
        raise errors.WrongShape(
            f"neuron_selector has {len(parts)} indices; layer '{name}' has shape {sizes} for each example.",
            field="neuron_selector",
            shape=list(sizes),
        )
    place: list[int | slice] = []
    for part, size in zip(parts, sizes, strict=False):
        if isinstance(part, slice):
            place.append(part)
            continue
        position = _index(part)
        if not -size <= position < size:
            raise errors.OutOfRange(
                f"neuron_selector is {position}; layer '{name}' has {size} units there, so it must be 0 to {size - 1}.",
                field="neuron_selector",
                value=position,
                low=0,
                high=size - 1,
            )
        place.append(position)
    return tuple(place)


def _index(part: Any) -> int:
    if not isinstance(part, bool):
        try:
            return as_index(part)
        except TypeError:
            pass
    raise errors.WrongType(
        f"neuron_selector is {part!r}; it must be a whole number, a tuple of whole numbers and slices, or a function.",
        field="neuron_selector",
        value=repr(part),
    )


def _asked(selector: Callable[[Any], Any], values: Estimate) -> Tensor:
    """A function's answer for each example."""
    m = len(values[0])
    answer = _answer(selector, values)
    if answer.numel() == m:
        return answer.reshape(m)
    if answer.numel() == 1:
        each = (tuple(v[i : i + 1] for v in values) for i in range(m))
        return torch.stack([_answer(selector, value).reshape(()) for value in each])
    raise errors.WrongShape(
        f"neuron_selector returned shape {tuple(answer.shape)} for {m} examples; it must return one number for each.",
        field="neuron_selector",
        shape=list(answer.shape),
    )


def _answer(selector: Callable[[Any], Any], values: Estimate) -> Tensor:
    answer = selector(values if len(values) > 1 else values[0])
    if not isinstance(answer, Tensor):
        raise errors.WrongType(
            f"neuron_selector returned a {type(answer).__name__}; it must return a tensor.", field="neuron_selector"
        )
    return answer
