"""What a route may require beyond a session: `@router.post(…, dependencies=[Writable])`."""

from __future__ import annotations

from fastapi import Depends

from attriscope.jobs.errors import Refused, busy
from attriscope.web.services import ServicesDep
from attriscope.workers.messages import ErrorBody

_READ_ONLY = ErrorBody(code="read_only", message="This server is a demo: its explorers cannot be changed.")


async def _writable(services: ServicesDep) -> None:
    if services.settings.mode == "demo":
        raise Refused(403, _READ_ONLY)


async def _uploading(services: ServicesDep) -> None:
    if not services.settings.may_upload:
        raise Refused(403, ErrorBody(code="uploads_off", message="This server takes no uploads."))


async def _accepting(services: ServicesDep) -> None:
    if services.draining:
        message = "The server is shutting down and takes no new jobs; try again soon."
        raise busy(503, "shutting_down", message, retry_after=max(1.0, services.settings.grace))


Writable = Depends(_writable)
"""403 `read_only` in demo mode: for what changes an explorer for everyone."""

Uploading = Depends(_uploading)
"""403 `uploads_off` where visitors bring nothing of their own: for what keeps a sample of theirs."""

Accepting = Depends(_accepting)
"""503 `shutting_down` while the server drains: for what starts work."""
