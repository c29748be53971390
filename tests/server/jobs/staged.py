"""A job board over workers that are made up: what they answer, and when, is said by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from attriscope.jobs import pool
from attriscope.jobs.board import JobBoard
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.journal import Journal
from attriscope.jobs.placement import Placement
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.jobs.spec import Job
from attriscope.jobs.store import ResultStore
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import (
    AttributionRequest,
    Checked,
    CheckedItem,
    Cost,
    Description,
    ErrorBody,
    ModelDescription,
    ResultInfo,
)
from attriscope.workers.protocol import Array, Frame
from attriscope.workers.sample_info import Prediction, SampleInfo
from attriscope.workers.source import ExplorerSource


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs the test for a minute at most, and closes its stages."""

    async def whole() -> None:
        try:
            await asyncio.wait_for(test(), 60)
        finally:
            while Stage.made:
                await Stage.made.pop().board.close()

    asyncio.run(whole())


async def settle(turns: int = 20) -> None:
    """Lets everything happen that waits for nothing but its turn."""
    for _ in range(turns):
        await asyncio.sleep(0)


def description(fingerprint: str = "f") -> Description:
    model = ModelDescription(
        name="m",
        class_name="M",
        parameters=1,
        outputs=4,
        layers=[],
        default_layer=None,
        forward_seconds=1.0,
        notices=[],
    )
    return Description(
        name="e", classes=None, models=[model], features=[], methods=[], baselines=[], score_name="output",
        has_score=False, dataset_length=None, defaults={}, notices=[], fingerprint=fingerprint,
        declaration=fingerprint, device="cpu",
    )  # fmt: skip


class StagedSlot:
    """Ready at once. A check is answered at once, unless `checks` is cleared; `attribute` when the test says so."""

    fingerprint = "f"
    made: ClassVar[list[StagedSlot]] = []

    def __init__(self, source: ExplorerSource, device: str, threads: int, settings: Settings, on_change: Any, _: Any):
        self.source, self.device, self.threads, self._on_change = source, device, threads, on_change
        self.brief = False
        self.state, self.stage, self.error = "loading", None, None
        self.description: Description | None = None
        self.computing, self.memory, self.pid = False, None, None
        self.files: frozenset[Path] = frozenset()
        self.checks = asyncio.Event()
        self.checks.set()
        self.calls: list[tuple[str, Mapping[str, Any], asyncio.Future[Frame], Any]] = []
        self.cancelled: list[int] = []
        self.killed: list[str] = []
        self.made.append(self)

    @property
    def identity(self) -> str:
        return self.description.fingerprint if self.description is not None else ""

    @property
    def idle(self) -> bool:
        return self.state == "ready" and not self.computing

    @property
    def busy(self) -> bool:
        return (
            self.computing or any(not call[2].done() for call in self.calls) or self.state in ("loading", "recovering")
        )

    def start(self) -> None:
        self.set("loading")
        asyncio.get_running_loop().call_soon(self.come)

    def come(self, fingerprint: str | None = None) -> None:
        if self.state != "closed":
            self.description = description(fingerprint or self.fingerprint)
            self.set("ready")

    def set(self, state: str) -> None:
        self.state = state
        self._on_change(self)

    async def call(
        self, kind: str, body: Any, arrays: Any = None, *, on_interim: Any = None, on_id: Any = None
    ) -> Frame:
        if self.state != "ready":
            raise WorkerLost(None)
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.calls.append((kind, body, reply, on_interim))
        if on_id:
            on_id(len(self.calls))
        if kind == "check":
            await self.checks.wait()
            reply.set_result(Frame("reply", 0, self._check(body)))
        return await reply

    def _check(self, body: Any) -> dict[str, Any]:
        assert self.description is not None
        method = body["request"]["method"]
        items = [
            CheckedItem(
                sample=item["sample"], target=item["target"], target_name=None,
                key=f"{method}-{item['sha256']}-{item['target']}",
            )
            for item in body["items"]
        ]  # fmt: skip
        cost = Cost(forward=1, backward=0)
        return Checked(arguments={}, items=items, cost=cost, batchable=True).model_dump(mode="json")

    @property
    def attributing(self) -> list[Any]:
        return [call for call in self.calls if call[0] == "attribute" and not call[2].done()]

    def result(self, key: str) -> None:
        """The running `attribute` call has a result for the key."""
        ((_, body, _, on_interim),) = self.attributing
        item = next(item for item in body["items"] if item["key"] == key)
        info = ResultInfo(
            key=key, model="m", sample=item["sample"], method="saliency", arguments={}, target=0, target_name=None,
            layer=None, baseline=None, smoothing=None, quantity="output", precision="exact", maps=[], output=None,
            output_baseline=None, delta=None, seconds=0.1, notices=[],
        )  # fmt: skip
        array = Array("float32", (1, 1, 1), np.zeros(1, np.float32).tobytes())
        on_interim(Frame("result", 1, info.model_dump(mode="json"), {"image": array}))

    def finish(self) -> None:
        """All results of the running `attribute` call, and its end."""
        ((_, body, reply, _),) = self.attributing
        for item in body["items"]:
            self.result(item["key"])
        reply.set_result(Frame("reply"))

    def fail(self, error: Exception) -> None:
        for call in self.calls:
            if not call[2].done():
                call[2].set_exception(error)

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)
        reply = self.calls[number - 1][2]
        if not reply.done():
            reply.set_exception(WorkerError(ErrorBody(code="cancelled", message="Cancelled.")))

    def kill(self, cause: str) -> None:
        self.killed.append(cause)
        self.set("recovering")

    async def close(self) -> None:
        self.state = "closed"
        self.fail(WorkerLost(None))


