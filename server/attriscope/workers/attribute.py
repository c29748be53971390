"""The call that attributes: batches where it may, one by one where it must, each result sent as it is ready."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from attribution_core import registry
from attribution_core.errors import Cancelled, Nonfinite
from attribution_core.execution import Progress, execution
from attribution_core.execution import plan as execution_plan
from attriscope.errors import ExplorerError
from attriscope.features import baselines as named_baselines
from attriscope.workers.arrays import to_array
from attriscope.workers.check import Plan, parse_request, plan
from attriscope.workers.embedded import Entry, at_embeddings, needs_vectors
from attriscope.workers.evaluate import Evaluated, Subject, evaluate
from attriscope.workers.failures import error_body, is_device_fault
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.maps import Drawing, finite
from attriscope.workers.messages import CheckedItem, ComparedInfo, Notice, ResultInfo
from attriscope.workers.models import LoadedModel
from attriscope.workers.partials import Partials
from attriscope.workers.predict import in_parts, same_shapes, stack
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.reading import OUTPUT, Reading

_PROGRESS_SECONDS = 0.05


def attribute(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """Sends 'result' or 'failed' for every item; between them 'progress' and, where asked for, 'partial'."""
    request = parse_request(frame.body["request"])
    items = [CheckedItem.model_validate(item) for item in frame.body["items"]]
    count = int(frame.body.get("distribution", 0))
    arrays = loaded.inputs_of(frame.arrays, len(items) + count)
    inputs, distribution = arrays[: len(items)], arrays[len(items) :]
    rows = dict(zip(frame.body.get("rows", range(count)), distribution, strict=True))
    shapes = [tuple(tuple(x.shape) for x in parts) for parts in inputs]
    found = plan(loaded, request, shapes)
    combinations = _combinations(loaded, found, rows)
    anytime = (found.spec.anytime or request.smoothing is not None) and request.evaluation is None
    anytime = anytime and len(combinations) <= 1
    partials = frame.body.get("partials") if anytime else None
    job = _Job(loaded, frame.id, found, items, inputs, rows, combinations, send, should_stop, partials)
    for group in same_shapes(inputs):
        for part in _rivals(items, group) if found.batchable else [[n] for n in group]:
            job.explain(part)
    return Frame("reply")


def _combinations(loaded: LoadedExplorer, found: Plan, rows: named_baselines.Rows) -> list[named_baselines.Names]:
    """The baselines whose attributions are averaged; none for a method without one. Raises ExplorerError for want."""
    if found.baseline is None:
        return []
    combinations = named_baselines.combinations(loaded.explorer.features, found.baseline, rows)
    if not combinations:
        message = "baseline asks for samples of the dataset, and none has been read."
        raise ExplorerError("no_distribution", message, field="baseline")
    return combinations


def _rivals(items: list[CheckedItem], group: list[int]) -> list[list[int]]:
    """The group in parts whose outputs are taken less those of one and the same class."""
    parts: dict[int | None, list[int]] = {}
    for n in group:
        parts.setdefault(items[n].against, []).append(n)
    return list(parts.values())


class _Job:
    """One call under way."""

    def __init__(
        self,
        loaded: LoadedExplorer,
        call: int,
        found: Plan,
        items: list[CheckedItem],
        inputs: list[tuple[Tensor, ...]],
        rows: named_baselines.Rows,
        combinations: list[named_baselines.Names],
        send: Send,
        should_stop: ShouldStop,
        partials: float | None,
    ) -> None:
        self._loaded, self._call, self._plan = loaded, call, found
        self._items, self._inputs, self._rows, self._combinations = items, inputs, rows, combinations
        self._send, self._should_stop, self._partials = send, should_stop, partials
        self._features = loaded.explorer.features
        self._drawing = Drawing(self._features, found.spec.space == "layer")
        self._finished = 0
        # What ends within the interval tells of nothing but its end.
        self._told = time.monotonic()

    def explain(self, group: list[int]) -> None:
        """Explains items of equal shapes at once; after an error each alone, so that a bad one fails by itself."""
        began = time.perf_counter()
        try:
            frames = self._results(group, began)
        except Cancelled:
            raise
        except Exception as error:
            if is_device_fault(error):
                raise
            if len(group) == 1:
                self._fail(group[0], error)
                return
        else:
            if frames is not None:
                for frame in frames:
                    self._send(frame)
                self._finished += len(group)
                return
        # Outside the except block, whose traceback would keep the batch's tensors alive.
        for n in group:
            self.explain([n])

    def _fail(self, n: int, error: Exception) -> None:
        body = error_body(error, type(self._plan.arguments).model_fields)
        self._send(Frame("failed", self._call, {"key": self._items[n].key, "error": body.model_dump(mode="json")}))
        self._finished += 1

    def _results(self, group: list[int], began: float) -> list[Frame] | None:
        """None where something is to be told, of which a batch does not say which item it is about."""
        found, loaded = self._plan, self._loaded
        request = found.request
        reading = Reading.of(request, self._items[group[0]].against) if found.spec.takes_target else OUTPUT
        everything = stack([self._inputs[n] for n in group], loaded.device)
        inputs, additional = everything[: len(self._features)], everything[len(self._features) :]
        baselines = [self._baselines(group, names) for names in self._combinations]
        references: Sequence[tuple[Tensor, ...] | None] = baselines or [None]
        if "distribution" in found.spec.needs:
            references = [self._rows_like(group[0])]
        targets = [self._items[n].target for n in group]
        target = None if targets[0] is None else torch.tensor(targets, device=loaded.device)
        smoothing, partials = request.smoothing, self._estimates(group)
        valued = bool(baselines) and found.spec.takes_target and smoothing is None and found.spec.delta_by_values

        def on_progress(progress: Progress) -> None:
            self._progress(progress, len(group))
            if partials is not None:
                partials.tell(progress)

        def entered(model: LoadedModel) -> list[Entry]:
            """One for each baseline; `at_embeddings` where the method needs vectors."""
            given = [Entry(model.forward(reading), inputs, one, additional) for one in references]
            if not needs_vectors(found.spec, smoothed=smoothing is not None):
                return given
            return [at_embeddings(model.module, one, loaded.described[request.model].embeddings) for one in given]

        def attribute(model: LoadedModel, entry: Entry) -> registry.Outcome:
            return found.spec.attribute(
                entry.forward,
                model.module,
                entry.inputs,
                target=target,
                arguments=found.arguments,
                layer=found.layer,
                baselines=entry.baselines,
                smoothing=None
                if smoothing is None
                else registry.Smoothing(smoothing.type, smoothing.samples, smoothing.noise, smoothing.seed),
                additional_forward_args=entry.additional or None,
                with_delta=not valued,
            )

        def explain(model: LoadedModel, entries: list[Entry] | None = None) -> registry.Outcome:
            return _mean([attribute(model, entry) for entry in entries or entered(model)])

        def subject(model: LoadedModel, outcome: registry.Outcome) -> Subject:
            made = outcome.attributions
            return Subject(loaded, model, explain, inputs, additional, made, targets[0], reading, self._drawing)

        evaluated = None
        with loaded.computing(request.model, should_stop=self._should_stop) as model:
            entries = entered(model)
            with execution(on_progress=on_progress, precision=request.precision):
                if request.evaluation is None and len(entries) == 1:
                    outcome = explain(model, entries)
                else:
                    with execution_plan(found.cost.forward * len(group)):
                        outcome = explain(model, entries)
                        if request.evaluation is not None:
                            evaluated = evaluate(request.evaluation, subject(model, outcome))
            if outcome.notices and len(group) > 1:
                return None
            at_input: list[float] | list[None] = [None] * len(group)
            there: list[list[float]] = []
            if found.spec.takes_target:
                at_input, *there = _values(entries if baselines else [replace(entries[0], baselines=None)], target)
        at_baseline = [sum(each) / len(each) for each in zip(*there, strict=True)] or None
        delta = outcome.delta
        if valued and found.spec.delta(found.arguments) and at_baseline is not None:
            difference = torch.tensor(at_input, dtype=torch.float64) - torch.tensor(at_baseline, dtype=torch.float64)
            delta = _sums(outcome.attributions) - difference
        seconds = (time.perf_counter() - began) / len(group)
        frames = []
        for row, n in enumerate(group):
            drawn = self._drawing.maps(outcome.attributions, row, self._shapes(n))
            gap = None if delta is None else float(delta[row])
            numbers = (at_input[row], None if at_baseline is None else at_baseline[row], gap)
            told = [Notice(code=notice.code, message=notice.message) for notice in outcome.notices]
            frames.append(self._result(n, drawn, numbers, seconds, told, evaluated, [of[row] for of in there]))
        return frames

    def _estimates(self, group: list[int]) -> Partials | None:
        """Who sends the group's partial maps; None where they are not wanted."""
        if self._partials is None:
            return None
        return Partials(
            [self._items[n] for n in group],
            self._drawing,
            [self._shapes(n) for n in group],
            seconds=self._partials,
            call=self._call,
            send=self._send,
        )

    def _baselines(self, group: list[int], names: named_baselines.Names) -> tuple[Tensor, ...]:
        rows = [named_baselines.of_each(self._features, names, self._inputs[n], self._rows) for n in group]
        return stack([tuple(row) for row in rows], self._loaded.device)

    def _shapes(self, n: int) -> list[tuple[int, ...]]:
        return [tuple(x.shape) for x in self._inputs[n]]

    def _rows_like(self, n: int) -> tuple[Tensor, ...]:
        """The samples of the distribution that have the item's size, stacked."""
        count = len(self._features)
        shapes = [x.shape for x in self._inputs[n][:count]]
        rows = [tuple(parts[:count]) for parts in self._rows.values() if [x.shape for x in parts[:count]] == shapes]
        if not rows:
            raise ExplorerError(
                "no_distribution",
                f"{self._plan.spec.name} compares with samples of the dataset; none of its first "
                f"{len(self._rows)} has this sample's size.",
                field="method",
            )
        return stack(rows, self._loaded.device)

    def _result(
        self,
        n: int,
        drawn: dict[str, Tensor],
        numbers: tuple[float | None, float | None, float | None],
        seconds: float,
        told: list[Notice],
        evaluated: Evaluated | None,
        there: list[float],
    ) -> Frame:
        item, found = self._items[n], self._plan
        for name, value in drawn.items():
            if not finite(value):
                bad = int((~torch.isfinite(value)).sum())
                raise Nonfinite(f"{bad} of {value.numel()} attributions of {name!r} are NaN or infinite.", place=name)
        output, output_baseline, delta = (_finite(x) for x in numbers)
        reading = Reading.of(found.request, item.against) if found.spec.takes_target else OUTPUT
        compared = zip(self._combinations, there, strict=False) if len(self._combinations) > 1 else ()
        info = ResultInfo(
            key=item.key,
            model=found.request.model,
            sample=item.sample,
            method=found.spec.id,
            arguments=found.arguments.model_dump(mode="json"),
            target=item.target,
            target_name=item.target_name,
            against=item.against,
            against_name=item.against_name,
            region=reading.region,
            function=reading.function,
            layer=found.layer,
            baseline=found.baseline,
            smoothing=found.request.smoothing,
            quantity=found.request.quantity,
            precision=found.request.precision,
            maps=self._drawing.infos(drawn),
            output=output,
            output_baseline=output_baseline,
            compared=[ComparedInfo(baselines=list(names), output=_finite(value)) for names, value in compared],
            delta=delta,
            seconds=seconds,
            notices=told + _notices(drawn),
            evaluation=None if evaluated is None else evaluated.info,
        )
        more = {} if evaluated is None else evaluated.arrays
        arrays = {name: to_array(value) for name, value in {**drawn, **more}.items()}
        return Frame("result", self._call, info.model_dump(mode="json"), arrays)

    def _progress(self, progress: Progress, size: int) -> None:
        """In evaluations of all the call's items, taking every item to cost what those under way do."""
        now = time.monotonic()
        if now - self._told < _PROGRESS_SECONDS or progress.total <= 0:
            return
        self._told = now
        one = progress.total / size
        body = {"done": round(self._finished * one + progress.done), "total": round(one * len(self._items))}
        self._send(Frame("progress", self._call, body))


