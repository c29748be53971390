"""One device slot: a worker process, the calls under way on it, and its return after a loss."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from attriscope.jobs.errors import Refused, received
from attriscope.metrics import Cause, Metrics
from attriscope.settings import Settings
from attriscope.workers.messages import Description, ErrorBody
from attriscope.workers.protocol import Array, Frame
from attriscope.workers.source import Source, Worker
from attriscope.workers.worker import DEVICE_LOST

logger = logging.getLogger("attriscope.jobs")
SlotState = Literal["loading", "ready", "recovering", "failed", "closed"]
_STABLE_SECONDS = 60.0
_MOST_FAILED_STARTS = 3
_MOST_DOUBLINGS = 30
"""After a thousand losses the number would be too large for a float."""


class WorkerError(Exception):
    """The worker answered a call with an error."""

    def __init__(self, body: ErrorBody) -> None:
        super().__init__(body.message)
        self.body = body


class WorkerLost(Exception):
    """The worker's process ended before it answered; `ours` where we ended it, so that no call is to blame."""

    def __init__(self, exitcode: int | None, *, ours: bool = False) -> None:
        super().__init__(f"The worker ended with {exitcode}.")
        self.exitcode, self.ours = exitcode, ours or exitcode is None

    @property
    def cause(self) -> str:
        """The exit in words, e.g. 'signal 9, perhaps out of memory'."""
        if self.exitcode is None:
            return "unknown cause"
        if self.exitcode == DEVICE_LOST:
            return "the device failed"
        if self.exitcode < 0:
            return f"signal {-self.exitcode}" + (", perhaps out of memory" if self.exitcode == -9 else "")
        return f"exit status {self.exitcode}"


@dataclass(frozen=True)
class DeviceMemory:
    """Bytes of a slot's device, and the names of the models that are on it."""

    free: int
    total: int
    models: frozenset[str]


@dataclass(frozen=True)
class _Call:
    reply: asyncio.Future[Frame]
    on_interim: Callable[[Frame], None] | None


