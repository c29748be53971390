"""The workers of one explorer: started when they are needed, all of one mind, ended when they are not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attriscope.jobs.errors import Refused, busy
from attriscope.jobs.placement import Placement
from attriscope.jobs.slot import Slot
from attriscope.metrics import Cause, Metrics
from attriscope.settings import Settings
from attriscope.workers import resources
from attriscope.workers.messages import Description
from attriscope.workers.source import Source

logger = logging.getLogger("attriscope.jobs")


class Pool:
    """No workers until `wake`; then a first one, and further ones beside it once that has shown that loading works.

    All slots of a pool explain the same thing: one that comes back with an edited file has the others follow it.
    waiting: whether there is work for this pool, told by who hands it out.
    """

    def __init__(self, source: Source, settings: Settings, placement: Placement, metrics: Metrics) -> None:
        self.name = source.name
        self.slots: list[Slot] = []
        self.last_used = self.last_worked = time.monotonic()
        self.waiting: Callable[[], bool] = lambda: False
        self._source, self._settings, self._placement, self._metrics = source, settings, placement, metrics
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self._following: set[Slot] = set()
        self._fewer = False
        self._holds = 0
        self._description: Description | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False
        placement.pools.append(self)

    def wake(self) -> None:
        """Starts a first worker where there is none; called by every use."""
        self.last_used = time.monotonic()
        if not self.slots and not self._closed:
            self._placement.make_room(self)
            self._start_one(follows=False)
            self._tell()

    def unload(self) -> None:
        """Ends the workers; the next use starts them again. What they said of the explorer stays."""
        if self.slots:
            self._end_slots("unload")
            self._tell()

    def reload(self) -> None:
        """Starts the workers anew, with the user's file as it is now."""
        self._end_slots("reload")
        self.wake()

    def restart_failed(self) -> None:
        """Loads again what could not be loaded, e.g. after the user has mended the file."""
        for slot in self.slots:
            if slot.state == "failed":
                slot.start()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    @property
    def ready(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.state == "ready"]

    @property
    def idle(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.idle]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps the workers from being unloaded between two questions that belong together."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    @property
    def in_use(self) -> bool:
        """Whether somebody would miss the workers now: they load, compute, answer, or work waits for them."""
        return self._holds > 0 or self.waiting() or any(slot.busy for slot in self.slots)

    @property
    def unused_since(self) -> float:
        """When somebody last asked for the workers or they were last seen at work, on the monotonic clock."""
        return max(self.last_used, self.last_worked)

    @property
    def description(self) -> Description | None:
        """What the last worker to come said of the explorer; kept while all of them are lost."""
        return self._description

    @property
    def files(self) -> frozenset[Path]:
        """The files that the explorer was made of, as its workers found them."""
        return frozenset(path for slot in self.slots for path in slot.files)

    async def ready_slot(self) -> Slot:
        """A slot that answers, an idle one rather than a computing one; starts one where there is none.

        Raises:
            Refused: 503 with the load's error, or after `ready_timeout` seconds without a worker.
        """
        deadline = asyncio.get_running_loop().time() + self._settings.ready_timeout
        self.wake()
        while not self.ready:
            failed = [slot for slot in self.slots if slot.state == "failed"]
            if failed and len(failed) == len(self.slots) and (error := failed[0].error):
                raise Refused(503, error)
            remaining = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                message = "No worker is ready: the model is still loading or its process is being restarted."
                raise busy(503, "no_worker", message, retry_after=2) from None
        return min(self.ready, key=lambda slot: slot.computing)

    async def close(self) -> None:
        self._closed = True
        self._end_slots(None)
        await asyncio.gather(*self._closing)

    def _start_one(self, follows: bool) -> bool:
        """Starts a worker where one belongs; whether there was such a place."""
        device = self._placement.next_device(self)
        if device is None:
            return False
        slot = Slot(self._source, device, resources.cores(), self._settings, self._on_change, self._metrics)
        if follows:
            self._following.add(slot)
        self.slots.append(slot)
        slot.start()
        return True

    def _on_change(self, slot: Slot) -> None:
        if slot not in self.slots:
            return
        if slot.state == "ready":
            self._align(slot)
            if slot in self.slots:
                self._description = slot.description
                if not self._fewer and all(other.state == "ready" for other in self.slots):
                    self._start_one(follows=True)
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        for listener in self._listeners:
            listener()

    def _align(self, slot: Slot) -> None:
        """Has the others load what `slot` has loaded, unless it should have loaded what they have, and cannot."""
        mine, followed = slot.description, slot in self._following
        self._following.discard(slot)
        if mine is None:
            return
        others = {other: said for other in self.ready if (said := other.description) is not None}
        others = {other: said for other, said in others.items() if said.fingerprint != mine.fingerprint}
        if followed and any(said.declaration == mine.declaration for said in others.values()):
            logger.warning("%s loads something else in each process; it gets fewer of them.", self._source.name)
            self._fewer = True
            self.slots.remove(slot)
            self._end(slot)
            return
        for other in others:
            self._following.add(other)
            other.kill("reload")

    def _end_slots(self, cause: Cause | None) -> None:
        slots, self.slots = self.slots, []
        self._following.clear()
        self._fewer = False
        for slot in slots:
            if cause is not None:
                self._metrics.restarted(slot.device, cause)
            self._end(slot)

    def _end(self, slot: Slot) -> None:
        task = asyncio.create_task(slot.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
