"""Gives free workers what to do next, and decides what becomes of work whose worker is lost, late or not wanted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from typing import Protocol

from attriscope.jobs.errors import received
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.queue import FairQueue
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.jobs.spec import Batch, Job, Work
from attriscope.jobs.speed import units
from attriscope.jobs.store import ResultStore
from attriscope.settings import Settings
from attriscope.workers.messages import CheckedItem, ErrorBody, ResultInfo
from attriscope.workers.protocol import Array, Frame

logger = logging.getLogger("attriscope.jobs")
_MOST_LOSSES = 2
_AT_ONCE_SECONDS = 0.05


class Watcher(Protocol):
    """Who is told what happens to a job's works."""

    def started(self, job: Job, keys: list[str]) -> None: ...
    def progressed(self, job: Job) -> None: ...
    def ended(self, job: Job, key: str, error: ErrorBody | None) -> None: ...


class Scheduler:
    """Runs the works of one explorer; predictions and explanations take turns on a worker."""

    def __init__(self, host: HostedExplorer, store: ResultStore, settings: Settings, watcher: Watcher) -> None:
        self.queue = FairQueue(settings.max_batch, self._done_at_once)
        self._host, self._store, self._settings, self._watcher = host, store, settings, watcher
        self._works: dict[str, Work] = {}
        self._running: dict[Slot, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._prediction_is_next = True
        self._closed = False
        host.pool.listen(self.dispatch)
        host.listen(self.dispatch)
        host.listen_replaced(self._abandon)

    def want(self, job: Job, items: Iterable[CheckedItem]) -> None:
        """Has the items computed for `job`; one that waits or runs already, for whomever, is joined."""
        for item in items:
            work = self._works.get(item.key)
            if work is None:
                work = self._works[item.key] = Work(item, job.request, job.cost, owner=job, jobs=set())
                self.queue.add(work)
            work.jobs.add(job)
            if work.batch:
                work.batch.base.setdefault(job, job.finished)
                self._watcher.started(job, [work.key])
        self.dispatch()

    def drop(self, job: Job) -> None:
        """Ends the interest of `job`: what nobody wants any more never starts, or is stopped."""
        for work in [work for work in self._works.values() if job in work.jobs]:
            work.jobs.discard(job)
            if not work.jobs and work.batch is None:
                self.queue.remove(work)
                del self._works[work.key]
        for slot, batch in self._running.items():
            if not batch.wanted and batch.call is not None and not batch.cancelled:
                batch.cancelled = True
                slot.cancel(batch.call)
                asyncio.get_running_loop().call_later(self._settings.cancel_grace, self._kill, slot, batch)

    def dispatch(self) -> None:
        """Gives every idle worker something to do; without any worker to come, what waits has failed."""
        if self._closed:
            return
        if error := self._host.error:
            for work in self.queue.drain():
                self._end(work, error)
        started: list[tuple[Slot, Coroutine[None, None, None]]] = []
        for slot in self._host.pool.idle:
            turns = [self._predict, self._explain]
            for turn in turns if self._prediction_is_next else reversed(turns):
                if task := turn(slot):
                    self._prediction_is_next = turn == self._explain
                    slot.computing = True
                    started.append((slot, task))
                    break
        self._host.pool.share_cores([slot for slot, _ in started])
        for slot, task in started:
            self._start(slot, task)

    def _done_at_once(self, work: Work) -> int:
        """How many works like this one take a twentieth of a second together, by the speed measured so far."""
        seconds = self._host.speed.seconds(work.request.model, work.request.method, units(work.cost))
        return max(1, int(_AT_ONCE_SECONDS / seconds)) if seconds else 1

    async def close(self) -> None:
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, slot: Slot, work: Coroutine[None, None, None]) -> None:
        async def occupied() -> None:
            try:
                await work
            finally:
                slot.computing = False
                self.dispatch()

        task = asyncio.create_task(occupied())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _predict(self, slot: Slot) -> Coroutine[None, None, None] | None:
        batch = self._host.predictor.next()
        return self._host.predictor.run(slot, batch) if batch else None

    def _explain(self, slot: Slot) -> Coroutine[None, None, None] | None:
        works = self.queue.next(len(self._host.pool.idle))
        if not works:
            return None
        # Marked before the task's first step: a job cancelled in between must find its works out of the queue.
        batch = Batch(works)
        for work in works:
            work.batch = batch
        return self._run(slot, batch)

    async def _run(self, slot: Slot, batch: Batch) -> None:
        """One `attribute` call; however it ends, each of its works ends too or waits again."""
        if not batch.wanted:
            return self._fail_rest(batch, ErrorBody(code="cancelled", message="Cancelled."))
        self._running[slot] = batch
        for work in batch.works:
            for job in work.jobs:
                batch.base.setdefault(job, job.finished)
        for job in list(batch.base):
            self._watcher.started(job, [work.key for work in batch.works if job in work.jobs])
        request, started = batch.works[0].request, time.monotonic()
        body = {
            "request": request.model_dump(mode="json"),
            "items": [work.item.model_dump(mode="json") for work in batch.works],
            "distribution": len(batch.works[0].owner.distribution),
            "threads": slot.threads,
        }
        limit = self._settings.job_deadline * len(batch.works)
        try:
            async with asyncio.timeout(limit):
                await slot.call(
                    "attribute",
                    body,
                    self._inputs(batch),
                    on_interim=lambda frame: self._on_frame(batch, frame),
                    on_id=lambda number: setattr(batch, "call", number),
                )
            if batch.results == len(batch.works):
                done = batch.results * units(batch.works[0].cost)
                self._host.speed.learn(request.model, request.method, done, time.monotonic() - started)
            message = "The worker ended without a result for this sample."
            self._fail_rest(batch, ErrorBody(code="no_result", message=message))
        except WorkerLost as lost:
            self._on_loss(batch, lost)
        except WorkerError as error:
            self._fail_rest(batch, error.body)
        except TimeoutError:
            slot.kill()
            message = f"This took longer than the limit of {limit:g} s and was stopped."
            self._fail_rest(batch, ErrorBody(code="deadline", message=message, params={"limit": limit}))
        except Exception:
            logger.exception("Explaining %s failed inside the server.", [work.key for work in batch.works])
            message = "The server failed; its log has the reason."
            self._fail_rest(batch, ErrorBody(code="internal", message=message))
        finally:
            self._running.pop(slot, None)

    def _inputs(self, batch: Batch) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        samples = [work.item.sample for work in batch.works] + batch.works[0].owner.distribution
        for position, sample in enumerate(samples):
            arrays.update(self._host.table.inputs(sample, position))
        return arrays

    def _on_frame(self, batch: Batch, frame: Frame) -> None:
        if frame.type == "progress":
            share = frame.body["done"] / frame.body["total"] if frame.body["total"] else 1.0
            for job, base in batch.base.items():
                if job.terminal:
                    continue
                mine = sum(job in work.jobs for work in batch.works)
                job.advance(base + share * mine)
                self._watcher.progressed(job)
        elif frame.type == "result":
            info = ResultInfo.model_validate(frame.body)
            self._store.put(info, frame.arrays)
            batch.results += 1
            self._end(self._works.get(info.key), None)
        elif frame.type == "failed":
            self._end(self._works.get(frame.body["key"]), received(frame.body["error"], self._settings))

    def _on_loss(self, batch: Batch, lost: WorkerLost) -> None:
        """Tries again, each work alone; one that has lost two workers, but for those we killed, is given up."""
        message = f"The model's process stopped ({lost.cause}). Tried twice. Retry."
        error = ErrorBody(code="worker_lost", message=message, params={"cause": lost.cause})
        for work in reversed(self._unfinished(batch)):
            work.losses += not batch.cancelled
            if work.losses >= _MOST_LOSSES or not work.jobs:
                self._end(work, error)
            else:
                self._wait_again(work)

    def _fail_rest(self, batch: Batch, error: ErrorBody) -> None:
        for work in self._unfinished(batch):
            if error.code == "cancelled" and work.jobs:
                # Somebody asked for it after its cancellation was sent.
                self._wait_again(work)
            else:
                self._end(work, error)

    def _unfinished(self, batch: Batch) -> list[Work]:
        return [work for work in batch.works if self._works.get(work.key) is work]

    def _wait_again(self, work: Work) -> None:
        work.batch, work.owner = None, next(iter(work.jobs))
        self.queue.add_first(work)

    def _end(self, work: Work | None, error: ErrorBody | None) -> None:
        if work is None:
            return
        del self._works[work.key]
        jobs, work.jobs = work.jobs, set()
        for job in jobs:
            self._watcher.ended(job, work.key, error)

    def _abandon(self) -> None:
        """Ends what waits: its content keys are those of a model or sample that is gone."""
        message = "The explorer was loaded anew, with another file or data. Fetch again."
        for work in self.queue.drain():
            self._end(work, ErrorBody(code="explorer_replaced", message=message))

    def _kill(self, slot: Slot, batch: Batch) -> None:
        if self._running.get(slot) is batch:
            slot.kill()
