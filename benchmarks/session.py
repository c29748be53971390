"""One browser of a load: its cookie, its event stream, what it asks for and what it looks at."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchmarks.client import Connection, Reply, log_in, stream
from benchmarks.ledger import TERMINAL, Ledger
from benchmarks.mix import Host

_PATIENCE = 30.0
"""Seconds until a stream must have begun."""
_LOOKS = ("explorers", "explorer", "samples", "sample", "image", "check", "job", "result")
_BACKPRESSURE = ("queue_full", "too_many")
_RECOVERY = ("no_worker", "explorer_replaced")


class Source(Protocol):
    """Where requests come from."""

    def next(self, session: int) -> dict[str, Any] | None: ...


@dataclass
class Session:
    """`resume`: mean seconds until the stream is dropped and taken up again where it was."""

    number: int
    port: int
    token: str
    hosts: list[Host]
    ledger: Ledger
    draw: random.Random
    resume: float
    recovering: bool
    """Whether a 503 of a worker that is being restarted is expected."""
    open: set[str] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    _past: list[dict[str, Any]] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _last: str | None = None

    async def start(self) -> None:
        self._place = await log_in(self.port, self.token)
        self._asking, self._reading, self._looking = (Connection(self._place) for _ in range(3))
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._read())]
        async with asyncio.timeout(_PATIENCE):
            while self._last is None:
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in (self._asking, self._reading, self._looking):
            connection.close()

    # --- asking ---

    async def work(self, source: Source, until: float, *, most: int, rate: float | None) -> None:
        """Asks until the time comes or the source ends: at random moments, `rate` a second, or else at once; never
        with more than `most` jobs open."""
        while time.perf_counter() < until:
            if rate is not None:
                await self._pause(rate, until)
            while len(self.open) >= most and time.perf_counter() < until:
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), 0.5)
                except TimeoutError:
                    continue
            if time.perf_counter() >= until or (request := source.next(self.number)) is None:
                return
            await self.ask(request)

    async def ask(self, request: dict[str, Any]) -> None:
        posted = time.perf_counter()
        reply = await self._call(self._asking, "ask", "POST", "/api/jobs", request)
        if reply is None or reply.status != 201:
            if reply is not None:
                await asyncio.sleep(min(float(reply.headers.get("retry-after", 0.2)), 2.0))
            return
        job = reply.json()
        entry = self.ledger.job(job["id"])
        if entry.accepted:
            self.ledger.broken("job accepted twice", job["id"])
        entry.accepted, entry.session, entry.request, entry.posted = True, self.number, request, posted
        entry.answer, entry.hit, entry.phase = reply.seconds, job["state"] == "done", self.ledger.phase
        if not entry.ends:
            self.open.add(job["id"])

    # --- listening ---

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(1.0 + self.draw.expovariate(1 / self.resume)):
                    async for name, event in stream(self._place, self._last):
                        self._take(name, event)
                self.ledger.broken("stream ended by the server", self.number)
                await asyncio.sleep(0.2)
            except TimeoutError:
                self.ledger.resumed += 1
            except OSError as error:
                self.ledger.broken("stream broke", error)
                await asyncio.sleep(0.2)

    def _take(self, name: str, event: dict[str, Any]) -> None:
        kind = event["type"]
        if self._last is not None:
            boot, _, number = name.rpartition("-")
            old_boot, _, old_number = self._last.rpartition("-")
            if boot != old_boot:
                self.ledger.broken("stream of another name", f"{self._last} → {name}")
            elif int(number) <= int(old_number) and kind != "snapshot":
                self.ledger.broken("event twice", f"{self._last} → {name}")
            if kind == "snapshot":
                self.ledger.snapshots += 1
        elif kind != "snapshot":
            self.ledger.broken("fresh stream without a snapshot", name)
        self._last = name
        if kind == "snapshot":
            # What ended while nobody listened, and is not in the history any more.
            for job in event["jobs"]:
                if job["state"] not in TERMINAL or not self.ledger.job(job["id"]).ends:
                    self._job(job)
        elif kind == "job":
            self._job(event["job"])
        elif kind == "item":
            self.ledger.item_event(event["job"], event["item"])

    def _job(self, job: dict[str, Any]) -> None:
        if self.ledger.event(job):
            self.open.discard(job["id"])
            self._changed.set()
            self._ended.put_nowait(job)

    # --- reading what has come, and looking around ---

    async def _read(self) -> None:
        """Every job that has ended is asked for, and its maps."""
        while True:
            job = await self._ended.get()
            reply = await self._call(self._reading, "job", "GET", f"/api/jobs/{job['id']}")
            if reply is not None and reply.status == 200:
                found = reply.json()
                if found["state"] != job["state"] or found["items"] != job["items"]:
                    self.ledger.broken("job differs from its last event", f"{job['id']} {job['state']} {found}")
            done = [item for item in job["items"] if item["state"] == "done"]
            self._past = [*self._past[-20:], job]
            for item in done if self.ledger.maps is not None else done[:1]:
                await self._read_map(job, item)

    async def _read_map(self, job: dict[str, Any], item: dict[str, Any]) -> None:
        host = next(host for host in self.hosts if host.id == job["request"]["explorer"])
        path = f"/api/results/{item['key']}/{host.feature}.npy"
        reply = await self._call(self._reading, "map", "GET", path)
        if reply is not None and reply.status == 200:
            request = {**job["request"], "samples": [item["sample"]], "target": item["target"]}
            self.ledger.keep(item, request, reply.body)

    async def look(self, until: float, rate: float, source: Source) -> None:
        """What a page asks for beside jobs, at random moments, `rate` a second."""
        while await self._pause(rate, until):
            host, kind = self.draw.choice(self.hosts), self.draw.choice(_LOOKS)
            index, base = self.draw.randrange(host.samples), f"/api/explorers/{host.id}"
            past = self.draw.choice(self._past) if self._past else None
            done = [item["key"] for item in past["items"] if item["state"] == "done"] if past else []
            paths = {
                "explorers": "/api/explorers",
                "explorer": base,
                "samples": f"{base}/samples?start={min(index, host.samples - 8)}&count=8",
                "sample": f"{base}/samples/{index}",
                "image": f"{base}/samples/{index}/{host.feature}/image.png",
                "job": f"/api/jobs/{past['id']}" if past else "/api/explorers",
                "result": f"/api/results/{done[0]}" if done else "/api/explorers",
            }
            if kind == "check":
                await self._call(self._looking, kind, "POST", "/api/jobs/check", source.next(self.number))
            else:
                await self._call(self._looking, kind, "GET", paths[kind])

    async def _pause(self, rate: float, until: float) -> bool:
        """Waits for the next of `rate` random moments a second; whether it came before the time did."""
        await asyncio.sleep(max(0.0, min(self.draw.expovariate(rate), until - time.perf_counter())))
        return time.perf_counter() < until

    async def _call(
        self, connection: Connection, kind: str, method: str, path: str, body: object = None
    ) -> Reply | None:
        try:
            reply = await connection.request(method, path, body)
        except OSError as error:
            self.ledger.broken("connection broke", error)
            return None
        self.ledger.called(kind, reply.seconds)
        if reply.status >= 400:
            self._refused(reply, f"{method} {path} {body or ''}")
        return reply

    def _refused(self, reply: Reply, what: str) -> None:
        told = f"{reply.status} {reply.code}"
        self.ledger.refused[told] += 1
        fine = _BACKPRESSURE + _RECOVERY if self.recovering else _BACKPRESSURE
        if reply.code in fine and "retry-after" in reply.headers:
            return
        promise = "server error (5xx)" if reply.status >= 500 else "refused without need (4xx)"
        self.ledger.broken(promise, f"{told}: {what} → {reply.body[:300]!r}")
