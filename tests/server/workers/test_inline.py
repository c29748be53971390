"""The runtime in this process, and the desk that sorts its calls."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from attriscope import Explorer
from attriscope.workers.arrays import to_tensor
from attriscope.workers.desk import Desk
from attriscope.workers.inline import InlineWorker
from attriscope.workers.protocol import Frame
from attriscope.workers.source import ExplorerSource
from tests.server.workers.toys import PATIENCE, Client, Exits, Net, explorer, pictures, request


class Inline(Client):
    def __init__(self, source: Explorer | ExplorerSource) -> None:
        super().__init__()
        self.exits = Exits()
        self.worker = InlineWorker(source, on_frame=self.frames.put, on_exit=self.exits.codes.put)
        self.send = self.worker.send


def test_a_live_explorer_is_served_as_a_worker_serves_it() -> None:
    net = Net()
    client = Inline(explorer(models={"net": net}))
    assert client.await_load().name == "Toy"
    samples = client.scan()
    [frame] = client.attribute(samples, 2).of("result")
    x = pictures()[2:3].requires_grad_()
    (gradient,) = torch.autograd.grad(Net().eval()(x)[0, 0], x)
    assert torch.allclose(to_tensor(frame.arrays["image"]), gradient[0].abs(), rtol=0, atol=1e-6)
    assert all(parameter.grad is None for parameter in net.parameters())
    client.worker.close()
    assert client.exits.wait() == 0
    client.send(Frame("scan", 9, {"start": 0, "count": 1}))
    assert client.frames.get(timeout=PATIENCE).type == "memory"  # of the explanation
    with pytest.raises(queue.Empty):
        client.frames.get(timeout=0.05)


def test_a_map_that_was_asked_of_other_weights_is_not_made() -> None:
    net = Net()
    client = Inline(explorer(models={"net": net}))
    client.await_load()
    samples = client.scan()
    checked = client.check(samples.items(2)).body
    with torch.no_grad():
        net.conv.weight *= 3
    client.post("attribute", {"request": request(), "items": checked["items"]}, samples.arrays(2))
    assert client.exits.wait() == 0
    assert client.frames.empty()


def test_a_file_is_served_inline_too() -> None:
    client = Inline(ExplorerSource("x", module="tests.explorers.faulty"))
    assert client.await_load().name == "Tiny"
    client.worker.kill()
    assert client.exits.wait() == 0


# --- the desk, with a runtime that does as it is told ----------------------------------------------------


class Told:
    """A runtime whose calls of type 'attribute' wait until told to go on, or cancelled."""

    def __init__(self) -> None:
        self.began: queue.Queue[int] = queue.Queue()
        self.go = threading.Event()
        self.poisoned = False
        self.description = SimpleNamespace(model_dump=lambda mode: {"name": "told"})

    def handle(self, frame: Frame, send: Callable[[Frame], None], should_stop: Callable[[], bool]) -> None:
        self.poisoned = self.poisoned or bool(frame.body.get("poison"))
        if frame.type == "attribute":
            self.began.put(frame.id)
            while not self.go.wait(0.01):
                if should_stop():
                    send(Frame("error", frame.id, {"code": "cancelled"}))
                    return
        send(Frame("reply", frame.id, {"thread": threading.current_thread().name}))


class Board:
    def __init__(self) -> None:
        self.sent: queue.Queue[Frame] = queue.Queue()
        self.runtime = Told()
        self.ended = threading.Event()
        self.desk = Desk(self.sent.put, self.ended.set)
        load: Any = lambda stage: self.runtime  # noqa: E731 - a stand-in for a Runtime
        self.thread = threading.Thread(target=self.desk.run, args=(load,), name="main lane")
        self.thread.start()
        assert self.next().type == "description"

    def next(self) -> Frame:
        return self.sent.get(timeout=PATIENCE)


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.runtime.go.set()
    board.desk.close()
    board.thread.join(PATIENCE)
    assert not board.thread.is_alive()


def test_each_call_is_answered_on_its_own_thread(board: Board) -> None:
    lanes = {}
    for number, kind in enumerate(("check", "baseline", "scan", "upload", "predict"), start=1):
        board.desk.receive(Frame(kind, number))
        lanes[kind] = board.next().body["thread"]
    here = threading.current_thread().name
    assert lanes == {"check": here, "baseline": here, "scan": "data", "upload": "uploads", "predict": "main lane"}


def test_q8_the_end_follows_the_answer_of_the_call_that_poisoned_the_device(board: Board) -> None:
    board.desk.receive(Frame("predict", 1))
    assert board.next().id == 1
    assert not board.ended.is_set()
    board.desk.receive(Frame("predict", 2, {"poison": True}))
    assert board.next().id == 2
    assert board.ended.wait(PATIENCE)


def test_computations_run_in_the_order_they_were_asked(board: Board) -> None:
    board.runtime.go.set()
    for number in range(1, 20):
        board.desk.receive(Frame("attribute", number))
    assert [board.next().id for _ in range(1, 20)] == list(range(1, 20))


def test_q3_a_waiting_call_is_answered_at_once_and_never_begins(board: Board) -> None:
    for number in (1, 2, 3):
        board.desk.receive(Frame("attribute", number))
    assert board.runtime.began.get(timeout=PATIENCE) == 1
    board.desk.receive(Frame("cancel", 0, {"call": 2}))
    frame = board.next()
    assert (frame.id, frame.type, frame.body["code"]) == (2, "error", "cancelled")
    board.runtime.go.set()
    assert [board.next().id, board.next().id] == [1, 3]
    assert board.runtime.began.get(timeout=PATIENCE) == 3


def test_q4_a_cancel_ends_a_call_with_one_frame_however_often_it_comes(board: Board) -> None:
    board.desk.receive(Frame("attribute", 1))
    assert board.runtime.began.get(timeout=PATIENCE) == 1
    for _ in range(3):
        board.desk.receive(Frame("cancel", 0, {"call": 1}))
    assert board.next().body["code"] == "cancelled"
    board.desk.receive(Frame("cancel", 0, {"call": 1}))
    board.desk.receive(Frame("check", 2))
    assert board.next().id == 2


def test_calls_that_arrive_while_loading_are_answered_after_it() -> None:
    sent: queue.Queue[Frame] = queue.Queue()
    loaded = threading.Event()
    runtime: Any = Told()

    def load(stage: Callable[[str], None]) -> Any:
        stage("Loading model…")
        assert loaded.wait(PATIENCE)
        return runtime

    desk = Desk(sent.put)
    thread = threading.Thread(target=desk.run, args=(load,))
    thread.start()
    assert sent.get(timeout=PATIENCE).body == {"stage": "Loading model…"}
    desk.receive(Frame("check", 1))
    desk.receive(Frame("scan", 2))
    assert sent.empty()
    loaded.set()
    assert sent.get(timeout=PATIENCE).type == "description"
    assert {sent.get(timeout=PATIENCE).id, sent.get(timeout=PATIENCE).id} == {1, 2}
    desk.close()
    thread.join(PATIENCE)


def test_a_load_that_raises_anything_is_told() -> None:
    sent: queue.Queue[Frame] = queue.Queue()

    def load(stage: Callable[[str], None]) -> Any:
        raise SystemExit("no GPU today")

    desk = Desk(sent.put)
    desk.close()
    desk.run(load)
    frame = sent.get_nowait()
    assert (frame.type, frame.body["code"]) == ("load_failed", "load_failed")
    assert "no GPU today" in frame.body["message"]
