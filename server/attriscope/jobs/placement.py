"""Which device a worker starts and computes on, and whose workers end when memory is short. Knows no torch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from attriscope.settings import Settings
from attriscope.workers import devices, resources

if TYPE_CHECKING:
    from attriscope.jobs.pool import Pool
    from attriscope.jobs.slot import Slot

logger = logging.getLogger("attriscope.jobs")
_CPU_SEATS = 2
"""A Fetch of small chunks leaves a second core idle that a second process uses: 29 ms where one took 43 ms."""
_LOOK_SECONDS = 5.0
_UNKNOWN_WORKER = 512 << 20
"""What a worker is taken to hold until one of its explorer has been seen: torch alone is about half of it."""


class Placement:
    """The devices of a server and the explorers that share them.

    A device has *seats*: as many workers as that compute on it at once, whichever explorers they belong to. Workers
    without a seat hold memory only, and the least recently used explorer's are ended where that is short.

    available and total are of the machine's memory, replaced in tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        available: Callable[[], int] = resources.available_memory,
        total: Callable[[], int] = resources.total_memory,
    ) -> None:
        self.devices = list(dict.fromkeys(devices.resolve(settings.devices)))
        self.pools: list[Pool] = []
        self._settings, self._available, self._total = settings, available, total
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    # --- seats -------------------------------------------------------------------------------------

    def seats(self, device: str) -> int:
        """How many workers may compute on the device at once."""
        if self._settings.workers_per_device is not None:
            return self._settings.workers_per_device
        return min(_CPU_SEATS, resources.cores()) if device == "cpu" else 1

    @property
    def all_seats(self) -> int:
        return sum(self.seats(device) for device in self.devices)

    def free_seats(self, device: str) -> int:
        return self.seats(device) - sum(slot.computing for slot in self._slots(device))

    def usable(self, pool: Pool) -> list[Slot]:
        """The pool's workers that may compute now."""
        return [slot for slot in pool.idle if self.free_seats(slot.device) > 0]

    @staticmethod
    def best(
        slots: Iterable[Slot], model: str, seconds: Callable[[Slot], float | None] = lambda slot: None
    ) -> Slot | None:
        """Where to compute: on the device that has the model, else on the fastest measured, else where most is free.

        seconds: of a unit of this work on the slot's device; None until it has run there.
        """

        def rank(slot: Slot) -> tuple[bool, float, float]:
            memory, measured = slot.memory, seconds(slot)
            there = memory is None or model in memory.models
            return there, -(measured if measured is not None else 0.0), memory.free if memory is not None else 0

        return max(slots, key=rank, default=None)

    def share_cores(self, started: Iterable[Slot]) -> None:
        """Gives slots that are about to compute a share each: more threads than cores would hinder each other.

        What is over soon leaves a core to this process and the page, which take part in it: threads wait for the
        slowest of them.
        """
        computing = sum(slot.computing for slot in self._slots())
        for slot in started:
            slot.threads = max(1, (resources.cores() - slot.brief) // max(computing, 1))

    # --- where workers start -----------------------------------------------------------------------

    def next_device(self, pool: Pool) -> str | None:
        """Where the pool's next worker belongs: one on every device first, then one for every seat; None for nowhere.

        The first of all starts wherever there is most room; further ones only where the machine's memory holds them.
        """
        held = {device: sum(slot.device == device for slot in pool.slots) for device in self.devices}
        open_ones = [device for device in self.devices if held[device] < self.seats(device)]
        if pool.slots and not self._fits(pool):
            explicit = self._settings.workers_per_device is not None
            open_ones = [device for device in open_ones if explicit or held[device] == 0]
        return max(open_ones, key=lambda device: (-held[device], self._room(device)), default=None)

    def make_room(self, pool: Pool) -> None:
        """Before a worker of `pool` starts: ends others' workers, least recently used first, until it fits."""
        coming_free = 0
        while not self._fits(pool, coming_free) and (ended := self.relieve(keep=pool)) is not None:
            # Processes take a moment to end; until then their memory counts as free, or all explorers would go.
            coming_free += ended

    def relieve(self, keep: Pool | None = None, device: str | None = None) -> int | None:
        """Ends the workers of the explorer unused for longest (on `device`); the bytes of memory that they hold.

        None where there was none to end.
        """
        unused = [
            pool
            for pool in self.pools
            if pool is not keep and not pool.in_use and any(device in (None, slot.device) for slot in pool.slots)
        ]
        if not unused:
            return None
        oldest = min(unused, key=lambda pool: pool.unused_since)
        held = sum(resources.resident_memory(slot.pid) for slot in oldest.slots if slot.pid)
        logger.info("Memory is short: the workers of %s end.", oldest.name)
        oldest.unload()
        return held

    def device_memory(self) -> dict[str, tuple[int, int]]:
        """Free and total bytes of every device, as its workers last said; of the machine for the CPU."""
        found = {slot.device: (slot.memory.free, slot.memory.total) for slot in self._slots() if slot.memory}
        if "cpu" in self.devices:
            found["cpu"] = (self._available(), self._total())
        return found

    # --- looking after memory ----------------------------------------------------------------------

    def look(self) -> None:
        """Ends what nobody has used for `idle_unload`, and one explorer's workers where memory is short."""
        now, limit = time.monotonic(), self._settings.idle_unload
        for pool in self.pools:
            if pool.in_use:
                # A long job uses them until its end, not only when it was asked for.
                pool.last_worked = now
            elif limit is not None and pool.slots and now - pool.unused_since > limit:
                logger.info("The workers of %s end: unused for %g s.", pool.name, now - pool.unused_since)
                pool.unload()
        for device, (free, total) in self.device_memory().items():
            if free < self._settings.memory_reserve * total:
                # The explorer used last stays: ending it would only have it loaded again.
                latest = max(self.pools, key=lambda pool: pool.last_used, default=None)
                self.relieve(keep=latest, device=device)

    async def _watch(self) -> None:
        while True:
            limit = self._settings.idle_unload
            await asyncio.sleep(_LOOK_SECONDS if limit is None else min(_LOOK_SECONDS, limit / 4))
            try:
                self.look()
            except Exception:
                logger.exception("Looking after the workers' memory failed.")

    def _fits(self, pool: Pool, coming_free: int = 0) -> bool:
        held = [size for slot in pool.slots if slot.pid and (size := resources.resident_memory(slot.pid))]
        wanted = max(held, default=_UNKNOWN_WORKER)
        # A worker that has only begun holds little of what it will.
        coming = sum(slot.state == "loading" for other in self.pools for slot in other.slots) * _UNKNOWN_WORKER
        return self._available() + coming_free - wanted - coming > self._settings.memory_reserve * self._total()

    def _room(self, device: str) -> tuple[int, int]:
        """Comparable: the fewer workers are there the better, then the more memory is free."""
        free, _ = self.device_memory().get(device, (0, 0))
        return -len(list(self._slots(device))), free

    def _slots(self, device: str | None = None) -> Iterable[Slot]:
        return (slot for pool in self.pools for slot in pool.slots if device in (None, slot.device))
