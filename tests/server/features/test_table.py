from __future__ import annotations

from typing import Any

import pytest
import torch

from attriscope import ExplorerError, GeneralFeature, TabularFeature
from tests.explorers.kinds import COLUMNS, table_feature

ROW = torch.tensor([1.0, -1.0, 0.0, 1.0, 0.0, 0.5])


def test_a_row_is_shown_with_names_units_and_categories() -> None:
    display = table_feature().display(ROW)
    assert (display.width, display.height, display.png) == (6, 1, None)
    assert display.content["rows"] == [
        {"name": "age", "value": 52, "unit": "years", "places": [0]},
        {"name": "height", "value": 161, "unit": "cm", "places": [1]},
        {"name": "colour", "value": "green", "unit": None, "places": [2, 3, 4]},
        {"name": "weight", "value": 75, "unit": None, "places": [5]},
    ]


def test_numbers_without_names_are_counted() -> None:
    rows = TabularFeature().display(torch.tensor([1, 2])).content["rows"]
    assert [(row["name"], row["value"]) for row in rows] == [("feature 1", 1), ("feature 2", 2)]


def test_it_is_captums_general_feature_too() -> None:
    assert GeneralFeature is TabularFeature
    assert GeneralFeature("gender", categories=["female", "male"]).columns == ("female", "male")
    assert GeneralFeature("gender", ["female", "male"]).columns == ("female", "male")


def test_baselines() -> None:
    feature = table_feature()
    assert [one.id for one in feature.baselines()] == ["zero", "mean", "sample"]
    assert feature.baselines()[0].description == "zero here = the mean of the columns"
    assert [one.description for one in TabularFeature().baselines()] == ["every number 0"]
    background = torch.arange(12.0).reshape(2, 6)
    feature = TabularFeature(columns=COLUMNS, background=background)
    assert torch.equal(feature.baseline("zero", ROW), torch.zeros(6))
    assert torch.equal(feature.baseline("mean", ROW), background.mean(0))
    assert torch.equal(feature.baseline("sample", ROW), background[0])
    assert feature.baseline("mean", ROW.long()).dtype == torch.long
    assert feature.describe() != TabularFeature(columns=COLUMNS, background=background + 1).describe()
    with pytest.raises(ExplorerError, match="No baseline 'blurred'"):
        feature.baseline("blurred", ROW)
    with pytest.raises(ExplorerError, match="has 6 columns; a row has 2"):
        feature.baseline("mean", ROW[:2])


def test_one_row_or_several() -> None:
    assert table_feature().batched(ROW, 0) is False
    assert table_feature().batched(ROW[None], 0) is True
    with pytest.raises(ExplorerError, match="one example is D, a batch N×D"):
        table_feature().batched(ROW[None, None], 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"columns": "age"}, "columns is 'age'; it must be a list of names."),
        ({"columns": ["a", "a"]}, r"columns\[1\] is 'a'; names must be strings, each another."),
        ({"columns": ["a", 3]}, r"columns\[1\] is 3"),
        ({"columns": ["a"], "categories": ["a"]}, "columns and categories are the same argument"),
        ({"columns": ["age"], "units": {"aeg": "years"}}, r"units: no column 'aeg'. Nearest: age\."),
        ({"columns": ["age"], "units": ["years"]}, "units is of type list; it must be a dict by column."),
        ({"columns": ["a", "b"], "groups": {"g": ["a"], "h": ["a"]}}, "and none of another group"),
        ({"columns": ["a"], "groups": {"g": []}}, "must have at least one column"),
        ({"columns": ["a"], "groups": {"g": ["z"]}}, "no column 'z'"),
        ({"groups": ["a"]}, "groups is of type list; it must be a dict of lists."),
        ({"std": 0}, "std is 0.0; it must be above 0."),
        ({"mean": "high"}, "mean is 'high'; it must be a finite number, or several."),
        ({"background": [1.0, 2.0]}, r"background has shape \(2,\); it must be M×D"),
    ],
)
def test_a_wrong_declaration_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ExplorerError, match=message):
        TabularFeature(**arguments)


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ExplorerError, match="has 2 numbers and 6 names of columns"):
        table_feature().display(ROW[:2])
    with pytest.raises(ExplorerError, match="mean of 'table' has 2 numbers; a row has 6"):
        TabularFeature(mean=[1, 2]).display(ROW)
    with pytest.raises(ExplorerError, match="contains NaN or infinity"):
        TabularFeature().display(torch.tensor([float("nan")]))


def test_the_form_tells_units_categories_and_the_datas_range() -> None:
    form = table_feature().form(ROW)
    assert form is not None
    assert [(field.name, field.kind) for field in form.fields] == [
        ("age", "number"),
        ("height", "number"),
        ("colour", "choice"),
        ("weight", "number"),
    ]
    age, _, colour, _ = form.fields
    rows = table_feature()._background
    assert rows is not None
    assert age.kind == "number"
    assert (age.unit, age.whole) == ("years", False)
    assert age.low == pytest.approx(float(rows[:, 0].min() * 12 + 40), rel=1e-5)
    assert age.high == pytest.approx(float(rows[:, 0].max() * 12 + 40), rel=1e-5)
    assert colour.kind == "choice"
    assert colour.choices == ["red", "green", "blue"]
    assert TabularFeature().form(None) is None


def test_values_become_numbers_of_the_model_and_the_others_stay_bit_for_bit() -> None:
    feature, like = table_feature(), torch.tensor([0.1, -1.7, 0.0, 1.0, 0.0, 0.3])
    found, notices = feature.from_typed({"age": 46, "colour": "red"}, like)
    assert found.tolist() == pytest.approx([0.5, -1.7, 1.0, 0.0, 0.0, 0.3])
    assert notices == []
    untouched = [1, 5]
    assert torch.equal(found[untouched].view(torch.int32), like[untouched].view(torch.int32))


def test_whole_numbers_stay_whole() -> None:
    feature, like = TabularFeature(columns=["rooms", "age"]), torch.tensor([3, 40])
    assert feature.from_typed({"rooms": 4}, like)[0].tolist() == [4, 40]
    with pytest.raises(ExplorerError, match=r"rooms is 4\.5; it must be a whole number"):
        feature.from_typed({"rooms": 4.5}, like)
    with pytest.raises(ExplorerError, match="rooms is 1e\\+20, more than the model's numbers hold"):
        feature.from_typed({"rooms": 1e20}, like)
    halves = TabularFeature(columns=["rooms"], std=2)
    assert halves.from_typed({"rooms": 5.0}, torch.tensor([3]))[0].tolist() == [2]


def test_numbers_beyond_the_models_type_are_refused() -> None:
    like = torch.zeros(1, dtype=torch.float16)
    assert TabularFeature().from_typed({"feature 1": 60_000}, like)[0].item() == 60_000
    with pytest.raises(ExplorerError, match="feature 1 is 70000, more than") as refused:
        TabularFeature().from_typed({"feature 1": 70_000}, like)
    assert refused.value.field == "values.feature 1"
