"""What a worker does, whatever carries the frames: one explorer on one device."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import torch

import attribution_core
from attriscope.errors import ExplorerError, SampleError, nearest
from attriscope.explorer import Explorer
from attriscope.samples import Example, Samples
from attriscope.workers import attribute, check, keys, predict, scan
from attriscope.workers.describe import Described, describe, describe_model
from attriscope.workers.failures import error_body
from attriscope.workers.messages import Description, Notice
from attriscope.workers.models import LoadedModel, load_models
from attriscope.workers.protocol import Frame
from attriscope.workers.source import ExplorerSource, load

Send = Callable[[Frame], None]
Stage = Callable[[str], None]
ShouldStop = Callable[[], bool]


def _no_stage(text: str) -> None:
    """For those who do not show what loading is at."""


def _never() -> bool:
    return False


class Runtime:
    """An explorer, loaded on a device: `description` says what it offers, `handle` answers calls.

    Calls are answered on the caller's thread. 'check' and 'baseline' never run the model and may be asked while another
    thread computes; 'scan' reads the dataset; 'predict' and 'attribute' compute, one at a time.

    code and arguments: the user's file and what its factory was called with, for the content keys.
    Raises ExplorerError for a model that cannot be loaded. A model that raises on the first sample, or a dataset that
    has none, is told in the description instead.
    """

    def __init__(
        self,
        explorer: Explorer,
        device: str,
        *,
        name: str = "explorer",
        code: bytes = b"",
        arguments: Mapping[str, Any] | None = None,
        stage: Stage = _no_stage,
    ) -> None:
        self.explorer = explorer
        self.device = torch.device(device)
        self.samples = Samples(explorer.dataset, explorer.features)
        self.models = load_models(explorer.models, self.device, explorer.score_func, stage)
        stage("Reading the first sample…")
        first, notices = self._first_sample()
        if explorer.methods:
            names = ", ".join(method.__name__ for method in explorer.methods)
            notices.append(
                Notice(code="methods_not_offered", message=f"This version does not offer methods=[{names}].")
            )
        stage("Trying the model…" if len(self.models) == 1 else "Trying the models…")
        example = None if first is None else first.inputs
        self.described: dict[str, Described] = {
            key: describe_model(model, example) for key, model in self.models.items()
        }
        self._model_fingerprints = {key: model.fingerprint() for key, model in self.models.items()}
        self._declaration = keys.declaration_fingerprint(
            code, json.dumps(dict(arguments or {}), sort_keys=True), "; ".join(f.describe() for f in explorer.features)
        )
        self._score = keys.callable_fingerprint(explorer.score_func)
        self.fingerprint = keys.combined({"declaration": self._declaration, "models": self._model_fingerprints})
        self.description: Description = describe(self, name, example, notices)

    @classmethod
    def from_source(cls, source: ExplorerSource, device: str, stage: Stage = _no_stage) -> Runtime:
        """Imports the user's file and loads what it declares. Raises ExplorerError."""
        stage("Importing…")
        loaded = load(source)
        return cls(loaded.explorer, device, name=source.name, code=loaded.code, arguments=source.arguments, stage=stage)

    def handle(self, frame: Frame, send: Send, should_stop: ShouldStop = _never) -> None:
        """Answers one call: any number of interim frames, then exactly one 'reply' or 'error'. Never raises."""
        try:
            handler = _HANDLERS.get(frame.type)
            if handler is None:
                raise ExplorerError("unknown_call", f"No call {frame.type!r}.{nearest(frame.type, list(_HANDLERS))}")
            reply = handler(self, frame, send, should_stop)
        except Exception as error:
            body = error_body(error)
            send(Frame("error", frame.id, body.model_dump(mode="json")))
        else:
            send(Frame("reply", frame.id, reply.body, reply.arrays))

    def _first_sample(self) -> tuple[Example | None, list[Notice]]:
        try:
            first = self.samples.get(0)
        except SampleError as error:
            return None, [Notice(code=error.code, message=error.message)]
        if first is None:
            return None, [Notice(code="dataset_empty", message="The dataset is empty.")]
        return first, []

    def model(self, name: str) -> LoadedModel:
        """Raises ExplorerError for an unknown name."""
        if name not in self.models:
            raise ExplorerError(
                "unknown_model", f"No model {name!r}.{nearest(name, list(self.models))}", field="model", model=name
            )
        return self.models[name]

    def class_name(self, model: str, index: int) -> str:
        """Name of an output; 'output' for a single value without a name, 'class 12' where names run out."""
        classes = self.explorer.classes or ()
        if index < len(classes):
            return classes[index]
        return "output" if self.described[model].outputs == 1 else f"class {index}"

    def ingredients(self, model: str, quantity: str) -> dict[str, str]:
        """What the results of `model` depend on beside the request and the sample."""
        return {
            "declaration": self._declaration,
            "model": self._model_fingerprints[model],
            "score": self._score if quantity == "score" else "",
            "device": self.device.type,
            "torch": torch.__version__,
            "attribution_core": attribution_core.__version__,
        }


_Handler = Callable[[Runtime, Frame, Send, ShouldStop], Frame]
_HANDLERS: dict[str, _Handler] = {
    "scan": scan.scan,
    "predict": predict.predict,
    "check": check.check,
    "attribute": attribute.attribute,
    "baseline": scan.baseline,
}
