"""Whether a request may become a job: a worker's check of it, and the server's limits."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence

from attriscope.jobs.errors import Refused, busy, unprocessable
from attriscope.jobs.hosted import HostedExplorer, Targets
from attriscope.jobs.placement import Placement
from attriscope.jobs.queue import FairQueue
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.jobs.spec import Job
from attriscope.jobs.speed import units
from attriscope.jobs.store import ResultStore
from attriscope.settings import Settings
from attriscope.workers.messages import AttributionRequest, Checked

logger = logging.getLogger("attriscope.jobs")
_MOST_CHECKED = 256
_DISK_SECONDS = 3.0


class Admission:
    """The questions that a request has to pass before anything is queued."""

    def __init__(
        self,
        hosts: Mapping[str, HostedExplorer],
        store: ResultStore,
        queue: FairQueue,
        placement: Placement,
        settings: Settings,
    ) -> None:
        self._hosts, self._store, self._queue = hosts, store, queue
        self._placement, self._settings = placement, settings
        self._checked: dict[tuple[str, str], Checked] = {}

    async def check(
        self,
        host: HostedExplorer,
        request: AttributionRequest,
        targets: list[Targets],
        distribution: list[int],
    ) -> tuple[Checked, str]:
        """What a worker says of the request, and that worker's identity. Asked again, the answer is known.

        Raises Refused: 422 with the worker's reason, 503 where workers are lost while they answer.
        """
        items = []
        for sample, (target, against) in zip(request.samples, targets, strict=True):
            info = host.table[sample].info
            items.append(
                {"sample": sample, "sha256": info.sha256, "shapes": info.shapes, "target": target, "against": against}
            )
        rows = [host.table[sample].info.sha256 for sample in distribution]
        body = {"request": request.model_dump(mode="json"), "items": items, "distribution": rows}
        for last in (False, True):
            slot = await host.pool.ready_slot()
            identity = slot.identity
            # Nothing else goes into a check: a repeated Fetch need not wait for a worker that is busy.
            asked = identity, json.dumps(body)
            if checked := self._checked.get(asked):
                return checked, identity
            try:
                reply = await slot.call("check", body)
                checked = self._checked[asked] = Checked.model_validate(reply.body)
                if len(self._checked) > _MOST_CHECKED:
                    del self._checked[next(iter(self._checked))]
                return checked, identity
            except WorkerError as error:
                raise Refused(422, error.body) from None
            except WorkerLost:
                if last:
                    raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
        raise AssertionError("unreachable")

    async def estimate(self, request: AttributionRequest, checked: Checked) -> tuple[int, float | None]:
        """How many of the items are stored, and the seconds the others take."""
        stored = await self.stored([item.key for item in checked.items])
        found = sum(item.key in stored for item in checked.items)
        return found, self.seconds(request, checked, len(checked.items) - found)

    async def stored(self, keys: Sequence[str]) -> set[str]:
        """The keys whose results are there; what was finished while the disk was asked counts too.

        A disk that does not answer is not waited for: what may be there is computed again.
        """
        try:
            async with asyncio.timeout(_DISK_SECONDS):
                found = await self._store.stored(keys)
        except TimeoutError:
            logger.warning("The store did not answer within %g s.", _DISK_SECONDS)
            found = set()
        return found | {key for key in keys if self._store.in_memory(key)}

    def seconds(self, request: AttributionRequest, checked: Checked, items: int) -> float | None:
        """What `items` of the request take, on all free workers; None while the model's speed is not known."""
        host = self._hosts[request.explorer]
        workers = max(1, min(self._placement.all_seats, len(host.pool.slots), items))
        return host.speed.seconds(request.model, request.pace, items * units(checked.cost) / workers)

    def limit_cost(self, seconds: float | None) -> None:
        """Raises Refused (422) for a request that would take longer than the server allows."""
        limit = self._settings.job_seconds
        if limit is not None and seconds is not None and seconds > limit:
            raise unprocessable(
                "too_costly",
                f"This would take about {seconds:.0f} s; the server's limit is {limit:g} s. "
                "Ask for fewer samples, steps or evaluations.",
                "arguments",
                estimate=seconds,
                limit=limit,
            )

    def limit_queue(self, session: str, count: int, unchecked: Iterable[Job] = ()) -> None:
        """Raises Refused: 503 where the queue is full, 429 where the session's own is.

        unchecked: accepted jobs that are not in the queue yet, as no worker has answered; they count as well.
        """
        coming = [(job.session, len(job.items)) for job in unchecked]
        of_all = self._queue.count() + sum(items for _, items in coming)
        own = self._queue.count(session) + sum(items for whose, items in coming if whose == session)
        for most, waiting, status, code, whose in (
            (self._settings.max_queued, of_all, 503, "queue_full", "The queue"),
            (self._settings.max_queued_per_session, own, 429, "too_many", "Your queue"),
        ):
            if waiting + count > most:
                message = f"{whose} has {waiting} samples waiting; {count} more would pass its limit of {most}."
                raise busy(status, code, message, retry_after=5, waiting=waiting, limit=most)
