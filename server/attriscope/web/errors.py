"""Every failure leaves the server as an `ErrorBody` with its status."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from attriscope.jobs.errors import Refused
from attriscope.workers.messages import ErrorBody

logger = logging.getLogger("attriscope.web")

_NAMES = {
    400: ("bad_request", "The request cannot be read."),
    401: ("unauthorized", "Open the link that attriscope printed, or send its token."),
    403: ("forbidden", "This request came from another site."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The request's body is larger than this server takes."),
}


def response(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body.model_dump(mode="json"), status, headers=dict(headers or {}))


def standard(status: int, message: str | None = None) -> JSONResponse:
    """The error of a bare status."""
    code, text = _NAMES.get(status, ("error", "The request failed."))
    return response(status, ErrorBody(code=code, message=message or text))


def install(app: FastAPI) -> None:
    """Registers the handlers."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def refused(error: Refused) -> JSONResponse:
    headers = {} if error.retry_after is None else {"Retry-After": str(math.ceil(error.retry_after))}
    return response(error.status, error.body, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    request.app.state.services.metrics.refused(error.body.code)
    return refused(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return response(422, invalid(error.errors()[0]))


def invalid(problem: Mapping[str, Any]) -> ErrorBody:
    """The first of pydantic's problems, naming the field, the value and the bound.

    The value is quoted as text: a NaN among the parameters could not be sent.
    """
    place = [str(part) for part in problem["loc"] if part not in ("body", "query", "path")]
    field, value = ".".join(place) or "body", repr(problem.get("input"))
    shown = value if len(value) <= 60 else value[:57] + "…"
    bounds = {name: bound for name, bound in problem.get("ctx", {}).items() if isinstance(bound, int | float | str)}
    reason = str(problem["msg"]).replace("Input should be", "it must be").replace("input should be", "it must be")
    if problem["type"] == "missing":
        message = f"{field} is missing."
    elif problem["type"] == "extra_forbidden":
        message = f"There is no field {field}."
    else:
        message = f"{field} is {shown}; {reason[:1].lower()}{reason[1:]}."
    return ErrorBody(code=f"invalid_{problem['type']}", message=message, params={"value": shown, **bounds}, field=field)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.detail, ErrorBody):
        return response(error.status_code, error.detail)
    return standard(error.status_code)


async def _unexpected(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed.", request.method, request.url.path, exc_info=error)
    return response(500, ErrorBody(code="internal", message="The server failed; its log has the reason."))
