"""Two workers on two cores against one worker that computes on one thread: independent jobs, in alternating rounds."""

from __future__ import annotations

import os
import statistics
import time

from benchmarks.explorers.cifar10 import has_data
from benchmarks.hosting import Hosting
from benchmarks.table import Table, median

JOBS = 64
"""A round's, of one image each."""
WARM = 1
_STEPS = 400
_POLL = 0.05
_UNWATCHED = 0.75
"""Share of the round before in which nothing is asked."""


class _Side:
    """One server and how many of its rounds were run."""

    def __init__(self, workers: int) -> None:
        # One thread in every worker: a lone one would be given both cores.
        threads = {"ATTRISCOPE_BENCH_THREADS": "1"}
        self.hosting = Hosting(["cifar10"], threads, workers=workers)
        self.model = "ResNet-20" if has_data() else "Small CNN"
        self.steps = 20 if has_data() else _STEPS
        self.rounds: list[float] = []
        deadline = time.monotonic() + 60
        while len(self.hosting.server.worker_pids()) < workers and time.monotonic() < deadline:
            time.sleep(0.1)

    def round(self, number: int) -> float:
        """Jobs a second; each is of an image, target and number of steps that was not asked for before."""
        client = self.hosting.server.client
        began, open_jobs = time.perf_counter(), []
        for job in range(JOBS):
            index, target = divmod(number * JOBS + job, 10)
            request = {
                "explorer": "cifar10", "model": self.model, "samples": [index % 192], "target": target,
                "method": "integrated_gradients", "arguments": {"n_steps": self.steps + index // 192},
            }  # fmt: skip
            open_jobs.append(client.post("/api/jobs", json=request).raise_for_status().json()["id"])
        # Watching costs the processor that the workers want: nobody looks before most of the round is over.
        expected = _UNWATCHED * JOBS / self.rounds[-1] if self.rounds else 0.0
        time.sleep(max(0.0, began + expected - time.perf_counter()))
        while open_jobs:
            # The last one is among the last to end: asking for all would take the processor from the workers.
            job = client.get(f"/api/jobs/{open_jobs[-1]}").raise_for_status().json()
            if job["state"] in ("failed", "cancelled", "interrupted"):
                raise SystemExit(f"A job of the throughput run ended as {job['state']}: {job['error']}")
            if job["state"] == "done":
                open_jobs.pop()
            else:
                time.sleep(_POLL)
        return JOBS / (time.perf_counter() - began)


def measure(table: Table, rounds: int) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    sides = {1: _Side(1), 2: _Side(2)}
    try:
        for number in range(WARM + rounds):
            for side in sides.values():
                rate = side.round(number)
                if number >= WARM:
                    side.rounds.append(rate)
    finally:
        for side in sides.values():
            side.hosting.close()
    table.heading(f"{JOBS} independent jobs a round, {rounds} rounds each in turn, {cores} cores")
    for workers, side in sides.items():
        spread = f"{min(side.rounds):.1f} to {max(side.rounds):.1f}"
        table.add(f"{workers} single-threaded worker{'s' * (workers > 1)}", median(side.rounds), "1/s", note=spread)
    ratio = statistics.median(sides[2].rounds) / statistics.median(sides[1].rounds)
    table.add("two workers by one", ratio, "×", "≥", 1.7)
