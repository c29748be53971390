"""A form made from a signature: which parameters of a user's own method can be tuned, and within which bounds."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from math import inf, isfinite, nextafter
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from attribution_core import errors
from attribution_core.arguments import choice, flag, number, whole

LARGEST = 1_000_000
"""Bound of a number whose annotation tells none."""

_TECHNICAL = {"internal_batch_size", "perturbations_per_eval", "return_convergence_delta", "show_progress"}
"""Names of Captum's protocol that change how a result is computed or told, not what it is."""


def tunable(cls: type, function: Callable[..., Any], known: set[str]) -> dict[str, Any]:
    """Fields of a form for the parameters of ``function`` that are not ``known``.

    Booleans, whole numbers, numbers and ``Literal`` strings with a default become fields; parameters with any other
    default keep it. Bounds are read from annotations such as ``Annotated[int, Field(ge=1, le=100)]``.

    Raises:
        WrongType: a parameter has neither a default nor a meaning in Captum's protocol.
        OutOfRange: a default lies outside of its bounds.
    """
    hints = _hints(function)
    fields = {}
    for name, parameter in _parameters(function):
        if name in known or name in _TECHNICAL:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is parameter.empty:
            raise errors.WrongType(
                f"{cls.__name__}.{function.__name__} has a parameter '{name}' without a default; an explorer cannot "
                "know its value, so give it one.",
                field=name,
            )
        made = _field(cls, function, name, parameter.default, hints.get(name))
        if made is not None:
            fields[name] = made
    return fields


def names_of(function: Callable[..., Any]) -> set[str]:
    """The parameters' names, without ``self``."""
    return {name for name, _ in _parameters(function)}


def first_name(function: Callable[..., Any]) -> str | None:
    """The name of the first parameter after ``self``, if it can be given by position."""
    first = next(iter(_parameters(function)), None)
    if first is None or first[1].kind in (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD):
        return None
    return first[0]


def _parameters(function: Callable[..., Any]) -> list[tuple[str, inspect.Parameter]]:
    return list(inspect.signature(function).parameters.items())[1:]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:  # an annotation that cannot be evaluated here; the defaults' types will do
        return {}


def _field(cls: type, function: Callable[..., Any], name: str, default: Any, hint: Any) -> Any:
    """The field for a parameter, or None where it keeps its default."""
    kind, extras = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())
    title = name.replace("_", " ").strip().capitalize()
    words = _described(cls, function, name)
    if get_origin(kind) is Literal and all(isinstance(option, str) for option in get_args(kind)):
        if default not in get_args(kind):
            raise _outside(cls, name, default, "one of " + ", ".join(get_args(kind)))
        return choice(default, get_args(kind), title, words)
    if isinstance(default, bool):
        return flag(default, title, words)
    if not isinstance(default, (int, float)) or not isfinite(default):
        return None
    as_whole = isinstance(default, int) and kind is not float
    low, high = _bounds(extras, as_whole)
    if low == -inf:
        low = 0 if as_whole and default >= 0 else -LARGEST
    if high == inf:
        high = max(LARGEST, low)
    if not low <= default <= high:
        raise _outside(cls, name, default, f"{low:g} to {high:g}")
    if as_whole:
        return whole(int(default), int(low), int(high), title, words)
    return number(float(default), float(low), float(high), title, words)


def _bounds(extras: tuple[Any, ...], as_whole: bool) -> tuple[float, float]:
    """The bounds that an annotation tells, those of pydantic and of annotated_types alike."""
    low, high = -inf, inf
    for extra in _flat(extras):
        for name in ("ge", "gt", "le", "lt"):
            bound = getattr(extra, name, None)
            if bound is None:
                continue
            if name == "ge":
                low = max(low, bound)
            elif name == "le":
                high = min(high, bound)
            elif name == "gt":
                low = max(low, bound + 1 if as_whole else nextafter(bound, inf))
            else:
                high = min(high, bound - 1 if as_whole else nextafter(bound, -inf))
    return low, high


def _flat(extras: tuple[Any, ...]) -> Iterator[Any]:
    for extra in extras:
        yield extra
        yield from getattr(extra, "metadata", ())


def _outside(cls: type, name: str, default: Any, allowed: str) -> errors.OutOfRange:
    return errors.OutOfRange(
        f"{cls.__name__}: the default of {name} is {default!r}; it must be {allowed}.", field=name, value=repr(default)
    )


def _described(cls: type, function: Callable[..., Any], name: str) -> str:
    """The parameter's line in the docstring of its function or class; a general word where there is none."""
    for text in (function.__doc__, cls.__doc__):
        found = re.search(rf"^\s*{re.escape(name)}\b[^:\n]*:\s*(\S.*)$", text or "", re.MULTILINE)
        if found:
            sentence = found.group(1).strip()
            return sentence if sentence.endswith(".") else sentence.rstrip(",;") + "."
    return f"Argument '{name}' of {cls.__name__}."
