"""Attributions as the metrics read them: checked, and as one row of numbers for each example."""

from __future__ import annotations

import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.tensors import as_tuple
from attribution_core.types import Attributions, Estimate


def checked_maps(attributions: Attributions, name: str = "attributions") -> Estimate:
    """Attributions as a tuple of detached finite tensors with as many rows each.

    Raises:
        WrongType, WrongShape: they are no tensors, or have no rows, or not equally many.
        Nonfinite: one of the numbers is NaN or infinite.
    """
    maps = tuple(a.detach() for a in as_tuple(attributions, name))
    for a in maps:
        if a.dim() == 0 or a.numel() == 0 or len(a) != len(maps[0]):
            raise errors.WrongShape(
                f"{name} has shape {tuple(a.shape)}; its first dimension must count the examples.",
                field=name,
                shape=list(a.shape),
            )
        if not bool(torch.isfinite(a).all()):
            raise errors.Nonfinite(f"{name} holds NaN or infinity.", field=name, place=name)
    return maps


def values_of(attributions: Attributions, name: str = "attributions") -> Tensor:
    """All attributions of an example in one row: shape (N, F)."""
    maps = checked_maps(attributions, name)
    return torch.cat([a.reshape(len(a), -1) for a in maps], 1)


def precise(values: Tensor) -> Tensor:
    """In float64; on the CPU where the device has none."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def same_features(first: Tensor, second: Tensor) -> None:
    """Refuse two maps that are not over the same features of the same examples."""
    if first.shape != second.shape:
        raise errors.WrongShape(
            f"second has {tuple(second.shape)} examples × features; it must have {tuple(first.shape)}, as first has.",
            field="second",
            shape=list(second.shape),
            expected=list(first.shape),
        )
