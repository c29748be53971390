"""What the user declares: models, data, classes, features. Validated when it is declared, so errors name the field."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from attribution_core import registry
from attribution_core.errors import AttributionError
from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Feature
from attriscope.features.image import ImageFeature
from attriscope.workers.messages import MAX_K, MAX_SAMPLES, AttributionRequest

Loader = Callable[[], nn.Module]
ScoreFunc = Callable[[Tensor], Tensor]
TargetFunc = Callable[[Any], Tensor]

_PROBABILITIES = {"softmax", "sigmoid"}


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples at once, or one.

    inputs: a tensor, or one for each feature; N×C×H×W for N images, C×H×W for one; N×L or L
        token ids; N×D or D numbers.
    labels: class indices or names, one for each example; None where unknown.
    additional_args: further tensors for the model's forward, one row for each example; never explained.
    evidence: boolean mask N×H×W (H×W for one; N×L and L for texts and tables) of the pixels, tokens or columns that
        truly decide, or one mask (or None) for each feature.
    """

    inputs: Any
    labels: Any = None
    additional_args: Any = None
    evidence: Any = None


class Explorer:
    """Models, the data they are shown on, and how both are read.

    models: a module, a list of them, or a dict of name → module or name → zero-argument function that returns one.
    dataset: anything that yields `(inputs, labels)`, `inputs` or `Batch`: a Dataset, a DataLoader, a list, a generator.
    classes: names of the model's outputs, in order. Fewer than outputs is allowed.
    features: what each input is; one `ImageFeature()` by default.
    score_func: turns the model's output (N×C) into what the page displays, e.g. `torch.nn.Softmax(1)`.
    targets: what else can be explained, by name: functions of what the model returned that return one number for each
        example (N or N×1), e.g. `{"margin": lambda output: output[:, 0] - output[:, 1]}`.
    threshold: where classes do not exclude each other, the score from which on a class counts as predicted; labels may
        then be several: a list of classes, or a row of 0 and 1. 0.5 by default where `score_func` is a sigmoid.
    name: heading of the page.
    methods: further attribution classes (Captum's protocol: `Class(forward_func).attribute(inputs, …)`), offered beside
        the built-in ones with a form made from their signatures; see `attribution_core.custom`.
    defaults: presets of the page: fields of a request ('model', 'method', 'arguments', 'layer', 'target', …), 'count'
        (1–64 samples) and 'k' (1–20 predictions).

    `model`, `class_names` and `score_fn` are understood for `models`, `classes` and `score_func`.
    Raises ExplorerError, a ValueError whose `field` is the argument at fault.
    """

    models: Mapping[str, nn.Module | Loader]
    dataset: Any
    classes: tuple[str, ...] | None
    features: tuple[Feature, ...]
    score_func: ScoreFunc | None
    targets: Mapping[str, TargetFunc]
    threshold: float | None
    name: str | None
    methods: tuple[type, ...]
    defaults: Mapping[str, Any]

    def __init__(
        self,
        models: nn.Module | Sequence[nn.Module | Loader] | Mapping[str, nn.Module | Loader] | Loader | None = None,
        dataset: Any = None,
        classes: Sequence[str] | None = None,
        features: Feature | Sequence[Feature] | None = None,
        score_func: ScoreFunc | None = None,
        name: str | None = None,
        methods: Sequence[type] | None = None,
        defaults: Mapping[str, Any] | None = None,
        *,
        targets: Mapping[str, TargetFunc] | None = None,
        threshold: float | None = None,
        model: nn.Module | Loader | None = None,
        class_names: Sequence[str] | None = None,
        score_fn: ScoreFunc | None = None,
    ) -> None:
        self.models = _models(_one("models", models, "model", model))
        self.dataset = _dataset(dataset)
        self.classes = _classes(_one("classes", classes, "class_names", class_names))
        self.features = _features(features)
        self.score_func = _score_func(_one("score_func", score_func, "score_fn", score_fn))
        self.targets = _targets(targets)
        self.threshold = _threshold(threshold, self.score_func)
        if name is not None and not isinstance(name, str):
            raise _wrong("name", name, "a string")
        self.name = name
        self.methods = _methods(methods)
        self.defaults = _defaults(defaults, self.models)

    @property
    def score_name(self) -> str:
        """Heading of the predictions: 'probability' for softmax and sigmoid, else the function's name, else 'score'."""
        if self.score_func is None:
            return "score"
        name = _function_name(self.score_func)
        if name.lower() in _PROBABILITIES:
            return "probability"
        return name if name.isidentifier() else "score"


