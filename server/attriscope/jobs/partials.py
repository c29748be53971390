"""The best estimates so far of maps that are still being computed: the latest of each, within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from attriscope.workers.messages import PartialInfo
from attriscope.workers.protocol import Array

_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Partial:
    info: PartialInfo
    arrays: Mapping[str, Array]

    @property
    def nbytes(self) -> int:
        return sum(memoryview(array.data).nbytes for array in self.arrays.values())


class Partials:
    """Partial maps by content key, never part of the store; the oldest goes first where there are too many."""

    def __init__(self, max_bytes: int = _MOST_BYTES) -> None:
        self._partials: OrderedDict[str, Partial] = OrderedDict()
        self._max_bytes, self._bytes = max_bytes, 0

    def put(self, partial: Partial) -> None:
        self.drop(partial.info.key)
        self._partials[partial.info.key] = partial
        self._bytes += partial.nbytes
        while self._bytes > self._max_bytes and len(self._partials) > 1:
            self.drop(next(iter(self._partials)))

    def get(self, key: str) -> Partial | None:
        return self._partials.get(key)

    def drop(self, key: str) -> None:
        if dropped := self._partials.pop(key, None):
            self._bytes -= dropped.nbytes
