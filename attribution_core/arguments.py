"""A method's tunable arguments: how they are declared, and how a wrong value is refused.

Form, tooltip and documentation are made of the same fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from attribution_core import errors


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
    """A field that is true or false."""
    return bool, _field(default, title, description, None, advanced)


def whole(
    default: int, low: int, high: int, title: str, description: str, *, unit: str | None = None, advanced: bool = False
) -> Any:
    """A field that holds a whole number from ``low`` to ``high``."""
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
    """A field that holds a finite number from ``low`` to ``high``."""
    return float, _field(default, title, description, unit, advanced, ge=low, le=high)


def choice(default: str, options: tuple[str, ...], title: str, description: str, *, advanced: bool = False) -> Any:
    """A field that holds one of ``options``."""
    return Literal[options], _field(default, title, description, None, advanced)


def unit() -> Any:
    """The argument ``unit`` of neuron methods: an index into the layer's first dimension, the rest summed over."""
    return whole(0, 0, 1_000_000, "Unit", "Channel or unit of the layer; a channel's positions are added up.")


def seed() -> Any:
    """The argument ``seed`` of stochastic methods."""
    return whole(0, 0, 2**32 - 1, "Seed", "Of the random numbers; the same seed gives the same map.", advanced=True)


def validated(model: type[Arguments], arguments: Any) -> Arguments:
    """The arguments after defaults.

    Raises:
        AttributionError: its ``field`` names the argument at fault.
    """
    if not isinstance(arguments, Mapping):
        raise errors.WrongType(
            f"arguments is {_shown(arguments)}; it must be a mapping of names to values.", field="arguments"
        )
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0], model) from None


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
