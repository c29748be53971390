"""Tensors as the pipe carries them, of any type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import Tensor

from attriscope.workers.protocol import Array


def to_array(tensor: Tensor) -> Array:
    """The tensor's bytes, in C order, whatever its device, type and layout."""
    plain = tensor.detach().cpu().contiguous()
    name = str(plain.dtype).removeprefix("torch.")
    return Array(name, tuple(plain.shape), plain.reshape(-1).view(torch.uint8).numpy().data)


def to_tensor(array: Array) -> Tensor:
    """A tensor of its own, writable. Raises ValueError for an unknown type or a size that does not fit the shape."""
    dtype = getattr(torch, array.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"No type {array.dtype!r}.")
    wanted = prod(array.shape) * dtype.itemsize
    buffer = memoryview(array.data).cast("B")
    if buffer.nbytes != wanted:
        raise ValueError(
            f"An array of {array.dtype} and shape {list(array.shape)} has {wanted} bytes, not {buffer.nbytes}."
        )
    if not wanted:
        return torch.empty(array.shape, dtype=dtype)
    return torch.frombuffer(bytearray(buffer), dtype=dtype).reshape(array.shape)


def inputs_of(arrays: Mapping[str, Array], count: int) -> list[tuple[Tensor, ...]]:
    """The inputs of `count` items from arrays named '<n>.input.<i>'."""
    items = []
    for n in range(count):
        parts: list[Tensor] = []
        while (array := arrays.get(f"{n}.input.{len(parts)}")) is not None:
            parts.append(to_tensor(array))
        if not parts:
            raise ValueError(f"No arrays '{n}.input.…' for item {n}.")
        items.append(tuple(parts))
    return items


def sample_sha256(inputs: Sequence[Tensor]) -> str:
    """Of types, shapes and bytes."""
    digest = hashlib.sha256()
    for tensor in inputs:
        array = to_array(tensor)
        digest.update(f"{array.dtype}{list(array.shape)}".encode())
        digest.update(array.data)
    return digest.hexdigest()
