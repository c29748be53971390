"""How many units the loop evaluates at once.

Chunks start small (or at what the caller asked for, or at what served this model last time), grow fourfold or twofold
while that promises to stay near the time budget, and are halved when one takes twice the budget or memory runs out.
Chunks near the budget keep cancellation prompt; a bound on their bytes keeps memory independent of the number of
points.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor

from attribution_core.locks import owner

BUDGET_SECONDS = 0.25
MAX_INPUT_BYTES = 32 << 20
MAX_UNITS = 8192
_PATIENCE = 1.2  # how far beyond the budget a larger chunk may be expected to go


@dataclass(frozen=True, slots=True)
class _Memory:
    size: int
    ceiling: int


_remembered: WeakKeyDictionary[Any, dict[Any, _Memory]] = WeakKeyDictionary()


class ChunkSize:
    """The size of the next chunk, in units.

    Args:
        model: whose sizes are remembered (the forward function or its owner).
        inputs: one example's shapes, type and device are the key; their size bounds the chunk.
        kind: what is evaluated; a backward pass needs more memory than a forward pass.
        first: the first chunk, where the caller asked for one.
        most: no chunk is larger, where the caller asked for a limit.
        multiple: chunks are multiples of this many units.
        whole: everything is one chunk, for what cannot be split.
    """

    def __init__(
        self,
        model: Any,
        inputs: tuple[Tensor, ...],
        kind: str,
        *,
        first: int | None = None,
        most: int | None = None,
        multiple: int = 1,
        whole: bool = False,
    ) -> None:
        self._model = owner(model)
        self._key = (kind, *((tuple(x.shape[1:]), x.dtype, x.device) for x in inputs))
        self._first = first
        self._multiple = multiple
        self._whole = whole
        bytes_each = sum(prod(x.shape[1:]) * x.element_size() for x in inputs)
        automatic = min(MAX_UNITS, MAX_INPUT_BYTES // max(bytes_each, 1))
        self._ceiling = self._rounded(automatic if most is None else min(most, MAX_UNITS))
        self.current = multiple

    def begin(self, total: int) -> None:
        """Choose the first chunk of a loop over ``total`` units."""
        if self._whole:
            self.current = max(total, 1)
            return
        memory = self._recall()
        if memory is not None:
            self._ceiling = min(self._ceiling, max(memory.ceiling, self._multiple))
        first = self._first or (memory.size if memory is not None else self._multiple)
        self.current = self._rounded(min(first, self._ceiling))

    def grow(self, units: int, seconds: float) -> None:
        """Learn from a finished chunk; one smaller than the current size (the last of a loop) teaches nothing."""
        if self._whole or units < self.current:
            return
        for factor in (4, 2):
            if seconds * factor <= BUDGET_SECONDS * _PATIENCE:
                self.current = self._rounded(min(self.current * factor, self._ceiling))
                return
        if seconds > 2 * BUDGET_SECONDS:
            self.current = self._rounded(self.current // 2)

    def shrink(self, units: int) -> bool:
        """Halve after a chunk of ``units`` did not fit; False if it cannot be made smaller."""
        if self._whole or units <= self._multiple:
            return False
        self.current = self._ceiling = self._rounded(units // 2)
        self.remember()
        return True

    def remember(self) -> None:
        """Start there next time."""
        if self._whole:
            return
        try:
            _remembered.setdefault(self._model, {})[self._key] = _Memory(self.current, self._ceiling)
        except TypeError:
            return  # the callable cannot be weakly referenced: nothing to tie the memory to

    def _recall(self) -> _Memory | None:
        try:
            return _remembered.get(self._model, {}).get(self._key)
        except TypeError:
            return None

    def _rounded(self, units: int) -> int:
        return max(units // self._multiple, 1) * self._multiple
