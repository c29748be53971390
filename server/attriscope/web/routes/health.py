"""Whether the server lives, and whether it can work."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from attriscope.web.schemas import ExplorerState
from attriscope.web.services import ServicesDep
from attriscope.workers.messages import ErrorBody, Message

router = APIRouter()


class Readiness(Message):
    """`reasons` tells of each explorer that cannot work why; `draining` is true after SIGTERM."""

    status: Literal["ready", "unready"]
    draining: bool
    explorers: dict[str, ExplorerState]
    reasons: dict[str, str]


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(services: ServicesDep, response: Response) -> Readiness:
    """Some explorer can be used: it has a worker, or had one and is started when it is opened; 503 otherwise.

    One explorer that cannot be loaded, or is being loaded, takes the server away from nobody else.
    """
    states: dict[str, ExplorerState] = {host.id: host.state for host in services.board.hosts.values()}
    reasons = {
        host.id: _reason(host.state, host.stage, host.error)
        for host in services.board.hosts.values()
        if host.state not in ("ready", "unloaded")
    }
    usable = any(
        host.state == "ready" or (host.state in ("unloaded", "loading") and host.pool.description is not None)
        for host in services.board.hosts.values()
    )
    ready = (usable or not states) and not services.draining
    if not ready:
        response.status_code = 503
    status: Literal["ready", "unready"] = "ready" if ready else "unready"
    return Readiness(status=status, draining=services.draining, explorers=states, reasons=reasons)


def _reason(state: str, stage: str | None, error: ErrorBody | None) -> str:
    # The code, not the message: a message may quote the user's own file.
    return f"{state}: {error.code}" if error else f"{state}: {stage}" if stage else state
