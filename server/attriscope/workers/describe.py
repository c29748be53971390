"""What a worker tells once its models are loaded: methods, layers, outputs, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from attribution_core import layers, registry
from attriscope.workers.failures import error_body
from attriscope.workers.messages import (
    BaselineDescription,
    Description,
    ErrorBody,
    FeatureDescription,
    LayerDescription,
    MethodDescription,
    ModelDescription,
    Notice,
)
from attriscope.workers.models import LoadedModel

if TYPE_CHECKING:
    from attriscope.workers.runtime import Runtime

PRECISION = ["exact"]
_NO_SAMPLE = (3, 224, 224)
"""Forms are still shown for a dataset without a first sample; this size gives them their bounds."""


@dataclass(frozen=True)
class Described:
    """What was found by running a model once on the first sample.

    outputs: number of columns, None where the model could not be run; 1 for a single value.
    unavailable: method id → why the method cannot explain this model. error: why the model could not be run.
    """

    outputs: int | None = None
    layers: tuple[LayerDescription, ...] = ()
    default_layer: str | None = None
    unavailable: dict[str, str] = field(default_factory=dict)
    error: ErrorBody | None = None

    def against(self, method: str) -> str | None:
        """Why `method` cannot explain the model, if it cannot."""
        return self.error.message if self.error is not None else self.unavailable.get(method)


def describe_model(model: LoadedModel, example: tuple[Tensor, ...] | None) -> Described:
    """Runs the model on one example (without batch dimension), on its device."""
    if example is None:
        return Described()
    inputs = tuple(value[None].to(model.device) for value in example)
    try:
        outputs = model.predict(inputs)[0].shape[1]
        with model.evaluating():
            found = layers.describe_layers(model.module, inputs)
            default = layers.default_cam_layer(model.module, inputs)
            against = {spec.id: spec.applicable(model.module, inputs) for spec in registry.methods()}
    except Exception as error:
        return Described(error=error_body(error))
    return Described(
        outputs=outputs,
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
        default_layer=default,
        unavailable={method: "; ".join(reasons) for method, reasons in against.items() if reasons},
    )


def describe(runtime: Runtime, name: str, example: tuple[Tensor, ...] | None, notices: Sequence[Notice]) -> Description:
    explorer = runtime.explorer
    count = len(explorer.features)
    shapes = tuple(tuple(value.shape) for value in example[:count]) if example else (_NO_SAMPLE,) * count
    return Description(
        name=explorer.name or name,
        classes=None if explorer.classes is None else list(explorer.classes),
        models=[_model(model, runtime.described[key]) for key, model in runtime.models.items()],
        features=[
            FeatureDescription(name=feature.name, kind=feature.kind, shape=list(shape) if example else [])
            for feature, shape in zip(explorer.features, shapes, strict=True)
        ],
        methods=[_method(spec, registry.InputInfo(shapes), runtime.described) for spec in registry.methods()],
        baselines=[
            BaselineDescription(id=baseline.id, name=baseline.name, description=baseline.description)
            for baseline in explorer.features[0].baselines()
        ],
        score_name=explorer.score_name,
        has_score=explorer.score_func is not None,
        dataset_length=runtime.samples.length,
        defaults=dict(explorer.defaults),
        notices=list(notices),
        fingerprint=runtime.fingerprint,
        device=str(runtime.device),
        precision=PRECISION,
    )


def _model(model: LoadedModel, found: Described) -> ModelDescription:
    notices = list(model.notices)
    if found.error is not None:
        notices.append(Notice(code=found.error.code, message=f"On the first sample: {found.error.message}"))
    return ModelDescription(
        name=model.name,
        class_name=type(model.module).__name__,
        parameters=sum(p.numel() for p in model.module.parameters() if not torch.nn.parameter.is_lazy(p)),
        outputs=found.outputs,
        layers=list(found.layers),
        default_layer=found.default_layer,
        notices=notices,
    )


def _method(
    spec: registry.MethodSpec, inputs: registry.InputInfo, described: dict[str, Described]
) -> MethodDescription:
    return MethodDescription(
        id=spec.id,
        name=spec.name,
        class_name=spec.class_name,
        family=spec.family,
        space=spec.space,
        summary=spec.summary,
        limitations=list(spec.limitations),
        references=list(spec.references),
        anytime=spec.anytime,
        stochastic=spec.stochastic,
        needs=sorted(spec.needs),
        smoothing=spec.smoothing,
        sign=spec.sign,
        arguments=spec.arguments(inputs).model_json_schema(),
        unavailable={name: why for name, found in described.items() if (why := found.against(spec.id)) is not None},
    )
