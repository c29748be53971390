"""Finished attributions by content key: the raw signed values; colour is the page's business."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Query, Response

from attriscope.jobs.errors import busy, not_found
from attriscope.jobs.script import script
from attriscope.jobs.store import Result
from attriscope.web.schemas import PythonScript
from attriscope.web.services import Services, ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import ResultInfo

router = strict_router("/results", "results")

_DISK_SECONDS = 10.0
# The key is a hash of everything the result depends on.
_IMMUTABLE = {"Cache-Control": "private, max-age=31536000, immutable"}


@router.get("/{key}", response_model=ResultInfo)
async def get_result(key: str, services: ServicesDep) -> Response:
    """A result without its numbers."""
    result = await _result(services, key)
    return Response(result.json, media_type="application/json", headers=_IMMUTABLE)


@router.get("/{key}/script")
async def get_script(
    key: str,
    services: ServicesDep,
    session: SessionDep,
    explorer: str,
    model: Annotated[str | None, Query(description="what the model is called now; as in the result by default")] = None,
    sample: Annotated[int | None, Query(ge=0, description="its index now; as in the result by default")] = None,
) -> PythonScript:
    """The map as a Python script with `attribution_core` that makes it again."""
    info = (await _result(services, key)).info
    named = {"model": info.model if model is None else model, "sample": info.sample if sample is None else sample}
    host = services.board.host(explorer)
    code = await script(services.board, host, session, info.model_copy(update=named), services.settings)
    return PythonScript(code=code)


@router.get("/{key}/{feature}.npy", responses={200: {"content": {"application/x-npy": {}}}}, response_class=Response)
async def get_map(key: str, feature: str, services: ServicesDep) -> Response:
    """One map of a result: float32 (C, H, W)."""
    files = (await _result(services, key)).files
    if feature not in files:
        raise not_found("map", feature)
    return Response(files[feature], media_type="application/x-npy", headers=_IMMUTABLE)


async def _result(services: Services, key: str) -> Result:
    try:
        async with asyncio.timeout(_DISK_SECONDS):
            result = await services.store.get(key)
    except TimeoutError:
        raise busy(503, "store_slow", "The disk with the results does not answer.", retry_after=5) from None
    if result is None:
        raise not_found("result", key)
    return result
