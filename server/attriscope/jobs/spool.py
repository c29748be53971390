"""Arrays on disk while the server runs."""

from __future__ import annotations

import tempfile

from attriscope.jobs.errors import Refused
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Array

Place = tuple[str, tuple[int, ...], int, int]
"""Type and shape of an array, and where it is in the spool: start and length."""


class Spool:
    """Arrays in one unlinked temporary file: memory stays small, and nothing is left over however we end."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._holes: list[tuple[int, int]] = []
        self._file = tempfile.TemporaryFile(prefix="attriscope-")  # noqa: SIM115 - lives as long as the spool
        self._end = 0

    def write(self, array: Array) -> tuple[int, int]:
        """Where the array is: start and length. Raises Refused (503) where there is no room for it."""
        size = memoryview(array.data).nbytes
        start = self._room(size)
        try:
            if start + size > self._max_bytes:
                raise OSError(f"limit of {self._max_bytes >> 20} MiB")
            self._file.seek(start)
            self._file.write(array.data)
        except OSError as error:
            message = f"There is no room for more samples ({error})."
            raise Refused(503, ErrorBody(code="storage_full", message=message)) from None
        if start == self._end:
            self._end += size
        else:
            self._take(start, size)
        return start, size

    def free(self, start: int, size: int) -> None:
        """Gives the place of an array back, for others to be written to."""
        holes = sorted([*self._holes, (start, size)])
        joined: list[tuple[int, int]] = []
        for at, length in holes:
            if joined and sum(joined[-1]) == at:
                joined[-1] = (joined[-1][0], joined[-1][1] + length)
            else:
                joined.append((at, length))
        if joined and sum(joined[-1]) == self._end:
            self._end = joined.pop()[0]
        self._holes = joined

    def _room(self, size: int) -> int:
        return next((start for start, length in self._holes if length >= size > 0), self._end)

    def _take(self, start: int, size: int) -> None:
        length = dict(self._holes)[start]
        self._holes.remove((start, length))
        if length > size:
            self._holes.append((start + size, length - size))

    def read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()
