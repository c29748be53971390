"""The samples that have been read, with their predictions; their bytes outlive the worker that read them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from attriscope.jobs.errors import Refused, not_found, unprocessable
from attriscope.workers.messages import ErrorBody, Prediction, SampleInfo
from attriscope.workers.protocol import Array

Order = Literal["dataset", "mistakes", "uncertain"]


class Spool:
    """Arrays in one unlinked temporary file: memory stays small, and nothing is left over however we end."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._file = tempfile.TemporaryFile(prefix="attriscope-")  # noqa: SIM115 - lives as long as the spool
        self._end = 0

    def write(self, array: Array) -> tuple[int, int]:
        """Where the array is: start and length. Raises Refused (503) where there is no room for it."""
        size = memoryview(array.data).nbytes
        try:
            if self._end + size > self._max_bytes:
                raise OSError(f"limit of {self._max_bytes >> 20} MiB")
            self._file.seek(self._end)
            self._file.write(array.data)
        except OSError as error:
            message = f"There is no room for more samples ({error})."
            raise Refused(503, ErrorBody(code="storage_full", message=message)) from None
        self._end += size
        return self._end - size, size

    def read(self, start: int, size: int) -> bytes:
        self._file.seek(start)
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Query:
    """Which samples to show, in which order; `predicted`, `correct` and the orders are about `model`."""

    order: Order = "dataset"
    model: str = ""
    predicted: int | None = None
    label: int | None = None
    correct: bool | None = None

    @property
    def plain(self) -> bool:
        """Whether samples come just as the dataset yields them."""
        return self.order == "dataset" and not self.filtered

    @property
    def filtered(self) -> bool:
        return any(value is not None for value in (self.predicted, self.label, self.correct))

    @property
    def needs_labels(self) -> bool:
        return self.order == "mistakes" or self.correct is not None or self.label is not None


@dataclass
class SampleRecord:
    info: SampleInfo
    places: Mapping[str, tuple[str, tuple[int, ...], int, int]]
    predictions: dict[str, list[Prediction]] = field(default_factory=dict)
    errors: dict[str, ErrorBody] = field(default_factory=dict)

    def judged(self, model: str) -> bool:
        """Whether `model` has predicted this sample, or failed to."""
        return model in self.predictions or model in self.errors

    def fail(self, model: str, error: ErrorBody) -> None:
        self.errors[model] = error

    def correct(self, model: str) -> bool | None:
        """Whether `model`'s first prediction is the label; None where either is unknown."""
        predictions, label = self.predictions.get(model), self.info.label
        if not predictions or label is None or label.index is None:
            return None
        return predictions[0].index == label.index

    def confidence(self, model: str) -> float:
        """The first prediction's score."""
        return self.predictions[model][0].score


class SampleTable:
    """Samples 0 … len − 1 in the dataset's order."""

    def __init__(self, max_bytes: int = 1 << 30) -> None:
        self._max_bytes = max_bytes
        self._records: list[SampleRecord] = []
        self._judged: dict[str, int] = {}
        self._spool = Spool(max_bytes)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[SampleRecord]:
        return iter(self._records)

    def __getitem__(self, index: int) -> SampleRecord:
        """Raises Refused (404) for a sample that has not been read."""
        if not 0 <= index < len(self._records):
            raise not_found("sample", index)
        return self._records[index]

    def first(self, count: int) -> list[SampleRecord]:
        return self._records[:count]

    def add(self, info: SampleInfo, arrays: Mapping[str, Array]) -> None:
        places = {name: (array.dtype, array.shape, *self._spool.write(array)) for name, array in arrays.items()}
        self._records.append(SampleRecord(info, places))

    def array(self, index: int, name: str) -> Array:
        """One of the sample's arrays. Raises Refused (404) where there is none of that name."""
        record = self[index]
        if name not in record.places:
            raise not_found("array", name)
        dtype, shape, start, size = record.places[name]
        return Array(dtype, shape, self._spool.read(start, size))

    def inputs(self, index: int, position: int) -> dict[str, Array]:
        """What the model is given for this sample, named for place `position` of a call."""
        names = [name for name in self[index].places if name.startswith("input.")]
        return {f"{position}.{name}": self.array(index, name) for name in names}

    def unpredicted(self, model: str, most: int) -> list[int]:
        """The first `most` samples that `model` has not predicted."""
        start = self._judged.get(model, 0)
        while start < len(self._records) and self._records[start].judged(model):
            start += 1
        # Asked whenever a worker is free: those found judged once are not gone through again.
        self._judged[model] = start
        found = (n for n in range(start, len(self._records)) if not self._records[n].judged(model))
        return list(islice(found, most))

    def judged(self, query: Query) -> int:
        """How many samples the query has been decided for."""
        if query.plain:
            return len(self)
        return sum(record.judged(query.model) for record in self._records)

    def matches(self, query: Query) -> list[SampleRecord]:
        """Samples read so far that match, in the query's order.

        Raises:
            Refused: 422 where the query is about labels and none of the samples has one.
        """
        if query.needs_labels and self._records and not any(record.info.label for record in self._records):
            message = "This dataset yields no labels, so samples cannot be chosen by label or by correctness."
            raise unprocessable("no_labels", message, "correct" if query.correct is not None else "order")
        if query.plain:
            return list(self._records)
        found = [record for record in self._records if self._matches(record, query)]
        if query.order != "dataset":
            found.sort(key=lambda record: record.confidence(query.model), reverse=query.order == "mistakes")
        return found

    def clear(self) -> None:
        """Forgets everything: another explorer has taken the place of the one that these came from."""
        self._spool.close()
        self._records, self._judged, self._spool = [], {}, Spool(self._max_bytes)

    def clear_errors(self) -> None:
        """Lets what could not be predicted be tried again."""
        self._judged.clear()
        for record in self._records:
            record.errors.clear()

    def close(self) -> None:
        self._spool.close()

    @staticmethod
    def _matches(record: SampleRecord, query: Query) -> bool:
        predictions, label = record.predictions.get(query.model), record.info.label
        if not predictions:
            return False
        correct = record.correct(query.model)
        return (
            (query.predicted is None or predictions[0].index == query.predicted)
            and (query.label is None or (label is not None and label.index == query.label))
            and (query.correct is None or correct == query.correct)
            and (query.order != "mistakes" or correct is False)
        )
