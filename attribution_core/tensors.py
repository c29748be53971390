"""The tensor-or-tuple duality, and the forms that targets, baselines and extra arguments come in.

Inside the library inputs are always tuples; this is the only file that knows otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import index as as_index
from typing import Any

import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.types import Attributions, Baselines, Estimate, Inputs, LayerAttributions, TargetType


def as_tuple(inputs: Inputs, name: str = "inputs") -> Estimate:
    """One or several tensors as a tuple of tensors.

    Raises:
        WrongType: it is neither a tensor nor a non-empty tuple (or list) of tensors.
    """
    if isinstance(inputs, Tensor):
        return (inputs,)
    if isinstance(inputs, (tuple, list)) and inputs and all(isinstance(x, Tensor) for x in inputs):
        return tuple(inputs)
    raise errors.WrongType(
        f"{name} is {_described(inputs)}; it must be a tensor or a tuple of tensors.", field=name, value=_type(inputs)
    )


def like(values: Estimate, inputs: Any) -> Attributions:
    """A tensor if ``inputs`` was one, otherwise the tuple."""
    return values[0] if isinstance(inputs, Tensor) else values


def like_layer(values: Estimate) -> Attributions:
    """One layer's values: a tensor, or a tuple if there are several."""
    return values[0] if len(values) == 1 else values


def like_layers(values: Sequence[Estimate], layer: Any) -> LayerAttributions:
    """Several layers' values as a list if ``layer`` is one, otherwise the only layer's."""
    each = [like_layer(v) for v in values]
    return each if isinstance(layer, list) else each[0]


def grouped(values: Estimate, counts: Sequence[int]) -> list[Estimate]:
    """The values cut into runs of so many."""
    ends = list(accumulate(counts))
    return [values[end - count : end] for end, count in zip(ends, counts, strict=True)]


def usable(tensor: Tensor) -> Tensor:
    """The same values apart from any autograd graph; a copy if autograd could not use the tensor otherwise."""
    return tensor.clone().detach() if tensor.is_inference() else tensor.detach()


def checked_inputs(inputs: Inputs) -> Estimate:
    """Inputs as a tuple of detached tensors with as many rows each.

    Raises:
        WrongType, WrongShape: see above; no rows, or not equally many in every input.
    """
    tensors = tuple(usable(x) for x in as_tuple(inputs))
    for position, x in enumerate(tensors):
        if x.dim() == 0 or x.shape[0] == 0:
            raise errors.WrongShape(
                f"inputs[{position}] has shape {tuple(x.shape)}; its first dimension must count the examples.",
                field="inputs",
                shape=list(x.shape),
            )
        if x.shape[0] != tensors[0].shape[0]:
            raise errors.WrongShape(
                f"inputs[{position}] has {x.shape[0]} examples and inputs[0] has {tensors[0].shape[0]}; "
                "they must have as many.",
                field="inputs",
                shape=list(x.shape),
            )
    return tensors


def checked_baselines(baselines: Baselines, inputs: Estimate, name: str = "baselines") -> Estimate:
    """One tensor for each input that broadcasts against it along the batch only: shape (N, …) or (1, …).

    None means zero. A number stands for a tensor full of it.

    Raises:
        WrongShape: not one for each input, or a tensor of another shape (nothing else is broadcast).
        WrongType: neither tensors nor numbers.
    """
    given = baselines if isinstance(baselines, (tuple, list)) else (baselines,) * (1 if len(inputs) == 1 else 0)
    if baselines is None:
        given = (0,) * len(inputs)
    if len(given) != len(inputs):
        raise errors.WrongShape(
            f"{name} has {len(given) or 1} entries; it must have one for each of the {len(inputs)} inputs.",
            field=name,
            entries=len(given),
        )
    return tuple(_baseline(b, x, name) for b, x in zip(given, inputs, strict=True))


def _baseline(baseline: Any, x: Tensor, name: str) -> Tensor:
    if isinstance(baseline, (int, float)):
        return torch.full((1, *x.shape[1:]), baseline, dtype=x.dtype, device=x.device)
    if not isinstance(baseline, Tensor):
        raise errors.WrongType(
            f"{name} is {_described(baseline)}; it must be a number or a tensor.", field=name, value=_type(baseline)
        )
    if tuple(baseline.shape) not in (tuple(x.shape), (1, *x.shape[1:])):
        raise errors.WrongShape(
            f"{name} has shape {tuple(baseline.shape)}; it must be {tuple(x.shape)} or {(1, *x.shape[1:])}.",
            field=name,
            shape=list(baseline.shape),
            expected=list(x.shape),
        )
    return usable(baseline).to(device=x.device, dtype=x.dtype)


