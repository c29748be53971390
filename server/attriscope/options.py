"""The rows of the settings' table, as the command line and docs/settings.md show them."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import typer
from pydantic import BeforeValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from attriscope.settings import Bytes, Names, Seconds, Settings

_PREFIX = str(Settings.model_config["env_prefix"])
_SECONDS, _BYTES, _NAMES = (
    next(part for part in get_args(kind) if isinstance(part, BeforeValidator)) for kind in (Seconds, Bytes, Names)
)
_UNITS = {
    "DURATION": ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")),
    "SIZE": ((1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"), (1, "")),
}
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "characters ≥"}


@dataclass(frozen=True)
class Row:
    """One setting. `option` is empty where the command line may not give it; `default` where it is absent."""

    name: str
    group: str
    description: str
    option: str
    variable: str
    metavar: str
    default: str
    bounds: str
    flag: bool


def rows() -> list[Row]:
    """Every setting, in the order of the table."""
    return [_row(name, field) for name, field in Settings.model_fields.items()]


def _row(name: str, field: FieldInfo) -> Row:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    metavar, flag = _metavar(field), bool in _kinds(field.annotation)
    option = f"--{name.replace('_', '-')}"
    # A row such as no_store says already what its only form does.
    if flag and not name.startswith("no_"):
        option += f"/--no-{name.replace('_', '-')}"
    return Row(
        name=name,
        group=str(extra["group"]),
        description=str(field.description),
        option=option if extra["cli"] else "",
        variable=f"{_PREFIX}{name}".upper(),
        metavar="" if flag else metavar,
        default=_shown(field.default, metavar),
        bounds=", ".join(_bounds(field, metavar)),
        flag=flag,
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types in an annotation, and what is annotated to them."""
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        for part in get_args(annotation):
            yield from _kinds(part)
    else:
        yield annotation


def _metavar(field: FieldInfo) -> str:
    parts = [*field.metadata, *_kinds(field.annotation)]
    for mark, metavar in ((_SECONDS, "DURATION"), (_BYTES, "SIZE"), (_NAMES, "NAME,…")):
        if mark in parts:
            return metavar
    for part in parts:
        if get_origin(part) is Literal:
            return "|".join(get_args(part))
    names = {int: "INTEGER", float: "NUMBER", str: "TEXT", bool: "BOOLEAN"}
    return next((names[part] for part in parts if part in names), "PATH")


def _shown(value: Any, metavar: str) -> str:
    """A value as one would write it: '15m', '2G', 'off'."""
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if metavar in _UNITS and value:
        unit, letter = next((unit, letter) for unit, letter in _UNITS[metavar] if value % unit == 0 or unit == 1)
        return f"{value / unit:g}{letter}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _bounds(field: FieldInfo, metavar: str) -> Iterator[str]:
    for mark in field.metadata:
        for name, sign in _BOUNDS.items():
            if isinstance(mark, annotated_types.BaseMetadata) and hasattr(mark, name):
                yield f"{sign} {_shown(getattr(mark, name), metavar)}"


def accepts_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Adds an option for every setting to a Typer command that takes them as `**given`.

    Values arrive as they were typed and only where they were given: the table alone knows types and bounds.
    """
    parameters = [
        parameter
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    for row in rows():
        if row.option:
            # Escaped: help texts are markup, in which brackets are styles.
            default = rf" \[default: {row.default}]" if row.default and not row.flag else ""
            information = typer.Option(
                row.option,
                help=f"{row.description}{default}",
                metavar=row.metavar or None,
                show_default=False,
                rich_help_panel=row.group,
            )
            annotation: Any = Annotated[bool | None, information] if row.flag else Annotated[str | None, information]
            parameters.append(
                inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            )

    def accepting(*args: Any, **given: Any) -> None:
        command(*args, **given)

    accepting.__doc__, accepting.__name__ = command.__doc__, command.__name__
    accepting.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return accepting


class Unusable(ValueError):
    """The settings cannot be used; the message names the option or variable, the value and the bound."""


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, `given` (option values as typed; None where not given) before the environment.

    Raises:
        Unusable: a value is out of bounds or unreadable.
    """
    given = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise Unusable(_reason(error.errors()[0], given)) from None
    except SettingsError as error:
        raise Unusable(f"The environment has a setting that cannot be read: {error}.") from None


def _reason(problem: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    name = str(problem["loc"][0])
    row = next(row for row in rows() if row.name == name)
    place = row.option.partition("/")[0] if name in given else row.variable
    value = "not shown here" if name == "token" else repr(problem["input"])
    reason = str(problem["msg"]).removeprefix("Value error, ").replace("Input should be", "it must be")
    if row.metavar in _EXAMPLES and problem["type"].endswith("_parsing"):
        reason = f"it must be {_EXAMPLES[row.metavar]}"
    return f"{place} is {value}: {reason[:1].lower()}{reason[1:]}."


_EXAMPLES = {"DURATION": "a duration such as 90, 30s, 15m or 2h", "SIZE": "a size such as 512M or 2G"}
