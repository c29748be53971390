"""The table of jobs: what was asked, by whom, and how far it is. The truth about every job stands here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from attriscope.jobs.errors import Refused, busy, not_found
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.scheduler import Scheduler
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.jobs.spec import TERMINAL, Item, Job
from attriscope.jobs.speed import units
from attriscope.jobs.store import ResultStore
from attriscope.settings import Settings
from attriscope.workers.messages import AttributionRequest, Checked, ErrorBody

_MOST_JOBS_KEPT = 256


class Announcer(Protocol):
    """Who hears of jobs; the web makes events of it."""

    def job(self, job: Job) -> None: ...
    def item(self, job: Job, item: Item) -> None: ...
    def progress(self, job: Job) -> None: ...


class JobBoard:
    """Takes requests, follows their works and tells the announcer what changes."""

    def __init__(
        self, hosts: Iterable[HostedExplorer], store: ResultStore, settings: Settings, announcer: Announcer
    ) -> None:
        self.hosts = {host.id: host for host in hosts}
        self.store = store
        self._settings, self._announcer = settings, announcer
        self._schedulers = {name: Scheduler(host, store, settings, self) for name, host in self.hosts.items()}
        self._jobs: dict[str, Job] = {}
        self._admissions: set[asyncio.Task[None]] = set()

    def host(self, explorer: str) -> HostedExplorer:
        """Raises Refused (404) for an explorer that is not hosted here."""
        if explorer not in self.hosts:
            raise not_found("explorer", explorer)
        return self.hosts[explorer]

    def jobs(self, session: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.session == session]

    def get(self, session: str, job_id: str) -> Job:
        """Raises Refused (404) for another session's job, exactly as for one that does not exist."""
        job = self._jobs.get(job_id)
        if job is None or job.session != session:
            raise not_found("job", job_id)
        return job

    async def check(self, request: AttributionRequest) -> Checked:
        """The request as it would run. Raises Refused (422) with the worker's reason where it would not."""
        host = self.host(request.explorer)
        await host.pool.ready_slot()
        targets = await host.targets(request)
        return await self._check(host, request, targets, await host.distribution(request.method))

    async def submit(self, session: str, request: AttributionRequest) -> Job:
        """A new job; a request that cannot run is refused before anything is queued.

        The check is awaited for `check_timeout` seconds: a worker that cannot answer in time, because the model
        holds the interpreter, say, leaves the job accepted, to run or to fail later with the same error.
        """
        host, scheduler = self.host(request.explorer), self._schedulers[request.explorer]
        self._check_queue(scheduler, session, len(request.samples))
        await host.pool.ready_slot()
        targets = await host.targets(request)
        items = [Item(sample, target) for sample, target in zip(request.samples, targets, strict=True)]
        job = Job(session, request, items, await host.distribution(request.method))
        admission = asyncio.create_task(self._admit(host, scheduler, job, targets))
        self._admissions.add(admission)
        admission.add_done_callback(self._admissions.discard)
        done, _ = await asyncio.wait({admission}, timeout=self._settings.check_timeout)
        if done:
            admission.result()
        else:
            self._keep(job)
            admission.add_done_callback(lambda task: self._on_late_admission(job, task))
        return job

    def cancel(self, job: Job) -> None:
        """Cancels what has not ended; a job that has ended stays as it is."""
        if job.terminal:
            return
        job.state = "cancelled"
        self._schedulers[job.request.explorer].drop(job)
        for item in job.items:
            if item.state not in TERMINAL:
                item.state = "cancelled"
        self._announcer.job(job)

    def eta(self, job: Job) -> float | None:
        """Seconds until the job's end, what is asked before it included; None where no speed is known."""
        if job.terminal or not job.total:
            return None
        total = 0.0
        for other in self._jobs.values():
            if other.terminal or other.request.explorer != job.request.explorer:
                continue
            speed = self.host(other.request.explorer).speed
            seconds = speed.seconds(other.request.model, other.request.method, other.remaining_units)
            if other is job or job.state == "queued":
                total += seconds or 0.0
            if other is job:
                return None if seconds is None else total
        return None

    async def estimate(self, request: AttributionRequest, checked: Checked) -> tuple[int, float | None]:
        """How many of the items are stored, and the seconds the others take."""
        known = await self.store.stored(item.key for item in checked.items)
        stored = sum(item.key in known for item in checked.items)
        work = (len(checked.items) - stored) * units(checked.cost)
        return stored, self.host(request.explorer).speed.seconds(request.model, request.method, work)

    async def close(self) -> None:
        for admission in self._admissions:
            admission.cancel()
        for scheduler in self._schedulers.values():
            await scheduler.close()
        for host in self.hosts.values():
            await host.close()

    # --- the scheduler's watcher ---

    def started(self, job: Job, keys: list[str]) -> None:
        items = [item for key in keys for item in job.items_of(key)]
        for item in items:
            item.state = "running"
        if job.state == "queued":
            # One event that holds all items, and not one for each.
            job.state = "running"
            self._announcer.job(job)
        else:
            for item in items:
                self._announcer.item(job, item)

    def progressed(self, job: Job) -> None:
        self._announcer.progress(job)

    def ended(self, job: Job, key: str, error: ErrorBody | None) -> None:
        for item in job.items_of(key):
            item.state, item.error = ("failed", error) if error else ("done", None)
            self._announcer.item(job, item)
        job.advance(job.finished)
        if job.settle():
            self._announcer.job(job)

    # --- admission ---

    async def _check(
        self,
        host: HostedExplorer,
        request: AttributionRequest,
        targets: list[int | None],
        distribution: list[int],
    ) -> Checked:
        items = []
        for sample, target in zip(request.samples, targets, strict=True):
            info = host.table[sample].info
            items.append({"sample": sample, "sha256": info.sha256, "shapes": info.shapes, "target": target})
        rows = [host.table[sample].info.sha256 for sample in distribution]
        body = {"request": request.model_dump(mode="json"), "items": items, "distribution": rows}
        for last in (False, True):
            slot = await host.pool.ready_slot()
            try:
                reply = await slot.call("check", body)
                return Checked.model_validate(reply.body)
            except WorkerError as error:
                raise Refused(422, error.body) from None
            except WorkerLost:
                if last:
                    raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
        raise AssertionError("unreachable")

    async def _admit(self, host: HostedExplorer, scheduler: Scheduler, job: Job, targets: list[int | None]) -> None:
        generation = host.generation
        checked = await self._check(host, job.request, targets, job.distribution)
        stored = await self.store.stored(item.key for item in checked.items)
        # What was finished while the disk was asked.
        stored |= {item.key for item in checked.items if self.store.in_memory(item.key)}
        if job.terminal:
            return
        if generation != host.generation:
            raise busy(503, "explorer_replaced", "The explorer was loaded anew meanwhile. Fetch again.", retry_after=1)
        self._check_queue(scheduler, job.session, len(job.items))
        job.cost = checked.cost
        job.request = job.request.model_copy(update={"arguments": checked.arguments})
        for item, found in zip(job.items, checked.items, strict=True):
            item.key, item.target, item.target_name = found.key, found.target, found.target_name
            if found.key in stored:
                item.state = "done"
        job.advance(job.finished)
        self._keep(job)
        job.settle()
        self._announcer.job(job)
        missing = {item.key: item for item in checked.items if item.key not in stored}
        scheduler.want(job, missing.values())

    def _on_late_admission(self, job: Job, admission: asyncio.Task[None]) -> None:
        error = None if admission.cancelled() else admission.exception()
        if error is None or job.terminal:
            return
        body = error.body if isinstance(error, Refused) else ErrorBody(code="internal", message="The check failed.")
        for item in job.items:
            item.state, item.error = "failed", body
        if job.settle():
            self._announcer.job(job)

    def _check_queue(self, scheduler: Scheduler, session: str, count: int) -> None:
        for most, waiting, status, code, whose in (
            (self._settings.max_queued, scheduler.queue.count(), 503, "queue_full", "The queue"),
            (self._settings.max_queued_per_session, scheduler.queue.count(session), 429, "too_many", "Your queue"),
        ):
            if waiting + count > most:
                message = f"{whose} has {waiting} samples waiting; {count} more would pass its limit of {most}."
                raise busy(status, code, message, retry_after=5, waiting=waiting, limit=most)

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        ended = [old for old in self.jobs(job.session) if old.terminal]
        for old in ended[: max(0, len(ended) - _MOST_JOBS_KEPT)]:
            del self._jobs[old.id]
