"""Request bodies as strict JSON: no NaN, no infinities, no nesting deep enough to exhaust the stack."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.routing import APIRoute

from attriscope.jobs.errors import Refused, unprocessable
from attriscope.workers.messages import ErrorBody


def loads(data: bytes) -> Any:
    """The value of JSON `data`.

    Raises:
        Refused: 422 for a number that is not finite, 400 for anything that is not JSON or nested too deep.
    """
    try:
        value = json.loads(data, parse_constant=_refuse_constant, parse_float=_finite)
        _check_inside(value)
        return value
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else "it is not valid JSON"
        body = ErrorBody(code="bad_json", message=f"The request's body cannot be read: {reason}.")
        raise Refused(400, body) from None


def _check_inside(value: Any) -> None:
    """Refuses what JSON can say and nothing behind can carry: deep nesting, and halves of surrogate pairs."""
    level = [value]
    for _ in range(_MAX_DEPTH):
        nested: list[Any] = []
        for entry in level:
            if isinstance(entry, str):
                entry.encode()
            elif isinstance(entry, dict):
                nested += [*entry, *entry.values()]
            elif isinstance(entry, list):
                nested += entry
        if not nested:
            return
        level = nested
    raise RecursionError


def _refuse_constant(name: str) -> NoReturn:
    raise unprocessable("not_finite", f"The request contains {name}; every number must be finite.", value=name)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse_constant(text[:40])
    return value


_MAX_DEPTH = 64


class _StrictRequest(Request):
    async def json(self) -> Any:
        try:
            return loads(await self.body())
        except Refused as refused:
            # FastAPI lets only its own exception out of the reading of a body.
            raise HTTPException(refused.status, refused.body) from None


class StrictJSONRoute(APIRoute):
    """A route that reads its body with `loads`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive))

        return strict


def strict_router(prefix: str, tag: str) -> APIRouter:
    """A router for one noun of the API, all of whose bodies are strict."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictJSONRoute)
