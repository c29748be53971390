"""Sorts a worker's calls onto its threads. Knows no torch and no pipe.

====================  ==================================================================
thread                calls
====================  ==================================================================
reader (`receive`)    check, baseline, script, cancel: answered at once, while the main thread computes
data                  scan: a slow dataset blocks none of the others
uploads               upload, edit: decoding or blurring a large image takes a while
main (`run`)          predict, attribute: one after the other, after loading
====================  ==================================================================
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal

from attriscope.errors import ExplorerError, user_traceback
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Frame, Send

if TYPE_CHECKING:
    from attriscope.workers.runtime import Runtime

Load = Callable[[Callable[[str], None]], "Runtime"]
_LANES: dict[str, Literal["reader", "data", "uploads"]] = {
    "check": "reader",
    "baseline": "reader",
    "script": "reader",
    "scan": "data",
    "upload": "uploads",
    "edit": "uploads",
}


@dataclass
class _Call:
    frame: Frame
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: bool = False


class Desk:
    """The calls of one worker. Everything it answers goes through `send`, one frame at a time.

    on_poisoned: called after the answer of a call that left the device unusable for this process.
    """

    def __init__(self, send: Send, on_poisoned: Callable[[], None] = lambda: None) -> None:
        self._on_poisoned = on_poisoned
        self._send_raw, self._sending = send, threading.Lock()
        self._calls: dict[int, _Call] = {}
        self._lock = threading.Lock()
        self._compute: SimpleQueue[_Call | None] = SimpleQueue()
        self._aside: dict[str, SimpleQueue[_Call | None]] = {"data": SimpleQueue(), "uploads": SimpleQueue()}
        self._runtime: Runtime | None = None
        self._failure: ErrorBody | None = None

    def receive(self, frame: Frame) -> None:
        """Takes a frame from the web process; returns soon."""
        if frame.type == "cancel":
            self._cancel(frame.body["call"])
            return
        call = _Call(frame)
        with self._lock:
            self._calls[frame.id] = call
        lane = _LANES.get(frame.type)
        if lane in self._aside:
            self._aside[lane].put(call)
        elif lane == "reader" and (self._runtime is not None or self._failure is not None):
            self._answer(call)
        else:
            self._compute.put(call)

    def run(self, load: Load) -> None:
        """Loads, tells how that went, and computes until `close`."""
        try:
            runtime = load(lambda text: self.tell(Frame("loading", 0, {"stage": text})))
        except (Exception, SystemExit) as error:
            self._failure = _load_failure(error)
            self.tell(Frame("load_failed", 0, self._failure.model_dump(mode="json")))
        else:
            self._runtime = runtime
            self.tell(Frame("description", 0, runtime.description.model_dump(mode="json")))
        aside = [
            threading.Thread(target=self._serve, args=(calls,), name=name, daemon=True)
            for name, calls in self._aside.items()
        ]
        for thread in aside:
            thread.start()
        self._serve(self._compute)
        for thread in aside:
            thread.join()

    def close(self) -> None:
        """Ends `run` after what is under way, which is asked to stop."""
        with self._lock:
            calls = list(self._calls.values())
        for call in calls:
            call.cancelled.set()
        self._compute.put(None)
        for queue in self._aside.values():
            queue.put(None)

    def _serve(self, queue: SimpleQueue[_Call | None]) -> None:
        while (call := queue.get()) is not None:
            self._answer(call)

    def _answer(self, call: _Call) -> None:
        with self._lock:
            if call.frame.id not in self._calls:  # cancelled while it waited
                return
            call.started = True
        try:
            if self._runtime is not None:
                self._runtime.handle(call.frame, self.tell, call.cancelled.is_set)
            elif self._failure is not None:
                self.tell(Frame("error", call.frame.id, self._failure.model_dump(mode="json")))
        finally:
            with self._lock:
                self._calls.pop(call.frame.id, None)
        if self._runtime is not None and self._runtime.poisoned:
            self._on_poisoned()

    def _cancel(self, number: int) -> None:
        with self._lock:
            call = self._calls.get(number)
            if call is None:
                return
            call.cancelled.set()
            if call.started:
                return
            del self._calls[number]
        body = ErrorBody(code="cancelled", message="Cancelled.")
        self.tell(Frame("error", number, body.model_dump(mode="json")))

    def tell(self, frame: Frame) -> None:
        """Sends a frame; from any thread."""
        with self._sending:
            self._send_raw(frame)


def _load_failure(error: BaseException) -> ErrorBody:
    if isinstance(error, ExplorerError):
        params = {key: value for key, value in error.params.items() if isinstance(value, str | int)}
        return ErrorBody(code=error.code, message=error.message, params=params, field=error.field, detail=error.detail)
    return ErrorBody(
        code="load_failed",
        message=f"The explorer could not be loaded: {type(error).__name__}: {error}",
        detail=user_traceback(error),
    )
