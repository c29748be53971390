"""What happens to jobs and explorers, as events for the sessions that it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attriscope.jobs.events import EventHub, Told
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.partials import Partial
from attriscope.jobs.spec import Item, Job
from attriscope.web import schemas, views

if TYPE_CHECKING:
    from attriscope.web.services import Services


def told(event: schemas.Event) -> Told:
    """The event as it is sent."""
    return Told(event.type, event.model_dump_json())


class Announcer:
    """Sends what happens to a job to its session."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def job(self, job: Job) -> None:
        channel = self._services.hub.channel(job.session)
        if job.terminal:
            for topic in (job.id, _waiting(job), *(_partial(job, item.key) for item in job.items)):
                channel.forget(topic)
        channel.publish(told(schemas.JobEvent(job=views.job(job, self._services.board))))

    def waiting(self, job: Job) -> None:
        """Its place in the queue has changed."""
        event = schemas.JobEvent(job=views.job(job, self._services.board))
        self._services.hub.channel(job.session).publish_latest(_waiting(job), told(event))

    def item(self, job: Job, item: Item) -> None:
        channel = self._services.hub.channel(job.session)
        channel.forget(_waiting(job))
        channel.forget(_partial(job, item.key))
        channel.publish(told(schemas.ItemEvent(job=job.id, item=views.item(item))))

    def progress(self, job: Job) -> None:
        eta = self._services.board.eta(job)
        event = schemas.ProgressEvent(job=job.id, done=job.done, total=job.total, eta_seconds=eta)
        self._services.hub.channel(job.session).publish_latest(job.id, told(event))

    def partial(self, job: Job, item: Item, partial: Partial) -> None:
        info = partial.info
        event = schemas.PartialEvent(job=job.id, sample=item.sample, key=info.key, share=info.share, maps=info.maps)
        self._services.hub.channel(job.session).publish_latest(_partial(job, info.key), told(event))


def announce_changes(host: HostedExplorer, hub: EventHub[Told]) -> None:
    """Tells every session of the explorer's workers and samples."""
    last: list[schemas.ExplorerSummary] = []

    def on_workers() -> None:
        summary = views.explorer(host)
        if last != [summary]:
            last[:] = [summary]
            hub.broadcast(told(schemas.ExplorerEvent(explorer=summary)))

    def on_samples() -> None:
        event = schemas.ScanEvent(explorer=host.id, scanned=len(host.table), state=host.scanner.state)
        hub.broadcast_latest(f"scan {host.id}", told(event))

    host.pool.listen(on_workers)
    host.listen(on_samples)


def _waiting(job: Job) -> str:
    return f"waiting {job.id}"


def _partial(job: Job, key: str | None) -> str:
    return f"partial {job.id} {key}"
