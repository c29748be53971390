"""Exceptions as the one error shape."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from attribution_core.errors import AttributionError, Cancelled
from attriscope.errors import ExplorerError, user_traceback
from attriscope.workers.messages import ErrorBody


def error_body(error: BaseException, arguments: Collection[str] = ()) -> ErrorBody:
    """`arguments` are the method's own: an error in one of them names the request's field 'arguments.<name>'."""
    if isinstance(error, Cancelled):
        return ErrorBody(code="cancelled", message="Cancelled.")
    if isinstance(error, ExplorerError):
        return ErrorBody(
            code=error.code, message=error.message, params=_json(error.params), field=error.field, detail=error.detail
        )
    if isinstance(error, AttributionError):
        field = f"arguments.{error.field}" if error.field in arguments else error.field
        # Only a method of the user's own has a cause: the exception that its code raised.
        detail = None if error.__cause__ is None else user_traceback(error.__cause__)
        return ErrorBody(code=error.code, message=error.message, params=_json(error.params), field=field, detail=detail)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return ErrorBody(code="invalid_request", message=f"{field}: {first['msg']}.", field=field)
    if isinstance(error, MemoryError):
        return ErrorBody(code="out_of_memory", message="The machine has not enough memory for this.")
    return ErrorBody(
        code="model_error",
        message=f"The model raised {type(error).__name__}: {error}",
        params={"exception": type(error).__name__},
        detail=user_traceback(error),
    )


def _json(params: Any) -> Any:
    """JSON values as they are, anything else (and NaN) as text."""
    if isinstance(params, dict):
        return {str(key): _json(value) for key, value in params.items()}
    if isinstance(params, list | tuple | set | frozenset):
        return [_json(value) for value in params]
    try:
        json.dumps(params, allow_nan=False)
    except (TypeError, ValueError):
        return str(params)
    return params
