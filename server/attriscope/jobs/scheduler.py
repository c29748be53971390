"""Gives free workers what to do next: whose turn it is, on which worker, in which batch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Mapping
from functools import partial

from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.placement import Placement
from attriscope.jobs.queue import FairQueue
from attriscope.jobs.run import Run, Watcher
from attriscope.jobs.slot import Slot
from attriscope.jobs.spec import Batch, Job, Work
from attriscope.jobs.speed import units
from attriscope.jobs.store import ResultStore
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import CheckedItem, ErrorBody

logger = logging.getLogger("attriscope.jobs")
_AT_ONCE_SECONDS = 0.05
_BRIEF_SECONDS = 0.1
_TURN_SECONDS = 1.0
"""A batch of slow works would keep everybody else waiting for all of them."""
_MOST_LOSSES = 2
_MOST_SUSPECTS = 1000
_REPLACED = ErrorBody(
    code="explorer_replaced", message="The explorer was loaded anew, with another file or data. Fetch again."
)


class Scheduler:
    """Runs the works of all explorers on the workers that have a seat; predictions and explanations take turns."""

    def __init__(
        self,
        hosts: Mapping[str, HostedExplorer],
        placement: Placement,
        store: ResultStore,
        settings: Settings,
        watcher: Watcher,
        metrics: Metrics,
    ) -> None:
        self.queue = FairQueue(
            settings.max_batch,
            lambda work: self._done_within(_AT_ONCE_SECONDS, work),
            lambda work: self._done_within(_TURN_SECONDS, work),
        )
        self._hosts, self._placement, self._settings = hosts, placement, settings
        self._store, self._watcher, self._metrics = store, watcher, metrics
        self._works: dict[tuple[str, str, str], Work] = {}
        self._running: dict[Slot, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._suspects: OrderedDict[str, None] = OrderedDict()
        self._prediction_is_next = True
        self._closed = False
        for host in hosts.values():
            host.pool.waiting = partial(self.queue.waits_for, host.id)
            host.pool.listen(self.dispatch)
            host.listen(self.dispatch)
            host.predictor.drafts.listen(self.dispatch)
            host.listen_replaced(partial(self._abandon, host.id))

    def want(self, job: Job, items: Iterable[CheckedItem], identity: str) -> None:
        """Has the items computed for `job`; one that waits or runs already, for whomever, is joined."""
        for item in items:
            new = Work(item, job.request, job.cost, owner=job, jobs=set(), identity=identity)
            work = self._works.setdefault(new.place, new)
            if work is new:
                # One that has lost two workers gets a single further try, alone.
                work.losses = (_MOST_LOSSES - 1) * (item.key in self._suspects)
                self.queue.add(work)
            work.jobs.add(job)
            if work.batch is None and self._sooner(job, work.owner):
                self._own(work, job)
            elif work.batch is not None:
                work.batch.base.setdefault(job, job.finished)
                self._watcher.started(job, [work.key])
        self.dispatch()

    def drop(self, job: Job) -> None:
        """Ends the interest of `job`: what nobody wants any more never starts, or is stopped."""
        for work in [work for work in self._works.values() if job in work.jobs]:
            work.jobs.discard(job)
            if work.batch is None and work.owner is job and work.jobs:
                self._own(work, min(work.jobs, key=lambda other: other.rank))
            elif work.batch is None and not work.jobs:
                self.queue.remove(work)
                del self._works[work.place]
        for slot, run in self._running.items():
            if not run.batch.wanted and run.cancel():
                asyncio.get_running_loop().call_later(self._settings.cancel_grace, self._kill, slot, run)

    def dispatch(self) -> None:
        """Gives every worker with a seat something to do; without any worker to come, what waits has failed."""
        if self._closed:
            return
        for host in self._hosts.values():
            if error := host.error:
                for work in self.queue.drain(host.id):
                    self.end(work, error)
            if not host.pool.slots and self.queue.waits_for(host.id):
                # Unloaded while the work was being admitted.
                host.pool.wake()
        started: list[tuple[Slot, Coroutine[None, None, None]]] = []
        while task := self._next():
            task[0].computing = True
            started.append(task)
        self._placement.share_cores([slot for slot, _ in started])
        for slot, run in started:
            self._start(slot, run)

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- whose turn it is --------------------------------------------------------------------------

    def _next(self) -> tuple[Slot, Coroutine[None, None, None]] | None:
        turns = [self._predict, self._explain]
        for turn in turns if self._prediction_is_next else reversed(turns):
            if task := turn():
                self._prediction_is_next = turn == self._explain
                return task
        return None

    def _predict(self) -> tuple[Slot, Coroutine[None, None, None]] | None:
        # The explorer that has been used last is the one that somebody looks at.
        for host in sorted(self._hosts.values(), key=lambda host: -host.pool.last_used):
            usable = self._placement.usable(host.pool)
            if usable and (batch := host.predictor.next()):
                slot = self._placement.best(usable, batch.model) or usable[0]
                return slot, host.predictor.run(slot, batch)
        return None

    def _explain(self) -> tuple[Slot, Coroutine[None, None, None]] | None:
        usable = {name: slots for name, host in self._hosts.items() if (slots := self._placement.usable(host.pool))}
        if not usable:
            return None
        free = sum(max(0, self._placement.free_seats(device)) for device in self._placement.devices)
        opened = {run.batch.opens for run in self._running.values()}
        while works := self.queue.next(
            lambda job: job.request.explorer in usable and job not in opened,
            max(1, free),
        ):
            host = self._hosts[works[0].request.explorer]
            slots = [slot for slot in usable[host.id] if slot.identity == works[0].identity]
            if not slots:
                # The workers have loaded something else since this was checked.
                for work in works:
                    self.end(work, _REPLACED)
                continue
            return self._run(host, slots, works)
        return None

    def _run(
        self, host: HostedExplorer, slots: list[Slot], works: list[Work]
    ) -> tuple[Slot, Coroutine[None, None, None]]:
        request = works[0].request
        slot = self._placement.best(
            slots, request.model, lambda slot: host.speed.seconds(request.model, request.pace, 1, slot.device)
        )
        assert slot is not None
        seconds = host.speed.seconds(request.model, request.method, len(works) * units(works[0].cost), slot.device)
        slot.brief = seconds is not None and seconds < _BRIEF_SECONDS
        # Marked before the task's first step: a job cancelled in between must find its works out of the queue.
        batch = Batch(works, works[0].owner if self._opens(works, slot, seconds) else None)
        for work in works:
            work.batch = batch
            self._metrics.waited(request.work, time.monotonic() - work.asked)
        run = Run(host, slot, batch, self, self._store, self._settings, self._watcher, self._metrics)
        self._running[slot] = run
        return slot, run.execute()

    @staticmethod
    def _opens(works: list[Work], slot: Slot, seconds: float | None) -> bool:
        """Whether a job's first map gets all cores: all maps together take as long, and one is on screen sooner.

        Not what is over in a moment anyway, nor what would keep workers idle that others may want.
        """
        first = works[0].owner.dispatched == len(works)
        return first and slot.device == "cpu" and seconds is not None and _BRIEF_SECONDS <= seconds < _TURN_SECONDS

    def _done_within(self, limit: float, work: Work) -> int:
        """How many works like this one take `limit` seconds together, by the speed measured so far; at least one."""
        speed = self._hosts[work.request.explorer].speed
        seconds = speed.seconds(work.request.model, work.request.pace, units(work.cost))
        return max(1, int(limit / seconds)) if seconds else 1

    def _start(self, slot: Slot, work: Coroutine[None, None, None]) -> None:
        async def occupied() -> None:
            try:
                await work
            finally:
                slot.computing = slot.brief = False
                self._running.pop(slot, None)
                self.dispatch()

        task = asyncio.create_task(occupied())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what becomes of works, told by their run --------------------------------------------------

    def lost(self, works: Iterable[Work], error: ErrorBody, *, guilty: bool) -> None:
        """Tries again, each work alone; one that has lost two workers by itself is given up and remembered."""
        for work in reversed(list(works)):
            work.losses += guilty
            if guilty and work.losses >= _MOST_LOSSES:
                self._suspects[work.key] = None
                while len(self._suspects) > _MOST_SUSPECTS:
                    self._suspects.popitem(last=False)
            if work.losses >= _MOST_LOSSES or not work.jobs:
                self.end(work, error)
            else:
                self.wait_again(work)

    def unfinished(self, batch: Batch) -> list[Work]:
        return [work for work in batch.works if self._works.get(work.place) is work]

    def wait_again(self, work: Work) -> None:
        work.batch, work.owner = None, min(work.jobs, key=lambda job: job.rank)
        self.queue.add_first(work)

    def finished(self, work: Work, error: ErrorBody | None) -> None:
        if error is None:
            self._suspects.pop(work.key, None)
        self.end(work, error)

    def end(self, work: Work, error: ErrorBody | None) -> None:
        del self._works[work.place]
        jobs, work.jobs = work.jobs, set()
        for job in jobs:
            self._watcher.ended(job, work.key, error)

    def _sooner(self, job: Job, owner: Job) -> bool:
        """Whether a work waits less in the queue of `job` than in that of its owner."""
        if job.session == owner.session or job.request.priority != owner.request.priority:
            return job.rank < owner.rank
        # Sessions take turns: what counts is how much each has waiting.
        return self.queue.count(job.session) < self.queue.count(owner.session)

    def _own(self, work: Work, job: Job) -> None:
        """Has a waiting work wait in the queue of `job`."""
        self.queue.remove(work)
        work.owner = job
        self.queue.add(work)

    def _abandon(self, explorer: str) -> None:
        """Ends what waits: its content keys are those of a model or sample that is gone."""
        for work in self.queue.drain(explorer):
            self.end(work, _REPLACED)

    def _kill(self, slot: Slot, run: Run) -> None:
        if self._running.get(slot) is run:
            slot.kill("killed")
