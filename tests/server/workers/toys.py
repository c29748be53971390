"""Small explorers for the workers' tests, and a way to talk to a runtime, an inline worker or a process alike."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from attriscope import Batch, Explorer, ImageFeature
from attriscope.workers.messages import Description
from attriscope.workers.process import WorkerProcess
from attriscope.workers.protocol import Array, Frame
from attriscope.workers.runtime import Runtime
from attriscope.workers.source import ExplorerSource
from tests.explorers import faulty

CLASSES = ("red", "green", "blue", "grey")
PATIENCE = 60.0
FAULTY = str(Path(faulty.__file__))


class Net(nn.Module):
    """Weights of its seed; `bad` raises where the first pixel of an example is exactly 0.25."""

    def __init__(self, outputs: int = 4, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.conv = nn.Conv2d(3, 4, 3, padding=1)
            self.unused = nn.Conv2d(3, 3, 1)
            self.head = nn.Linear(4 * 16, outputs)

    def forward(self, x: Tensor) -> Tensor:
        if bool((x.reshape(len(x), -1)[:, 0] == 0.25).any()):
            raise RuntimeError("a pixel is 0.25")
        features = torch.tanh(self.conv(x))
        scores: Tensor = self.head(nn.functional.adaptive_avg_pool2d(features, 4).flatten(1))
        return scores


def pictures(count: int = 6, size: int = 8, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def explorer(**changes: Any) -> Explorer:
    """Six labelled pictures with evidence, one model."""
    images = pictures()
    settings: dict[str, Any] = {
        "models": {"net": Net},
        "dataset": [Batch(images, labels=[0, 1, 2, 3, 0, 1], evidence=images[:, 0] > 0.5)],
        "classes": CLASSES,
        "features": ImageFeature(),
        "score_func": nn.Softmax(1),
        "name": "Toy",
    }
    return Explorer(**(settings | changes))


def runtime(**changes: Any) -> Runtime:
    return Runtime(explorer(**changes), "cpu")


@dataclass
class Answer:
    interim: list[Frame]
    last: Frame

    @property
    def body(self) -> dict[str, Any]:
        assert self.last.type == "reply", self.last.body
        return dict(self.last.body)

    @property
    def error(self) -> dict[str, Any]:
        assert self.last.type == "error", self.last
        return dict(self.last.body)

    def of(self, kind: str) -> list[Frame]:
        return [frame for frame in self.interim if frame.type == kind]


@dataclass
class Sampled:
    """Scanned samples, and their inputs as a call's arrays."""

    frames: list[Frame]

    def arrays(self, *positions: int) -> dict[str, Array]:
        return {
            f"{n}.{name}": array
            for n, position in enumerate(positions)
            for name, array in self.frames[position].arrays.items()
            if name.startswith("input.")
        }

    def items(self, *positions: int, target: int | None = 0) -> list[dict[str, Any]]:
        bodies = [self.frames[position].body for position in positions]
        return [
            {"sample": body["index"], "sha256": body["sha256"], "shapes": body["shapes"], "target": target}
            for body in bodies
        ]


OWN = ("memory", "files")
"""Frames that belong to no call and are no news of the loading."""


class Client:
    """Calls, one after the other, on whatever `send` leads to."""

    def __init__(self) -> None:
        self.frames: queue.Queue[Frame] = queue.Queue()
        self.own: list[Frame] = []
        """What the worker said by itself."""
        self.send: Callable[[Frame], None]
        self._id = 0

    def post(self, kind: str, body: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> int:
        self._id += 1
        self.send(Frame(kind, self._id, body, arrays or {}))
        return self._id

    def answer(self, call: int) -> Answer:
        interim = []
        while True:
            frame = self.frames.get(timeout=PATIENCE)
            if frame.type in OWN:
                self.own.append(frame)
                continue
            assert frame.id == call, frame
            if frame.type in ("reply", "error"):
                return Answer(interim, frame)
            interim.append(frame)

    def call(self, kind: str, body: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> Answer:
        return self.answer(self.post(kind, body, arrays))

    def await_load(self) -> Description:
        while (frame := self.frames.get(timeout=PATIENCE)).type in ("loading", *OWN):
            self.own.append(frame)
        assert frame.type == "description", frame.body
        return Description.model_validate(frame.body)

    def scan(self, count: int = 6, start: int = 0) -> Sampled:
        return Sampled(self.call("scan", {"start": start, "count": count}).of("sample"))

    def check(self, items: list[dict[str, Any]], distribution: Sequence[str] = (), **changes: Any) -> Answer:
        body = {"request": request(**changes), "items": items, "distribution": list(distribution)}
        return self.call("check", body)

    def attribute(
        self,
        samples: Sampled,
        *positions: int,
        target: int | None = 0,
        against: int | None = None,
        choice: Any = "predicted",
        distribution: Sequence[int] = (),
        **changes: Any,
    ) -> Answer:
        """`choice` is the request's target; `target` and `against` are the classes that it stands for."""
        hashes = [samples.frames[n].body["sha256"] for n in distribution]
        items = [item | {"against": against} for item in samples.items(*positions, target=target)]
        checked = self.check(items, hashes, target=choice, **changes).body
        asked = request(target=choice, **changes) | {"arguments": checked["arguments"]}
        body = {"request": asked, "items": checked["items"], "distribution": len(distribution)}
        body["rows"] = [samples.frames[n].body["index"] for n in distribution]
        return self.call("attribute", body, samples.arrays(*positions, *distribution))


class Direct(Client):
    """A runtime on this thread."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self.runtime = runtime
        self.send = lambda frame: runtime.handle(frame, self.frames.put)


@dataclass
class Exits:
    codes: queue.Queue[int | None] = field(default_factory=queue.Queue)

    def wait(self) -> int | None:
        return self.codes.get(timeout=PATIENCE)


class Process(Client):
    """A spawned worker; `exits` hears of its end."""

    def __init__(self, source: ExplorerSource, device: str = "cpu") -> None:
        super().__init__()
        self.exits = Exits()
        self.worker = WorkerProcess(source, device, threads=1, on_frame=self.frames.put, on_exit=self.exits.codes.put)
        self.send = self.worker.send


def request(**changes: Any) -> dict[str, Any]:
    return {"explorer": "toy", "model": "net", "samples": [0], "method": "saliency", **changes}


Start = Callable[..., Process]
"""Of the fixture `start`: a worker over a factory of `faulty.py`, or of the file given."""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A zombie of somebody else's still has a number.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
