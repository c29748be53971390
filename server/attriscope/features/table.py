"""Rows of a table: N×D numbers, shown with their names and units."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import torch
from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Baseline, Display, Feature, TypedInput, checked_name, finite_numbers
from attriscope.workers.messages import ChoiceField, Notice, NumberField, RowForm


class TabularFeature(Feature):
    """A row of numbers, D for one example.

    name: heading of its panel. columns: the names of the numbers, in order; 'feature 1', … where there are none
    (`categories` is understood too). units: a dict of column → unit. mean, std: a number, or one for each column, of
    the normalisation the rows have had already; values are shown without it. groups: a dict of name → columns that are
    one category spread over several, of which one is 1 (one-hot); they are shown as one line, with the sum of their
    attributions. background: rows (M×D, normalised as the dataset's) that stand for the data: with them the baselines
    'mean' and 'sample' are offered, and a number that is typed in the page is held against theirs.

    Raises ExplorerError for names, units, groups or rows that do not fit.
    """

    kind: Final = "table"  # type: ignore[misc]
    unit: Final = "columns"  # type: ignore[misc]
    dimensions: Final = 1  # type: ignore[misc]
    axes: Final = "D"  # type: ignore[misc]
    usual: Final = (16,)  # type: ignore[misc]
    averages: Final = True  # type: ignore[misc]

    def __init__(
        self,
        name: str = "table",
        columns: Iterable[str] | None = None,
        *,
        units: Mapping[str, str] | None = None,
        mean: Any = None,
        std: Any = None,
        groups: Mapping[str, Iterable[str]] | None = None,
        background: Any = None,
        categories: Iterable[str] | None = None,
    ) -> None:
        if columns is not None and categories is not None:
            raise ExplorerError(
                "argument_twice", "columns and categories are the same argument; give one.", field="columns"
            )
        self.name = checked_name(name)
        self.columns = _names("columns", categories if columns is None else columns)
        self.units = _strings("units", units, self.columns)
        self.groups = _groups(groups, self.columns)
        self.mean = finite_numbers("mean", 0.0 if mean is None else mean)
        self.std = finite_numbers("std", 1.0 if std is None else std)
        if min(self.std) <= 0:
            raise ExplorerError("out_of_range", f"std is {min(self.std)}; it must be above 0.", field="std")
        self._background = None if background is None else torch.as_tensor(background).detach().cpu()
        if self._background is not None and (self._background.dim() != 2 or 0 in self._background.shape):
            raise ExplorerError(
                "wrong_shape",
                f"background has shape {tuple(self._background.shape)}; it must be M×D, rows as the dataset's.",
                field="background",
            )

    def __repr__(self) -> str:
        return f"TabularFeature({self.describe()})"

    def describe(self) -> str:
        rows = "" if self._background is None else hashlib.sha256(self._background.numpy().tobytes()).hexdigest()
        return f"{self.name!r}, mean={self.mean}, std={self.std}, background={rows}"

    # --- to the page -------------------------------------------------------------------------------

    def display(self, example: Tensor) -> Display:
        names = self._columns_of(example)
        if not bool(torch.isfinite(example).all()):
            raise ExplorerError("nonfinite", f"{self.name!r} contains NaN or infinity.", feature=self.name)
        values = (example.double().cpu() * self._each("std", example) + self._each("mean", example)).tolist()
        places = {name: at for at, name in enumerate(names)}
        grouped = {member for members in self.groups.values() for member in members}
        rows: list[dict[str, Any]] = [
            {"name": name, "value": _rounded(value), "unit": self.units.get(name), "places": [at]}
            for at, (name, value) in enumerate(zip(names, values, strict=True))
            if name not in grouped
        ]
        for group, members in self.groups.items():
            at = [places[member] for member in members]
            hot = [member for member, place in zip(members, at, strict=True) if values[place] >= 0.5]
            rows.append({"name": group, "value": " + ".join(hot) or "–", "unit": None, "places": at})
        rows.sort(key=lambda row: int(row["places"][0]))
        return Display(width=len(names), height=1, content={"rows": rows})

    def _columns_of(self, example: Tensor) -> tuple[str, ...]:
        if self.columns is None:
            return tuple(f"feature {at + 1}" for at in range(len(example)))
        if len(self.columns) != len(example):
            raise ExplorerError(
                "wrong_shape",
                f"{self.name!r} has {len(example)} numbers and {len(self.columns)} names of columns.",
                field="features",
                feature=self.name,
            )
        return self.columns

    def _each(self, field: str, example: Tensor) -> Tensor:
        values: tuple[float, ...] = getattr(self, field)
        if len(values) not in (1, len(example)):
            raise ExplorerError(
                "wrong_shape",
                f"{field} of {self.name!r} has {len(values)} numbers; a row has {len(example)}.",
                field="features",
                feature=self.name,
            )
        return torch.tensor(values, dtype=torch.float64)

    # --- typed -------------------------------------------------------------------------------------

    def form(self, like: Tensor | None) -> RowForm | None:
        if like is None and self.columns is None:
            return None
        example = torch.zeros(len(self.columns or ())) if like is None else like
        fields: list[NumberField | ChoiceField] = []
        for line in self.display(example).content["rows"]:
            name, at = str(line["name"]), line["places"][0]
            if name in self.groups:
                fields.append(ChoiceField(kind="choice", name=name, choices=list(self.groups[name])))
                continue
            low, high = self._range(at, example)
            fields.append(
                NumberField(kind="number", name=name, unit=line["unit"], whole=self._whole(example), low=low, high=high)
            )
        return RowForm(kind="row", fields=fields)

    def from_typed(self, typed: TypedInput, like: Tensor) -> tuple[Tensor, list[Notice]]:
        """`like` with the values named; numbers outside the data's range are told.

        Raises ExplorerError: unknown_column, unknown_category, wrong_type, value_not_whole, or value_too_large for what
        the model's type of number does not hold.
        """
        form = self.form(like)
        if form is None or isinstance(typed, str):
            raise ExplorerError("wrong_type", f"{self.name!r} is a row; give values by column.", field="values")
        fields = {field.name: field for field in form.fields}
        places = {str(line["name"]): line["places"] for line in self.display(like).content["rows"]}
        shown = like.double() * self._each("std", like) + self._each("mean", like)
        changed = torch.zeros(len(like), dtype=torch.bool)
        notices = []
        for name, value in typed.items():
            if name not in fields:
                raise ExplorerError(
                    "unknown_column",
                    f"{self.name!r} has no column {name!r}.{nearest(name, list(fields))}",
                    field=f"values.{name}",
                    column=name,
                )
            field = fields[name]
            if isinstance(field, ChoiceField):
                chosen = _category(field, value)
                shown[places[name]] = torch.tensor([one == chosen for one in field.choices]).double()
            else:
                shown[places[name]] = _number(field, value)
                notices += _beyond(field, float(value))
            changed[places[name]] = True
        given = (shown - self._each("mean", like)) / self._each("std", like)
        given = given if like.dtype.is_floating_point else given.round()
        beyond = (changed & (given.abs() > _largest(like.dtype))).nonzero()
        if len(beyond):
            name = next(name for name, of in places.items() if int(beyond[0]) in of)
            raise ExplorerError(
                "value_too_large",
                f"{name} is {typed[name]}, more than the model's numbers hold.",
                field=f"values.{name}",
                column=name,
                value=str(typed[name]),
            )
        return torch.where(changed, given.to(like.dtype), like), notices

    def _whole(self, example: Tensor) -> bool:
        return not example.dtype.is_floating_point and not any(self.mean) and set(self.std) == {1.0}

    def _range(self, at: int, example: Tensor) -> tuple[float | None, float | None]:
        """Of a column, as shown, in the rows that stand for the data."""
        if self._background is None or self._background.shape[1] != len(example):
            return None, None
        column = self._background[:, at].double() * self._each("std", example).expand(len(example))[at]
        column = column + self._each("mean", example).expand(len(example))[at]
        return _rounded(float(column.min())), _rounded(float(column.max()))

    # --- baselines ---------------------------------------------------------------------------------

    def baselines(self) -> tuple[Baseline, ...]:
        zero = "zero here = the mean of the columns" if any(self.mean) else "every number 0"
        found = (Baseline("zero", "Zero", zero),)
        if self._background is None:
            return found
        return (
            *found,
            Baseline("mean", "Mean", "the mean of the rows that stand for the data"),
            Baseline("sample", "Sample", "the first of the rows that stand for the data"),
        )

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        if baseline == "zero":
            return torch.zeros_like(example)
        rows = self._background
        if rows is None or baseline not in ("mean", "sample"):
            raise self.unknown_baseline(baseline)
        if rows.shape[1] != len(example):
            raise ExplorerError(
                "wrong_shape",
                f"The background of {self.name!r} has {rows.shape[1]} columns; a row has {len(example)}.",
                field="features",
                feature=self.name,
            )
        value = rows.double().mean(0) if baseline == "mean" else rows[0]
        return (value if example.dtype.is_floating_point else value.round()).to(example)


GeneralFeature = TabularFeature


def _rounded(value: float) -> float:
    """Without the noise of the normalisation and back."""
    return float(f"{value:.6g}")


def _largest(dtype: torch.dtype) -> float:
    if dtype is torch.bool:
        return 1.0
    return float((torch.finfo if dtype.is_floating_point else torch.iinfo)(dtype).max)


def _number(field: NumberField, value: float | str) -> float:
    where = f"values.{field.name}"
    if isinstance(value, str) or not math.isfinite(value):
        raise ExplorerError("wrong_type", f"{field.name} is {value!r}; it must be a finite number.", field=where)
    if field.whole and value != round(value):
        raise ExplorerError(
            "value_not_whole",
            f"{field.name} is {value:g}; it must be a whole number.",
            field=where,
            column=field.name,
            value=value,
        )
    return float(value)


def _category(field: ChoiceField, value: float | str) -> str:
    if value not in field.choices:
        raise ExplorerError(
            "unknown_category",
            f"{field.name} is {value!r}, which is none of its categories.{nearest(str(value), field.choices)}",
            field=f"values.{field.name}",
            column=field.name,
            value=str(value),
            known=field.choices,
        )
    return str(value)


def _beyond(field: NumberField, value: float) -> list[Notice]:
    """What is said of a number that the data have none like."""
    if field.low is None or field.high is None or field.low <= value <= field.high:
        return []
    message = f"{field.name} is {value:g}; the data have {field.low:g} to {field.high:g}."
    return [
        Notice(
            code="beyond_the_data",
            message=message,
            params={"column": field.name, "value": value, "low": field.low, "high": field.high},
        )
    ]


def _names(field: str, names: Iterable[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ExplorerError("wrong_type", f"{field} is {names!r}; it must be a list of names.", field=field)
    found = tuple(names)
    for at, name in enumerate(found):
        if not isinstance(name, str) or found.index(name) != at:
            raise ExplorerError(
                "wrong_type",
                f"{field}[{at}] is {name!r}; names must be strings, each another.",
                field=f"{field}[{at}]",
            )
    return found


def _known(field: str, name: object, columns: tuple[str, ...] | None) -> str:
    if columns is None or name not in columns:
        hint = nearest(str(name), columns or ())
        raise ExplorerError("unknown_column", f"{field}: no column {name!r}.{hint}", field=field)
    return str(name)


def _strings(field: str, given: Mapping[str, str] | None, columns: tuple[str, ...] | None) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ExplorerError(
            "wrong_type", f"{field} is of type {type(given).__name__}; it must be a dict by column.", field=field
        )
    return {_known(field, name, columns): str(text) for name, text in given.items()}


def _groups(groups: Mapping[str, Iterable[str]] | None, columns: tuple[str, ...] | None) -> dict[str, tuple[str, ...]]:
    if groups is None:
        return {}
    if not isinstance(groups, Mapping):
        raise ExplorerError(
            "wrong_type", f"groups is of type {type(groups).__name__}; it must be a dict of lists.", field="groups"
        )
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for name, members in groups.items():
        field = f"groups[{name!r}]"
        chosen = tuple(_known(field, member, columns) for member in _names(field, members) or ())
        if not chosen or taken & set(chosen):
            raise ExplorerError(
                "wrong_type", f"{field} must have at least one column, and none of another group.", field=field
            )
        taken |= set(chosen)
        found[str(name)] = chosen
    return found
