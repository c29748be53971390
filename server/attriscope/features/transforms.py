"""Functions between what the dataset yields, what the model takes and what the page shows, as Captum Insights has them.

dataset → visualization_transform → page
dataset → input_transforms → model ← baseline_transforms ← what input_transforms made
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from attriscope.errors import ExplorerError, user_traceback
from attriscope.workers.keys import callable_fingerprint

Transform = Callable[[Any], Any]


class Transforms:
    """The transforms of one feature, none of them by default.

    baseline: one function or several; each makes one baseline of an example as the model takes it. inputs: functions
    that, one after the other, make what the model takes of an example; they must give the same for the same example.
    visualization: makes what is shown of a batch of one example, as the dataset yields it.

    Raises ExplorerError for anything but functions.
    """

    def __init__(self, baseline: Any = None, inputs: Any = None, visualization: Any = None) -> None:
        self._baseline = _functions("baseline_transforms", baseline)
        self._inputs = _functions("input_transforms", inputs)
        if visualization is not None and not callable(visualization):
            raise _no_function("visualization_transform", visualization)
        self._visualization: Transform | None = visualization

    @property
    def changes_inputs(self) -> bool:
        """Whether the model takes something else than the dataset yields."""
        return bool(self._inputs)

    @property
    def shows(self) -> bool:
        """Whether the page shows something else than the dataset yields."""
        return self._visualization is not None

    @property
    def baselines(self) -> Mapping[str, Transform]:
        """The user's own baselines by name, the default first."""
        return {f"own {n}" if n > 1 else "own": function for n, function in enumerate(self._baseline, 1)}

    def to_model(self, example: Tensor) -> Tensor:
        """Raises ExplorerError where a function raises, or returns no tensor."""
        for function in self._inputs:
            example = _tensor("input_transforms", _called("input_transforms", function, example))
        return example

    def baseline(self, name: str, example: Tensor) -> Tensor | None:
        """The user's own baseline of that name for `example`, which is as the model takes it; None for no such name.

        Raises ExplorerError where the function raises, or returns a tensor of another shape.
        """
        function = self.baselines.get(name)
        if function is None:
            return None
        value = _tensor("baseline_transforms", _called("baseline_transforms", function, example))
        if value.shape != example.shape:
            raise ExplorerError(
                "wrong_shape",
                f"baseline_transforms made shape {tuple(value.shape)} of {tuple(example.shape)}; the shape must stay.",
                field="features",
            )
        return value.to(example)

    def shown(self, example: Tensor) -> Any:
        """What is shown of an example. Raises ExplorerError where the function raises."""
        if self._visualization is None:
            return example
        return _called("visualization_transform", self._visualization, example[None])

    def normalisation(self) -> tuple[Any, Any] | None:
        """Mean and deviation where all that happens to inputs is torchvision's `Normalize`, which can be undone."""
        (only,) = self._inputs if len(self._inputs) == 1 else (None,)
        while isinstance(inner := getattr(only, "transforms", None), list) and len(inner) == 1:
            only = inner[0]
        mean, std = getattr(only, "mean", None), getattr(only, "std", None)
        return None if mean is None or std is None or type(only).__name__ != "Normalize" else (mean, std)

    def describe(self) -> str:
        """Where the functions come from, for content keys; '' where there are none."""
        made = [callable_fingerprint(function) for function in (*self._baseline, None, *self._inputs)]
        return f", transforms={made}" if self._baseline or self._inputs else ""


def _functions(field: str, given: Any) -> tuple[Transform, ...]:
    if given is None:
        return ()
    functions = tuple(given) if isinstance(given, list | tuple) else (given,)
    for position, function in enumerate(functions):
        if not callable(function):
            raise _no_function(field if functions is given else f"{field}[{position}]", function)
    return functions


def _no_function(field: str, value: object) -> ExplorerError:
    return ExplorerError(
        "wrong_type", f"{field} is of type {type(value).__name__}; it must be a function of a tensor.", field=field
    )


def _called(field: str, function: Transform, value: Tensor) -> Any:
    try:
        # A function may work in place; the dataset's own tensor is to stay.
        return function(value.clone())
    except Exception as error:
        raise ExplorerError(
            "transform_failed",
            f"{field} raised {type(error).__name__}: {error}",
            field="features",
            detail=user_traceback(error),
            exception=type(error).__name__,
        ) from error


def _tensor(field: str, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach()
    raise ExplorerError(
        "wrong_type", f"{field} returned {type(value).__name__}; it must return a tensor.", field="features"
    )
