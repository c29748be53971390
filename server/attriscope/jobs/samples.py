"""The samples that have been read, with their predictions; their bytes outlive the worker that read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from attriscope.jobs.errors import Refused, not_found, unprocessable
from attriscope.jobs.spool import Place, Spool
from attriscope.workers.edits import Edit, Edited
from attriscope.workers.messages import ErrorBody, Notice
from attriscope.workers.protocol import Array
from attriscope.workers.sample_info import Prediction, SampleInfo

Order = Literal["dataset", "mistakes", "uncertain"]


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


@dataclass(frozen=True)
class Origin:
    """Where a sample comes from: one of the dataset, or (None) an uploaded file, and the edits since, in order."""

    sample: int | None
    edits: tuple[Edit, ...] = ()

    def then(self, edit: Edit) -> Origin:
        return Origin(self.sample, (*self.edits, edit))


@dataclass(frozen=True)
class Making:
    """How a sample of one's own was made. name: of the file, or how a text begins; notices: what to know of it.

    edited: what is told of the last edit. origin: None for an uploaded file.
    """

    name: str | None = None
    edited: Edited | None = None
    notices: tuple[Notice, ...] = ()
    origin: Origin | None = None


_READ = Making()


@dataclass
class SampleRecord:
    info: SampleInfo
    places: Mapping[str, Place]
    making: Making = _READ
    predictions: dict[str, list[Prediction]] = field(default_factory=dict)
    errors: dict[str, ErrorBody] = field(default_factory=dict)
    reaching: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """By model, all classes whose score reaches the explorer's threshold; of none where it has none."""

    @property
    def origin(self) -> Origin:
        return self.making.origin or Origin(None if self.info.index >= UPLOADS else self.info.index)

    def judged(self, model: str) -> bool:
        """Whether `model` has predicted this sample, or failed to."""
        return model in self.predictions or model in self.errors

    def fail(self, model: str, error: ErrorBody) -> None:
        self.errors[model] = error

    def file(self, model: str, predictions: list[Prediction], reaching: tuple[int, ...] | None = None) -> None:
        """Keeps what `model` predicts; see `reaching`."""
        self.predictions[model] = predictions
        if reaching is not None:
            self.reaching[model] = reaching

    def correct(self, model: str) -> bool | None:
        """Whether `model`'s first prediction is the label; None where either is unknown.

        Where classes do not exclude each other: whether the classes predicted are the labels, all of them.
        """
        info = self.info
        if not self.predictions.get(model) or not info.labelled or (info.label and info.label.index is None):
            return None
        if model not in self.reaching:
            return self.predictions[model][0].index == (info.label.index if info.label else None)
        return set(self.reaching[model]) == {one.index for one in info.labels}

    def predicted(self, model: str) -> Collection[int]:
        """The first prediction, or where classes do not exclude each other all that reach the threshold."""
        if model in self.reaching:
            return self.reaching[model]
        return [one.index for one in self.predictions.get(model, [])[:1]]

    def confidence(self, model: str) -> float:
        """The first prediction's score."""
        return self.predictions[model][0].score


UPLOADS = 2**30
"""Index of the first upload; no dataset is read that far."""
_UPLOADS_PART = 4


class Uploads:
    """Samples made of uploaded files, or of others by an edit, each of one session.

    Their numbers are never given again.
    """

    def __init__(self, max_bytes: int) -> None:
        self.spool = Spool(max_bytes)
        self._records: dict[int, SampleRecord] = {}
        self._owners: dict[int, str] = {}
        self._next = UPLOADS

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[SampleRecord]:
        return iter(list(self._records.values()))

    def __getitem__(self, index: int) -> SampleRecord:
        """Raises Refused (404) for one that was never there or has made room for others."""
        if index not in self._records:
            raise not_found("sample", index)
        return self._records[index]

    def __contains__(self, index: int) -> bool:
        return index in self._records

    def owner(self, index: int) -> str | None:
        """The session whose upload this is."""
        return self._owners.get(index)

    def add(
        self,
        session: str,
        info: SampleInfo,
        arrays: Mapping[str, Array],
        most: int,
        making: Making = _READ,
    ) -> SampleRecord:
        """Keeps a sample; beyond `most` of the session, or where there is no room, the oldest go.

        The same content again is the same sample. Raises Refused (503) for what does not fit alone.
        """
        own = [index for index, owner in self._owners.items() if owner == session]
        for index in own:
            if self._records[index].info.sha256 == info.sha256:
                # The newest again: who brings it back is about to ask for it.
                self._owners[index] = self._owners.pop(index)
                return self._records[index]
        for index in own[: max(0, len(own) + 1 - most)]:
            self._drop(index)
        places = self._written(arrays)
        index, self._next = self._next, self._next + 1
        record = SampleRecord(info.model_copy(update={"index": index}), places, making)
        self._records[index], self._owners[index] = record, session
        return record

    def remove(self, session: str, index: int) -> None:
        """Forgets one of the session's own. Raises Refused (404) for any other."""
        if self._owners.get(index) != session:
            raise not_found("sample", index)
        self._drop(index)

    def clear(self) -> None:
        """Forgets everything; numbers go on, so that none means another picture than before."""
        for index in list(self._records):
            self._drop(index)

    def _written(self, arrays: Mapping[str, Array]) -> dict[str, Place]:
        places: dict[str, Place] = {}
        for name, array in arrays.items():
            while name not in places:
                try:
                    places[name] = (array.dtype, array.shape, *self.spool.write(array))
                except Refused:
                    if not self._records:
                        self._free(places)
                        raise
                    self._drop(next(iter(self._records)))
        return places

    def _drop(self, index: int) -> None:
        self._free(self._records.pop(index).places)
        del self._owners[index]

    def _free(self, places: Mapping[str, Place]) -> None:
        for _, _, start, size in places.values():
            self.spool.free(start, size)


