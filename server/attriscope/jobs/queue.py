"""Works that wait, one queue a session; sessions take turns."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from attriscope.jobs.spec import Work


class FairQueue:
    """Round-robin between sessions, first in first out within one."""

    def __init__(self, max_batch: int, at_once: Callable[[Work], int] = lambda work: 1) -> None:
        """`at_once` tells how many works like this one take no longer than a glance."""
        self._queues: OrderedDict[str, deque[Work]] = OrderedDict()
        self._max_batch, self._at_once = max_batch, at_once

    def count(self, session: str | None = None) -> int:
        """Works waiting, of all sessions or of one."""
        if session is not None:
            return len(self._queues.get(session, ()))
        return sum(len(queue) for queue in self._queues.values())

    def add(self, work: Work) -> None:
        self._queues.setdefault(work.owner.session, deque()).append(work)

    def add_first(self, work: Work) -> None:
        """Puts back a work whose worker was lost, before everything else of its session."""
        self._queues.setdefault(work.owner.session, deque()).appendleft(work)

    def remove(self, work: Work) -> None:
        queue = self._queues[work.owner.session]
        queue.remove(work)
        if not queue:
            del self._queues[work.owner.session]

    def drain(self) -> list[Work]:
        """Takes everything out."""
        works = [work for queue in self._queues.values() for work in queue]
        self._queues.clear()
        return works

    def next(self, workers: int = 1) -> list[Work]:
        """The next works of the session whose turn it is, all of one job: the first alone, so that something is on
        screen at once, then growing numbers, and never fewer than are done at once; a work that has lost a worker is
        alone, so that it takes no other along. Where `workers` of them are free, each gets its share of what waits.
        """
        if not self._queues:
            return []
        session, queue = self._queues.popitem(last=False)
        works = [queue.popleft()]
        job = works[0].owner
        size = 1 if works[0].losses else min(max(3 * job.dispatched, self._at_once(works[0])), self._max_batch)
        size = min(size, -(-(1 + len(queue)) // workers))
        while queue and len(works) < size and queue[0].owner is job and not queue[0].losses:
            works.append(queue.popleft())
        job.dispatched += len(works)
        if queue:
            self._queues[session] = queue
        return works
