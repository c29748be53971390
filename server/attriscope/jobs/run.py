"""One `attribute` call on one worker: sends the works, takes what comes back, and sees to however it ends."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Protocol

from attriscope.jobs.errors import Refused, received
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.partials import Partial
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.jobs.spec import Batch, Job, Work
from attriscope.jobs.speed import units
from attriscope.jobs.store import ResultStore
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody, PartialInfo, ResultInfo
from attriscope.workers.protocol import Array, Frame

if TYPE_CHECKING:
    from attriscope.jobs.scheduler import Scheduler

logger = logging.getLogger("attriscope.jobs")


class Watcher(Protocol):
    """Who is told what happens to a job's works."""

    def started(self, job: Job, keys: list[str]) -> None: ...
    def progressed(self, job: Job) -> None: ...
    def partial(self, jobs: set[Job], partial: Partial) -> None: ...
    def ended(self, job: Job, key: str, error: ErrorBody | None) -> None: ...


class Run:
    """However the call ends, each of its works ends too or waits again."""

    def __init__(
        self,
        host: HostedExplorer,
        slot: Slot,
        batch: Batch,
        scheduler: Scheduler,
        store: ResultStore,
        settings: Settings,
        watcher: Watcher,
        metrics: Metrics,
    ) -> None:
        self.batch = batch
        self._host, self._slot, self._scheduler, self._store = host, slot, scheduler, store
        self._settings, self._watcher, self._metrics = settings, watcher, metrics
        self._call: int | None = None
        self._cancelled = False
        self._results = 0

    def cancel(self) -> bool:
        """Asks the worker to stop; whether this was the first time."""
        if self._call is None or self._cancelled:
            return False
        self._cancelled = True
        self._slot.cancel(self._call)
        return True

    async def execute(self) -> None:
        batch, slot = self.batch, self._slot
        if not batch.wanted:
            return self._fail_rest(ErrorBody(code="cancelled", message="Cancelled."))
        self._announce()
        request, started = batch.works[0].request, time.monotonic()
        # Of the whole batch: those of one that takes longer are tried alone.
        limit = self._settings.job_deadline
        try:
            body, arrays = self._body(), self._inputs()
            async with asyncio.timeout(limit):
                await slot.call("attribute", body, arrays, on_interim=self._on_frame, on_id=self._on_id)
            seconds = time.monotonic() - started
            if self._results == len(batch.works):
                done = self._results * units(batch.works[0].cost)
                self._host.speed.learn(request.model, request.pace, done, seconds, slot.device)
            self._metrics.ran(request.work, seconds, self._results)
            message = "The worker ended without a result for this sample."
            self._fail_rest(ErrorBody(code="no_result", message=message))
        except WorkerLost as lost:
            self._on_loss(lost)
        except WorkerError as error:
            self._fail_rest(error.body)
        except TimeoutError:
            slot.kill("deadline")
            message = f"This took longer than the limit of {limit:g} s and was stopped."
            self._on_deadline(ErrorBody(code="deadline", message=message, params={"limit": limit}))
        except Refused as refused:
            self._on_gone(refused.body)
        except Exception:
            logger.exception("Explaining %s failed inside the server.", [work.key for work in batch.works])
            message = "The server failed; its log has the reason."
            self._fail_rest(ErrorBody(code="internal", message=message))

    def _announce(self) -> None:
        works = self.batch.works
        for work in works:
            for job in work.jobs:
                self.batch.base.setdefault(job, job.finished)
        for job in list(self.batch.base):
            self._watcher.started(job, [work.key for work in works if job in work.jobs])
        logger.info(
            "%d of %s start on %s.", len(works), works[0].request.work, self._slot.device, extra=_about(works[0])
        )

    def _body(self) -> dict[str, object]:
        works = self.batch.works
        request = works[0].request
        return {
            "request": request.model_dump(mode="json"),
            "items": [work.item.model_dump(mode="json") for work in works],
            "distribution": len(works[0].owner.distribution),
            "rows": works[0].owner.distribution,
            "threads": self._slot.threads,
            "partials": self._settings.partial_interval if request.priority == "interactive" else None,
        }

    def _inputs(self) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        samples = [work.item.sample for work in self.batch.works] + self.batch.works[0].owner.distribution
        for position, sample in enumerate(samples):
            arrays.update(self._host.table.inputs(sample, position))
        return arrays

    def _on_id(self, number: int) -> None:
        self._call = number

    def _on_frame(self, frame: Frame) -> None:
        if frame.type == "progress":
            self._on_progress(frame.body["done"] / frame.body["total"] if frame.body["total"] else 1.0)
        elif frame.type == "partial":
            info = PartialInfo.model_validate(frame.body)
            jobs = {job for work in self.batch.works if work.key == info.key for job in work.jobs}
            self._watcher.partial(jobs, Partial(info, dict(frame.arrays)))
        elif frame.type == "result":
            result = ResultInfo.model_validate(frame.body)
            self._store.put(result, frame.arrays)
            self._results += 1
            self._finished(result.key, None)
        elif frame.type == "failed":
            self._finished(frame.body["key"], received(frame.body["error"], self._settings))

    def _finished(self, key: str, error: ErrorBody | None) -> None:
        for work in self._scheduler.unfinished(self.batch):
            if work.key == key:
                self._scheduler.finished(work, error)

    def _on_progress(self, share: float) -> None:
        for job, base in self.batch.base.items():
            if not job.terminal:
                mine = sum(job in work.jobs for work in self.batch.works)
                job.advance(base + share * mine)
                self._watcher.progressed(job)

    def _on_loss(self, lost: WorkerLost) -> None:
        """A worker that we ended ourselves, for a reload or because nobody wanted its work, is no work's fault."""
        guilty = not self._cancelled and not lost.ours
        message = f"The model's process stopped ({lost.cause}). Tried twice. Retry."
        error = ErrorBody(code="worker_lost", message=message, params={"cause": lost.cause})
        for work in self._scheduler.unfinished(self.batch):
            logger.warning("Its worker was lost (%s).", lost.cause, extra=_about(work))
        self._scheduler.lost(self._scheduler.unfinished(self.batch), error, guilty=guilty)

    def _on_gone(self, error: ErrorBody) -> None:
        """A sample that was removed, or made room for others, while this waited: only what it was is lost.

        Its content may be another sample's too, whose job has joined.
        """
        works = self._scheduler.unfinished(self.batch)
        places = {work: self._place(work) for work in works}
        if all(place == work.item.sample for work, place in places.items()):
            # It is a sample that they are compared with.
            self._fail_rest(error)
            return
        for work in reversed(works):
            if (place := places[work]) is None:
                self._scheduler.end(work, error)
            else:
                work.item = work.item.model_copy(update={"sample": place})
                self._scheduler.wait_again(work)

    def _place(self, work: Work) -> int | None:
        """Where the work's sample still is; None where it is gone."""
        of_jobs = [item.sample for job in work.jobs for item in job.items_of(work.key)]
        return next((index for index in (work.item.sample, *of_jobs) if index in self._host.table), None)

    def _on_deadline(self, error: ErrorBody) -> None:
        if len(self.batch.works) > 1:
            self._scheduler.lost(self._scheduler.unfinished(self.batch), error, guilty=True)
        else:
            self._fail_rest(error)

    def _fail_rest(self, error: ErrorBody) -> None:
        for work in reversed(self._scheduler.unfinished(self.batch)):
            if error.code == "cancelled" and work.jobs:
                # Somebody asked for it after its cancellation was sent.
                self._scheduler.wait_again(work)
            else:
                self._scheduler.end(work, error)


def _about(work: Work) -> dict[str, str]:
    return {"job": work.owner.id}