def take_rows(value: Tensor, rows: Tensor) -> Tensor:
    """Rows of a tensor of shape (N, …) or, one row for all, (1, …)."""
    if value.shape[0] == 1:
        return value.expand(len(rows), *value.shape[1:])
    return value.index_select(0, rows.to(value.device))


def rows_of(value: Any, rows: Tensor, examples: int) -> Any:
    """A tensor (or each of a tuple) with a row for each of several examples, by rows; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(rows_of(v, rows, examples) for v in value)
    if isinstance(value, Tensor) and value.dim() > 0 and len(value) == examples and examples > 1:
        return value.index_select(0, rows.to(value.device))
    return value


def one_each(values: Tensor) -> Tensor:
    """(m, 1) → (m,): the only number of each example.

    Raises:
        TargetMissing: there are several.
    """
    if values.shape[1] != 1:
        raise errors.TargetMissing(
            f"The model has {values.shape[1]} outputs for each example; choose one with target.",
            field="target",
            outputs=values.shape[1],
        )
    return values[:, 0]


def spread_weights(weights: Tensor, like: Tensor) -> Tensor:
    """Weights of shape (m,) shaped to multiply a tensor of shape (m, …)."""
    return weights.to(dtype=like.dtype, device=like.device).reshape(-1, *(1,) * (like.dim() - 1))


def rectangles(start: int, stop: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """The pairs start … stop−1 of a table ``width`` wide as at most three rectangles (k, stop k, i, stop i)."""
    while start < stop:
        k, i = divmod(start, width)
        if i or stop - start < width:
            stop_i = min(width, i + stop - start)
            yield k, k + 1, i, stop_i
            start += stop_i - i
        else:
            stop_k = stop // width
            yield k, stop_k, 0, width
            start = stop_k * width


def summing_type(dtype: torch.dtype) -> torch.dtype:
    """The type in which values of ``dtype`` are added up: float32 for half precision."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