class Silent:
    """Who hears of jobs, and keeps what was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Job]] = []

    def job(self, job: Job) -> None:
        self.told.append((job.state, job))

    def waiting(self, job: Job) -> None:
        self.told.append(("waiting", job))

    def item(self, job: Job, item: Any) -> None: ...
    def progress(self, job: Job) -> None: ...
    def partial(self, job: Job, item: Any, partial: Any) -> None: ...


class Stage:
    """A board over explorers of these names, with samples 0 … 63 already read."""

    made: ClassVar[list[Stage]] = []

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: str, **settings: Any) -> None:
        StagedSlot.made = []
        Stage.made.append(self)
        monkeypatch.setattr(pool, "Slot", StagedSlot)
        chosen = Settings(devices="cpu", **{"workers_per_device": 1, "no_store": True, **settings})
        self.metrics, self.announcer = Metrics(), Silent()
        self.placement = Placement(chosen, available=lambda: 60 << 30, total=lambda: 64 << 30)
        sources = [ExplorerSource(name=name, path="mine.py") for name in names or ("e",)]
        self.hosts = {source.name: HostedExplorer(source, chosen, self.placement, self.metrics) for source in sources}
        self.store = ResultStore(None, 0, 1 << 20)
        self.journal = Journal(None)
        self.board = JobBoard(
            self.hosts, self.placement, self.store, self.journal, chosen, self.announcer, self.metrics
        )
        for host in self.hosts.values():
            fill(host)

    @property
    def slots(self) -> list[StagedSlot]:
        return StagedSlot.made

    async def submit(
        self, session: str = "one", samples: tuple[int, ...] = (0,), explorer: str = "", **given: Any
    ) -> Job:
        name = explorer or next(iter(self.hosts))
        values = {"model": "m", "method": "saliency", "target": 0, **given}
        return await self.board.submit(session, AttributionRequest(explorer=name, samples=list(samples), **values))


def fill(host: HostedExplorer, count: int = 64, prefix: str = "s") -> None:
    for index in range(count):
        info = SampleInfo(index=index, sha256=f"{prefix}{index}", label=None, features=[], shapes=[[1]])
        host.table.add(info, {"input.0": Array("float32", (1,), bytes(4))})
        host.table[index].predictions["m"] = [Prediction(index=0, name="0", score=1.0, output=1.0)]
