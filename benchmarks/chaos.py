"""The server under load while things break: ``python -m benchmarks.chaos [--minutes 5] [--sessions 50] [--json FILE]``.

The load of `benchmarks.server`, and all the while:

- every 5 s a random worker process is killed (SIGKILL);
- for 20 s in the middle the store can take nothing: it lies on a small file system in memory that is filled to the
  brim (needs the right to mount; without it the store's folders lose their write permission, which binds all but root);
- a third explorer, `flaky`, raises or hangs in 5 % of the calls that explain with it, under a job deadline of 3 s.

Every map that the server called done is kept. Afterwards a second server, of the same files and with an empty store,
on which nothing breaks, is asked for the same maps: each must be within 1e-5 of its largest value, under the same
content key.

How to read the table: as that of `benchmarks.server`. Samples may fail here, and the codes say of what; what may not be
is a job without an end, or with two, or a map that differs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import promises
from benchmarks.hosting import Hosting
from benchmarks.load import Phase
from benchmarks.machine import facts
from benchmarks.table import Table

EXPLORERS = ("scenes", "cifar10", "flaky")
KILL_EVERY = 5.0
STORE_DOWN = 20.0
FAULTS = 0.05
TOLERANCE = 1e-5
STORE_BYTES = 256 << 20
GONE = 5.0
"""Seconds in which a process must have ended."""
SETTINGS = {
    "ATTRISCOPE_JOB_DEADLINE": "3",
    # A worker is lost every few seconds: the pause, which doubles with every loss, would soon be most of the time.
    "ATTRISCOPE_RESPAWN_BACKOFF_MAX": "1",
    "ATTRISCOPE_STORE_BYTES": str(STORE_BYTES // 2),
}

Maps = dict[str, np.ndarray]


class Store:
    """A folder that can be made unwritable for root too."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._filler = folder, folder / "filler"
        mount = ["mount", "-t", "tmpfs", "-o", f"size={STORE_BYTES}", "attriscope-bench", str(folder)]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self.how = "a full file system" if self.mounted else "folders without write permission"

    def block(self) -> None:
        if not self.mounted:
            self._permit(0o500)
            return
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))

    def release(self) -> None:
        if self.mounted:
            self._filler.unlink(missing_ok=True)
        else:
            self._permit(0o700)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", str(self._folder)], check=True)

    def _permit(self, mode: int) -> None:
        for folder in (self._folder, *(path for path in self._folder.rglob("*") if path.is_dir())):
            folder.chmod(mode)


class Chaos:
    """What breaks, on a thread of its own, from `begin` to `end`."""

    def __init__(self, hosting: Hosting, store: Store, faults: Path, seconds: float, seed: int) -> None:
        self._hosting, self._store, self._faults = hosting, store, faults
        self._middle, self._draw = seconds / 2, random.Random(seed)
        self._down = min(STORE_DOWN, seconds / 3)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=task, daemon=True) for task in (self._kill, self._block)]
        self.killed: list[int] = []
        self.workers: set[int] = set()

    def begin(self) -> None:
        self._faults.write_text(str(FAULTS))
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._over.set()
        self._faults.unlink(missing_ok=True)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _kill(self) -> None:
        while not self._over.wait(KILL_EVERY):
            pids = self._hosting.server.worker_pids()
            self.workers.update(pids)
            if pids:
                self.killed.append(self._draw.choice(pids))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.killed[-1], signal.SIGKILL)

    def _block(self) -> None:
        if self._over.wait(max(0.0, self._middle - self._down / 2)):
            return
        self._store.block()
        try:
            self._over.wait(self._down)
        finally:
            self._store.release()


