"""The places of those who wait: found for all of them at once, as each depends on all before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from attriscope.jobs.spec import Job


@dataclass(frozen=True)
class Place:
    """position: 1 for the next to start. seconds: of all that comes before; None where none of it is known."""

    position: int
    seconds: float | None


class Line:
    """Jobs that have not ended, in the order of their turns: what runs, then one of each session, and so on.

    active: the jobs by id. seconds: what is left of one; None where its speed is not known.
    """

    def __init__(self, active: Mapping[str, Job], seconds: Callable[[Job], float | None]) -> None:
        self._active, self._seconds = active, seconds
        self._places: dict[str, Place] | None = None
        self._running: set[str] | None = None

    def changed(self) -> None:
        """Jobs have come, started or ended: the places are found anew when somebody asks."""
        self._places = self._running = None

    def advanced(self) -> None:
        """A job has gone on."""
        self._places = None

    def place(self, job: Job) -> Place | None:
        """None for a job that does not wait."""
        if job.state != "queued":
            return None
        if self._places is None:
            self._places = dict(self._find())
        return self._places.get(job.id)

    def sharing(self, job: Job) -> int:
        """How many sessions compute while the job does, its own included."""
        if self._running is None:
            self._running = {job.session for job in self._active.values() if job.state == "running"}
        return len(self._running | {job.session})

    def _find(self) -> list[tuple[str, Place]]:
        turns: Counter[tuple[bool, str]] = Counter()
        ranked = []
        for job in sorted(self._active.values(), key=lambda job: job.number):
            bulk, waits = job.request.priority == "bulk", job.state == "queued"
            ranked.append((bulk, turns[bulk, job.session] if waits else -1, job.number, job))
            turns[bulk, job.session] += waits
        places: list[tuple[str, Place]] = []
        total: float | None = 0.0
        known = False
        for *_, job in sorted(ranked):
            if job.state == "queued":
                places.append((job.id, Place(len(places) + 1, total)))
            if (seconds := self._seconds(job)) is not None:
                total, known = seconds + (total or 0.0), True
            elif not known:
                total = None
        return places
