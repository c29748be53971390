"""Reads the dataset as far as somebody looks, and no further."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from attriscope.jobs.errors import Refused, received
from attriscope.jobs.pool import Pool
from attriscope.jobs.samples import SampleTable
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Frame
from attriscope.workers.sample_info import SampleInfo

logger = logging.getLogger("attriscope.jobs")
ScanState = Literal["idle", "scanning", "exhausted", "failed"]
_CHUNK = 32
_MOST_LOSSES = 2


class Scanner:
    """Brings samples from one worker's dataset into the table until `wanted` are there.

    `state` is 'exhausted' once the dataset has ended, and 'failed' once it has raised: what came before stays.
    """

    def __init__(self, pool: Pool, table: SampleTable, settings: Settings, on_change: Callable[[], None]) -> None:
        self.state: ScanState = "idle"
        self.error: ErrorBody | None = None
        self._pool, self._table, self._settings, self._on_change = pool, table, settings, on_change
        self._reader: Slot | None = None
        self._unserved = False
        self._wanted = 0
        self._task: asyncio.Task[None] | None = None

    def want(self, count: int) -> None:
        """Reads on in the background until the table has `count` samples; never past the limit."""
        self._wanted = max(self._wanted, min(count, self._settings.scan_limit))
        if self.state == "idle" and len(self._table) < self._wanted:
            self._set("scanning")
            self._task = asyncio.create_task(self._scan())

    def retry(self) -> None:
        """Reads on after an error."""
        if self.state == "failed":
            self.error = None
            self._set("idle")
            self.want(self._wanted)

    def resume(self) -> None:
        """Reads on where it failed only because no worker could be loaded: one is there now."""
        if self._unserved:
            self.retry()

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _scan(self) -> None:
        losses = 0
        try:
            while len(self._table) < self._wanted:
                start = len(self._table)
                try:
                    await self._pool.ready_slot()
                    count = min(_CHUNK, self._wanted - start)
                    body = {"start": start, "count": count}
                    reply = await self._owner().call("scan", body, on_interim=self._on_sample)
                except WorkerLost as lost:
                    # The table is kept; a new worker reads the dataset again and skips what is here.
                    # That we ended the worker is not the dataset's fault.
                    losses = losses + (not lost.ours) if len(self._table) == start else 0
                    if losses >= _MOST_LOSSES:
                        message = f"The process that reads the dataset stopped ({lost.cause}). Retry."
                        return self._fail(ErrorBody(code="worker_lost", message=message))
                    await asyncio.sleep(0.1)
                    continue
                except Refused as refused:
                    if refused.body.code == "no_worker":
                        continue
                    raise
                if reply.body.get("failure"):
                    return self._fail(received(reply.body["failure"], self._settings))
                if reply.body["exhausted"]:
                    return self._set("exhausted")
                if len(self._table) == start:
                    message = "The worker that reads the dataset sent nothing."
                    return self._fail(ErrorBody(code="internal", message=message))
            self._set("idle")
        except WorkerError as error:
            self._fail(error.body)
        except Refused as refused:
            self._fail(refused.body)
            self._unserved = True
        except Exception:
            logger.exception("Reading the dataset failed inside the server.")
            self._fail(ErrorBody(code="internal", message="The server failed; its log has the reason."))

    def _owner(self) -> Slot:
        """The worker whose iterator is where we stopped; another one only when that is lost."""
        if self._reader is None or self._reader.state != "ready":
            if not self._pool.ready:
                raise WorkerLost(None)
            self._reader = self._pool.ready[0]
        return self._reader

    def _on_sample(self, frame: Frame) -> None:
        if frame.type == "sample" and frame.body["index"] == len(self._table):
            self._table.add(SampleInfo.model_validate(frame.body), frame.arrays)
            self._on_change()

    def reset(self) -> None:
        """Starts over: the dataset has changed."""
        if self._task:
            self._task.cancel()
        self._reader, self.error, self._wanted = None, None, 0
        self._set("idle")

    def _fail(self, error: ErrorBody) -> None:
        self.error = error
        self._set("failed")

    def _set(self, state: ScanState) -> None:
        self.state, self._unserved = state, False
        self._on_change()
