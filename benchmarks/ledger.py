"""What the load generator writes down: calls, jobs, and whatever breaks a promise."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TERMINAL = ("done", "failed", "cancelled", "interrupted")
_EXAMPLES = 5


@dataclass
class Entry:
    """One job, as its session saw it."""

    phase: str = ""
    session: int = -1
    request: dict[str, Any] = field(default_factory=dict)
    accepted: bool = False
    posted: float = 0.0
    answer: float = 0.0
    """Seconds from sending the POST to its reply."""
    hit: bool = False
    """Whether the reply said done already."""
    state: str = "queued"
    ends: int = 0
    """Terminal events."""
    ended: float | None = None
    final: dict[str, Any] = field(default_factory=dict)
    item_ends: Counter[str] = field(default_factory=Counter)


@dataclass
class Ledger:
    """Of all sessions. `maps`: a folder that every map is kept in, with the request that it is of."""

    maps: Path | None = None
    phase: str = "start"
    jobs: dict[str, Entry] = field(default_factory=dict)
    calls: list[tuple[str, str, float]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    waiting: list[tuple[float, int]] = field(default_factory=list)
    """Moments, and how many accepted jobs no worker had begun."""
    lag: list[tuple[float, float]] = field(default_factory=list)
    """Moments, and by how much this process was late."""
    resumed: int = 0
    snapshots: int = 0
    _kept: set[str] = field(default_factory=set)

    def broken(self, promise: str, example: object = "") -> None:
        self.violations[promise] += 1
        examples = self.examples.setdefault(promise, [])
        if len(examples) < _EXAMPLES:
            examples.append(str(example)[:400])

    def called(self, kind: str, seconds: float) -> None:
        self.calls.append((self.phase, kind, seconds))

    def job(self, name: str) -> Entry:
        return self.jobs.setdefault(name, Entry(phase=self.phase))

    def event(self, job: dict[str, Any]) -> bool:
        """Takes a job's event; whether the job has ended with it."""
        entry = self.job(job["id"])
        if entry.ends:
            self.broken("job ended twice", job["id"])
            entry.ends += 1
            return False
        entry.state = job["state"]
        if job["state"] not in TERMINAL:
            return False
        entry.ends, entry.ended, entry.final = 1, time.perf_counter(), job
        if any(item["state"] not in TERMINAL for item in job["items"]):
            self.broken("job ended before its items", job["id"])
        return True

    def item_event(self, job: str, item: dict[str, Any]) -> None:
        if item["state"] not in TERMINAL:
            return
        entry, name = self.job(job), f"{item['sample']} {item['key']}"
        entry.item_ends[name] += 1
        if entry.item_ends[name] > 1:
            self.broken("item ended twice", f"{job} {name}")
        if entry.ends:
            self.broken("item ended after its job", f"{job} {name}")

    def keep(self, item: dict[str, Any], request: dict[str, Any], content: bytes) -> None:
        """Files a map under its content key; another content under a key that is there already beside it."""
        if self.maps is None:
            return
        name, key = f"{item['key']}.npy", item["key"]
        if key not in self._kept:
            self._kept.add(key)
            (self.maps / name).write_bytes(content)
            with (self.maps / "requests.jsonl").open("a") as file:
                file.write(json.dumps({"key": key, "request": request}) + "\n")
        elif (self.maps / name).read_bytes() != content:
            (self.maps / f"{key}.{self.violations['map with other bytes']}.npy").write_bytes(content)
            self.violations["map with other bytes"] += 1

    def outstanding(self) -> list[str]:
        return [name for name, entry in self.jobs.items() if entry.accepted and not entry.ends]

    def report(self) -> dict[str, Any]:
        for name, entry in self.jobs.items():
            if not entry.accepted:
                self.broken("job that nobody asked for", name)
            elif not entry.ends:
                self.broken("job never ended", f"{name} {entry.state} {entry.request}")
        return {
            "jobs": [
                {
                    "phase": entry.phase,
                    "session": entry.session,
                    "explorer": entry.request.get("explorer"),
                    "model": entry.request.get("model"),
                    "method": entry.request.get("method"),
                    "posted": entry.posted,
                    "answer": entry.answer,
                    "ended": entry.ended,
                    "hit": entry.hit,
                    "state": entry.final.get("state"),
                    "cost": entry.final.get("cost"),
                    "items": [
                        (item["state"], (item["error"] or {}).get("code")) for item in entry.final.get("items", [])
                    ],
                }
                for entry in self.jobs.values()
                if entry.accepted
            ],
            "calls": self.calls,
            "refused": dict(self.refused),
            "violations": dict(self.violations),
            "examples": self.examples,
            "waiting": self.waiting,
            "lag": self.lag,
            "resumed": self.resumed,
            "snapshots": self.snapshots,
        }
