"""The table of jobs: what was asked, by whom, and how far it is. The truth about every job stands here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Protocol

from attriscope.jobs.admission import Admission
from attriscope.jobs.errors import Refused, busy, not_found
from attriscope.jobs.hosted import HostedExplorer, Targets
from attriscope.jobs.journal import Journal
from attriscope.jobs.line import Line
from attriscope.jobs.partials import Partial, Partials
from attriscope.jobs.placement import Placement
from attriscope.jobs.scheduler import Scheduler
from attriscope.jobs.spec import TERMINAL, Item, Job, recalled, recorded
from attriscope.jobs.store import ResultStore
from attriscope.jobs.table import JobTable
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import AttributionRequest, Checked, ErrorBody

logger = logging.getLogger("attriscope.jobs")
_POSITION_SECONDS = 0.5
_POSITION_SECONDS_EACH = 0.005
"""Telling one takes about 0.2 ms: all who wait take a twenty-fifth of the loop's time at most."""
_DRAIN_LOOK = 0.05


class Announcer(Protocol):
    """Who hears of jobs; the web makes events of it."""

    def job(self, job: Job) -> None: ...
    def waiting(self, job: Job) -> None: ...
    def item(self, job: Job, item: Item) -> None: ...
    def progress(self, job: Job) -> None: ...
    def partial(self, job: Job, item: Item, partial: Partial) -> None: ...


