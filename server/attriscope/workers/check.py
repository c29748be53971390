"""The call that says whether a request will run, what it costs and under which keys its results are found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from attribution_core import precision, registry
from attribution_core.errors import AttributionError
from attriscope.errors import ExplorerError, nearest
from attriscope.features import baselines
from attriscope.workers import evaluate, keys, targets
from attriscope.workers.choices import BaselineChoice, rows_of
from attriscope.workers.described import Described
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import AttributionRequest, Checked, CheckedItem, Cost
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.reading import OUTPUT, Reading
from attriscope.workers.targets import Shapes


@dataclass(frozen=True)
class Plan:
    """A request that was found good: what to run and with what.

    layer and baseline are None where the method has none, whatever the request says.
    """

    request: AttributionRequest
    spec: registry.MethodSpec
    arguments: BaseModel
    layer: str | None
    baseline: BaselineChoice | None
    """Settled; see `baselines.combinations`."""
    cost: Cost
    """Of one sample, the dearest."""

    @property
    def batchable(self) -> bool:
        """Whether a result is the same with other samples in its batch.

        Random draws run alone under their seed. A batch of another size adds up in another order: where that moves a
        ReLU's input across zero, a map of one gradient shows it, and where an output changes little, its differences
        do. Averages over a path do not.
        """
        alone = self.spec.stochastic or self.request.smoothing is not None or self.request.evaluation is not None
        return self.spec.family == "path" and not alone


def parse_request(body: Mapping[str, Any]) -> AttributionRequest:
    return AttributionRequest.model_validate_json(json.dumps(body))


def plan(loaded: LoadedExplorer, request: AttributionRequest, shapes: Sequence[Shapes]) -> Plan:
    """`shapes`: of each sample's inputs, additional arguments included.

    Raises ExplorerError or AttributionError, whose field is the request's.
    """
    described = loaded.described[loaded.model(request.model).name]
    shapes = explained(loaded, shapes)
    spec = loaded.methods.get(request.method)
    if reasons := described.against(spec.id):
        message = f"{spec.name} cannot explain this model: {' '.join(reasons)}"
        raise ExplorerError("not_applicable", message, field="method")
    if request.precision not in spec.precisions:
        raise ExplorerError(
            "not_applicable",
            f"precision is {request.precision!r}; {spec.name} offers {' and '.join(spec.precisions)}.",
            field="precision",
        )
    precision.require_float32(loaded.model(request.model).module, request.precision)
    if request.smoothing is not None and not spec.smoothing:
        raise ExplorerError("not_applicable", f"{spec.name} cannot be smoothed.", field="smoothing")
    targets.check(loaded, request, described, shapes)
    baseline = baselines.settled(loaded.explorer.features, request.baseline)
    arguments, layer = _arguments(spec, request.arguments, shapes), _layer(spec, request.layer, described)
    if spec.space == "neuron" and layer is not None:
        _check_unit(arguments.model_dump()["unit"], layer, described)
    if request.evaluation is not None:
        evaluate.check(request.evaluation, spec, shapes)
        if request.evaluation.type == "curves":
            baselines.checked(loaded.explorer.features, request.evaluation.fill, "evaluation.fill")
    compared = baseline if "baseline" in spec.needs else None
    times = 1 if compared is None else len(baselines.combinations(loaded.explorer.features, compared))
    cost = _cost(loaded, request, spec, arguments, layer, shapes, times)
    return Plan(request, spec, arguments, layer, compared, cost)


def explained(loaded: LoadedExplorer, shapes: Sequence[Shapes]) -> list[Shapes]:
    """Without the additional arguments, which are passed on and not explained."""
    return [of[: len(loaded.explorer.features)] for of in shapes]


def check(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """Never runs the model."""
    request = parse_request(frame.body["request"])
    items = frame.body["items"]
    shapes = [tuple(tuple(shape) for shape in item["shapes"]) for item in items]
    found = plan(loaded, request, shapes)
    arguments = found.arguments.model_dump(mode="json")
    outputs = loaded.described[request.model].outputs
    reading = Reading.of(request) if found.spec.takes_target else OUTPUT
    ingredients = loaded.ingredients(request.model, reading, request.method)
    if "distribution" in found.spec.needs or any(rows_of(found.baseline)):
        ingredients["distribution"] = keys.combined({"samples": frame.body["distribution"]})
    checked = []
    for item in items:
        target, against = targets.of_item(request, outputs, item) if found.spec.takes_target else (None, None)
        key = keys.content_key(
            request,
            arguments=arguments,
            sample_sha256=item["sha256"],
            target=target,
            layer=found.layer,
            baseline=found.baseline,
            ingredients=ingredients,
            reading=replace(reading, against=against),
        )
        checked.append(
            CheckedItem(
                sample=item["sample"],
                target=target,
                target_name=targets.name_of(loaded, request, target) if found.spec.takes_target else None,
                key=key,
                against=against,
                against_name=None if against is None else loaded.class_name(request.model, against),
            )
        )
    reply = Checked(
        arguments=arguments,
        items=checked,
        cost=found.cost,
        batchable=found.batchable,
    )
    return Frame("reply", body=reply.model_dump(mode="json"))


def _cost(
    loaded: LoadedExplorer,
    request: AttributionRequest,
    spec: registry.MethodSpec,
    arguments: BaseModel,
    layer: str | None,
    shapes: Sequence[Shapes],
    times: int,
) -> Cost:
    """`times`: how many baselines are averaged."""
    described, model = loaded.described[request.model], loaded.model(request.model)
    samples = None if request.smoothing is None else request.smoothing.samples
    found = next((known for known in described.layers if known.name == layer), None)
    at_layer = None if found is None or found.output_shape is None else tuple(found.output_shape)
    costs = []
    for of in dict.fromkeys(shapes):
        once = spec.cost(arguments, registry.InputInfo(of, at_layer), samples)
        cost = Cost(forward=times * once.forward, backward=times * once.backward)
        costs.append(cost if request.evaluation is None else evaluate.cost(request.evaluation, cost, of, model))
    return max(costs, key=lambda cost: cost.forward + cost.backward)


def _arguments(spec: registry.MethodSpec, given: Mapping[str, Any], shapes: Sequence[Shapes]) -> BaseModel:
    """Defaults follow the first sample's size; the others must allow what comes of it."""
    distinct = list(dict.fromkeys(shapes))
    try:
        arguments = spec.validate(dict(given), registry.InputInfo(distinct[0]))
        for others in distinct[1:]:
            spec.validate(arguments.model_dump(), registry.InputInfo(others))
    except AttributionError as error:
        if error.field is not None:
            error.field = f"arguments.{error.field}"
        raise
    return arguments


