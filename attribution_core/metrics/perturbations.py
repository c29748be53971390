"""Copies of the inputs that a caller's function perturbs, drawn in Captum's order."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor

from attribution_core import errors
from attribution_core.tensors import as_tuple
from attribution_core.types import Estimate


def at_once(examples: int, samples: int, most: int | None) -> list[int]:
    """How many copies of each example are drawn together, one entry a draw: at most ``most`` // ``examples``, or all.

    Raises:
        WrongType, OutOfRange: ``samples`` or ``most`` is no whole number of at least 1.
    """
    errors.whole_number("n_perturb_samples", samples, 1)
    if most is None:
        return [samples]
    errors.whole_number("max_examples_per_batch", most, 1)
    each = min(max(most // examples, 1), samples)
    return [each] * (samples // each) + [rest for rest in (samples % each,) if rest]


def copies(values: Estimate, samples: int) -> Estimate:
    """Each row ``samples`` times, the copies of the first example first."""
    return tuple(x.repeat_interleave(samples, 0) for x in values)


def checked_copies(found: Any, expected: Estimate, name: str) -> Estimate:
    """What ``perturb_func`` returned, one tensor for each input.

    Raises:
        WrongType, WrongShape: it returned something else, or other shapes than it was given.
    """
    values = as_tuple(found, name)
    shapes = [tuple(v.shape) for v in values]
    wanted = [tuple(x.shape) for x in expected]
    if shapes != wanted:
        raise errors.WrongShape(
            f"perturb_func returned {name} of shape {shapes}; they must be {wanted}.", field="perturb_func"
        )
    return tuple(v.detach().to(x.device) for v, x in zip(values, expected, strict=True))


def takes_a_second(function: Callable[..., Any]) -> bool:
    """Whether a function can be called with two positional arguments; false where it cannot be told."""
    try:
        inspect.signature(function).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True


def sample_major(values: Estimate, rows: Tensor, draws: Tensor, samples: int) -> Estimate:
    """Of copies in the order of `copies`, those of the examples ``rows`` in the draws ``draws``."""
    return tuple(v.index_select(0, (rows * samples + draws).to(v.device)) for v in values)