class JobBoard:
    """Takes requests, follows their works and tells the announcer what changes."""

    def __init__(
        self,
        hosts: Mapping[str, HostedExplorer],
        placement: Placement,
        store: ResultStore,
        journal: Journal,
        settings: Settings,
        announcer: Announcer,
        metrics: Metrics,
    ) -> None:
        self.hosts, self.store, self.partials = hosts, store, Partials()
        self._placement, self._journal, self._settings = placement, journal, settings
        self._announcer, self._metrics = announcer, metrics
        self.scheduler = Scheduler(hosts, placement, store, settings, self, metrics)
        self.admission = Admission(hosts, store, self.scheduler.queue, placement, settings)
        self._jobs = JobTable()
        self._line = Line(self._jobs.active, self._seconds)
        self._admissions: dict[asyncio.Task[None], Job] = {}
        self._telling: asyncio.TimerHandle | None = None

    def host(self, explorer: str) -> HostedExplorer:
        """Raises Refused (404) for an explorer that is not hosted here."""
        if explorer not in self.hosts:
            raise not_found("explorer", explorer, list(self.hosts))
        return self.hosts[explorer]

    def jobs(self, session: str) -> list[Job]:
        return self._jobs.of(session)

    def get(self, session: str, job_id: str) -> Job:
        """Raises Refused (404) for another session's job, exactly as for one that does not exist."""
        job = self._jobs.get(session, job_id)
        if job is None:
            raise not_found("job", job_id)
        return job

    async def check(self, session: str, request: AttributionRequest) -> tuple[Checked, int, float | None]:
        """The request as it would run, how many of its items are stored, and the seconds the others take.

        Raises Refused (422) with the worker's reason where it would not run.
        """
        host = self.host(request.explorer)
        with host.pool.held():
            await host.pool.ready_slot()
            targets = await host.targets(session, request)
            rows = await host.references(request.method, request.baseline)
            checked, _ = await self.admission.check(host, request, targets, rows)
        stored, seconds = await self.admission.estimate(request, checked)
        self.admission.limit_cost(seconds)
        return checked, stored, seconds

    async def recall(self) -> None:
        """Takes up the jobs that a server which lives no more has left: they are interrupted."""
        records = await self._journal.interrupted()
        stored = await self.admission.stored([item.key for record in records for item in record.items if item.key])
        for record in records:
            self._jobs.end(recalled(record, stored))

    async def submit(self, session: str, request: AttributionRequest) -> Job:
        """A new job; a request that cannot run is refused before anything is queued.

        The check is awaited for `check_timeout` seconds: a worker that cannot answer in time, because the model
        holds the interpreter, say, leaves the job accepted, to run or to fail later with the same error.
        """
        host = self.host(request.explorer)
        unchecked = [job for job in self._jobs.active.values() if not job.checked]
        self.admission.limit_queue(session, len(request.samples), unchecked)
        with host.pool.held():
            await host.pool.ready_slot()
            generation = host.generation
            targets = await host.targets(session, request)
            items = [
                Item(sample, target, against=against)
                for sample, (target, against) in zip(request.samples, targets, strict=True)
            ]
            job = Job(session, request, items, await host.references(request.method, request.baseline))
        admission = asyncio.create_task(self._admit(host, job, targets, generation))
        self._admissions[admission] = job
        admission.add_done_callback(self._admissions.pop)
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
        self.scheduler.drop(job)
        for item in job.items:
            if item.state not in TERMINAL:
                item.state = "cancelled"
        self._end(job)

    def desert(self, session: str) -> None:
        """Cancels what a session waits for whose last page was closed: nobody will see it."""
        for job in [*self.jobs(session), *self._admissions.values()]:
            if job.session == session:
                self.cancel(job)

    # --- how long ----------------------------------------------------------------------------------

    def eta(self, job: Job) -> float | None:
        """Seconds until the job's end, what is asked before it included; None where no speed is known.

        A job that has run for a while goes on as it did: what else keeps the machine busy is in that.
        """
        if (pace := job.pace) is not None:
            return pace * (job.total - job.done)
        own = None if job.terminal else self._seconds(job)
        if own is None:
            return None
        share = self._workers(job) / self._line.sharing(job)
        unfinished = len(job.items) - job.finished
        return own / min(share, max(1, unfinished)) + (self.wait(job) or 0.0)

    def position(self, job: Job) -> int | None:
        """The job's place among those that wait, 1 for the next; None for one that runs or has ended."""
        place = self._line.place(job)
        return None if place is None else place.position

    def wait(self, job: Job) -> float | None:
        """Seconds until a waiting job starts: what comes before it, on as many workers as compute at once."""
        place = self._line.place(job)
        return None if place is None or place.seconds is None else place.seconds / self._workers(job)

    def _workers(self, job: Job) -> int:
        """How many compute the job's explorer at once."""
        return max(1, min(self._placement.all_seats, len(self.hosts[job.request.explorer].pool.slots)))

    def _seconds(self, job: Job) -> float | None:
        if not job.total:
            return None
        speed = self.hosts[job.request.explorer].speed
        return speed.seconds(job.request.model, job.request.pace, job.remaining_units)

    # --- ending ------------------------------------------------------------------------------------

    async def drain(self, seconds: float) -> None:
        """Lets what runs or waits end, for at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._jobs.active or self._admissions:
                    await asyncio.sleep(_DRAIN_LOOK)
        except TimeoutError:
            logger.warning("%d jobs had not ended after %g s.", len(self._jobs.active), seconds)

    async def close(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
        for admission in self._admissions:
            admission.cancel()
        await self.scheduler.close()
        for host in self.hosts.values():
            await host.close()

    # --- the scheduler's watcher -------------------------------------------------------------------

    def started(self, job: Job, keys: list[str]) -> None:
        self._line.changed()
        items = [item for key in keys for item in job.items_of(key)]
        for item in items:
            item.state = "running"
        if job.state == "queued":
            # One event that holds all items, and not one for each.
            job.state, job.begun, job.begun_at = "running", time.monotonic(), job.done
            self._announcer.job(job)
            self._tell_positions()
        else:
            for item in items:
                self._announcer.item(job, item)

    def progressed(self, job: Job) -> None:
        self._line.advanced()
        self._announcer.progress(job)

    def partial(self, jobs: set[Job], partial: Partial) -> None:
        self.partials.put(partial)
        for job in jobs:
            for item in job.items_of(partial.info.key):
                self._announcer.partial(job, item, partial)

    def ended(self, job: Job, key: str, error: ErrorBody | None) -> None:
        self.partials.drop(key)
        self._line.changed()
        for item in job.items_of(key):
            item.state, item.error = ("failed", error) if error else ("done", None)
            self._announcer.item(job, item)
        job.advance(job.finished)
        if job.settle():
            self._end(job)

    # --- taking jobs in ----------------------------------------------------------------------------

    async def _admit(self, host: HostedExplorer, job: Job, targets: list[Targets], generation: int) -> None:
        checked, identity = await self._checked(host, job, targets)
        stored = await self.admission.stored([item.key for item in checked.items])
        if job.terminal:
            return
        if generation != host.generation:
            raise busy(503, "explorer_replaced", "The explorer was loaded anew meanwhile. Fetch again.", retry_after=1)
        self.admission.limit_queue(job.session, len(job.items))
        self.admission.limit_cost(self.admission.seconds(job.request, checked, len(checked.items) - len(stored)))
        job.cost = checked.cost
        job.request = job.request.model_copy(update={"arguments": checked.arguments})
        for item, found in zip(job.items, checked.items, strict=True):
            item.key, item.target, item.target_name = found.key, found.target, found.target_name
            item.against, item.against_name = found.against, found.against_name
            self._metrics.cache(found.key in stored)
            if found.key in stored:
                item.state = "done"
        job.advance(job.finished)
        self._keep(job)
        logger.info("Accepted: %s of %d samples.", job.request.work, len(job.items), extra={"job": job.id})
        if job.settle():
            self._end(job)
        else:
            self._announcer.job(job)
            missing = {item.key: item for item in checked.items if item.key not in stored}
            self.scheduler.want(job, missing.values(), identity)

    async def _checked(self, host: HostedExplorer, job: Job, targets: list[Targets]) -> tuple[Checked, str]:
        """A job that was accepted before its check waits for a worker, and is not failed for want of one."""
        deadline = time.monotonic() + self._settings.job_deadline
        while True:
            try:
                return await self.admission.check(host, job.request, targets, job.distribution)
            except Refused as refused:
                accepted = job.id in self._jobs.active
                if refused.body.code != "no_worker" or not accepted or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)

    def _on_late_admission(self, job: Job, admission: asyncio.Task[None]) -> None:
        error = None if admission.cancelled() else admission.exception()
        if error is None or job.terminal:
            return
        body = error.body if isinstance(error, Refused) else ErrorBody(code="internal", message="The check failed.")
        if not isinstance(error, Refused):
            logger.error("The check failed inside the server.", exc_info=error, extra={"job": job.id})
        for item in job.items:
            item.state, item.error = "failed", body
        if job.settle():
            self._end(job)

    def _keep(self, job: Job) -> None:
        self._jobs.add(job)
        self._line.changed()
        self._journal.opened(recorded(job))

    def _end(self, job: Job) -> None:
        self._jobs.end(job)
        self._line.changed()
        self._journal.ended(job.id)
        # A method that was never checked may be any text.
        self._metrics.job_ended(job.state, job.request.work if job.checked else "unchecked")
        logger.info("%s.", job.state.capitalize(), extra={"job": job.id})
        self._announcer.job(job)
        self._tell_positions()

    def _tell_positions(self) -> None:
        """Tells those who wait their places: twice a second, and less often where there are many to tell."""
        if self._telling is None:
            delay = max(_POSITION_SECONDS, _POSITION_SECONDS_EACH * len(self._jobs.active))
            self._telling = asyncio.get_running_loop().call_later(delay, self._positions_changed)

    def _positions_changed(self) -> None:
        self._telling = None
        for job in list(self._jobs.active.values()):
            if job.state == "queued":
                self._announcer.waiting(job)