@dataclass(frozen=True, slots=True)
class Extra:
    """Additional arguments of the forward function.

    A tensor with as many rows as there are examples holds one row for each example; anything else is passed as it is.
    """

    values: tuple[Any, ...]
    examples: int

    @classmethod
    def of(cls, additional_forward_args: Any, examples: int) -> Extra:
        if additional_forward_args is None:
            return cls((), examples)
        values = additional_forward_args if isinstance(additional_forward_args, tuple) else (additional_forward_args,)
        return cls(tuple(usable(v) if isinstance(v, Tensor) else v for v in values), examples)

    @property
    def divisible(self) -> bool:
        """False if an argument could speak of the examples in a way that cannot be split (a list of lengths …)."""
        simple = (Tensor, bool, int, float, str, type(None))
        return all(isinstance(v, simple) for v in self.values)

    def rows(self, rows: Tensor) -> tuple[Any, ...]:
        return tuple(v.index_select(0, rows.to(v.device)) if self._per_example(v) else v for v in self.values)

    def _per_example(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.dim() > 0 and value.shape[0] == self.examples


@dataclass(frozen=True, slots=True)
class Target:
    """Which output of each example is explained, from any of Captum's forms.

    ``indices`` is None (the only output), or one index tuple for all examples, or one for each.
    """

    indices: tuple[tuple[int, ...], ...] | None
    per_example: bool

    @classmethod
    def of(cls, target: TargetType, examples: int) -> Target:
        """
        Raises:
            WrongType: no integer in any of the forms int, tuple, tensor, list of either.
            WrongShape: a list or tensor that is not as long as there are examples.
        """
        if target is None:
            return cls(None, False)
        if isinstance(target, Tensor):
            if target.dtype == torch.bool or target.is_floating_point() or target.is_complex():
                raise errors.WrongType(
                    f"target is a tensor of {target.dtype}; it must hold integers.", field="target", value=_type(target)
                )
            if target.numel() == 1:
                return cls(((int(target.item()),),), False)
            if target.dim() != 1:
                raise errors.WrongShape(
                    f"target has shape {tuple(target.shape)}; it must be ({examples},).",
                    field="target",
                    shape=list(target.shape),
                )
            target = target.tolist()
        if isinstance(target, list):
            if len(target) != examples:
                raise errors.WrongShape(
                    f"target has {len(target)} entries; it must have one for each of the {examples} examples.",
                    field="target",
                    entries=len(target),
                )
            return cls(tuple(_index_tuple(t) for t in target), True)
        return cls((_index_tuple(target),), False)

    def select(self, output: Tensor, rows: Tensor) -> Tensor:
        """What is explained, as (m, R): R values for each of the m examples ``rows`` in ``output`` (m, …).

        Raises:
            TargetNotWanted: the output has fewer dimensions than the target chooses from.
            TargetOutOfRange: no such output.
        """
        m = output.shape[0]
        if self.indices is None:
            return output.reshape(m, -1)
        depth = len(self.indices[0])
        sizes = tuple(output.shape[1:])
        if depth > len(sizes) or any(len(t) != depth for t in self.indices):
            raise errors.TargetNotWanted(
                f"target is {self._first()}; each example's output has shape {sizes}"
                + ("; leave the target out." if not sizes else f"; choose at most {len(sizes)} indices."),
                field="target",
                value=repr(self._first()),
                shape=list(sizes),
            )
        for chosen in dict.fromkeys(self.indices):
            for position, size in zip(chosen, sizes, strict=False):
                if not -size <= position < size:
                    raise errors.TargetOutOfRange(
                        f"target is {position}; the model has {size} outputs, so it must be 0 to {size - 1}.",
                        field="target",
                        value=position,
                        low=0,
                        high=size - 1,
                    )
        if not self.per_example:
            place: tuple[slice | int, ...] = (slice(None), *self.indices[0])
            return output[place].reshape(m, -1)
        table = torch.tensor(self.indices, device=output.device) % torch.tensor(sizes[:depth], device=output.device)
        chosen_rows = table.index_select(0, rows.to(output.device))
        places = [torch.arange(m, device=output.device), *chosen_rows.unbind(1)]
        return output[tuple(places)].reshape(m, -1)

    def rows(self, rows: Tensor) -> TargetType:
        """The same choice for the examples ``rows``."""
        if self.indices is None:
            return None
        if not self.per_example:
            return self.indices[0]
        return [self.indices[i] for i in rows.tolist()]

    def _first(self) -> Any:
        first = self.indices[0] if self.indices else None
        return first[0] if first is not None and len(first) == 1 else first


def _index_tuple(target: Any) -> tuple[int, ...]:
    if isinstance(target, tuple) and target:
        return tuple(_index(t) for t in target)
    return (_index(target),)


def _index(value: Any) -> int:
    if not isinstance(value, bool):
        try:
            return as_index(value)
        except TypeError:
            pass
    raise errors.WrongType(
        f"target is {value!r}; it must be a whole number, or a tuple, tensor or list of them.",
        field="target",
        value=repr(value),
    )


def main_output(output: Any) -> Tensor:
    """The tensor to explain in what a model returned.

    That is the tensor itself, the only tensor of a tuple, list or mapping, or the entry ``logits``.

    Raises:
        WrongType: there is no such tensor, or more than one to choose from.
    """
    if isinstance(output, Tensor):
        return output
    if isinstance(output, (int, float)) and not isinstance(output, bool):
        return torch.tensor(float(output), dtype=torch.float64)
    if isinstance(output, Mapping):
        if isinstance(output.get("logits"), Tensor):
            return output["logits"]  # type: ignore[no-any-return]
        tensors = [v for v in output.values() if isinstance(v, Tensor)]
        names = f"a mapping with {', '.join(map(str, output))}"
    elif isinstance(output, (tuple, list)):
        tensors = [v for v in output if isinstance(v, Tensor)]
        names = f"a {type(output).__name__} of {len(output)}"
    else:
        tensors, names = [], f"a {type(output).__name__}"
    if len(tensors) == 1:
        return tensors[0]
    raise errors.WrongType(
        f"The model returned {names}; wrap it so that it returns the tensor to explain.", value=names
    )


def _type(value: Any) -> str:
    return f"tensor of {value.dtype}" if isinstance(value, Tensor) else type(value).__name__


def _described(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {', '.join(_type(v) for v in value) or 'nothing'}"
    return f"a {_type(value)}"