AttributionVisualizer = Explorer


def _function_name(function: Any) -> str:
    function = getattr(function, "func", function)
    return type(function).__name__ if isinstance(function, nn.Module) else getattr(function, "__name__", "<?>")


def _wrong(field: str, value: object, wanted: str) -> ExplorerError:
    shown = repr(value) if isinstance(value, str | int | float | bool | None) else f"of type {type(value).__name__}"
    return ExplorerError("wrong_type", f"{field} is {shown}; it must be {wanted}.", field=field)


def _one(field: str, value: Any, alias: str, other: Any) -> Any:
    if value is not None and other is not None:
        raise ExplorerError("argument_twice", f"{field} and {alias} are the same argument; give one.", field=field)
    return other if value is None else value


def _models(models: Any) -> Mapping[str, nn.Module | Loader]:
    if models is None:
        raise ExplorerError("argument_missing", "models is missing; give a torch.nn.Module.", field="models")
    if isinstance(models, Mapping):
        for name in models:
            if not isinstance(name, str) or not name:
                raise _wrong("models", name, "a dict whose keys are non-empty strings")
        named = {name: _loadable(f"models[{name!r}]", entry) for name, entry in models.items()}
    else:
        # A Sequential is iterable too, and is one model.
        entries = models if isinstance(models, list | tuple) else [models]
        named = {}
        for position, entry in enumerate(entries):
            field = "models" if entries is not models else f"models[{position}]"
            _loadable(field, entry)
            stem = type(entry).__name__ if isinstance(entry, nn.Module) else getattr(entry, "__name__", "model")
            stem = stem if stem.isidentifier() else "model"
            taken = sum(name == stem or name.startswith(f"{stem} ") for name in named)
            named[f"{stem} {taken + 1}" if taken else stem] = entry
    if not named:
        raise ExplorerError("argument_missing", "models is empty; give at least one.", field="models")
    return MappingProxyType(named)


def _loadable(field: str, entry: Any) -> nn.Module | Loader:
    wanted = "a torch.nn.Module or a function without arguments that returns one"
    if isinstance(entry, nn.Module):
        return entry
    if not callable(entry):
        raise _wrong(field, entry, wanted)
    try:
        inspect.signature(entry).bind()
    except TypeError:
        raise ExplorerError(
            "wrong_type", f"{field} is a function that needs arguments; it must be {wanted}.", field=field
        ) from None
    except ValueError:  # a builtin without a signature: calling it will tell
        return entry  # type: ignore[no-any-return]
    return entry  # type: ignore[no-any-return]


def _dataset(dataset: Any) -> Any:
    if dataset is None:
        raise ExplorerError(
            "argument_missing", "dataset is missing; give anything that yields inputs.", field="dataset"
        )
    readable = isinstance(dataset, Iterable) or hasattr(dataset, "__getitem__")
    if not readable or isinstance(dataset, str | bytes | Mapping):
        raise _wrong("dataset", dataset, "a Dataset, a DataLoader or another iterable of (inputs, labels)")
    return dataset


def _classes(classes: Any) -> tuple[str, ...] | None:
    if classes is None:
        return None
    if isinstance(classes, str) or not isinstance(classes, Iterable):
        raise _wrong("classes", classes, "a list of names")
    names = tuple(classes)
    for position, name in enumerate(names):
        if not isinstance(name, str):
            raise _wrong(f"classes[{position}]", name, "a string")
    if not names:
        raise ExplorerError("argument_missing", "classes is empty; leave it out or name the outputs.", field="classes")
    return names


