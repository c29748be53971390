"""Refusals of the jobs layer, in the one error shape; `attriscope.web.errors` gives each its HTTP status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attriscope.errors import nearest
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody


class Refused(Exception):
    """Something asked for cannot be had. `status` is the HTTP status, `retry_after` the seconds to wait."""

    def __init__(self, status: int, body: ErrorBody, *, retry_after: float | None = None) -> None:
        super().__init__(body.message)
        self.status, self.body, self.retry_after = status, body, retry_after


def received(body: Mapping[str, Any], settings: Settings) -> ErrorBody:
    """An error that a worker sent; where users are not the model's owner, without the owner's traceback."""
    error = ErrorBody.model_validate(body)
    return error if settings.details else error.model_copy(update={"detail": None})


def not_found(what: str, value: object, known: Sequence[str] = ()) -> Refused:
    """404; the message names what of `known` comes nearest."""
    message = f"No {what} {value!r}.{nearest(str(value), list(known))}"
    return Refused(404, ErrorBody(code="not_found", message=message, params={"what": what}, field=what))


def unprocessable(code: str, message: str, field: str | None = None, **params: Any) -> Refused:
    return Refused(422, ErrorBody(code=code, message=message, params=params, field=field))


def busy(status: int, code: str, message: str, retry_after: float, **params: Any) -> Refused:
    return Refused(status, ErrorBody(code=code, message=message, params=params), retry_after=retry_after)
