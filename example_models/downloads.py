"""Where data sets that are not carried along are kept, and what is said where they cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import platformdirs

from attriscope import ExplorerError

T = TypeVar("T")


def data_folder(given: str | None) -> Path:
    """The folder given with ``--data``, or one among this user's caches."""
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_dir("attriscope"), "data")


def downloaded(name: str, folder: Path, url: str, read: Callable[[bool], T]) -> T:
    """What ``read(download)`` returns: without a download where all is there, else with one.

    Raises ExplorerError data_unavailable with the place, the address and the way out.
    """
    try:
        return read(False)
    except (RuntimeError, OSError):
        pass
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return read(True)
    except (RuntimeError, OSError) as error:
        raise ExplorerError(
            "data_unavailable",
            f"{name} is not in {folder} and could not be downloaded from {url} ({error}). Download it elsewhere and "
            "give its folder with --data.",
            field="data",
            folder=str(folder),
            url=url,
        ) from error
