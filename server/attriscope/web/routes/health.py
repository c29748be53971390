"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter, Response

from attriscope.web.services import ServicesDep

router = APIRouter()


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(services: ServicesDep, response: Response) -> dict[str, str]:
    """Every explorer has a worker; 503 otherwise."""
    states = {host.id: host.state for host in services.board.hosts.values()}
    if any(state != "ready" for state in states.values()):
        response.status_code = 503
    return dict(states)
