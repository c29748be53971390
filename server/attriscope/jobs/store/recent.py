"""Results in memory, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from attriscope.jobs.store.result import Result


class Recent:
    """Drops the least recently used beyond `max_bytes`; one larger than that is kept until the next one comes.

    Not for several threads at once.
    """

    def __init__(self, max_bytes: int) -> None:
        self._results: OrderedDict[str, Result] = OrderedDict()
        self.max_bytes, self.nbytes = max_bytes, 0

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        """Oldest first."""
        return iter(self._results.values())

    def add(self, result: Result) -> int:
        """Keeps the result as the most recently used; how many others had to go."""
        self.remove(result.key)
        self._results[result.key] = result
        self.nbytes += result.nbytes
        dropped = 0
        while self.nbytes > self.max_bytes and len(self._results) > 1:
            self.remove(next(iter(self._results)))
            dropped += 1
        return dropped

    def peek(self, key: str) -> Result | None:
        """The result; its place among the others stays."""
        return self._results.get(key)

    def use(self, key: str) -> Result | None:
        """The result, now the most recently used."""
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    def remove(self, key: str) -> None:
        if removed := self._results.pop(key, None):
            self.nbytes -= removed.nbytes
