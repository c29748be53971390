"""What an explorer needs to know of a method: its arguments, its cost, its limits, and how to run it.

Each file in ``methods/`` ends in a `MethodSpec`; `attribution_core.registry` collects them. Form, tooltip, estimate,
menu and documentation come from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.attribution import Attribution
from attribution_core.locks import explaining, lock_for
from attribution_core.noise import Smoothing
from attribution_core.probe import module_named
from attribution_core.smoothing import smoothed
from attribution_core.types import Forward, TargetType

Family = Literal["gradient", "path", "perturbation", "cam"]
Space = Literal["feature", "layer", "neuron"]
Sign = Literal["all", "positive", "absolute"]


@dataclass(frozen=True, slots=True)
class InputInfo:
    """The inputs' shapes, without the batch dimension."""

    shapes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """Model evaluations for one example."""

    forward: int
    backward: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Attributions, one tensor for each input (or one at the layer), and the convergence delta of each example."""

    attributions: tuple[Tensor, ...]
    delta: Tensor | None


class Arguments(BaseModel):
    """Base of every method's tunable arguments: flat, strict, closed and finite."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


def arguments(name: str, base: type[Arguments] = Arguments, **fields: Any) -> type[Arguments]:
    """A model of arguments made of `flag`, `whole`, `number` and `choice`."""
    return create_model(name, __base__=base, **fields)


def _field(default: Any, title: str, description: str, unit: str | None, advanced: bool, **bounds: Any) -> Any:
    extra: dict[str, Any] = ({"unit": unit} if unit else {}) | ({"advanced": True} if advanced else {})
    return Field(default, title=title, description=description, json_schema_extra=extra or None, **bounds)


def flag(default: bool, title: str, description: str, *, advanced: bool = False) -> Any:
    return bool, _field(default, title, description, None, advanced)


def whole(
    default: int, low: int, high: int, title: str, description: str, *, unit: str | None = None, advanced: bool = False
) -> Any:
    return int, _field(default, title, description, unit, advanced, ge=low, le=high)


def number(
    default: float,
    low: float,
    high: float,
    title: str,
    description: str,
    *,
    unit: str | None = None,
    advanced: bool = False,
) -> Any:
    return float, _field(default, title, description, unit, advanced, ge=low, le=high)


def choice(default: str, options: tuple[str, ...], title: str, description: str, *, advanced: bool = False) -> Any:
    return Literal[options], _field(default, title, description, None, advanced)


