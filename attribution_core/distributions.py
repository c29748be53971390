"""Baselines that are a distribution: any number of rows drawn from the data, all of them for every example."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor

from attribution_core import errors
from attribution_core.tensors import usable
from attribution_core.types import Distribution, Estimate, Inputs


def checked_distribution(baselines: Distribution, inputs: Inputs, tensors: Estimate) -> Estimate:
    """One tensor of shape (K, …) for each input.

    Args:
        baselines: a tensor, a tuple of tensors, or a function of the inputs (or of nothing) that returns either.
        inputs: as the caller gave them, for that function.
        tensors: the same as a tuple.

    Raises:
        WrongType: neither of these.
        WrongShape: not one for each input, no rows, or rows of another shape than the input's.
    """
    given: Any = baselines
    if callable(baselines):
        given = baselines(inputs) if inspect.signature(baselines).parameters else baselines()
    rows = given if isinstance(given, tuple) else (given,)
    if len(rows) != len(tensors):
        raise errors.WrongShape(
            f"baselines has {len(rows)} entries; it must have one for each of the {len(tensors)} inputs.",
            field="baselines",
            entries=len(rows),
        )
    for b, x in zip(rows, tensors, strict=True):
        if not isinstance(b, Tensor):
            raise errors.WrongType(
                f"baselines is a {type(b).__name__}; it must be a tensor with a row for each baseline, a tuple of "
                "these, or a function that returns them.",
                field="baselines",
            )
        if b.dim() != x.dim() or b.shape[1:] != x.shape[1:] or not len(b):
            raise errors.WrongShape(
                f"baselines has shape {tuple(b.shape)}; it must be (K, {', '.join(map(str, x.shape[1:]))}) for K "
                "baselines.",
                field="baselines",
                shape=list(b.shape),
                expected=list(x.shape[1:]),
            )
    return tuple(usable(b).to(device=x.device, dtype=x.dtype) for b, x in zip(rows, tensors, strict=True))
