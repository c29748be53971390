"""Works that wait: interactive ones first, sessions in turn, one session's jobs in their order."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from attriscope.jobs.spec import Job, Priority, Work

_Session = OrderedDict[Job, deque[Work]]


class FairQueue:
    """Round-robin between sessions, first in first out within one; bulk work runs where nothing interactive can."""

    def __init__(
        self,
        max_batch: int,
        at_once: Callable[[Work], int] = lambda work: 1,
        in_turn: Callable[[Work], int] | None = None,
    ) -> None:
        """How many works like this one take no longer than a glance, and than others can be expected to wait."""
        self._levels: dict[Priority, OrderedDict[str, _Session]] = {"interactive": OrderedDict(), "bulk": OrderedDict()}
        self._counts: dict[str, int] = {}
        self._max_batch, self._at_once = max_batch, at_once
        self._in_turn = in_turn or (lambda work: max_batch)

    def count(self, session: str | None = None, priority: Priority | None = None) -> int:
        """Works waiting, of all sessions or of one, of every priority or of one."""
        if priority is not None:
            return sum(1 for _ in self._works(priority))
        return sum(self._counts.values()) if session is None else self._counts.get(session, 0)

    def waits_for(self, explorer: str) -> bool:
        """Whether work of this explorer waits."""
        return any(
            job.request.explorer == explorer
            for sessions in self._levels.values()
            for session in sessions.values()
            for job in session
        )

    def add(self, work: Work) -> None:
        self._queue_of(work.owner).append(work)
        self._count(work, 1)

    def add_first(self, work: Work) -> None:
        """Puts back a work whose worker was lost, before everything else of its session."""
        self._queue_of(work.owner).appendleft(work)
        self._levels[work.owner.request.priority][work.owner.session].move_to_end(work.owner, last=False)
        self._count(work, 1)

    def remove(self, work: Work) -> None:
        self._queue_of(work.owner).remove(work)
        self._count(work, -1)
        self._tidy(work.owner)

    def drain(self, explorer: str) -> list[Work]:
        """Takes everything of an explorer out."""
        found = [work for level in self._levels for work in self._works(level) if work.request.explorer == explorer]
        for work in found:
            self.remove(work)
        return found

    def next(self, runnable: Callable[[Job], bool] = lambda job: True, workers: int = 1) -> list[Work]:
        """The next works of the session whose turn it is, all of one job that is `runnable`.

        The first of a job alone, so that something is on screen at once, then growing numbers, never fewer than are
        done at once and never more than fit a turn; a work that has lost a worker is alone, so that it takes no other
        along. Where `workers` of them are free, each gets its share of what waits.
        """
        for sessions in self._levels.values():
            for name, session in sessions.items():
                job = next(filter(runnable, session), None)
                if job is None:
                    continue
                # To the end before tidying, which may take the session out.
                sessions.move_to_end(name)
                return self._take(job, session[job], workers)
        return []

    def _take(self, job: Job, queue: deque[Work], workers: int) -> list[Work]:
        works = [queue.popleft()]
        size = 1 if works[0].losses else max(3 * job.dispatched, self._at_once(works[0]))
        size = min(size, self._max_batch, self._in_turn(works[0]), -(-(1 + len(queue)) // workers))
        while queue and len(works) < size and not queue[0].losses:
            works.append(queue.popleft())
        job.dispatched += len(works)
        for work in works:
            self._count(work, -1)
        self._tidy(job)
        return works

    def _works(self, priority: Priority) -> Iterator[Work]:
        for session in self._levels[priority].values():
            for queue in session.values():
                yield from queue

    def _queue_of(self, job: Job) -> deque[Work]:
        sessions = self._levels[job.request.priority]
        return sessions.setdefault(job.session, OrderedDict()).setdefault(job, deque())

    def _tidy(self, job: Job) -> None:
        sessions = self._levels[job.request.priority]
        if not sessions[job.session][job]:
            del sessions[job.session][job]
        if not sessions[job.session]:
            del sessions[job.session]

    def _count(self, work: Work, change: int) -> None:
        session = work.owner.session
        self._counts[session] = self._counts.get(session, 0) + change
        if not self._counts[session]:
            del self._counts[session]
