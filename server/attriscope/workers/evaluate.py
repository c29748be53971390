"""What is computed of one map to tell whether it is faithful to the model: curves, or the randomisation of weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import stdev

import torch
import torch.nn.functional as F
from torch import Tensor

from attribution_core import metrics, registry
from attribution_core.errors import Nonfinite
from attribution_core.locks import explaining
from attribution_core.metrics.curves import Curve, count_squares, curves_of_outputs, side_of
from attribution_core.metrics.randomisation import RandomStage, count_weighted
from attriscope.errors import ExplorerError
from attriscope.features import baselines
from attriscope.workers import memory
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.maps import Drawing, finite
from attriscope.workers.messages import (
    Cost,
    CurveInfo,
    CurvesInfo,
    CurvesRequest,
    EvaluationInfo,
    EvaluationRequest,
    RandomisationInfo,
    RandomisationRequest,
    ReadingInfo,
    StageInfo,
)
from attriscope.workers.models import LoadedModel
from attriscope.workers.reading import Reading

_CONTROLLED = 2
"""Orders with a deletion and an insertion curve of their own: the map's and the edges'; random ones share theirs."""


@dataclass(frozen=True)
class Subject:
    """One map and what it was made of.

    explain: makes the same map of another model. inputs, additional: one row each. attributions: as the method returned
    them.
    """

    loaded: LoadedExplorer
    model: LoadedModel
    explain: Callable[[LoadedModel], registry.Outcome]
    inputs: tuple[Tensor, ...]
    additional: tuple[Tensor, ...]
    attributions: tuple[Tensor, ...]
    target: int | None
    reading: Reading
    drawing: Drawing

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the inputs, without the batch dimension."""
        return [tuple(x.shape[1:]) for x in self.inputs]

    def maps(self, attributions: tuple[Tensor, ...]) -> dict[str, Tensor]:
        return self.drawing.maps(attributions, 0, self.shapes)


@dataclass(frozen=True)
class Evaluated:
    """What is told, and the arrays that go with the map's."""

    info: EvaluationInfo
    arrays: Mapping[str, Tensor] = field(default_factory=dict)


def check(
    evaluation: EvaluationRequest, spec: registry.MethodSpec, shapes: Sequence[Sequence[tuple[int, ...]]]
) -> None:
    """Raises ExplorerError where the map of that method, or for inputs of those shapes, cannot be evaluated so."""
    if evaluation.type == "curves" and any(len(shape) != 3 for of in shapes for shape in of):
        raise ExplorerError(
            "not_applicable",
            "Deletion and insertion curves remove squares, so that every input must be an image.",
            field="evaluation",
        )
    if evaluation.type == "curves" and not spec.takes_target:
        raise ExplorerError(
            "not_applicable",
            f"{spec.name} explains a layer or one of its units, not an output; a curve would follow the output.",
            field="evaluation",
        )


def cost(evaluation: EvaluationRequest, once: Cost, shapes: Sequence[tuple[int, ...]], model: LoadedModel) -> Cost:
    """Of the map, which costs `once`, and its evaluation."""
    if isinstance(evaluation, CurvesRequest):
        curves = 2 * _CONTROLLED + evaluation.orders
        return Cost(forward=once.forward + curves * (count_squares(shapes) + 1), backward=once.backward)
    times = 1 + min(evaluation.stages, count_weighted(model.module))
    return Cost(forward=times * once.forward, backward=times * once.backward)


def evaluate(evaluation: EvaluationRequest, subject: Subject) -> Evaluated:
    """Raises ExplorerError for a map without height and width, or for want of memory for a copy of the model."""
    if isinstance(evaluation, CurvesRequest):
        return Evaluated(_curves(evaluation, subject))
    return _randomised(evaluation, subject)


# --- curves --------------------------------------------------------------------------------------------


