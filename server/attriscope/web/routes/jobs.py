"""Asking for attributions, following them, cancelling them."""

from __future__ import annotations

from fastapi import Response

from attriscope.jobs.errors import not_found
from attriscope.jobs.spec import TERMINAL
from attriscope.jobs.store import npy
from attriscope.web import views
from attriscope.web.permits import Accepting
from attriscope.web.schemas import Estimate, Job
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import AttributionRequest

router = strict_router("/jobs", "jobs")


@router.post("/check")
async def check_job(body: AttributionRequest, services: ServicesDep, session: SessionDep) -> Estimate:
    """Whether this would run, with its arguments after defaults, its cost and its time; nothing is queued."""
    checked, stored, eta = await services.board.check(session, body)
    return Estimate(**dict(checked), stored=stored, eta_seconds=eta)


@router.post("", status_code=201, dependencies=[Accepting])
async def create_job(body: AttributionRequest, services: ServicesDep, session: SessionDep) -> Job:
    """Explains the samples; what is stored already is done at once."""
    return views.job(await services.board.submit(session, body), services.board)


@router.get("/{job}")
async def get_job(job: str, services: ServicesDep, session: SessionDep) -> Job:
    """One job of this session."""
    return views.job(services.board.get(session, job), services.board)


@router.delete("/{job}")
async def cancel_job(job: str, services: ServicesDep, session: SessionDep) -> Job:
    """Cancels what has not ended; again, or too late, changes nothing."""
    found = services.board.get(session, job)
    services.board.cancel(found)
    return views.job(found, services.board)


@router.get(
    "/{job}/partials/{key}/{feature}.npy",
    responses={
        200: {"content": {"application/x-npy": {}}},
        204: {"description": "The map has ended: there is no estimate of it any more."},
    },
    response_class=Response,
)
async def get_partial(job: str, key: str, feature: str, services: ServicesDep, session: SessionDep) -> Response:
    """The best estimate so far of a map that this job waits for: float32 (C, H, W)."""
    found = services.board.get(session, job)
    items = [item for item in found.items if item.key == key]
    partial = services.board.partials.get(key) if items else None
    if partial is None and any(item.state in TERMINAL for item in items):
        # Who asks was told of the estimate before; a map is often done by then.
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    if partial is None or feature not in partial.arrays:
        raise not_found("partial map", feature)
    return Response(npy(partial.arrays[feature]), media_type="application/x-npy", headers={"Cache-Control": "no-store"})
