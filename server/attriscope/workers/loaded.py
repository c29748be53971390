"""An explorer on a device: its models loaded, its dataset opened, and what results depend on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

import attribution_core
from attribution_core import custom, registry
from attribution_core.execution import execution
from attriscope.errors import ExplorerError, SampleError, nearest
from attriscope.explorer import Explorer
from attriscope.samples import Example, Samples
from attriscope.workers import keys
from attriscope.workers.arrays import inputs_of
from attriscope.workers.described import Described, describe_model
from attriscope.workers.messages import Notice
from attriscope.workers.models import LoadedModel, load_models
from attriscope.workers.protocol import Array
from attriscope.workers.reading import Reading
from attriscope.workers.shelf import Shelf

Stage = Callable[[str], None]


def no_stage(text: str) -> None:
    """For those who do not show what loading is at."""


class LoadedExplorer:
    """What the calls of a worker work on.

    methods: those that this explorer offers, its own included.
    first: the dataset's first sample, None where there is none; notices: what the user should know of the dataset.
    device_name: what others call the device, where this process calls it otherwise (see `devices.inside`).
    samples: the dataset, where it has been opened before.
    code and arguments: the user's file and what its factory was called with, for the content keys.
    Raises ExplorerError for a model that cannot be loaded. A model that raises on the first sample, or a dataset that
    has none, is told in `described` and `notices` instead.
    """

    def __init__(
        self,
        explorer: Explorer,
        device: str,
        *,
        device_name: str | None = None,
        code: bytes = b"",
        arguments: Mapping[str, Any] | None = None,
        stage: Stage = no_stage,
        samples: Samples | None = None,
    ) -> None:
        self.explorer = explorer
        self.device, self.device_name = torch.device(device), device_name or device
        self.methods = registry.catalogue(explorer.methods)
        self.samples = samples or Samples(explorer.dataset, explorer.features)
        self.shelf = Shelf(self.device)
        self.models = load_models(
            explorer.models, self.device, self.device_name, explorer.score_func, stage, self.shelf, explorer.targets
        )
        stage("Reading the first sample…")
        self.first, self.notices = self._first_sample()
        stage("Trying the model…" if len(self.models) == 1 else "Trying the models…")
        example = None if self.first is None else self.to_model(self.first.inputs)
        self.described: dict[str, Described] = {
            key: describe_model(
                model,
                example,
                self.methods,
                self.shelf,
                [f.embedding for f in explorer.features],
                list(explorer.targets),
            )
            for key, model in self.models.items()
        }
        self._model_fingerprints = {key: model.fingerprint() for key, model in self.models.items()}
        self.declaration = keys.declaration_fingerprint(
            code, json.dumps(dict(arguments or {}), sort_keys=True), "; ".join(f.describe() for f in explorer.features)
        )
        self._score = keys.callable_fingerprint(explorer.score_func)
        self.fingerprint = keys.combined({"declaration": self.declaration, "models": self._model_fingerprints})

    def _first_sample(self) -> tuple[Example | None, list[Notice]]:
        try:
            first = self.samples.get(0)
        except SampleError as error:
            return None, [Notice(code=error.code, message=error.message)]
        if first is None:
            return None, [Notice(code="dataset_empty", message="The dataset is empty.")]
        return first, []

    def to_model(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """One example's inputs and additional arguments as the model takes them, from what the dataset yields.

        Raises ExplorerError where the user's own functions fail.
        """
        features = self.explorer.features
        made = [
            feature.to_model(x.to(self.samples.device) if feature.transforms.changes_inputs else x)
            for feature, x in zip(features, inputs, strict=False)
        ]
        return (*made, *inputs[len(features) :])

    def inputs_of(self, arrays: Mapping[str, Array], count: int) -> list[tuple[Tensor, ...]]:
        """Those of `count` items as the model takes them, from arrays named '<n>.input.<i>'. Raises as `to_model`."""
        return [self.to_model(inputs) for inputs in inputs_of(arrays, count)]

    def model(self, name: str) -> LoadedModel:
        """Raises ExplorerError for an unknown name."""
        if name not in self.models:
            raise ExplorerError(
                "unknown_model", f"No model {name!r}.{nearest(name, list(self.models))}", field="model", model=name
            )
        return self.models[name]

    @contextmanager
    def computing(self, name: str, **options: Any) -> Iterator[LoadedModel]:
        """The model, on the device and in eval mode. `options` are `attribution_core.execution`'s.

        Where memory runs out, the other models make room first. Raises ExplorerError for an unknown name.
        """
        model = self.model(name)
        self.shelf.bring(model)
        with model.evaluating(), execution(on_out_of_memory=lambda: self.shelf.relieve(model), **options):
            yield model

    def class_name(self, model: str, index: int) -> str:
        """Name of an output; 'output' for a single value without a name, 'class 12' where names run out."""
        classes = self.explorer.classes or ()
        if self.described[model].outputs == 1 and len(classes) > 1:
            return "output"  # its value says which class; none of the names is its own
        if index < len(classes):
            return classes[index]
        return "output" if self.described[model].outputs == 1 else f"class {index}"

    def ingredients(self, model: str, reading: Reading, method: str) -> dict[str, str]:
        """What the results of `model` depend on beside the request and the sample."""
        own, function = custom.class_of(self.methods.get(method)), reading.function
        read = {} if function is None else {"target": keys.callable_fingerprint(self.explorer.targets[function])}
        return {
            **read,
            "method": "" if own is None else keys.class_fingerprint(own),
            "declaration": self.declaration,
            "model": self._model_fingerprints[model],
            "score": self._score if reading.quantity == "score" else "",
            "device": self.device.type,
            "torch": torch.__version__,
            "attribution_core": attribution_core.__version__,
        }
