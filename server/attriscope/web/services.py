"""What the routes work with: one of each part, started and closed by the app's lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Depends, Request

from attriscope.jobs.board import JobBoard
from attriscope.jobs.events import EventHub, Told
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.journal import Journal
from attriscope.jobs.placement import Placement
from attriscope.jobs.reload import Reloader
from attriscope.jobs.store import ResultStore
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.web import schemas, views
from attriscope.web.announcer import Announcer, announce_changes, told
from attriscope.workers.messages import Notice
from attriscope.workers.source import Source


class Services:
    """Made before the loop runs."""

    def __init__(self, sources: Iterable[Source], settings: Settings) -> None:
        self.settings = settings
        self.draining = False
        self.hub: EventHub[Told] = EventHub(self._deserted, settings.session_grace)
        self.store = ResultStore(settings.store_folder, settings.store_bytes, settings.memory_bytes)
        self.journal = Journal(settings.store_folder)
        self.metrics = Metrics(
            queue=self._queue, workers=self._workers, device_memory=self._device_memory, store=self.store.stats
        )
        self.placement = Placement(settings)
        made = [HostedExplorer(source, settings, self.placement, self.metrics) for source in sources]
        hosts = {host.id: host for host in made}
        self.board = JobBoard(hosts, self.placement, self.store, self.journal, settings, Announcer(self), self.metrics)
        self._reloader = Reloader(made) if settings.reload else None
        for host in made:
            announce_changes(host, self.hub)

    async def start(self) -> None:
        self.store.start()
        self.journal.start()
        self.store.listen(self._on_warning())
        await self.board.recall()
        self.placement.start()
        if self._reloader is not None:
            self._reloader.start()
        # The first explorer is the one that a page opens on; the others start when somebody opens them.
        for host in list(self.board.hosts.values())[:1]:
            host.pool.wake()

    async def drain(self, seconds: float) -> None:
        """Takes no new jobs and lets the others end, for at most `seconds`; pages hear of their results."""
        self.draining = True
        await self.board.drain(seconds)

    async def close(self) -> None:
        self.hub.close()
        if self._reloader is not None:
            await self._reloader.close()
        await self.placement.close()
        await self.board.close()
        await self.journal.close()
        await self.store.close()

    def snapshot(self, session: str) -> Told:
        """All that a page must know to go on without the events before."""
        return told(
            schemas.SnapshotEvent(
                explorers=[views.explorer(host) for host in self.board.hosts.values()],
                warnings=self.warnings,
                jobs=[views.job(job, self.board) for job in self.board.jobs(session)],
            )
        )

    @property
    def warnings(self) -> list[Notice]:
        """What everybody should know of this server now."""
        found = self.store.warning
        return [] if found is None else [Notice(code=found.code, message=found.message, params=found.params)]

    def _on_warning(self) -> Callable[[], None]:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            self.hub.broadcast(told(schemas.WarningsEvent(warnings=self.warnings)))

        def on_store_thread() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell)

        return on_store_thread

    def _deserted(self, session: str) -> None:
        # Scripts with a token share a session, and need no stream.
        if not session.startswith("bearer"):
            self.board.desert(session)

    def _queue(self) -> dict[str, int]:
        queue = self.board.scheduler.queue
        return {"interactive": queue.count(priority="interactive"), "bulk": queue.count(priority="bulk")}

    def _workers(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for host in self.board.hosts.values():
            for slot in host.pool.slots:
                place = slot.device, "computing" if slot.computing else slot.state
                counts[place] = counts.get(place, 0) + 1
        return counts

    def _device_memory(self) -> dict[str, tuple[int, int]]:
        return self.placement.device_memory()


# Coroutines though they wait for nothing: FastAPI has threads call plain functions, and requests would wait for them.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _session(request: Request) -> str:
    session: str = request.state.session
    return session


ServicesDep = Annotated[Services, Depends(_services)]
SessionDep = Annotated[str, Depends(_session)]