class Slot:
    """Keeps a worker running on `device` and turns frames into awaitable calls.

    Everything here runs on the event loop; the process's pump thread hands over by `call_soon_threadsafe`.
    """

    def __init__(
        self,
        source: Source,
        device: str,
        threads: int,
        settings: Settings,
        on_change: Callable[[Slot], None],
        metrics: Metrics,
    ) -> None:
        self.device = device
        self.state: SlotState = "loading"
        self.stage: str | None = None
        self.error: ErrorBody | None = None
        self.description: Description | None = None
        self.computing = False
        self.threads = threads
        self.brief = False
        """Whether what it computes next ends soon, by the speed measured so far."""
        self.memory: DeviceMemory | None = None
        self.files: frozenset[Path] = frozenset()
        self._source, self._settings, self._on_change, self._metrics = source, settings, on_change, metrics
        self._killed_for: Cause | None = None
        self._process: Worker | None = None
        self._calls: dict[int, _Call] = {}
        self._ids = itertools.count(1)
        self._losses, self._failed_starts, self._ready_since = 0, 0, 0.0
        self._respawn: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether a computation may be sent: one at a time, so that the scheduler decides what is next."""
        return self.state == "ready" and not self.computing

    @property
    def busy(self) -> bool:
        """Whether it loads, computes or answers."""
        return self.computing or bool(self._calls) or self.state in ("loading", "recovering")

    @property
    def identity(self) -> str:
        """What its content keys are made from: the explorer that it has loaded, and the kind of its device."""
        kind = self.device.partition(":")[0]
        return f"{self.description.fingerprint} on {kind}" if self.description is not None else ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts a process; also after a failed load, when the user asks to try again."""
        if self.state == "closed":
            return
        if self._respawn is not None:
            self._respawn.cancel()
        loop = asyncio.get_running_loop()
        process: Worker | None = None

        def hand_over(function: Callable[[Any], None]) -> Callable[[Any], None]:
            def on_pump_thread(value: Any) -> None:
                # A late frame of a server that has just stopped finds its loop closed.
                if not loop.is_closed():
                    loop.call_soon_threadsafe(lambda: function(value) if self._process is process else None)

            return on_pump_thread

        process = self._source.start(
            self.device,
            threads=self.threads,
            on_frame=hand_over(self._on_frame),
            on_exit=hand_over(self._on_exit),
        )
        self._process, self._ready_since = process, 0.0
        self._set("recovering" if self._losses else "loading")

    async def call(
        self,
        kind: str,
        body: Mapping[str, Any],
        arrays: Mapping[str, Array] | None = None,
        *,
        on_interim: Callable[[Frame], None] | None = None,
        on_id: Callable[[int], None] | None = None,
    ) -> Frame:
        """The worker's reply.

        Raises:
            WorkerError: the worker refused or failed.
            WorkerLost: its process ended.
        """
        if self._process is None or self.state != "ready":
            raise WorkerLost(None)
        number = next(self._ids)
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._calls[number] = _Call(reply, on_interim)
        if on_id:
            on_id(number)
        self._process.send(Frame(kind, number, body, arrays or {}))
        try:
            return await reply
        finally:
            self._calls.pop(number, None)

    def cancel(self, number: int) -> None:
        """Asks the worker to end a call; a call already ended is left alone."""
        if self._process is not None and number in self._calls:
            self._process.send(Frame("cancel", 0, {"call": number}))

    def kill(self, cause: Cause) -> None:
        """Ends a process that no longer answers; it is replaced like one lost by itself. `cause` is for the metrics."""
        if self._process is not None:
            self._killed_for = cause
            self._process.kill()
            self._set("recovering")

    async def close(self) -> None:
        """Ends the process; its calls end with WorkerLost."""
        self.state = "closed"
        if self._respawn:
            self._respawn.cancel()
        process, self._process = self._process, None
        self._lose_calls(WorkerLost(None))
        if process is not None:
            await asyncio.to_thread(process.close)

    def _on_frame(self, frame: Frame) -> None:
        try:
            self._take(frame)
        except Refused as refused:
            # A reason that can be told, such as no room for another sample.
            if (call := self._calls.get(frame.id)) and not call.reply.done():
                call.reply.set_exception(WorkerError(refused.body))
        except Exception as error:
            # What cannot be read or handled ends its call: nobody waits for ever.
            logger.exception("A worker's %r could not be handled.", frame.type)
            call = self._calls.get(frame.id)
            if call and not call.reply.done():
                message = f"The worker's answer could not be handled ({type(error).__name__}); the log has more."
                call.reply.set_exception(WorkerError(ErrorBody(code="internal", message=message)))

    def _take(self, frame: Frame) -> None:
        if call := self._calls.get(frame.id):
            if call.reply.done():
                return
            if frame.type == "reply":
                call.reply.set_result(frame)
            elif frame.type == "error":
                call.reply.set_exception(WorkerError(received(frame.body, self._settings)))
            elif call.on_interim:
                call.on_interim(frame)
        elif frame.type == "loading":
            self.stage = frame.body["stage"]
            self._on_change(self)
        elif frame.type == "memory":
            body = frame.body
            self.memory = DeviceMemory(body["free"], body["total"], frozenset(body["models"]))
        elif frame.type == "files":
            self.files = frozenset(Path(path) for path in frame.body["paths"])
        elif frame.type == "description":
            self.description = Description.model_validate(frame.body)
            self._ready_since, self._failed_starts = time.monotonic(), 0
            self._set("ready")
        elif frame.type == "load_failed":
            # The user's file is at fault: starting again would fail again, until they say so.
            self.error = received(frame.body, self._settings)
            logger.error("%s could not be loaded: %s", self._source.name, frame.body["message"])
            process, self._process = self._process, None
            self._set("failed")
            if process is not None:
                asyncio.get_running_loop().run_in_executor(None, process.close)

    def _on_exit(self, exitcode: int | None) -> None:
        self._process = None
        if self.state == "failed":
            return
        if self._ready_since and time.monotonic() - self._ready_since > _STABLE_SECONDS:
            self._losses = 0
        self._losses += self._killed_for is None
        self._failed_starts += self._ready_since == 0.0
        lost = WorkerLost(exitcode, ours=self._killed_for is not None)
        cause: Cause = self._killed_for or "lost"
        self._killed_for = None
        # Before anybody is told of the loss: whatever goes wrong there, nobody waits for ever.
        self._lose_calls(lost)
        self._metrics.restarted(self.device, cause)
        logger.warning("A worker of %s on %s ended (%s; %s).", self._source.name, self.device, cause, lost.cause)
        if self._failed_starts >= _MOST_FAILED_STARTS:
            message = f"The model's process stopped while loading ({lost.cause}), {self._failed_starts} times."
            self.error = ErrorBody(code="load_failed", message=message, params={"cause": lost.cause})
            self._failed_starts = 0
            self._set("failed")
            # Whoever asks meanwhile is told why. The machine may have been short of memory for a while only.
            self._respawn = asyncio.get_running_loop().call_later(self._settings.respawn_backoff_max, self.start)
        else:
            self._set("recovering")
            self._respawn_later()

    def _respawn_later(self) -> None:
        doubled = 2 ** min(max(self._losses - 1, 0), _MOST_DOUBLINGS)
        delay = min(self._settings.respawn_backoff * doubled, self._settings.respawn_backoff_max)
        self._respawn = asyncio.get_running_loop().call_later(delay, self.start)

    def _lose_calls(self, lost: WorkerLost) -> None:
        for call in self._calls.values():
            if not call.reply.done():
                call.reply.set_exception(lost)

    def _set(self, state: SlotState) -> None:
        self.state = state
        if state != "failed":
            self.error = None
        if state != "loading":
            self.stage = None
        self._on_change(self)
