"""What the routes work with, and the events that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request

from attriscope.jobs.board import JobBoard
from attriscope.jobs.events import EventHub
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.spec import Item, Job
from attriscope.jobs.store import ResultStore
from attriscope.settings import Settings
from attriscope.web import schemas, views
from attriscope.workers.source import ExplorerSource


class Services:
    """One of each; made before the loop runs, started and closed by the app's lifespan."""

    def __init__(self, sources: Iterable[ExplorerSource], settings: Settings) -> None:
        self.settings = settings
        self.hub: EventHub[schemas.Event] = EventHub()
        self.store = ResultStore(settings.store_folder, settings.store_bytes, settings.memory_bytes)
        hosts = [HostedExplorer(source, settings) for source in sources]
        self.board = JobBoard(hosts, self.store, settings, _Announcer(self))
        for host in hosts:
            self._announce_changes_of(host)

    def start(self) -> None:
        self.store.start()
        for host in self.board.hosts.values():
            host.pool.start()

    async def close(self) -> None:
        self.hub.close()
        await self.board.close()
        await self.store.close()

    def snapshot(self, session: str) -> schemas.SnapshotEvent:
        """All that a page must know to go on without the events before."""
        return schemas.SnapshotEvent(
            explorers=[views.explorer(host) for host in self.board.hosts.values()],
            jobs=[views.job(job, self.board) for job in self.board.jobs(session)],
        )

    def _announce_changes_of(self, host: HostedExplorer) -> None:
        last: list[schemas.ExplorerSummary] = []

        def on_workers() -> None:
            summary = views.explorer(host)
            if last != [summary]:
                last[:] = [summary]
                self.hub.broadcast(schemas.ExplorerEvent(explorer=summary))

        def on_samples() -> None:
            event = schemas.ScanEvent(explorer=host.id, scanned=len(host.table), state=host.scanner.state)
            self.hub.broadcast_latest(f"scan {host.id}", event)

        host.pool.listen(on_workers)
        host.listen(on_samples)


class _Announcer:
    """Sends what happens to a job to its session."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def job(self, job: Job) -> None:
        channel = self._services.hub.channel(job.session)
        if job.terminal:
            channel.forget(job.id)
        channel.publish(schemas.JobEvent(job=views.job(job, self._services.board)))

    def item(self, job: Job, item: Item) -> None:
        self._services.hub.channel(job.session).publish(schemas.ItemEvent(job=job.id, item=views.item(item)))

    def progress(self, job: Job) -> None:
        eta = self._services.board.eta(job)
        event = schemas.ProgressEvent(job=job.id, done=job.done, total=job.total, eta_seconds=eta)
        self._services.hub.channel(job.session).publish_latest(job.id, event)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _session(request: Request) -> str:
    session: str = request.state.session
    return session


ServicesDep = Annotated[Services, Depends(_services)]
SessionDep = Annotated[str, Depends(_session)]
