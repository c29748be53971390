"""The workers of one explorer, one slot a device, and what they say it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from attriscope.jobs.errors import Refused, busy
from attriscope.jobs.slot import Slot
from attriscope.settings import Settings
from attriscope.workers import devices
from attriscope.workers.messages import Description
from attriscope.workers.source import ExplorerSource


class Pool:
    """Starts a slot for each device and tells listeners when one of them changes."""

    def __init__(self, source: ExplorerSource, settings: Settings) -> None:
        names = devices.resolve(settings.devices)
        threads = max(1, (os.cpu_count() or 1) // len(names))
        self._settings = settings
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self.slots = [Slot(source, name, threads, settings, self._on_change) for name in names]

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
    def description(self) -> Description | None:
        """What a worker said of the explorer; kept while all of them are lost."""
        return next((slot.description for slot in self.slots if slot.description), None)

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

    async def close(self) -> None:
        await asyncio.gather(*(slot.close() for slot in self.slots))

    def _on_change(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        for listener in self._listeners:
            listener()
