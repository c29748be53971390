"""The server under load: ``python -m benchmarks.server [--minutes 5] [--sessions 50] [--throughput] [--json FILE]``.

A real `attriscope serve` on loopback with scenes and CIFAR-10. Fifty sessions, each with its own cookie, event stream
and connections, are driven by a process of their own (`benchmarks.load`, without torch). Seven kinds of requests with
arguments that vary; about one in seven was made before. In this order:

1. *Idle*: what queue, process hop and stream add to a job; how soon something stored is answered
   (`benchmarks.overhead`).
2. *Warm-up*, not counted: two jobs open in every session.
3. *Load*, four fifths of the minutes: requests come at random (exponential gaps), at twice the warm-up's pace,
   and every session looks at samples, pictures, jobs and results beside, once a second on average.
4. *Fairness*, one fifth: every session keeps two jobs open and gets the same settings in the same order, each for
   samples and targets of its own that nobody has asked for. So a session's jobs that end in that time are its work,
   and the bound is for the fewest of them by the mean. (Beside it the work on paper: the sum over them of
   (forward + 2·backward passes) × the seconds of the model's forward pass; one long job more or less shows in it.)

How to read the table: a row with a sign is a promise, and `MISSED` makes the exit status 1; the others explain. Counts
of what must never happen show their first example. *Waiting* is how many accepted jobs no worker had begun, asked
twenty times a second: where it never falls to 0 the workers were saturated, and the latencies beside it are those of a
busy server. Streams are dropped and taken up again by their last id at random, every 20 s on average; ids must rise,
and a job must end exactly once whatever was dropped: on the stream, and at `GET /api/jobs/{id}`.

``--throughput`` is apart from that: two workers on two cores against one worker that computes on one thread, on
independent jobs of one image; two servers in alternating rounds, the ratio of the medians.
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Any

from benchmarks import overhead, promises, throughput
from benchmarks.hosting import Hosting
from benchmarks.load import Phase
from benchmarks.machine import facts
from benchmarks.mix import Host
from benchmarks.table import Table, median, percentile

EXPLORERS = ("scenes", "cifar10")
SETTLE = 3.0
"""Seconds at the load's start in which the queue fills."""
RSS_BOUND = 120e6


def work(job: dict[str, Any], hosts: list[Host]) -> float:
    """Seconds that the job's samples take on paper."""
    host = next(host for host in hosts if host.id == job["explorer"])
    done = sum(state == "done" for state, _ in job["items"])
    return done * (job["cost"]["forward"] + 2 * job["cost"]["backward"]) * host.seconds[job["model"]]


def fairness(table: Table, found: dict[str, Any], hosts: list[Host], sessions: int) -> None:
    began, ended = found["spans"]["fairness"]
    shares = dict.fromkeys(range(sessions), 0.0)
    counts = dict.fromkeys(range(sessions), 0)
    for job in found["jobs"]:
        if job["phase"] == "fairness" and job["ended"] and began <= job["ended"] <= ended:
            shares[job["session"]] += work(job, hosts)
            counts[job["session"]] += 1
    mean = sum(shares.values()) / sessions
    jobs = sorted(counts.values())
    table.heading(f"Fairness: {sum(jobs)} jobs of equal sequences in {ended - began:.0f} s")
    fewest, note = jobs[0] * sessions / max(1, sum(jobs)), f"{jobs[0]} to {jobs[-1]} jobs a session"
    table.add("slowest session's jobs by the mean", fewest, "", "≥", 0.7, note)
    table.add("  its work on paper by the mean", min(shares.values()) / mean if mean else math.nan, "")


def loaded(table: Table, found: dict[str, Any], used: float) -> None:
    began, ended = found["spans"]["load"]
    jobs = [job for job in found["jobs"] if job["phase"] == "load"]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    table.heading(f"Load of {ended - began:.0f} s: random arrivals, {len(jobs)} jobs")
    waiting = promises.within(found, "load", "waiting", SETTLE)
    note = f"median {median(waiting):.0f}: the workers were saturated throughout" if min(waiting, default=0) else ""
    table.add("waiting jobs, least", min(waiting, default=0), "", "≥", 1, note)
    table.add("workers' share of all cores", used / (ended - began) / cores, "", note="their processor time")
    table.add("jobs ended a second", len([job for job in jobs if job["ended"]]) / (ended - began), "1/s")
    promises.latencies(table, found, "load", 100)
    hits = [job["answer"] * 1e3 for job in jobs if job["hit"]]
    note = f"p99 {percentile(hits, 0.99):.0f}, {len(hits) / max(1, len(jobs)):.0%} of jobs"
    table.add("cache hit, POST until answered, median", median(hits), "ms", "<", 10, note)
    waits = [job["ended"] - job["posted"] for job in jobs if job["ended"] and not job["hit"]]
    table.add("other jobs, POST until done, median", median(waits), "s", note=f"p99 {percentile(waits, 0.99):.1f}")


def measure(table: Table, explorers: list[str], minutes: float, sessions: int, seed: int) -> None:
    seconds = 60 * minutes
    phases = [
        Phase("warm-up", "closed", max(4.0, min(20.0, seconds / 10))),
        Phase("load", "poisson", 0.8 * seconds),
        Phase("fairness", "same", 0.2 * seconds),
    ]
    used = {}
    with Hosting(explorers) as hosting:
        overhead.measure(hosting, table, jobs=max(10, min(150, round(30 * minutes))))
        before = hosting.rss
        table.heading(f"{sessions} sessions, {', '.join(explorers)}")

        def on_phase(name: str) -> None:
            used[name] = hosting.worker_seconds()

        found = hosting.load(phases, sessions, on_phase, seed=seed) | {"disturbed": False}
        promises.kept(table, found, hosting)
        loaded(table, found, used["fairness"] - used["load"])
        fairness(table, found, hosting.hosts, sessions)
        table.heading("Afterwards")
        note = f"{before / 1e6:.0f} MB before the load"
        table.add("web process's memory, largest", hosting.rss / 1e6, "MB", "<", RSS_BOUND / 1e6, note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="of load and fairness together")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--explorer", nargs="+", default=list(EXPLORERS), choices=EXPLORERS, help="what is served")
    parser.add_argument("--seed", type=int, default=0, help="of what is asked for and when")
    parser.add_argument("--throughput", action="store_true", help="two workers against one; nothing else")
    parser.add_argument("--rounds", type=int, default=7, help="of --throughput, for each of the two")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    machine, table = facts(), Table()
    if options.throughput:
        throughput.measure(table, options.rounds)
    else:
        measure(table, options.explorer, options.minutes, options.sessions, options.seed)
    raise SystemExit(table.close(machine, options.json))


if __name__ == "__main__":
    main()
