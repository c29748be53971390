"""What the explorer side refuses, in words for the person who wrote the explorer. Knows no torch.

ValueError
└── ExplorerError        a declaration, a file, a dataset or a request that cannot be served
    └── SampleError      one sample that cannot be read; earlier ones can
"""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any


class ExplorerError(ValueError):
    """A refusal that names the field, the value and the bound.

    code: stable snake_case name. message: one English sentence or two. field: what is at fault, e.g. 'classes[3]'.
    detail: the traceback of the user's own frames, where the user's code raised. params: the values in the message.
    """

    def __init__(
        self, code: str, message: str, *, field: str | None = None, detail: str | None = None, **params: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.detail = detail
        self.params = params


class SampleError(ExplorerError):
    """Sample `index` cannot be read. `params["index"]` repeats the index."""

    def __init__(self, code: str, message: str, index: int, *, detail: str | None = None, **params: Any) -> None:
        super().__init__(code, message, field=f"dataset[{index}]", detail=detail, index=index, **params)
        self.index = index


def nearest(name: str, known: Sequence[str], count: int = 2) -> str:
    """' Nearest: a, b.' for a message, or the first few that exist where nothing is near."""
    close = get_close_matches(name, known, n=count, cutoff=0.5)
    if close:
        return f" Nearest: {', '.join(close)}."
    shown = ", ".join(known[:5]) + (", …" if len(known) > 5 else "")
    return f" There are: {shown}." if shown else ""


def user_traceback(error: BaseException) -> str:
    """The traceback of `error` without the frames of Python, installed packages and attriscope itself."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    head = ["Traceback (of your own code):\n", *traceback.format_list(frames)] if frames else []
    return "".join([*head, *traceback.format_exception_only(error)])


_PATHS = sysconfig.get_paths()
_NOT_USERS = tuple(
    {_PATHS["stdlib"], _PATHS["platstdlib"], _PATHS["purelib"], _PATHS["platlib"], str(Path(__file__).parent)}
)
_CORE = f"{Path(__file__).parents[2] / 'attribution_core'}"


def _is_users(filename: str) -> bool:
    return not filename.startswith(("<frozen", _CORE, *_NOT_USERS))
