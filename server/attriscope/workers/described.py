"""What running a model once on the first sample tells: its outputs, its layers, the methods that cannot explain it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from attribution_core import layers, registry
from attribution_core.layers import CamLayer
from attriscope.errors import ExplorerError
from attriscope.workers import embedded
from attriscope.workers.embedded import Embeddings
from attriscope.workers.failures import error_body, is_device_fault
from attriscope.workers.messages import ErrorBody, LayerDescription
from attriscope.workers.models import LoadedModel
from attriscope.workers.reading import Reading, scores
from attriscope.workers.shelf import Shelf

_TIMED = 3
_TOGETHER = 8
_SLOW = 0.05
"""Seconds of a pass that is no quicker among others: it keeps the device busy by itself."""


@dataclass(frozen=True)
class Described:
    """What was found by running a model once on the first sample.

    outputs: number of columns, None where the model could not be run; 1 for a single value.
    map_shape: height and width of an output that is a map. targets: for each of the explorer's, why it cannot be read.
    embeddings: see `embedded`.
    forward_seconds: of one example's forward pass, warm; among others of a batch where that is quicker.
    unavailable: method id → reasons why the method cannot explain this model. error: why the model could not be run.
    """

    outputs: int | None = None
    map_shape: tuple[int, int] | None = None
    targets: dict[str, ErrorBody | None] = field(default_factory=dict)
    forward_seconds: float | None = None
    layers: tuple[LayerDescription, ...] = ()
    cam_layer: CamLayer | None = None
    unavailable: dict[str, tuple[str, ...]] = field(default_factory=dict)
    embeddings: Embeddings = field(default_factory=dict)
    error: ErrorBody | None = None

    @property
    def default_layer(self) -> str | None:
        return None if self.cam_layer is None else self.cam_layer.name

    def against(self, method: str) -> tuple[str, ...]:
        """Reasons why `method` cannot explain the model; empty if it can."""
        return (self.error.message,) if self.error is not None else self.unavailable.get(method, ())


def describe_model(
    model: LoadedModel,
    example: tuple[Tensor, ...] | None,
    methods: registry.Catalogue,
    shelf: Shelf,
    embeddings: Sequence[str | None],
    targets: Sequence[str] = (),
) -> Described:
    """Runs the model on one example (without batch dimension), on its device.

    embeddings: for each feature the layer that makes vectors of it, where it is named. targets: names of functions.

    Where memory runs out, the other models make room. Raises ExplorerError for a device that can no longer be used.
    """
    if example is None:
        return Described()
    try:
        shelf.bring(model)
        return _run(model, example, methods, embeddings, targets)
    except Exception as error:
        if is_device_fault(error):
            body = error_body(error)
            raise ExplorerError(body.code, body.message, detail=body.detail) from error
        failure = error_body(error)
    # Outside the except block, whose traceback would keep tensors alive.
    if failure.code == "out_of_memory" and shelf.relieve(model):
        return describe_model(model, example, methods, shelf, embeddings, targets)
    return Described(error=failure)


def _run(
    model: LoadedModel,
    example: tuple[Tensor, ...],
    methods: registry.Catalogue,
    embeddings: Sequence[str | None],
    targets: Sequence[str],
) -> Described:
    inputs = tuple(value[None].to(model.device) for value in example)
    outputs = model.predict(inputs)[0].shape[1]
    with model.evaluating():
        map_shape = _map_shape(model, inputs)
        unread = {name: _unread(model, name, inputs) for name in targets}
        found = layers.describe_layers(model.module, inputs)
        cam_layer = layers.find_cam_layer(model.module, inputs)
        vectors = embedded.find(model.module, inputs, embeddings)
        count = len(embeddings)
        against = {
            spec.id: spec.applicable(model.module, inputs[:count], inputs[count:] or None, embedded=vectors)
            for spec in methods.methods
        }
    return Described(
        outputs=outputs,
        map_shape=map_shape,
        targets=unread,
        forward_seconds=_forward_seconds(model, inputs),
        layers=tuple(
            LayerDescription(
                name=layer.name,
                type=layer.type,
                output_shape=None if layer.output_shape is None else list(layer.output_shape),
                selectable=layer.reason is None,
                reason=layer.reason,
            )
            for layer in found
        ),
        cam_layer=cam_layer,
        unavailable={method: reasons for method, reasons in against.items() if reasons},
        embeddings=vectors,
    )


def _map_shape(model: LoadedModel, inputs: tuple[Tensor, ...]) -> tuple[int, int] | None:
    with torch.no_grad():
        shape = scores(model.module(*inputs)).shape
    return (shape[2], shape[3]) if len(shape) == 4 else None


def _unread(model: LoadedModel, target: str, inputs: tuple[Tensor, ...]) -> ErrorBody | None:
    """Why a function cannot be read of the model's output."""
    try:
        with torch.no_grad():
            model.forward(Reading(function=target))(*inputs)
    except Exception as error:
        if is_device_fault(error):
            raise
        return error_body(error)
    return None


def _forward_seconds(model: LoadedModel, inputs: tuple[Tensor, ...]) -> float:
    """Nearly everything computed for an example takes many passes, which go together."""
    alone = min(_seconds(lambda: model.predict(inputs)) for _ in range(_TIMED))
    if alone > _SLOW:
        return alone
    batch = tuple(value.expand(_TOGETHER, *value.shape[1:]) for value in inputs)
    try:
        return min(alone, *(_seconds(lambda: model.predict(batch)) / _TOGETHER for _ in range(_TIMED)))
    except Exception as error:
        if is_device_fault(error):
            raise
        return alone


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
