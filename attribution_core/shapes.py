"""The shape of what is explained, for methods that give it back instead of a flat row of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from attribution_core.problem import Problem
from attribution_core.readout import Readout


def remembering_shape(problem: Problem) -> tuple[Problem, Callable[[Tensor], Tensor]]:
    """The same problem, and a function that gives R numbers their shape back: (E, R, …) becomes (E, *shape, …).

    The function holds once the problem's forward function was called.
    """
    seen = _Remembering(problem.readout)
    depth = len(problem.target.indices[0]) if problem.target.indices else 0

    def shaped(found: Tensor) -> Tensor:
        return found.reshape(found.shape[0], *seen.shape[depth:], *found.shape[2:])

    return replace(problem, readout=seen), shaped


class _Remembering:
    """A readout that keeps the shape of an example's output."""

    def __init__(self, readout: Readout) -> None:
        self._readout = readout
        self.shape: tuple[int, ...] = ()

    def words(self, model: Any) -> str:
        return self._readout.words(model)

    def read(self, model: Any, call: Callable[[], Any], examples: int) -> Tensor:
        output = self._readout.read(model, call, examples)
        self.shape = tuple(output.shape[1:])
        return output
