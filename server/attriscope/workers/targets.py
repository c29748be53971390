"""Whether what is asked to be explained of a model's output is there; never runs the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attriscope.errors import ExplorerError
from attriscope.workers.choices import FunctionTarget, class_target
from attriscope.workers.described import Described
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import AttributionRequest
from attriscope.workers.reading import Reading, check_region

Shapes = tuple[tuple[int, ...], ...]


def check(
    loaded: LoadedExplorer, request: AttributionRequest, described: Described, shapes: Sequence[Shapes]
) -> Reading:
    """How the output is to be read. Raises ExplorerError for a function, score or region that the model has not."""
    reading = Reading.of(request)
    loaded.model(request.model).check(reading)
    if reading.function is not None and (error := described.targets.get(reading.function)) is not None:
        raise ExplorerError(
            "not_applicable", f"Target {reading.function!r} cannot be explained: {error.message}", field="target"
        )
    if reading.region is None:
        return reading
    if described.map_shape is None:
        raise ExplorerError(
            "region_not_wanted",
            f"target is a region; the output of model {request.model!r} is no map, so leave the region out.",
            field="target",
            model=request.model,
        )
    first = () if loaded.first is None else tuple(tuple(x.shape) for x in loaded.first.inputs)
    # The output of an image of another size may have another size; that is seen when it is there.
    if all(of == first[: len(of)] for of in shapes):
        check_region(reading.region, described.map_shape)
    return reading


def of_item(request: AttributionRequest, outputs: int | None, item: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The class that one sample is explained for, and the one whose output is subtracted.

    None where there is no such; a function of the output has neither. Raises ExplorerError for one that cannot be.
    """
    chosen = class_target(request.target)
    if chosen is None:
        return None, None
    if outputs == 1:
        if isinstance(chosen.of, int):
            raise ExplorerError(
                "target_not_wanted",
                f"target is {chosen.of}; model {request.model!r} has one output, so leave the target out.",
                field="target",
            )
        if chosen.against is not None:
            raise ExplorerError(
                "contrast_not_wanted",
                f"target is one class rather than another; model {request.model!r} has one output, so leave it out.",
                field="target",
                model=request.model,
            )
        return None, None
    target = _class(request, outputs, item["target"])
    if chosen.against is None:
        return target, None
    against = _class(request, outputs, item.get("against"))
    if target == against:
        raise ExplorerError(
            "contrast_with_itself",
            f"target is class {target} rather than class {target} for sample {item['sample']}; choose two classes.",
            field="target",
            target=target,
            sample=item["sample"],
        )
    return target, against


def name_of(loaded: LoadedExplorer, request: AttributionRequest, target: int | None) -> str | None:
    """What is explained, by name: the function's, or the class's."""
    if isinstance(request.target, FunctionTarget):
        return request.target.function
    return None if target is None else loaded.class_name(request.model, target)


def _class(request: AttributionRequest, outputs: int | None, target: int | None) -> int:
    if target is None:
        what = "the sample has no label" if request.target == "label" else "none was given"
        raise ExplorerError(
            "target_missing",
            f"Model {request.model!r} has {outputs} outputs and {what}; choose a target.",
            field="target",
        )
    if outputs is not None and not 0 <= target < outputs:
        raise ExplorerError(
            "target_out_of_range",
            f"target is {target}; model {request.model!r} has {outputs} outputs, 0 to {outputs - 1}.",
            field="target",
            target=target,
            outputs=outputs,
        )
    return target
