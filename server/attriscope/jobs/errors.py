"""Refusals of the jobs layer, in the one error shape; `attriscope.web.errors` gives each its HTTP status."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from attriscope.errors import nearest
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody

logger = logging.getLogger("attriscope.jobs")
_ROOT = r"(?:~?/|[A-Za-z]:[\\/]|\\\\)"
_FOLDERS = re.compile(
    rf"""(?<=['"]){_ROOT}[^'"\n]*[\\/](?=[^'"\n\\/]+['"])|(?<![\w:/\\.~]){_ROOT}(?:[^\s'"/\\]+[\\/]+)+(?=[^\s'"/\\])"""
)
"""The folders of an absolute path: in quotes with their spaces, elsewhere up to the first space. No part of a URL."""


class Refused(Exception):
    """Something asked for cannot be had. `status` is the HTTP status, `retry_after` the seconds to wait."""

    def __init__(self, status: int, body: ErrorBody, *, retry_after: float | None = None) -> None:
        super().__init__(body.message)
        self.status, self.body, self.retry_after = status, body, retry_after


def received(body: Mapping[str, Any], settings: Settings) -> ErrorBody:
    """An error that a worker sent; where users are not the model's owner, without the owner's traceback and folders.

    Messages quote exceptions of the owner's code and of libraries, which may name any file.
    """
    error = ErrorBody.model_validate(body)
    if settings.details:
        return error
    shown = error.model_copy(
        update={"detail": None, "message": without_folders(error.message), "params": without_folders(error.params)}
    )
    if shown != error:
        logger.warning(
            "Shown in part: %s: %s%s", error.code, error.message, f"\n{error.detail}" if error.detail else ""
        )
    return shown


def without_folders(value: Any) -> Any:
    """Texts, those within lists and dicts too, with the last part of every absolute path only."""
    if isinstance(value, str):
        return _FOLDERS.sub("", value)
    if isinstance(value, Mapping):
        return {key: without_folders(one) for key, one in value.items()}
    return [without_folders(one) for one in value] if isinstance(value, list | tuple) else value


def not_found(what: str, value: object, known: Sequence[str] = ()) -> Refused:
    """404; the message names what of `known` comes nearest."""
    message = f"No {what} {value!r}.{nearest(str(value), list(known))}"
    return Refused(404, ErrorBody(code="not_found", message=message, params={"what": what}, field=what))


def unprocessable(code: str, message: str, field: str | None = None, **params: Any) -> Refused:
    return Refused(422, ErrorBody(code=code, message=message, params=params, field=field))


def busy(status: int, code: str, message: str, retry_after: float, **params: Any) -> Refused:
    return Refused(status, ErrorBody(code=code, message=message, params=params), retry_after=retry_after)