def _nothing_against(model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class MethodSpec:
    """One method as an explorer offers it.

    Attributes:
        id: stable snake_case name.
        name: what people call it.
        method: the class; its ``attribute`` does the work.
        family, space: for menus, and for what is shared by kin.
        summary: one or two sentences for the tooltip.
        limitations: what to beware of, with the paper.
        references: where it comes from.
        build: ``build(info)`` is the pydantic model of the arguments for inputs of that shape.
        evaluations: ``evaluations(arguments, info)`` is the cost without the convergence delta.
        options: the arguments that go to ``__init__``; the others go to ``attribute``.
        translate: turns the arguments for ``attribute`` into its keywords.
        against: reasons why a model cannot be explained with it, beside what `applicable` finds for all methods.
        anytime: whether partial results are estimates of the whole map.
        stochastic: whether results depend on a seed.
        needs: of 'layer', 'baseline'.
        smoothing: whether the smoothing modifier applies.
        delta: ``delta(arguments)`` says whether a convergence delta is told (two more forward passes).
        sign: how its maps are drawn at first.
    """

    id: str
    name: str
    method: type[Attribution]
    family: Family
    space: Space
    summary: str
    limitations: tuple[str, ...]
    references: tuple[str, ...]
    build: Callable[[InputInfo], type[Arguments]]
    evaluations: Callable[[Any, InputInfo], Cost]
    options: frozenset[str] = frozenset()
    translate: Callable[[dict[str, Any], InputInfo], dict[str, Any]] = lambda values, info: values
    against: Callable[[nn.Module, tuple[Tensor, ...]], tuple[str, ...]] = _nothing_against
    anytime: bool = False
    stochastic: bool = False
    needs: frozenset[str] = field(default_factory=frozenset)
    smoothing: bool = False
    delta: Callable[[Any], bool] = lambda values: False
    sign: Sign = "all"

    @property
    def class_name(self) -> str:
        return self.method.__name__

    def arguments(self, inputs: InputInfo) -> type[Arguments]:
        """The pydantic model of the tunable arguments, with bounds and defaults for inputs of that shape."""
        return _built(self.build, inputs)

    def validate(self, arguments: Mapping[str, Any], inputs: InputInfo) -> Arguments:
        """The arguments after defaults.

        Raises:
            AttributionError: its ``field`` names the argument at fault.
        """
        model = self.arguments(inputs)
        if not isinstance(arguments, Mapping):
            raise errors.WrongType(
                f"arguments is {_shown(arguments)}; it must be a mapping of names to values.", field="arguments"
            )
        try:
            return model.model_validate(dict(arguments))
        except ValidationError as error:
            raise _refusal(error.errors(include_url=False)[0], model) from None

    def cost(self, arguments: BaseModel, inputs: InputInfo, smoothing_samples: int | None = None) -> Cost:
        """Evaluations for one example: what the loop will report."""
        once = self.evaluations(arguments, inputs)
        if smoothing_samples is not None:
            return Cost(once.forward * smoothing_samples, once.backward * smoothing_samples)
        return Cost(once.forward + 2 * self.delta(arguments), once.backward)

    def applicable(self, model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
        """Reasons why this method cannot explain ``model`` at ``inputs``; empty if it can."""
        reasons: list[str] = []
        if self.family != "perturbation":
            reasons += [
                f"Input {position + 1} holds {str(x.dtype).removeprefix('torch.')} values, which have no gradient."
                for position, x in enumerate(inputs)
                if not x.is_floating_point()
            ]
        return (*reasons, *self.against(model, inputs))

    def attribute(
        self,
        forward: Forward,
        model: nn.Module,
        inputs: tuple[Tensor, ...],
        *,
        target: TargetType,
        arguments: BaseModel,
        layer: str | None = None,
        baselines: tuple[Tensor, ...] | None = None,
        smoothing: Smoothing | None = None,
        additional_forward_args: Any = None,
    ) -> Outcome:
        """Explain ``forward`` at ``inputs``.

        Args:
            forward: what is explained: the model, or a function of its output.
            model: where layers are found, and whose lock is held.
            inputs: tuple of tensors of shape (N, …).
            target: the output explained.
            arguments: from `validate`.
            layer: name of the layer; read only by methods that need one.
            baselines: one tensor for each input, zero if None; read only by methods that need them.
            smoothing: a noise tunnel around the method, with a generator of its own.
            additional_forward_args: further arguments of the forward function.

        Raises:
            AttributionError: see the method.
        """
        info = InputInfo(tuple(tuple(x.shape[1:]) for x in inputs))
        values = arguments.model_dump()
        options = {name: values.pop(name) for name in self.options}
        keywords = self.translate(values, info)
        keywords["target"] = target
        keywords["additional_forward_args"] = additional_forward_args
        if "baseline" in self.needs:
            keywords["baselines"] = baselines
        with lock_for(model):
            places = (self._layer(model, layer),) if "layer" in self.needs else ()
            method = self.method(explaining(model, forward), *places, **options)
            if smoothing is not None:
                if not self.smoothing:
                    raise errors.NotApplicable(f"{self.name} cannot be smoothed.", field="smoothing")
                return Outcome(smoothed(method, inputs, smoothing, keywords), None)
            if self.delta(arguments):
                attributions, delta = method.attribute(inputs, **keywords, return_convergence_delta=True)
            else:
                attributions, delta = method.attribute(inputs, **keywords), None
        return Outcome(attributions if isinstance(attributions, tuple) else (attributions,), delta)

    def _layer(self, model: nn.Module, layer: str | None) -> nn.Module:
        if layer is None:
            raise errors.UnknownLayer(f"{self.name} needs a layer; none was chosen.", field="layer", layer=None)
        return module_named(model, layer)


@lru_cache(maxsize=256)
def _built(build: Callable[[InputInfo], type[Arguments]], inputs: InputInfo) -> type[Arguments]:
    return build(inputs)


def _refusal(problem: Any, model: type[Arguments]) -> errors.AttributionError:
    """Pydantic's first complaint in this library's words."""
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, errors.AttributionError):
        return cause
    name = str(problem["loc"][0]) if problem["loc"] else "arguments"
    value = problem["input"]
    if problem["type"] == "extra_forbidden":
        known = list(model.model_fields)
        return errors.UnknownArgument(
            f"Unknown argument '{name}'.{errors.suggestion(name, known)}",
            field=name,
            nearest=errors.nearest(name, known),
        )
    schema = model.model_json_schema()["properties"][name]
    allowed = _allowed(schema)
    kind = problem["type"]
    bounded = "than" in kind or kind == "literal_error"
    error = errors.OutOfRange if bounded else errors.WrongType
    noun = "" if bounded else _NOUNS.get(schema.get("type", ""), "")
    wording = ", ".join(part for part in (noun, allowed) if part) or problem["msg"]
    return error(
        f"{name} is {_shown(value)}; it must be {wording}.",
        field=name,
        value=_json_safe(value),
        low=schema.get("minimum"),
        high=schema.get("maximum"),
    )


_NOUNS = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "minimum" in schema and "maximum" in schema:
        return f"{schema['minimum']} to {schema['maximum']}"
    return ""


def _shown(value: Any) -> str:
    """The value as JSON would write it, at most 60 characters."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"{'-' if value < 0 else ''}2^{value.bit_length() - 1} or more"
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _json_safe(value: Any) -> Any:
    finite = isinstance(value, (bool, str)) or (isinstance(value, int) and value.bit_length() <= 53)
    return value if finite else _shown(value)
