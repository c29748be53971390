"""Finished results by content key, in memory: bounded in bytes, oldest use evicted first."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Array


@dataclass(frozen=True)
class Result:
    """A result's description and its maps as `.npy` files."""

    info: ResultInfo
    files: Mapping[str, bytes]

    @property
    def nbytes(self) -> int:
        return sum(len(file) for file in self.files.values())


def npy(array: Array) -> bytes:
    """The array as a NumPy 1.0 file."""
    out = io.BytesIO()
    values = np.frombuffer(array.data, dtype=np.dtype(array.dtype).newbyteorder("<")).reshape(array.shape)
    np.save(out, values, allow_pickle=False)
    return out.getvalue()


class ResultStore:
    """Maps content keys to results. A result larger than the bound is kept until the next one comes."""

    def __init__(self, folder: object, disk_bytes: int, memory_bytes: int) -> None:
        max_bytes = 32 * memory_bytes
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._max_bytes, self._bytes = max_bytes, 0

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def __len__(self) -> int:
        return len(self._results)

    def put(self, info: ResultInfo, arrays: Mapping[str, Array]) -> None:
        self._drop(info.key)
        result = Result(info, {name: npy(array) for name, array in arrays.items()})
        self._results[info.key] = result
        self._bytes += result.nbytes
        while self._bytes > self._max_bytes and len(self._results) > 1:
            self._drop(next(iter(self._results)))

    def get(self, key: str) -> Result | None:
        """The result, now the most recently used."""
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    async def present(self, keys: list[str]) -> set[str]:
        return {key for key in keys if key in self}

    def stats(self) -> tuple[int, int]:
        return len(self), self._bytes

    def close(self) -> None: ...

    def _drop(self, key: str) -> None:
        if dropped := self._results.pop(key, None):
            self._bytes -= dropped.nbytes
