"""What every load must show, disturbed or not: jobs neither lost nor doubled, streams without faults, no errors."""

from __future__ import annotations

from collections import Counter
from typing import Any

from benchmarks.hosting import Hosting
from benchmarks.table import Table, median, percentile

JOBS = {
    "job never ended": "accepted jobs that never ended",
    "job ended twice": "jobs with two terminal events",
    "item ended twice": "samples with two terminal events",
    "job accepted twice": "jobs accepted twice under one id",
    "job that nobody asked for": "jobs on a stream that no reply named",
    "job ended before its items": "jobs that ended before their samples",
    "item ended after its job": "samples that ended after their job",
    "job differs from its last event": "jobs whose GET differs from their last event",
}
STREAMS = {
    "event twice": "events whose id did not rise",
    "stream of another name": "streams that changed their name (another process)",
    "fresh stream without a snapshot": "fresh streams without a snapshot",
    "stream ended by the server": "streams that the server ended",
    "stream broke": "streams that broke",
    "connection broke": "requests whose connection broke",
}
ERRORS = {
    "server error (5xx)": "5xx but for deliberate 503",
    "refused without need (4xx)": "4xx but for deliberate 429",
}


def kept(table: Table, found: dict[str, Any], hosting: Hosting) -> None:
    """Rows that must be zero, with the first example of each that is not."""
    jobs, violations, examples = found["jobs"], found["violations"], found["examples"]
    states = Counter(job["state"] for job in jobs)
    reasons = Counter(code for job in jobs for state, code in job["items"] if state != "done")
    table.add("jobs accepted", len(jobs), "", "≥", 1, ", ".join(f"{n} {state}" for state, n in states.items()))
    table.add("  samples explained", sum(state == "done" for job in jobs for state, _ in job["items"]), "", "≥", 1)
    for code, count in reasons.most_common():
        table.add(f"  samples that ended with {code}", count, "")
    for promises in (JOBS, STREAMS, ERRORS):
        for promise, name in promises.items():
            example = examples.get(promise, [""])[0]
            table.add(name, violations.get(promise, 0), "", "=", 0, example and f"e.g. {example}")
    table.add("streams dropped and taken up again", found["resumed"], "")
    table.add("  of which got a snapshot instead of what they missed", found["snapshots"], "")
    for code, count in found["refused"].items():
        table.add(f"answers {code}", count, "")
    complaints = hosting.complaints()
    table.add(
        "errors in the server's log",
        len(complaints),
        "",
        None if found["disturbed"] else "=",
        0,
        complaints[0] if complaints else "",
    )


def within(found: dict[str, Any], phase: str, series: str, settle: float = 0.0) -> list[float]:
    """The values of a timed series in a phase, but for its first seconds."""
    began, ended = found["spans"][phase]
    return [value for moment, value in found[series] if began + settle <= moment <= ended]


def latencies(table: Table, found: dict[str, Any], phase: str, bound: float | None) -> None:
    """Milliseconds of every call that is no job, as the client saw them."""
    kinds: dict[str, list[float]] = {}
    for at, kind, seconds in found["calls"]:
        if at == phase:
            kinds.setdefault(kind, []).append(seconds * 1e3)
    asked = kinds.pop("ask", [])
    every = [value for values in kinds.values() for value in values]
    sign = None if bound is None else "≤"
    table.add("API calls that are no jobs, p99", percentile(every, 0.99), "ms", sign, bound, f"{len(every)} calls")
    for kind, values in sorted(kinds.items()):
        note = f"median {median(values):.1f}, largest {max(values):.0f}, {len(values)} calls"
        table.add(f"  {kind}, p99", percentile(values, 0.99), "ms", note=note)
    table.add("  POST /api/jobs, p99 (a job)", percentile(asked, 0.99), "ms", note=f"median {median(asked):.1f}")
    lag = [value * 1e3 for value in within(found, phase, "lag")]
    table.add("  the generator's own lag, p99", percentile(lag, 0.99), "ms", note="is part of the above")
