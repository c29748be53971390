"""What a worker tells once its models are loaded: methods, layers, outputs, baselines."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from attribution_core import deviations, registry
from attriscope.errors import ExplorerError
from attriscope.features import baselines
from attriscope.features.base import Baseline, Feature
from attriscope.workers.described import Described
from attriscope.workers.failures import error_body
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import (
    BaselineDescription,
    BaselinePart,
    Description,
    FeatureDescription,
    MethodDescription,
    ModelDescription,
    Notice,
    PresetDescription,
)
from attriscope.workers.models import LoadedModel


def describe(loaded: LoadedExplorer, name: str) -> Description:
    """What the worker tells; `name` stands in for an explorer without one."""
    explorer = loaded.explorer
    example = None if loaded.first is None else loaded.first.inputs
    count = len(explorer.features)
    shapes = tuple(tuple(value.shape) for value in example[:count]) if example else _usual(explorer.features)
    info = registry.InputInfo(shapes, unit=explorer.features[0].unit if count == 1 else None)
    return Description(
        name=explorer.name or name,
        classes=None if explorer.classes is None else list(explorer.classes),
        models=[_model(model, loaded.described[key]) for key, model in loaded.models.items()],
        features=[
            _feature(feature, shape, example[at] if example else None)
            for at, (feature, shape) in enumerate(zip(explorer.features, shapes, strict=True))
        ],
        methods=[_method(spec, info, loaded.described) for spec in loaded.methods.methods],
        baselines=[_baseline(baseline) for baseline in baselines.offered(explorer.features)],
        score_name=explorer.score_name,
        has_score=explorer.score_func is not None,
        threshold=explorer.threshold,
        dataset_length=loaded.samples.length,
        defaults=dict(explorer.defaults),
        presets=[PresetDescription(name=name, settings=dict(of)) for name, of in explorer.presets.items()],
        notices=list(loaded.notices),
        fingerprint=loaded.fingerprint,
        declaration=loaded.declaration,
        device=loaded.device_name,
    )


def _feature(feature: Feature, shape: tuple[int, ...], example: Tensor | None) -> FeatureDescription:
    untyped = feature.untyped()
    try:
        form = feature.form(example)
    except ExplorerError:  # the sample itself says what is wrong with it
        form = None
    return FeatureDescription(
        name=feature.name,
        kind=feature.kind,
        shape=[] if example is None else list(shape),
        form=form,
        untyped=None if untyped is None else error_body(untyped),
        baselines=[_baseline(baseline) for baseline in baselines.own(feature)],
    )


def _baseline(baseline: Baseline) -> BaselineDescription:
    parts = [BaselinePart(feature=feature, description=what) for feature, what in baseline.parts]
    return BaselineDescription(id=baseline.id, name=baseline.name, description=baseline.description, parts=parts)


def _usual(features: Sequence[Feature]) -> tuple[tuple[int, ...], ...]:
    """Forms are still shown for a dataset without a first sample; these sizes give them their bounds."""
    return tuple(feature.usual for feature in features)


def _model(model: LoadedModel, found: Described) -> ModelDescription:
    notices = list(model.notices)
    if found.error is not None:
        message = f"On the first sample: {found.error.message}"
        notices.append(Notice(code=found.error.code, message=message, params=found.error.params))
    for name, error in found.targets.items():
        if error is not None:
            message = f"Target {name!r} cannot be explained: {error.message}"
            notices.append(Notice(code="target_failed", message=message, params={"target": name}))
    return ModelDescription(
        name=model.name,
        class_name=type(model.module).__name__,
        parameters=sum(p.numel() for p in model.module.parameters() if not torch.nn.parameter.is_lazy(p)),
        outputs=found.outputs,
        map_shape=None if found.map_shape is None else list(found.map_shape),
        targets=[name for name, error in found.targets.items() if error is None],
        layers=list(found.layers),
        default_layer=found.default_layer,
        default_layer_holds=None if found.cam_layer is None else found.cam_layer.holds,
        forward_seconds=found.forward_seconds,
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
        deviations=[f"Captum: {found.captum} Here: {found.here}" for found in deviations.concerning(spec)],
        references=list(spec.references),
        anytime=spec.anytime,
        stochastic=spec.stochastic,
        needs=sorted(spec.needs),
        takes_target=spec.takes_target,
        distribution=spec.distribution,
        smoothing=spec.smoothing,
        sign=spec.sign,
        precisions=list(spec.precisions),
        arguments=spec.arguments(inputs).model_json_schema(),
        unavailable={name: list(why) for name, found in described.items() if (why := found.against(spec.id))},
    )
