"""One resumable stream of events for a browser session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import RootModel

from attriscope.jobs.errors import busy
from attriscope.jobs.events import Channel, Told
from attriscope.web.schemas import Event
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router

router = strict_router("/events", "events")


class EventPayload(RootModel[Event]):
    """What stands in `data`; its `type` is the event's name."""


async def _channel(services: ServicesDep, session: SessionDep) -> Channel[Told]:
    channel = services.hub.channel(session)
    most = services.settings.max_streams
    if channel.listeners >= most:
        message = f"This session has {channel.listeners} event streams open; it may have {most}."
        raise busy(429, "too_many_streams", message, retry_after=5, limit=most)
    return channel


@router.get("", response_class=EventSourceResponse, responses={200: {"model": EventPayload}})
async def stream_events(
    channel: Annotated[Channel[Told], Depends(_channel)],
    services: ServicesDep,
    session: SessionDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Events after `Last-Event-ID`; a snapshot first where those are not known."""
    async for name, event in channel.listen(last_event_id, lambda: services.snapshot(session)):
        yield ServerSentEvent(raw_data=event.json, event=event.name, id=name)
