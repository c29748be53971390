"""What the user should know of a result and that stops nothing.

It is a Python warning, or, where a program listens (`told`), a `Notice` for each kind.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from torch import Tensor

from attribution_core.errors import AttributionWarning


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know.

    Attributes:
        code: its kind: 'incomplete' (attributions miss part of the output's change), 'no_relu' (the method is the
            plain gradient here), 'no_map' (an input gets no attributions), 'unused' (the output does not depend on an
            input), 'all_zero', 'none_positive' (see `about`).
        message: in words.
    """

    code: str
    message: str


def about(values: Tensor) -> Notice | None:
    """What one example's map does not show: anything, or anything that speaks for the output."""
    if not bool((values != 0).any()):
        return Notice("all_zero", "Every attribution is exactly 0. Try another baseline or layer.")
    if not bool((values > 0).any()):
        return Notice("none_positive", "No attribution is positive: nothing speaks for the output.")
    return None


_listening: ContextVar[dict[str, Notice] | None] = ContextVar("attribution_core_notices", default=None)


@contextmanager
def told() -> Iterator[dict[str, Notice]]:
    """Collect notices in place of warnings, the first of each kind by its code."""
    found: dict[str, Notice] = {}
    token = _listening.set(found)
    try:
        yield found
    finally:
        _listening.reset(token)


def tell(code: str, message: str, stacklevel: int = 1) -> None:
    """Tell whoever listens, or warn; ``stacklevel`` counts from the caller."""
    listening = _listening.get()
    if listening is None:
        warnings.warn(message, AttributionWarning, stacklevel=stacklevel + 1)
    else:
        listening.setdefault(code, Notice(code, message))
