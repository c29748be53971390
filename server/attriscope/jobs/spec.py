"""What was asked (a job of a session) and what has to be computed for it (works, one a content key)."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from attriscope.jobs.journal import JobRecord, RecordItem
from attriscope.jobs.speed import units
from attriscope.workers.messages import AttributionRequest, CheckedItem, Cost, ErrorBody

Priority = Literal["interactive", "bulk"]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
_TELLING_SECONDS, _TELLING_SHARE = 1.0, 0.03
_numbers = itertools.count()
TERMINAL: frozenset[JobState] = frozenset({"done", "failed", "cancelled", "interrupted"})


@dataclass(slots=True)
class Item:
    """One sample of a job."""

    sample: int
    target: int | None
    target_name: str | None = None
    key: str | None = None
    state: JobState = "queued"
    error: ErrorBody | None = None
    against: int | None = None
    against_name: str | None = None


@dataclass(eq=False, slots=True)
class Job:
    """One Fetch of one session for one model."""

    session: str
    request: AttributionRequest
    items: list[Item]
    distribution: list[int] = field(default_factory=list)
    """The samples of the dataset that are compared with: by a method like DeepLIFT SHAP, or as baselines."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    number: int = field(default_factory=lambda: next(_numbers))
    """Later jobs have higher numbers."""
    created: float = field(default_factory=time.time)
    state: JobState = "queued"
    cost: Cost = field(default_factory=lambda: Cost(forward=0, backward=0))
    done: int = 0
    begun: float | None = None
    begun_at: int = 0
    """What was done already when it began: results found in the store."""
    dispatched: int = 0
    error: ErrorBody | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """Comparable: what comes first in the queue, as far as the turns of the sessions do not matter."""
        return self.request.priority == "bulk", self.number

    @property
    def checked(self) -> bool:
        """Whether a worker has said that it would run."""
        return self.items[0].key is not None

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def total(self) -> int:
        """Evaluations of the whole job."""
        return self.cost.forward * len(self.items)

    @property
    def finished(self) -> int:
        """Items that will not change any more."""
        return sum(item.state in TERMINAL for item in self.items)

    @property
    def pace(self) -> float | None:
        """Seconds that one evaluation has taken so far; None until the job has run long enough to say."""
        if self.begun is None or self.terminal:
            return None
        elapsed, done = time.monotonic() - self.begun, self.done - self.begun_at
        return elapsed / done if elapsed > _TELLING_SECONDS and done > _TELLING_SHARE * self.total else None

    @property
    def remaining_units(self) -> float:
        share = 1 - self.done / self.total if self.total else 0.0
        return units(self.cost) * len(self.items) * share

    def advance(self, items: float) -> None:
        """Notes that `items` of the job's items are done, a running one counted by its share; never goes back."""
        self.done = min(self.total, max(self.done, round(items * self.cost.forward)))

    def items_of(self, key: str) -> list[Item]:
        return [item for item in self.items if item.key == key and item.state not in TERMINAL]

    def settle(self) -> bool:
        """Ends the job once all its items have ended; whether this changed its state."""
        if self.terminal or any(item.state not in TERMINAL for item in self.items):
            return False
        failed = [item for item in self.items if item.state == "failed"]
        self.state = "failed" if len(failed) == len(self.items) else "done"
        self.error = failed[0].error if self.state == "failed" else None
        self.done = self.total
        return True


def recorded(job: Job) -> JobRecord:
    """What the journal keeps of a job."""
    items = [
        RecordItem(
            sample=item.sample,
            target=item.target,
            target_name=item.target_name,
            key=item.key,
            against=item.against,
            against_name=item.against_name,
        )
        for item in job.items
    ]
    return JobRecord(id=job.id, session=job.session, request=job.request, items=items, created=job.created)


def recalled(record: JobRecord, stored: Collection[str]) -> Job:
    """A job that a server which lives no more has left; what is `stored` of it is done."""
    items = [
        Item(
            item.sample,
            item.target,
            item.target_name,
            item.key,
            "done" if item.key in stored else "interrupted",
            against=item.against,
            against_name=item.against_name,
        )
        for item in record.items
    ]
    state: JobState = "done" if all(item.state == "done" for item in items) else "interrupted"
    return Job(record.session, record.request, items, id=record.id, state=state, created=record.created)


@dataclass(eq=False, slots=True)
class Work:
    """One map to compute, for every job that wants it."""

    item: CheckedItem
    request: AttributionRequest
    cost: Cost
    owner: Job
    jobs: set[Job]
    identity: str
    """Of the worker that made the key (`Slot.identity`): no other may compute it."""
    losses: int = 0
    asked: float = field(default_factory=time.monotonic)
    batch: Batch | None = None

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def place(self) -> tuple[str, str, str]:
        """What may be computed once for several jobs: a key alone does not say which explorer has the sample where."""
        return self.request.explorer, self.identity, self.key


@dataclass(eq=False)
class Batch:
    """Works of one job that a worker computes in one call."""

    works: list[Work]
    opens: Job | None = None
    """The job whose other works wait for these, since they would take part of the cores that these have."""
    base: dict[Job, int] = field(default_factory=dict)

    @property
    def wanted(self) -> bool:
        return any(work.jobs for work in self.works)
