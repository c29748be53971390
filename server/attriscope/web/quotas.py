"""How much one visitor may ask for in a minute, so that nobody uses the server up for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_REQUESTS_PER_JOB = 100
"""Requests of any kind that go with a job: showing 64 maps takes nearly two hundred."""
_CHECK_COST = 10
_SESSIONS_PER_CLIENT = 10
"""A classroom shares an address; who opens session after session shares one too."""
_MOST_KEPT = 10_000


@dataclass
class _Bucket:
    level: float
    filled: float


class _Rate:
    """Token buckets by key: `per_minute` at once, refilled evenly over a minute."""

    def __init__(self, per_minute: float, clock: Callable[[], float]) -> None:
        self._most, self._clock = per_minute, clock
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, key: str, cost: float) -> float:
        """Seconds until `key` may spend `cost`; 0 for at once."""
        return max(0.0, (cost - self._bucket(key).level) * 60 / self._most)

    def spend(self, key: str, cost: float) -> None:
        self._bucket(key).level -= cost

    def _bucket(self, key: str) -> _Bucket:
        now = self._clock()
        if key not in self._buckets:
            self._prune(now)
            self._buckets[key] = _Bucket(self._most, now)
        bucket = self._buckets[key]
        bucket.level = min(self._most, bucket.level + (now - bucket.filled) * self._most / 60)
        bucket.filled = now
        return bucket

    def _prune(self, now: float) -> None:
        """Forgets who has been away for a minute: their buckets are full again."""
        if len(self._buckets) >= _MOST_KEPT:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if now < bucket.filled + 60}


class Quotas:
    """Jobs a minute of a session, and of a client over all its sessions; other requests are bounded far above.

    A client is the holder of a token, or an address where there is none.
    """

    def __init__(self, jobs_per_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.jobs_per_minute = jobs_per_minute
        most = jobs_per_minute or 1
        self._jobs = _Rate(most, clock), _Rate(_SESSIONS_PER_CLIENT * most, clock)
        requests = _REQUESTS_PER_JOB * most
        self._requests = _Rate(requests, clock), _Rate(_SESSIONS_PER_CLIENT * requests, clock)

    def wait(self, method: str, path: str, session: str, client: str) -> float:
        """Seconds that this request comes too early; 0 for one that may go on, which is counted then."""
        if self.jobs_per_minute is None:
            return 0.0
        is_job = method == "POST" and (path == "/api/jobs" or path.endswith(("/samples", "/edits")))
        looks = method == "POST" and (path == "/api/jobs/check" or path.endswith("/edits/predictions"))
        cost = _CHECK_COST if looks else 1
        spent = [(self._requests[0], session, cost), (self._requests[1], client, cost)]
        if is_job:
            spent += [(self._jobs[0], session, 1), (self._jobs[1], client, 1)]
        wait = max(rate.wait(key, cost) for rate, key, cost in spent)
        if wait == 0:
            for rate, key, cost in spent:
                rate.spend(key, cost)
        return wait