def _mean(outcomes: list[registry.Outcome]) -> registry.Outcome:
    """The mean of several outcomes; what is noticed of any of them is noticed of it."""
    if len(outcomes) == 1:
        return outcomes[0]
    attributions = tuple(
        torch.stack(each).mean(0) for each in zip(*(one.attributions for one in outcomes), strict=True)
    )
    deltas = [one.delta for one in outcomes if one.delta is not None]
    notices = {notice.code: notice for one in outcomes for notice in one.notices}
    delta = torch.stack(deltas).mean(0) if len(deltas) == len(outcomes) else None
    return registry.Outcome(attributions, delta, tuple(notices.values()))


@torch.no_grad()
def _values(entries: list[Entry], target: Tensor | None) -> list[list[float]]:
    """What is explained, at the inputs and then at each of the baselines: one pass, since each pass has a price."""
    first = entries[0]
    places = [first.inputs, *(entry.baselines for entry in entries if entry.baselines is not None)]
    rows = [(*values, *first.additional) for values in places]
    everything = tuple(torch.cat(parts) for parts in zip(*rows, strict=True))
    (outputs,) = in_parts(first.forward, everything, lambda part: (first.forward(*part),))
    count = len(first.inputs[0])
    return [_chosen(of, target) for of in torch.split(outputs, count)]


def _sums(attributions: tuple[Tensor, ...]) -> Tensor:
    """The sum of each example's attributions, on the CPU."""
    return torch.stack([value.detach().cpu().flatten(1).sum(1, dtype=torch.float64) for value in attributions]).sum(0)


def _chosen(output: Tensor, target: Tensor | None) -> list[float]:
    """The explained number of each example."""
    value = output.detach().reshape(len(output), -1)
    picked = value[:, :1] if target is None else value.gather(1, target[:, None])
    return [float(number) for number in picked[:, 0].tolist()]


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def _notices(drawn: dict[str, Tensor]) -> list[Notice]:
    if any(bool(value.any()) for value in drawn.values()):
        return []
    return [Notice(code="all_zero", message="Every attribution is exactly 0. Try another baseline or layer.")]
