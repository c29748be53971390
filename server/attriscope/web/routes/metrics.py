"""What monitoring reads; behind the token, as it tells how much is asked and by which methods."""

from __future__ import annotations

from fastapi import APIRouter, Response

from attriscope.metrics import CONTENT_TYPE
from attriscope.web.services import ServicesDep

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(services: ServicesDep) -> Response:
    """Prometheus' text format."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE)