def _layer(spec: registry.MethodSpec, layer: str | None, described: Described) -> str | None:
    if "layer" not in spec.needs:
        if layer is not None:
            raise ExplorerError(
                "layer_not_wanted", f"{spec.name} explains the input; leave layer {layer!r} out.", field="layer"
            )
        return None
    if layer is None:
        if described.default_layer is None:
            raise ExplorerError("layer_missing", f"{spec.name} needs a layer; choose one.", field="layer")
        return described.default_layer
    by_name = {found.name: found for found in described.layers}
    if layer not in by_name:
        hint = nearest(layer, [name for name, found in by_name.items() if found.selectable])
        raise ExplorerError("unknown_layer", f"No layer {layer!r}.{hint}", field="layer", layer=layer)
    if not by_name[layer].selectable:
        raise ExplorerError(
            "layer_not_selectable",
            f"Layer {layer!r} cannot be explained: {by_name[layer].reason}",
            field="layer",
            layer=layer,
        )
    shape = by_name[layer].output_shape
    if "positions" in spec.needs and shape is not None and len(shape) < 2:
        raise ExplorerError(
            "layer_without_positions",
            f"Layer {layer!r} has {shape[0]} values and no positions, so that {spec.name} has no map; choose another.",
            field="layer",
            layer=layer,
            units=shape[0],
        )
    return layer


def _check_unit(unit: int, layer: str, described: Described) -> None:
    shape = next((found.output_shape for found in described.layers if found.name == layer), None)
    if shape and unit >= shape[0]:
        raise ExplorerError(
            "out_of_range",
            f"unit is {unit}; layer {layer!r} has {shape[0]} units, so it must be 0 to {shape[0] - 1}.",
            field="arguments.unit",
            value=unit,
            low=0,
            high=shape[0] - 1,
        )