def _curves(asked: CurvesRequest, subject: Subject) -> CurvesInfo:
    inputs, model = subject.inputs, subject.model
    features = subject.loaded.explorer.features
    named = baselines.checked(features, asked.fill, "evaluation.fill")
    found = baselines.of_each(features, (named,) * len(features), [x[0].cpu() for x in inputs])
    fill = tuple(value[None].to(x) for value, x in zip(found, inputs, strict=True))
    random = metrics.random_maps(inputs, asked.orders, asked.seed)
    ranked = tuple(
        torch.cat([of.sum(1, keepdim=True).cpu().double(), metrics.edge_map(x), drawn])
        for of, x, drawn in zip(_at_input(subject), inputs, random, strict=True)
    )
    forward = explaining(model.module, model.readings(subject.target, subject.reading))

    def curve(insert: bool, orders: int) -> Curve:
        def rows(values: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(x.expand(orders, *x.shape[1:]) for x in values)

        first = tuple(of[:orders] for of in ranked)
        return curves_of_outputs(insert, forward, rows(inputs), first, fill, rows(subject.additional) or None)

    deletion, insertion = curve(False, _CONTROLLED + asked.orders), curve(True, _CONTROLLED)
    quantities: list[str] = ["output", "score"][: deletion.outputs.shape[-1]]
    readings = []
    for at, quantity in enumerate(quantities):
        deleted, inserted = (found.outputs[..., at].double().tolist() for found in (deletion, insertion))
        backwards = [values[::-1] for values in deleted[_CONTROLLED:]]
        readings.append(
            ReadingInfo(quantity=quantity, deletion=_told(deleted), insertion=_told([*inserted, *backwards]))  # type: ignore[arg-type]
        )
    readings.sort(key=lambda reading: reading.quantity != subject.reading.quantity)
    return CurvesInfo(
        **asked.model_dump(),
        side=side_of(tuple(inputs[0].shape[1:])),
        shares=deletion.shares.double().tolist(),
        readings=readings,
    )


def _at_input(subject: Subject) -> tuple[Tensor, ...]:
    """The map in the sizes of the inputs; a layer's is enlarged as it is drawn, over the first of them."""
    if not subject.drawing.at_layer:
        return subject.attributions
    first, *others = subject.inputs
    value = subject.attributions[0]
    if value.dim() != first.dim():
        raise ExplorerError(
            "not_applicable",
            "The map of this layer has no height and width, so that no part of the input can be removed by it.",
            field="evaluation",
        )
    enlarged = F.interpolate(value.sum(1, keepdim=True).float(), first.shape[2:], mode="bilinear", align_corners=False)
    return enlarged, *(torch.zeros_like(x[:, :1]) for x in others)


def _told(values: list[list[float]]) -> list[CurveInfo]:
    """From the map's, the edges' and the random orders' values."""
    by_map, edges, *random = values
    return [_one("map", [by_map]), _one("edges", [edges]), _one("random", random)]


def _one(order: str, curves: list[list[float]]) -> CurveInfo:
    points, areas, several = list(zip(*curves, strict=True)), [_area(curve) for curve in curves], len(curves) > 1
    return CurveInfo(
        order=order,  # type: ignore[arg-type]
        values=[sum(at) / len(at) for at in points],
        spread=[stdev(at) for at in points] if several else None,
        area=sum(areas) / len(areas),
        area_spread=stdev(areas) if several else None,
    )


def _area(values: list[float]) -> float:
    return (sum(values) - (values[0] + values[-1]) / 2) / (len(values) - 1)


# --- randomisation -------------------------------------------------------------------------------------


def _randomised(asked: RandomisationRequest, subject: Subject) -> Evaluated:
    model = subject.model
    _make_room(subject.loaded, model)
    everything = (*subject.inputs, *subject.additional)
    original = subject.maps(subject.attributions)
    steps: list[StageInfo] = []
    arrays: dict[str, Tensor] = {}
    twin: LoadedModel | None = None
    for n, stage in enumerate(metrics.random_stages(model.module, everything, asked.stages, asked.seed)):
        twin = twin or model.twin(stage.model)
        found = _random_maps(subject, twin, stage)
        arrays |= {f"{n}@{name}": value for name, value in found.items()}
        signed, absolute = (_similarity(original, found, absolute=absolute) for absolute in (False, True))
        told = subject.drawing.infos(found)
        steps.append(StageInfo(layers=list(stage.layers), maps=told, signed=signed, absolute=absolute))
    return Evaluated(RandomisationInfo(**asked.model_dump(), steps=steps), arrays)


def _make_room(loaded: LoadedExplorer, model: LoadedModel) -> None:
    for relieved in (False, True):
        now = memory.of(model.device)
        if now.free + now.kept >= model.nbytes:
            return
        if relieved or not loaded.shelf.relieve(model):
            break
    raise ExplorerError(
        "out_of_memory",
        f"The weights are made random on a copy of model {model.name!r}, which needs {model.nbytes / 1e6:.0f} MB; "
        f"{(now.free + now.kept) / 1e6:.0f} MB are free.",
        field="evaluation",
        needed=model.nbytes,
        free=now.free + now.kept,
    )


def _random_maps(subject: Subject, twin: LoadedModel, stage: RandomStage) -> dict[str, Tensor]:
    try:
        with twin.evaluating():
            outcome = subject.explain(twin)
        found = subject.maps(outcome.attributions)
        if not all(map(finite, found.values())):
            raise Nonfinite("An attribution is NaN or infinite.", place="attributions")
    except Nonfinite as error:
        layers = ", ".join(repr(name) for name in stage.layers[:3])
        raise Nonfinite(f"With the weights of {layers} random: {error.message}", **error.params) from None
    return found


def _similarity(first: Mapping[str, Tensor], second: Mapping[str, Tensor], *, absolute: bool) -> float | None:
    """Spearman's correlation of the maps as they are drawn; None where one of them has no order."""
    rows = [tuple(_drawn(value)[None] for value in found.values()) for found in (first, second)]
    value = float(metrics.rank_correlation(rows[0], rows[1], absolute=absolute)[0])
    return value if math.isfinite(value) else None


def _drawn(value: Tensor) -> Tensor:
    """Channels summed, but for the units of a vector, each of which is drawn."""
    return value.sum(0) if value.shape[1] * value.shape[2] > 1 else value.flatten()
