"""What `docs/from-captum-insights.md` shows is what the tests run, and what it promises of arguments is so."""

from __future__ import annotations

import inspect
import re

import pytest

import attribution_core
import attriscope
from attriscope import AttributionVisualizer, Batch, Explorer, features
from tests.insights.scripted import IMPORTS, SCRIPTS, changed
from tests.live import ROOT

TEXT = (ROOT / "docs" / "from-captum-insights.md").read_text(encoding="utf-8")


def test_code_is_that_of_the_scripts() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    sources = [changed(path) for path in SCRIPTS.glob("*.py")]
    assert len(blocks) >= 2
    for block in blocks:
        assert any(block.strip() in source for source in sources), block


def test_imports_are_those_that_the_tests_change() -> None:
    for old, new in IMPORTS.items():
        assert re.search(rf"`from {re.escape(old)} import [^`]+` \| `from {re.escape(new)} import", TEXT)
    for name in ("TokenReferenceBase", "configure_interpretable_embedding_layer"):
        assert hasattr(attribution_core, name)
    assert {"AttributionVisualizer", "Batch"} <= set(attriscope.__all__)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (
            AttributionVisualizer.__init__,
            ["models", "classes", "features", "dataset", "score_func", "use_label_for_attr"],
        ),
        (AttributionVisualizer.serve, ["blocking", "debug", "port", "bind_all"]),
        (AttributionVisualizer.render, ["debug"]),
        (Batch.__init__, ["inputs", "labels", "additional_args"]),
        (
            features.ImageFeature.__init__,
            ["name", "baseline_transforms", "input_transforms", "visualization_transform"],
        ),
        (
            features.EmptyFeature.__init__,
            ["name", "baseline_transforms", "input_transforms", "visualization_transform"],
        ),
        (features.GeneralFeature.__init__, ["name"]),
    ],
)
def test_arguments_stand_in_insights_order(call: object, names: list[str]) -> None:
    found = list(inspect.signature(call).parameters)[1:]  # type: ignore[arg-type]
    assert found[: len(names)] == names


def test_a_visualizer_is_an_explorer() -> None:
    assert issubclass(AttributionVisualizer, Explorer)