class SampleTable:
    """Samples 0 … len − 1 in the dataset's order, and beside them what users have uploaded, from `UPLOADS` on.

    Iteration, length and queries are about the dataset; `table[index]` knows both.
    """

    def __init__(self, max_bytes: int = 1 << 30) -> None:
        self._max_bytes = max_bytes
        self._records: list[SampleRecord] = []
        self._judged: dict[str, int] = {}
        self._spool = Spool(max_bytes)
        self.uploads = Uploads(max_bytes // _UPLOADS_PART)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[SampleRecord]:
        return iter(self._records)

    def __getitem__(self, index: int) -> SampleRecord:
        """Raises Refused (404) for a sample that has not been read. Whose an upload is does not matter: see `of`."""
        if index >= UPLOADS:
            return self.uploads[index]
        if not 0 <= index < len(self._records):
            raise not_found("sample", index)
        return self._records[index]

    def __contains__(self, index: int) -> bool:
        return index in self.uploads if index >= UPLOADS else 0 <= index < len(self._records)

    def of(self, session: str, index: int) -> SampleRecord:
        """As `table[index]`; another session's upload is not found either."""
        if index >= UPLOADS and self.uploads.owner(index) != session:
            raise not_found("sample", index)
        return self[index]

    def first(self, count: int) -> list[SampleRecord]:
        return self._records[:count]

    def add(self, info: SampleInfo, arrays: Mapping[str, Array]) -> None:
        places = {name: (array.dtype, array.shape, *self._spool.write(array)) for name, array in arrays.items()}
        self._records.append(SampleRecord(info, places))

    def attach(self, index: int, name: str, array: Array) -> None:
        """Keeps one more array of a sample, in the place of an earlier one of that name."""
        record, spool = self[index], self.uploads.spool if index >= UPLOADS else self._spool
        places = dict(record.places)
        if name in places:
            spool.free(*places.pop(name)[2:])
        places[name] = (array.dtype, array.shape, *spool.write(array))
        record.places = places

    def array(self, index: int, name: str) -> Array:
        """One of the sample's arrays. Raises Refused (404) where there is none of that name."""
        record = self[index]
        if name not in record.places:
            raise not_found("array", name)
        dtype, shape, start, size = record.places[name]
        spool = self.uploads.spool if index >= UPLOADS else self._spool
        return Array(dtype, shape, spool.read(start, size))

    def inputs(self, index: int, position: int) -> dict[str, Array]:
        """What the model is given for this sample, named for place `position` of a call."""
        names = [name for name in self[index].places if name.startswith("input.")]
        return {f"{position}.{name}": self.array(index, name) for name in names}

    def unpredicted(self, model: str, most: int) -> list[int]:
        """The first `most` samples that `model` has not predicted; uploads, which somebody waits for, first of all."""
        found = [record.info.index for record in self.uploads if not record.judged(model)][:most]
        start = self._judged.get(model, 0)
        while start < len(self._records) and self._records[start].judged(model):
            start += 1
        # Asked whenever a worker is free: those found judged once are not gone through again.
        self._judged[model] = start
        others = (n for n in range(start, len(self._records)) if not self._records[n].judged(model))
        return [*found, *islice(others, most - len(found))]

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
        if query.needs_labels and self._records and not any(record.info.labelled for record in self._records):
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
        self.uploads.clear()

    def clear_errors(self) -> None:
        """Lets what could not be predicted be tried again."""
        self._judged.clear()
        for record in (*self._records, *self.uploads):
            record.errors.clear()

    def close(self) -> None:
        self._spool.close()
        self.uploads.spool.close()

    def _matches(self, record: SampleRecord, query: Query) -> bool:
        if not record.predictions.get(query.model):
            return False
        correct = record.correct(query.model)
        return (
            (query.predicted is None or query.predicted in record.predicted(query.model))
            and (query.label is None or any(label.index == query.label for label in record.info.labels))
            and (query.correct is None or correct == query.correct)
            and (query.order != "mistakes" or correct is False)
        )