def canonical(hosting: Hosting) -> Maps:
    """A map of every explorer, by the name of the explorer."""
    server, found = hosting.server, {}
    for host in hosting.hosts:
        request = {
            "explorer": host.id, "model": host.models[0], "samples": [7], "target": 3,
            "method": "integrated_gradients", "arguments": {"n_steps": 33},
        }  # fmt: skip
        job = server.finish(server.client.post("/api/jobs", json=request).raise_for_status().json())
        if job["state"] == "done":
            path = f"/api/results/{job['items'][0]['key']}/{host.feature}.npy"
            found[host.id] = np.load(io.BytesIO(server.client.get(path).raise_for_status().content))
    return found


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference as a share of the largest value."""
    if ours.shape != theirs.shape:
        return math.inf
    return float(np.abs(ours - theirs).max()) / max(float(np.abs(theirs).max()), 1e-30)


def agreeing(before: Maps, after: Maps) -> int:
    """How many of the maps are the same within the tolerance."""
    return sum(name in after and apart(after[name], values) <= TOLERANCE for name, values in before.items())


def differences(disturbed: Path, quiet: Path) -> tuple[list[float], int, int]:
    """Of every map of the first folder: the largest difference as a share of the largest value; how many have other
    bytes; how many have no counterpart."""
    found, other, missing = [], 0, 0
    for file in disturbed.glob("*.npy"):
        counterpart = quiet / f"{file.name.partition('.')[0]}.npy"
        if not counterpart.exists():
            missing += 1
            continue
        ours, theirs = np.load(file), np.load(counterpart)
        other += not np.array_equal(ours, theirs)
        found.append(apart(ours, theirs))
    return found, other, missing


def leftovers(table: Table, hosting: Hosting, workers: set[int]) -> None:
    """What is still there when every session has gone, and when the server has."""
    server = hosting.server
    server.client.close()
    deadline = time.monotonic() + GONE
    while hosting.connections() and time.monotonic() < deadline:
        time.sleep(0.1)
    table.add("connections left, streams among them", hosting.connections(), "", "=", 0)
    pids = workers | set(server.worker_pids())
    hosting.stop()
    table.add("exit status after Ctrl-C", server.process.returncode, "", "=", 130)
    try:
        server.wait_gone(list(pids), GONE)
    except AssertionError as left:
        table.add("worker processes left", 1, "", "=", 0, left)
    else:
        table.add("worker processes left", 0, "", "=", 0, f"{len(pids)} were seen")
    left = sorted(str(path.relative_to(hosting.temporary)) for path in hosting.temporary.rglob("*"))
    table.add("temporary files left", len(left), "", "=", 0, ", ".join(left[:3]))
    partial = [path.name for path in hosting.store.rglob("temporary/*")]
    table.add("unfinished files in the store", len(partial), "", "=", 0, ", ".join(partial[:3]))


def disturbed(table: Table, options: argparse.Namespace, folder: Path) -> Maps:
    """The load with chaos; maps go to `folder`. The canonical maps of before."""
    seconds, faults = 60 * options.minutes, folder / "faults"
    phases = [Phase("warm-up", "closed", max(4.0, min(20.0, seconds / 10))), Phase("chaos", "poisson", seconds)]
    with contextlib.ExitStack() as stack:
        hosting = stack.enter_context(
            Hosting(options.explorer, {**SETTINGS, "ATTRISCOPE_BENCH_FAULTS": str(faults)}, mount=Store)
        )
        assert isinstance(hosting.mounted, Store)
        before, boot = canonical(hosting), hosting.process.create_time()
        chaos = Chaos(hosting, hosting.mounted, faults, seconds, options.seed)
        stack.callback(chaos.end)

        def on_phase(name: str) -> None:
            if name == "chaos":
                chaos.begin()
            elif name == "after chaos":
                chaos.end()

        maps = str(folder)
        found = hosting.load(
            phases, options.sessions, on_phase, seed=options.seed, maps=maps, recovering=True, resume=10.0
        )
        table.heading(f"{options.sessions} sessions, {', '.join(options.explorer)}, {seconds:.0f} s of chaos")
        table.add("workers killed", len(chaos.killed), "", "≥", 1)
        table.add("store unwritable for", min(STORE_DOWN, seconds / 3), "s", note=hosting.mounted.how)
        warned = hosting.warnings("store")
        table.add("  warnings of the store", len(warned), "", note=warned[0] if warned else "")
        if "flaky" in options.explorer:
            told = faults.with_suffix(".told")
            count = len(told.read_text().splitlines()) if told.exists() else 0
            table.add("calls of the flaky model that raised or hung", count, "", "≥", 1)
        promises.kept(table, found | {"disturbed": True}, hosting)
        promises.latencies(table, found, "chaos", None)
        table.heading("Afterwards")
        same = hosting.process.is_running() and hosting.process.create_time() == boot
        table.add("the web process is the same", same, "", "=", 1)
        after = canonical(hosting)
        same = agreeing(before, after)
        table.add("canonical jobs with the same map", same, "", "=", len(options.explorer))
        leftovers(table, hosting, chaos.workers)
    return before


def undisturbed(table: Table, options: argparse.Namespace, folder: Path, before: Maps) -> None:
    """The same maps from a quiet server, and how far the others are from them."""
    quiet = folder / "quiet"
    quiet.mkdir()
    with Hosting(options.explorer) as hosting:
        same = agreeing(before, canonical(hosting))
        replay = Phase("replay", "replay")
        found = hosting.load([replay], 8, maps=str(quiet), replay=str(folder / "requests.jsonl"))
    gaps, other, missing = differences(folder, quiet)
    table.heading(f"{len(gaps) + missing} maps against those of a quiet server")
    table.add("canonical maps as those of before", same, "", "=", len(options.explorer))
    table.add("maps without a counterpart of the same content key", missing, "", "=", 0)
    table.add("maps further than 1e-5 from the undisturbed", sum(not gap <= TOLERANCE for gap in gaps), "", "=", 0)
    table.add("  largest difference by the map's largest value", max(gaps, default=math.nan), "", "≤", TOLERANCE)
    table.add("  maps with other bytes", other, "")
    failed = sum(job["state"] != "done" for job in found["jobs"])
    table.add("jobs of the quiet server that were not done", failed, "", "=", 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--explorer", nargs="+", default=list(EXPLORERS), choices=EXPLORERS, help="what is served")
    parser.add_argument("--seed", type=int, default=0, help="of what is asked for and when")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    machine, table = facts(), Table()
    with tempfile.TemporaryDirectory(prefix="attriscope-chaos-") as folder:
        before = disturbed(table, options, Path(folder))
        undisturbed(table, options, Path(folder), before)
    raise SystemExit(table.close(machine, options.json))


if __name__ == "__main__":
    main()
