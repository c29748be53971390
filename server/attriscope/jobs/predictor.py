"""Predictions of the samples that were read, as many at once as a worker is free for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter

from attriscope.jobs.drafts import Draft, Drafts
from attriscope.jobs.errors import Refused
from attriscope.jobs.pool import Pool
from attriscope.jobs.samples import UPLOADS, SampleTable
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody
from attriscope.workers.sample_info import PREDICTIONS

logger = logging.getLogger("attriscope.jobs")
_MOST_AT_ONCE = 32
_MOST_LOSSES = 2
_CLASSES: TypeAdapter[tuple[int, ...] | None] = TypeAdapter(tuple[int, ...] | None)


def classes_name(model: str) -> str:
    """Of a sample's array that holds the class of each place, where the model's output is a map."""
    return f"classes.{model}"


@dataclass(frozen=True)
class PredictBatch:
    model: str
    samples: list[int]


class Predictor:
    """Hands out batches of unpredicted samples and files what comes back.

    Drafts and samples take turns. A sample that a model cannot predict gets an error of its own; those it shared a
    batch with are tried alone.
    """

    def __init__(self, pool: Pool, table: SampleTable, settings: Settings, on_change: Callable[[], None]) -> None:
        self._pool, self._table, self._settings, self._on_change = pool, table, settings, on_change
        self.drafts = Drafts(settings)
        self._draft_is_next = True
        self._under_way: set[tuple[str, int]] = set()
        self._alone: set[tuple[str, int]] = set()
        self._losses: dict[tuple[str, int], int] = {}

    @property
    def models(self) -> list[str]:
        description = self._pool.description
        return [model.name for model in description.models] if description else []

    def next(self) -> PredictBatch | Draft | None:
        """What to predict next, taken."""
        first = self.drafts.next() if self._draft_is_next else None
        found = first or self._next_samples() or self.drafts.next()
        if found is not None:
            self._draft_is_next = not isinstance(found, Draft)
        return found

    def _next_samples(self) -> PredictBatch | None:
        """The next samples to predict, the earliest first, taken: they are under way until `run` ends."""
        waiting = [(found, model) for model in self.models if (found := self._waiting(model))]
        if not waiting:
            return None
        indices, model = min(waiting, key=lambda candidate: (candidate[0][0] < UPLOADS, candidate[0][0]))
        first = indices[0]
        together = [index for index in indices if (model, index) not in self._alone][:_MOST_AT_ONCE]
        batch = PredictBatch(model, [first] if (model, first) in self._alone else self._same_shape(together))
        self._under_way.update((model, index) for index in batch.samples)
        return batch

    async def run(self, slot: Slot, batch: PredictBatch | Draft) -> None:
        """Predicts the batch on `slot`; failures end up in the table or with whoever waits, never here."""
        if isinstance(batch, Draft):
            await self.drafts.run(slot, batch)
            return
        keys = [(batch.model, index) for index in batch.samples]
        # Of the whole batch: one that takes longer is tried sample by sample.
        limit = self._settings.job_deadline
        try:
            arrays = {}
            for position, index in enumerate(batch.samples):
                arrays.update(self._table.inputs(index, position))
            records = [self._table[index] for index in batch.samples]
            body = {"model": batch.model, "count": len(keys), "threads": slot.threads}
            async with asyncio.timeout(limit):
                reply = await slot.call("predict", body, arrays)
            for position, index in enumerate(batch.samples):
                if (classes := reply.arrays.get(f"{position}.classes")) is not None:
                    with contextlib.suppress(Refused):  # where there is no room for it: it is not shown
                        self._table.attach(index, classes_name(batch.model), classes)
            told = zip(records, reply.body["predictions"], reply.body["reaching"], strict=True)
            for record, predictions, reaching in told:
                record.file(batch.model, PREDICTIONS.validate_python(predictions), _CLASSES.validate_python(reaching))
        except WorkerError as error:
            self._failed(batch, error.body)
        except WorkerLost as lost:
            if not lost.ours:
                self._on_loss(batch, lost)
        except TimeoutError:
            slot.kill("deadline")
            message = f"Predicting took longer than the limit of {limit:g} s and was stopped."
            self._failed(batch, ErrorBody(code="deadline", message=message, params={"limit": limit}))
        except Refused as refused:
            # The samples were replaced while this waited: those that are there now will be predicted.
            logger.info("Not predicted: %s", refused)
        except Exception:
            # Filed like any failure: it would be tried again at once, for ever.
            logger.exception("Predicting %s failed inside the server.", keys)
            self._failed(batch, ErrorBody(code="internal", message="The server failed; its log has the reason."))
        finally:
            self._under_way.difference_update(keys)
            self._on_change()

    def retry(self) -> None:
        """Tries again what could not be predicted."""
        self._table.clear_errors()
        self._losses.clear()
        self._alone.clear()
        self._on_change()

    def reset(self) -> None:
        """Forgets the samples that were; see `SampleTable.clear`."""
        self._under_way.clear()
        self.drafts.clear()
        self.retry()

    def _waiting(self, model: str) -> list[int]:
        unpredicted = self._table.unpredicted(model, _MOST_AT_ONCE + len(self._under_way))
        return [index for index in unpredicted if (model, index) not in self._under_way]

    def _on_loss(self, batch: PredictBatch, lost: WorkerLost) -> None:
        keys = [(batch.model, index) for index in batch.samples]
        for key in keys:
            self._losses[key] = self._losses.get(key, 0) + 1
        if max(self._losses[key] for key in keys) >= _MOST_LOSSES:
            message = f"The model's process stopped ({lost.cause}) while predicting. Tried twice. Retry."
            self._failed(batch, ErrorBody(code="worker_lost", message=message, params={"cause": lost.cause}))
        self._alone.update(keys)

    def _failed(self, batch: PredictBatch, error: ErrorBody) -> None:
        if len(batch.samples) > 1:
            self._alone.update((batch.model, index) for index in batch.samples)
            return
        with contextlib.suppress(Refused):  # it was replaced meanwhile
            self._table[batch.samples[0]].fail(batch.model, error)

    def _same_shape(self, indices: list[int]) -> list[int]:
        """Those of the samples that can be stacked with the first one."""
        shapes = self._table[indices[0]].info.shapes
        return [index for index in indices if self._table[index].info.shapes == shapes]
