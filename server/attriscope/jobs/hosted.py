"""One explorer as the server hosts it: its workers, the samples read from it, and what both add up to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from attriscope.jobs.errors import not_found, unprocessable
from attriscope.jobs.placement import Placement
from attriscope.jobs.pool import Pool
from attriscope.jobs.predictor import Predictor
from attriscope.jobs.samples import UPLOADS, Making, Query, SampleRecord, SampleTable
from attriscope.jobs.scanner import Scanner, ScanState
from attriscope.jobs.speed import Speed
from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.workers.choices import BaselineChoice, ClassChoice, class_target, rows_of
from attriscope.workers.messages import AttributionRequest, ErrorBody, ModelDescription
from attriscope.workers.protocol import Array
from attriscope.workers.sample_info import SampleInfo
from attriscope.workers.source import Source

ExplorerState = Literal["unloaded", "loading", "ready", "recovering", "failed"]
_STEP = 64
_RELOADED = "reloaded"
_LOOK_SECONDS = 2e-5
"""Between two looks, for each sample in the table."""

Targets = tuple[int | None, int | None]
"""The class a sample is explained for, and the one it is explained against."""


class HostedExplorer:
    """The parts of one explorer, and the questions that need more than one of them."""

    def __init__(self, source: Source, settings: Settings, placement: Placement, metrics: Metrics) -> None:
        self.id, self.source = source.name, source
        self.pool = Pool(source, settings, placement, metrics)
        self.table = SampleTable(settings.spool_bytes)
        self.speed = Speed()
        self.scanner = Scanner(self.pool, self.table, settings, self._samples_changed)
        self.predictor = Predictor(self.pool, self.table, settings, self._samples_changed)
        self.pool.listen(self._on_workers_changed)
        self._declared = frozenset({Path(source.path)} if source.path is not None else ())
        self._files: frozenset[Path] = frozenset()
        self._fingerprint: str | None = None
        self.generation = 0
        self._on_replaced: list[Callable[[], None]] = []
        self._scan_limit = settings.scan_limit
        self._changed = asyncio.Event()
        self._woken = 0.0
        self._waking: asyncio.TimerHandle | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def name(self) -> str:
        return self.pool.description.name if self.pool.description else self.id

    @property
    def state(self) -> ExplorerState:
        states = {slot.state for slot in self.pool.slots}
        if not states:
            return "unloaded"
        for state in ("ready", "loading", "recovering"):
            if state in states:
                return state
        return "failed"

    @property
    def files(self) -> frozenset[Path]:
        """What the explorer was made of, the declared file included; kept while no worker says anything else."""
        if found := self.pool.files:
            self._files = found
        return self._files | self._declared

    @property
    def stage(self) -> str | None:
        return next((slot.stage for slot in self.pool.slots if slot.stage), None)

    @property
    def error(self) -> ErrorBody | None:
        return next((slot.error for slot in self.pool.slots if slot.error), None) if self.state == "failed" else None

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when samples or predictions have come, or scanning has changed."""
        self._listeners.append(listener)

    def listen_replaced(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when workers came back with another file, dataset or model."""
        self._on_replaced.append(listener)

    def model(self, name: str) -> ModelDescription:
        """Raises Refused (404) for a model this explorer does not have."""
        description = self.pool.description
        models = {model.name: model for model in description.models} if description else {}
        if name not in models:
            raise not_found("model", name, list(models))
        return models[name]

    async def look(self, query: Query, start: int, count: int, scan: int, patience: float = 1.0) -> ScanState:
        """Reads on until `count` matches from `start` are there, the bound `scan` is reached or patience ends.

        Returns 'scanning' while an answer asked for later would hold more.
        """
        self.pool.wake()
        bound = self._bound(query, start, count, scan)
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            state = self._progress(query, start, start + count, bound)
            remaining = deadline - asyncio.get_running_loop().time()
            if state != "scanning" or remaining <= 0:
                return state
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                return self._progress(query, start, start + count, bound)

    def _bound(self, query: Query, start: int, count: int, scan: int) -> int:
        """As far as is read for a window; no further than now where nothing can be there.

        What `len` says is believed of places far from what has been read, and of no others.
        """
        if not query.plain:
            return min(scan if start >= scan else max(scan, start + count), self._scan_limit)
        length = self.pool.description.dataset_length if self.pool.description else None
        ended = length is not None and start >= max(length, len(self.table) + _STEP)
        return len(self.table) if ended or start >= self._scan_limit else min(start + count, self._scan_limit)

    def _progress(self, query: Query, start: int, wanted: int, bound: int) -> ScanState:
        found = len(self.table) if query.plain else len(self.table.matches(query))
        enough = found >= wanted and query.order == "dataset"
        if not enough:
            # Ordered by confidence, everything within the bound must be seen before the first is known.
            # Otherwise a step at a time, so that reading stops where nobody asks any more.
            self.scanner.want(bound if query.order != "dataset" else min(bound, len(self.table) + _STEP))
        last = min(wanted, len(self.table)) if query.plain else len(self.table)
        shown = self.table.first(last)[start if query.plain else 0 :]
        shown_models = self.predictor.models if query.plain else [query.model]
        predicted = all(record.judged(model) for record in shown for model in shown_models)
        if enough and (predicted or not query.plain):
            return "idle" if predicted else "scanning"
        if self.scanner.state in ("failed", "exhausted"):
            return self.scanner.state if predicted else "scanning"
        return "idle" if len(self.table) >= bound and predicted else "scanning"

    async def targets(self, session: str, request: AttributionRequest, patience: float = 10.0) -> list[Targets]:
        """The class each sample is explained for: a number as it is, else its label or one of its predictions.

        Raises:
            Refused: 404 for an unknown model, 422 for a sample not read yet, one without the label asked for, or one
                the model could not predict; None stands for a model with a single output.
        """
        single = self.model(request.model).outputs == 1
        furthest = max((index for index in request.samples if index < UPLOADS), default=-1)
        if len(self.table) <= furthest < len(self.table) + _STEP:
            # Not read yet since a reload, say; further on nothing is read for a request alone.
            await self.look(Query(), furthest, 1, furthest + 1, patience)
        wanted = class_target(request.target)
        found: list[Targets] = []
        for position, index in enumerate(request.samples):
            if index >= UPLOADS:
                self.table.of(session, index)
            elif index >= len(self.table):
                message = f"Sample {index} has not been read; {len(self.table)} samples have."
                raise unprocessable(
                    "unknown_sample", message, f"samples.{position}", sample=index, scanned=len(self.table)
                )
            each: list[int | None] = [
                None if choice is None else await self._class(choice, index, request.model, single, patience)
                for choice in ((None, None) if wanted is None else (wanted.of, wanted.against))
            ]
            found.append((each[0], each[1]))
        return found

    async def record(self, session: str, index: int, patience: float = 10.0) -> SampleRecord:
        """A sample as it was read; one that was not read yet since a reload is waited for.

        Raises Refused (404) for one that is not there, or is another session's.
        """
        if len(self.table) <= index < len(self.table) + _STEP:
            await self.look(Query(), index, 1, index + 1, patience)
        return self.table.of(session, index)

    async def references(self, method: str, baseline: BaselineChoice | None, patience: float = 10.0) -> list[int]:
        """The dataset's samples that are compared with: the first, as many as `method` wants and as have come after
        `patience` seconds, and those that the baseline names.

        Raises Refused (422) for a sample by number that is not there.
        """
        description = self.pool.description
        methods = {found.id: found for found in description.methods} if description else {}
        spec = methods.get(method)
        needed = baseline if spec is not None and "baseline" in spec.needs else None
        return await self.rows(needed, 0 if spec is None else spec.distribution, patience)

    async def rows(self, baseline: BaselineChoice | None, least: int = 0, patience: float = 10.0) -> list[int]:
        """The dataset's samples that a baseline is made of, and at least the first `least`; waits and raises as
        `references`.
        """
        chosen, first = rows_of(baseline)
        first = max(first, least)
        wanted = max([first, *(index + 1 for index in chosen)])
        if wanted > len(self.table):
            await self.look(Query(), 0, wanted, wanted, patience)
        for index in chosen:
            if index >= len(self.table):
                message = f"baseline is sample {index}, which has not been read; {len(self.table)} samples have."
                raise unprocessable("unknown_sample", message, "baseline", sample=index, scanned=len(self.table))
        return sorted({*range(min(first, len(self.table))), *chosen})

    def add_upload(
        self,
        session: str,
        info: SampleInfo,
        arrays: Mapping[str, Array],
        most: int,
        making: Making,
    ) -> SampleRecord:
        """Keeps what a worker made of an uploaded file, or of a sample; it is predicted before anything else."""
        record = self.table.uploads.add(session, info, arrays, most, making)
        self._samples_changed()
        return record

    async def _class(self, choice: ClassChoice, index: int, model: str, single: bool, patience: float) -> int | None:
        """What a choice stands for; None for a model with a single output, unless a class was named."""
        if isinstance(choice, int):
            return choice
        if single:
            return None
        if choice == "label":
            return self._label(index)
        return await self._ranked(index, model, 1 if choice == "runner_up" else 0, patience)

    def _label(self, index: int) -> int:
        label = self.table[index].info.label
        if label is None or label.index is None:
            message = f"Sample {index} has no label among the classes, so its label cannot be explained."
            raise unprocessable("no_label", message, "target", sample=index)
        return label.index

    async def _ranked(self, index: int, model: str, rank: int, patience: float) -> int:
        record, deadline = self.table[index], asyncio.get_running_loop().time() + patience
        while not record.judged(model):
            remaining = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                message = f"Sample {index} has not been predicted yet; choose a class or try again."
                raise unprocessable("not_predicted", message, "target", sample=index) from None
        if error := record.errors.get(model):
            raise unprocessable(error.code, f"Sample {index} could not be predicted: {error.message}", "samples")
        return record.predictions[model][rank].index

    def retry(self) -> None:
        """Tries again what has failed: loading, reading the dataset, predicting."""
        self.pool.wake()
        self.pool.restart_failed()
        self.scanner.retry()
        self.predictor.retry()

    def reload(self) -> None:
        """Loads the user's file, data and models anew, as they are now; tries again what has failed."""
        # The data may be others though nothing else is: what was read of them is forgotten once they are there.
        self._fingerprint = _RELOADED
        self.pool.reload()
        self.scanner.retry()
        self.predictor.retry()

    def _on_workers_changed(self) -> None:
        """Follows a worker that came back with an edited file, and gets a first idea of every model's speed."""
        description = next((slot.description for slot in self.pool.ready), None)
        if description is None:
            return
        if self._fingerprint not in (None, description.fingerprint):
            # Samples and predictions are those of another file, dataset or model.
            self.generation += 1
            self.table.clear()
            self.scanner.reset()
            self.predictor.reset()
            for listener in self._on_replaced:
                listener()
        self._fingerprint = description.fingerprint
        self.scanner.resume()
        for model in description.models:
            if model.forward_seconds and self.speed.seconds(model.name, "", 1) is None:
                self.speed.learn(model.name, "", 1, model.forward_seconds)

    async def close(self) -> None:
        await self.scanner.close()
        await self.pool.close()
        self.table.close()

    def _samples_changed(self) -> None:
        self._wake_lookers()
        for listener in self._listeners:
            listener()

    def _wake_lookers(self) -> None:
        """At once, but the less often the more samples there are: each look goes through all of them."""
        if self._waking is not None:
            return
        loop = asyncio.get_running_loop()

        def wake() -> None:
            self._waking, self._woken = None, loop.time()
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

        if (wait := self._woken + _LOOK_SECONDS * len(self.table) - loop.time()) > 0:
            self._waking = loop.call_later(wait, wake)
        else:
            wake()
