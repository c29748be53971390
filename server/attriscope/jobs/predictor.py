"""Predictions of the samples that were read, as many at once as a worker is free for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attriscope.jobs.pool import Pool
from attriscope.jobs.samples import SampleTable
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.workers.messages import ErrorBody, Prediction

_MOST_AT_ONCE = 32
_MOST_LOSSES = 2


@dataclass(frozen=True)
class PredictBatch:
    model: str
    samples: list[int]


class Predictor:
    """Hands out batches of unpredicted samples and files what comes back.

    A sample that a model cannot predict gets an error of its own; those it shared a batch with are tried alone.
    """

    def __init__(self, pool: Pool, table: SampleTable, on_change: Callable[[], None]) -> None:
        self._pool, self._table, self._on_change = pool, table, on_change
        self._under_way: set[tuple[str, int]] = set()
        self._alone: set[tuple[str, int]] = set()
        self._losses: dict[tuple[str, int], int] = {}

    @property
    def models(self) -> list[str]:
        description = self._pool.description
        return [model.name for model in description.models] if description else []

    def next(self) -> PredictBatch | None:
        """The next samples to predict, taken: they are under way until `run` ends."""
        for model in self.models:
            waiting = [
                index
                for index in self._table.unpredicted(model, _MOST_AT_ONCE + len(self._under_way))
                if (model, index) not in self._under_way
            ]
            if not waiting:
                continue
            single = (model, waiting[0]) in self._alone
            together = [index for index in waiting if (model, index) not in self._alone][:_MOST_AT_ONCE]
            batch = PredictBatch(model, waiting[:1] if single else self._same_shape(together))
            self._under_way.update((model, index) for index in batch.samples)
            return batch
        return None

    async def run(self, slot: Slot, batch: PredictBatch) -> None:
        """Predicts the batch on `slot`; failures end up in the table, never here."""
        keys = [(batch.model, index) for index in batch.samples]
        arrays = {}
        for position, index in enumerate(batch.samples):
            arrays.update(self._table.inputs(index, position))
        try:
            reply = await slot.call("predict", {"model": batch.model, "count": len(keys)}, arrays)
            for index, predictions in zip(batch.samples, reply.body["predictions"], strict=True):
                found = [Prediction.model_validate(prediction) for prediction in predictions]
                self._table[index].predictions[batch.model] = found
        except WorkerError as error:
            self._failed(batch, error.body)
        except WorkerLost as lost:
            for key in keys:
                self._losses[key] = self._losses.get(key, 0) + 1
            if max(self._losses[key] for key in keys) >= _MOST_LOSSES:
                message = f"The model's process stopped ({lost.cause}) while predicting. Tried twice."
                self._failed(batch, ErrorBody(code="worker_lost", message=message, params={"cause": lost.cause}))
            self._alone.update(keys)
        finally:
            self._under_way.difference_update(keys)
            self._on_change()

    def _failed(self, batch: PredictBatch, error: ErrorBody) -> None:
        if len(batch.samples) > 1:
            self._alone.update((batch.model, index) for index in batch.samples)
        else:
            self._table[batch.samples[0]].fail(batch.model, error)

    def _same_shape(self, indices: list[int]) -> list[int]:
        """Those of the samples that can be stacked with the first one."""
        shapes = self._table[indices[0]].info.shapes
        return [index for index in indices if self._table[index].info.shapes == shapes]