def _features(features: Any) -> tuple[Feature, ...]:
    if features is None:
        return (ImageFeature(),)
    entries = tuple(features) if isinstance(features, list | tuple) else (features,)
    for position, feature in enumerate(entries):
        if not isinstance(feature, Feature):
            field = "features" if entries and features is entries[0] else f"features[{position}]"
            raise _wrong(field, feature, "a feature such as ImageFeature()")
    if not entries:
        raise ExplorerError("argument_missing", "features is empty; give one for each input.", field="features")
    names = [feature.name for feature in entries]
    for name in names:
        if names.count(name) > 1:
            raise ExplorerError(
                "duplicate_name",
                f"features: {names.count(name)} are named {name!r}; give each its own.",
                field="features",
            )
    return entries


def _score_func(score_func: Any) -> ScoreFunc | None:
    if score_func is not None and not callable(score_func):
        raise _wrong("score_func", score_func, "a function of the model's output")
    return score_func  # type: ignore[no-any-return]


def _targets(targets: Any) -> Mapping[str, TargetFunc]:
    if targets is None:
        return MappingProxyType({})
    if not isinstance(targets, Mapping):
        raise _wrong("targets", targets, "a dict of name → function of the model's output")
    for name, function in targets.items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise _wrong("targets", name, "a dict whose keys are names")
        if not callable(function):
            raise _wrong(f"targets[{name!r}]", function, "a function of the model's output")
    return MappingProxyType(dict(targets))


def _threshold(threshold: Any, score_func: ScoreFunc | None) -> float | None:
    if threshold is None:
        sigmoid = score_func is not None and _function_name(score_func).lower() == "sigmoid"
        return 0.5 if sigmoid else None
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not math.isfinite(threshold):
        raise _wrong("threshold", threshold, "a finite number")
    return float(threshold)


def _methods(methods: Any) -> tuple[type, ...]:
    if methods is None:
        return ()
    if not isinstance(methods, list | tuple):
        raise _wrong("methods", methods, "a list of attribution classes")
    for position, method in enumerate(methods):
        field = f"methods[{position}]"
        if not isinstance(method, type):
            raise _wrong(field, method, "a class, not an instance")
        try:
            registry.catalogue(methods[: position + 1])
        except AttributionError as error:
            raise ExplorerError(error.code, f"{field}: {error.message}", field=field, **error.params) from None
    return tuple(methods)


class _PageDefaults(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    count: int = Field(default=8, ge=1, le=MAX_SAMPLES)
    k: int = Field(default=5, ge=1, le=MAX_K)


def _defaults(defaults: Any, models: Mapping[str, Any]) -> Mapping[str, Any]:
    if defaults is None:
        return MappingProxyType({})
    if not isinstance(defaults, Mapping):
        raise _wrong("defaults", defaults, "a dict")
    page, request = set(_PageDefaults.model_fields), set(AttributionRequest.model_fields) - {"explorer", "samples"}
    for key in defaults:
        if key not in page | request:
            hint = nearest(str(key), sorted(page | request))
            raise ExplorerError("unknown_argument", f"defaults has no {key!r}.{hint}", field=f"defaults[{key!r}]")
    asked = {"explorer": "", "model": "", "samples": [0], "method": "", **defaults}
    try:
        _PageDefaults.model_validate({key: value for key, value in defaults.items() if key in page})
        AttributionRequest.model_validate({key: value for key, value in asked.items() if key not in page})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = f"defaults[{first['loc'][0]!r}]"
        raise ExplorerError("out_of_range", f"{field} is {first['input']!r}: {first['msg']}.", field=field) from None
    if "model" in defaults and defaults["model"] not in models:
        hint = nearest(defaults["model"], list(models))
        raise ExplorerError(
            "unknown_model",
            f"defaults['model'] is {defaults['model']!r}; no such model.{hint}",
            field="defaults['model']",
        )
    return MappingProxyType(dict(defaults))
