"""Every job the server knows: those that have not ended, and the latest of those that have."""

from __future__ import annotations

from attriscope.jobs.spec import Job

_MOST_ENDED = 64
_MOST_ENDED_OF_ALL = 2048
"""Most sessions never come back; an ended job takes some kilobytes."""


class JobTable:
    """Jobs by session; of those that have ended a bounded number, of one session and of all: the oldest go first."""

    def __init__(self) -> None:
        self.active: dict[str, Job] = {}
        self._sessions: dict[str, dict[str, Job]] = {}
        self._ended: dict[str, Job] = {}

    def of(self, session: str) -> list[Job]:
        return list(self._sessions.get(session, {}).values())

    def get(self, session: str, job_id: str) -> Job | None:
        return self._sessions.get(session, {}).get(job_id)

    def add(self, job: Job) -> None:
        """A job that has not ended; again, it changes nothing."""
        self._sessions.setdefault(job.session, {})[job.id] = self.active[job.id] = job

    def end(self, job: Job) -> None:
        """A job that has ended, known before or not."""
        self._sessions.setdefault(job.session, {})[job.id] = job
        self.active.pop(job.id, None)
        self._ended[job.id] = job
        # In the order of their ends: what was asked first may have ended just now.
        mine = [old for old in self._ended.values() if old.session == job.session]
        if len(mine) > _MOST_ENDED:
            self._forget(mine[0])
        if len(self._ended) > _MOST_ENDED_OF_ALL:
            self._forget(next(iter(self._ended.values())))

    def _forget(self, job: Job) -> None:
        del self._ended[job.id], self._sessions[job.session][job.id]
        if not self._sessions[job.session]:
            del self._sessions[job.session]
