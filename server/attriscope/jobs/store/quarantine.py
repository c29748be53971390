"""Where damaged files go: out of the way, there to be looked at, bounded."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from attriscope.jobs.store.locks import make_folder

logger = logging.getLogger("attriscope.store")
_MOST_ENTRIES = 8
_MOST_BYTES = 64 << 20


class Quarantine:
    """A folder of entries, one a call of `take`. The newest stays; older ones go beyond 8 entries or 64 MiB."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, paths: Iterable[Path], reason: str) -> None:
        """Moves the files or folders aside; those that are gone already are passed over."""
        entry = self._folder / f"{time.time_ns():020d}"
        make_folder(self._folder)
        make_folder(entry)
        for path in paths:
            try:
                path.rename(entry / path.name)
            except FileNotFoundError:
                continue
            logger.warning("%s was moved to %s: %s.", path, entry, reason)
        self._prune()

    def _prune(self) -> None:
        total = 0
        for place, entry in enumerate(sorted(self._folder.iterdir(), reverse=True)):
            total += sum(_size(path) for path in entry.rglob("*"))
            if place and (place >= _MOST_ENTRIES or total > _MOST_BYTES):
                shutil.rmtree(entry, ignore_errors=True)


def _size(path: Path) -> int:
    # Another server may be pruning too.
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
