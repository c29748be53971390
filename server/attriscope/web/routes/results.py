"""Finished attributions by content key: the raw signed values; colour is the page's business."""

from __future__ import annotations

import asyncio

from fastapi import Response

from attriscope.jobs.errors import busy, not_found
from attriscope.jobs.store import Result
from attriscope.web.services import Services, ServicesDep
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
