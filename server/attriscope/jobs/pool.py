"""The workers of one explorer, some slots a device, and what they say it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from attriscope.jobs.errors import Refused, busy
from attriscope.jobs.slot import Slot
from attriscope.settings import Settings
from attriscope.workers import devices, resources
from attriscope.workers.messages import Description
from attriscope.workers.source import ExplorerSource

logger = logging.getLogger("attriscope.jobs")
_CPU_WORKERS = 2
"""A Fetch of small chunks leaves a second core idle that a second process uses: 29 ms where one took 43 ms."""


class Pool:
    """Starts a slot for each device, then more beside the first ones, and tells listeners when one of them changes.

    All slots of a pool explain the same thing: one that comes back with an edited file has the others follow it.
    """

    def __init__(self, source: ExplorerSource, settings: Settings) -> None:
        self._source, self._settings = source, settings
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self._following: set[Slot] = set()
        self._description: Description | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self.slots = [self._slot(name) for name in devices.resolve(settings.devices)]

    def start(self) -> None:
        for slot in self.slots:
            slot.start()

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

    @property
    def description(self) -> Description | None:
        """What the last worker to come said of the explorer; kept while all of them are lost."""
        return self._description

    async def ready_slot(self) -> Slot:
        """A slot that answers, an idle one rather than a computing one.

        Raises:
            Refused: 503 with the load's error, or after `ready_timeout` seconds without a worker.
        """
        deadline = asyncio.get_running_loop().time() + self._settings.ready_timeout
        while not self.ready:
            if all(slot.state == "failed" for slot in self.slots) and (error := self.slots[0].error):
                raise Refused(503, error)
            remaining = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                message = "No worker is ready: the model is still loading or its process is being restarted."
                raise busy(503, "no_worker", message, retry_after=2) from None
        return min(self.ready, key=lambda slot: slot.computing)

    def share_cores(self, started: list[Slot]) -> None:
        """Gives slots that are about to compute a share each: more threads than cores would hinder each other."""
        computing = sum(slot.computing for slot in self.slots)
        for slot in started:
            slot.threads = max(1, resources.cores() // max(computing, 1))

    async def close(self) -> None:
        await asyncio.gather(*(slot.close() for slot in self.slots), *self._closing)

    def _slot(self, device: str) -> Slot:
        return Slot(self._source, device, resources.cores(), self._settings, self._on_change)

    def _on_change(self, slot: Slot) -> None:
        if slot.state == "ready" and slot in self.slots:
            self._align(slot)
            if slot in self.slots:
                self._description = slot.description
                self._widen(slot)
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
            self.slots.remove(slot)
            task = asyncio.create_task(slot.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            return
        for other in others:
            self._following.add(other)
            other.kill()

    def _widen(self, slot: Slot) -> None:
        """Starts the device's further slots, once the first has shown that loading works and what it takes."""
        beside = [other for other in self.slots if other.device == slot.device]
        wanted = self._settings.workers_per_device
        if wanted is None:
            fits = slot.pid is not None and resources.available_memory() > 2 * resources.resident_memory(slot.pid)
            wanted = min(_CPU_WORKERS, resources.cores()) if slot.device == "cpu" and fits else 1
        for _ in range(len(beside), wanted):
            further = self._slot(slot.device)
            self._following.add(further)
            self.slots.append(further)
            further.start()
