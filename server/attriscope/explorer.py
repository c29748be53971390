"""What the user declares: models, data, classes, features. Validated when it is declared, so errors name the field."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from attribution_core import registry
from attribution_core.errors import AttributionError
from attriscope.errors import ExplorerError
from attriscope.features.base import Feature
from attriscope.features.image import ImageFeature
from attriscope.presets import Presets

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
    classes: names of the model's outputs, in order. Fewer than outputs is allowed. By default the dataset's own
        `classes`, which torchvision's datasets have.
    features: what each input is; one `ImageFeature()` by default.
    score_func: turns the model's output (N×C) into what the page displays, e.g. `torch.nn.Softmax(1)`.
    targets: what else can be explained, by name: functions of what the model returned that return one number for each
        example (N or N×1), e.g. `{"margin": lambda output: output[:, 0] - output[:, 1]}`.
    threshold: where classes do not exclude each other, the score from which on a class counts as predicted; labels may
        then be several: a list of classes, or a row of 0 and 1. 0.5 by default where `score_func` is a sigmoid.
    name: heading of the page.
    methods: further attribution classes (Captum's protocol: `Class(forward_func).attribute(inputs, …)`), offered beside
        the built-in ones with a form made from their signatures; see `attribution_core.custom`.
    defaults: what the page starts with: fields of a request ('model', 'method', 'arguments', 'layer', 'target', …),
        'count' (1–64 samples) and 'k' (1–20 predictions).
    presets: settings to choose by name, `{name: settings}`: fields of a request but the model, and how maps are drawn:
        'outlier' (0–50 percent beyond the end of the scale) and 'sign' ('auto', 'all', 'positive', 'negative',
        'absolute'). What a preset leaves out is as the page starts.

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
    presets: Mapping[str, Mapping[str, Any]]

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
        presets: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        targets: Mapping[str, TargetFunc] | None = None,
        threshold: float | None = None,
        model: nn.Module | Loader | None = None,
        class_names: Sequence[str] | None = None,
        score_fn: ScoreFunc | None = None,
    ) -> None:
        self.models = _models(_one("models", models, "model", model))
        self.dataset = _dataset(dataset)
        self.classes = _classes(_one("classes", classes, "class_names", class_names)) or _classes_of(dataset)
        self.features = _features(features)
        self.score_func = _score_func(_one("score_func", score_func, "score_fn", score_fn))
        self.targets = _targets(targets)
        self.threshold = _threshold(threshold, self.score_func)
        if name is not None and not isinstance(name, str):
            raise _wrong("name", name, "a string")
        self.name = name
        self.methods = _methods(methods)
        settings = Presets(self.models, self.features, self.methods, self.targets)
        self.defaults, self.presets = settings.defaults(defaults), settings.named(presets)

    def serve(
        self, blocking: bool = False, debug: bool = False, port: int | None = None, bind_all: bool = False
    ) -> int:
        """Serves the page from this process and prints its link, with the token that opens it; returns the port.

        blocking: return only after Ctrl-C. Otherwise a script stays after its last line, for the page, until Ctrl-C;
        a notebook or an interactive session goes on, and the page ends with it. debug: log requests and reasons.
        port: a free one where it is None. bind_all: let other machines in, with the token.
        Called again, it prints the link again; with another port or bind_all, or by another explorer of this process
        on that port, the page moves. The model is called on the device that it is on, in eval mode, and can neither be
        stopped where it hangs nor survived where it crashes; `attriscope serve` runs it in a process of its own.

        Raises ExplorerError where the port is in use or cannot be listened on.
        """
        from attriscope.inprocess import serve

        return serve(self, blocking=blocking, debug=debug, port=port, bind_all=bind_all)

    def render(self, debug: bool = True, *, width: int | str = "100%", height: int = 800) -> None:
        """Shows the page in the output of a notebook's cell; `serve` starts where it has not. See docs/notebooks.md.

        debug: accepted as Captum Insights' argument; what goes wrong is always shown. width: pixels, or a CSS length;
        height: pixels.
        Raises ExplorerError outside of a notebook, or for a width or height that is none.
        """
        from attriscope.notebook import render

        render(self, width=width, height=height)

    def close(self) -> None:
        """Ends what `serve` or `render` started; nothing where they were not called."""
        from attriscope.inprocess import close

        close(self)

    @property
    def score_name(self) -> str:
        """Heading of the predictions: 'probability' for softmax and sigmoid, else the function's name, else 'score'."""
        if self.score_func is None:
            return "score"
        name = _function_name(self.score_func)
        if name.lower() in _PROBABILITIES:
            return "probability"
        return name if name.isidentifier() else "score"


class AttributionVisualizer(Explorer):
    """An `Explorer` with the arguments of Captum Insights' class, in their order; see docs/from-captum-insights.md.

    use_label_for_attr: accepted; whether a model has one output or one for each class is seen from what it returns.
    """

    def __init__(
        self,
        models: nn.Module | Sequence[nn.Module | Loader] | Mapping[str, nn.Module | Loader] | Loader,
        classes: Sequence[str] | None = None,
        features: Feature | Sequence[Feature] | None = None,
        dataset: Any = None,
        score_func: ScoreFunc | None = None,
        use_label_for_attr: bool = True,
    ) -> None:
        super().__init__(models, dataset, classes, features, score_func)
        self.use_label_for_attr = use_label_for_attr


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


def _classes_of(dataset: Any) -> tuple[str, ...] | None:
    """The dataset's own `classes`, also behind a DataLoader or a Subset; of synonyms, as ImageNet has, the first."""
    while not hasattr(dataset, "classes") and hasattr(dataset, "dataset"):
        dataset = dataset.dataset
    found = getattr(dataset, "classes", None)
    if not isinstance(found, list | tuple):
        return None
    names = tuple(name[0] if isinstance(name, tuple) and name else name for name in found)
    return names if names and all(isinstance(name, str) for name in names) else None


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
