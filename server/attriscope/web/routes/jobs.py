"""Asking for attributions, following them, cancelling them."""

from __future__ import annotations

from attriscope.web import views
from attriscope.web.schemas import Estimate, Job
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import AttributionRequest

router = strict_router("/jobs", "jobs")


@router.post("/check")
async def check_job(body: AttributionRequest, services: ServicesDep) -> Estimate:
    """Whether this would run, with its arguments after defaults, its cost and its time; nothing is queued."""
    checked = await services.board.check(body)
    stored, eta = await services.board.estimate(body, checked)
    return Estimate(**dict(checked), stored=stored, eta_seconds=eta)


@router.post("", status_code=201)
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
