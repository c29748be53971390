"""The load generator: many sessions in a process of its own. `Load` starts it; ``python -m benchmarks.load`` is it.

It reads its orders as one line of JSON, says in a line when each phase begins, and ends with its ledger. Phases:

- *closed*: every session keeps two jobs open and asks for the next one at once. Warm-up: tells what the server can do.
- *poisson*: requests come at random moments, twice as many as the warm-up's pace, so that something always waits;
  a session with eight jobs open holds back until one of them has ended.
- *same*: as *closed*, all sessions with the same work in the same order.
- *replay*: the requests of a file, each once.

After each phase every accepted job may end before the next one begins.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.ledger import Ledger
from benchmarks.mix import Host, Mix, Replay, Same
from benchmarks.session import Session, Source

ROOT = Path(__file__).parents[1]
PATIENCE = 180.0
"""Seconds that accepted jobs get to end after a phase."""
OPEN = {"closed": 2, "poisson": 8, "same": 2, "replay": 2}
OVERLOAD = 2.0
LOOKS = 1.0
"""Requests a second that are no jobs, of each session."""
_TICK = 0.05


@dataclass(frozen=True)
class Phase:
    name: str
    kind: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Orders:
    """`resume`: mean seconds between two drops of a session's stream. `maps`: where all maps go. `replay`: what to
    ask for in a phase of that kind, as a ledger wrote it."""

    port: int
    token: str
    hosts: list[Host]
    phases: list[Phase]
    sessions: int
    seed: int = 0
    resume: float = 20.0
    recovering: bool = False
    maps: str | None = None
    replay: str | None = None


class Load:
    """The generator as a child process. `on_phase` is called as each phase begins, on a thread."""

    def __init__(self, orders: Orders, on_phase: Callable[[str], None] = lambda name: None) -> None:
        command = [sys.executable, "-m", "benchmarks.load"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(orders)) + "\n")
        self.process.stdin.close()
        self._on_phase, self._report = on_phase, None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def result(self) -> dict[str, Any]:
        """The ledger, once all is done."""
        self._thread.join()
        if self.process.wait() or self._report is None:
            raise SystemExit(f"The load generator ended with {self.process.returncode}.")
        return self._report

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said = json.loads(line)
            if "phase" in said:
                self._on_phase(said["phase"])
            else:
                self._report = said


class _Generator:
    def __init__(self, orders: dict[str, Any]) -> None:
        self.hosts = [Host(**host) for host in orders.pop("hosts")]
        self.phases = [Phase(**phase) for phase in orders.pop("phases")]
        self.orders = Orders(**orders, hosts=self.hosts, phases=self.phases)
        self.ledger = Ledger(Path(self.orders.maps) if self.orders.maps else None)
        self.sessions: list[Session] = []
        self.mix = Mix(self.hosts, random.Random(self.orders.seed))
        self.pace = 1.0

    async def run(self) -> dict[str, Any]:
        asked, seed = self.orders, self.orders.seed
        for number in range(asked.sessions):
            draw = random.Random(f"{seed} {number}")
            self.sessions.append(
                Session(number, asked.port, asked.token, self.hosts, self.ledger, draw, asked.resume, asked.recovering)
            )
            await self.sessions[-1].start()
        watch = asyncio.create_task(self._watch())
        spans = {}
        for phase in self.phases:
            spans[phase.name] = await self._phase(phase)
        watch.cancel()
        await asyncio.gather(*(session.close() for session in self.sessions))
        return {**self.ledger.report(), "spans": spans}

    async def _phase(self, phase: Phase) -> tuple[float, float]:
        print(json.dumps({"phase": phase.name}), flush=True)
        self.ledger.phase = phase.name
        began = time.perf_counter()
        until = began + (phase.seconds or 3600.0)
        rate = OVERLOAD * self.pace / len(self.sessions) if phase.kind == "poisson" else None
        source = self._source(phase.kind)
        tasks = [session.work(source, until, most=OPEN[phase.kind], rate=rate) for session in self.sessions]
        if phase.kind != "replay":
            tasks += [session.look(until, LOOKS, self.mix) for session in self.sessions]
        await asyncio.gather(*tasks)
        ended = time.perf_counter()
        print(json.dumps({"phase": "after " + phase.name}), flush=True)
        self.ledger.phase = "after " + phase.name
        if phase.kind == "closed":
            done = sum(entry.ended is not None and entry.phase == phase.name for entry in self.ledger.jobs.values())
            self.pace = max(1.0, done / (ended - began))
        while self.ledger.outstanding() and time.perf_counter() < ended + PATIENCE:
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # what the sessions still read of it
        return began, ended

    def _source(self, kind: str) -> Source:
        if kind == "same":
            return Same(self.hosts, len(self.sessions), self.orders.seed)
        if kind == "replay":
            lines = Path(str(self.orders.replay)).read_text().splitlines()
            return Replay(deque(json.loads(line)["request"] for line in lines))
        return self.mix

    async def _watch(self) -> None:
        """Now and then: how many jobs wait, and how late this process itself is."""
        while True:
            due = time.perf_counter() + _TICK
            await asyncio.sleep(_TICK)
            now, jobs = time.perf_counter(), self.ledger.jobs
            queued = sum(jobs[name].state == "queued" for session in self.sessions for name in session.open)
            self.ledger.waiting.append((now, queued))
            self.ledger.lag.append((now, now - due))


def main() -> None:
    generator = _Generator(json.loads(sys.stdin.readline()))
    print(json.dumps(asyncio.run(generator.run())), flush=True)


if __name__ == "__main__":
    main()
