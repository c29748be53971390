"""`docs/outputs.md`: every block runs, and every explorer in it is explained as the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from attriscope import Explorer
from attriscope.features import ImageFeature, TabularFeature, TextFeature, baselines
from attriscope.workers.runtime import Runtime
from attriscope.workers.sample_info import SampleInfo
from tests.live import ROOT
from tests.server.workers.toys import Direct

TEXT = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What the blocks leave behind, run one after the other."""
    names: dict[str, Any] = {"__name__": "outputs_docs"}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/outputs.md, block {number + 1}", "exec"), names)
    return names


def client(said: dict[str, Any], name: str) -> tuple[Direct, str]:
    factory: Callable[[], Explorer] = said[name]
    opened = Direct(Runtime(factory(), "cpu"))
    (model,) = opened.runtime.loaded.models
    return opened, model


def test_every_block_runs(said: dict[str, Any]) -> None:
    assert len(BLOCKS) == 5
    assert {"scores", "own_targets", "segmentation", "several_labels", "mean"} <= said.keys()


@pytest.mark.parametrize(
    ("name", "of", "choice"),
    [
        ("scores", 2, "predicted"),
        ("own_targets", None, {"function": "margin"}),
        ("own_targets", None, {"function": "energy"}),
        ("segmentation", 1, {"of": 1, "region": {"left": 0, "top": 4, "right": 8, "bottom": 12}}),
        ("several_labels", 3, 3),
    ],
)
def test_what_it_declares_is_explained(said: dict[str, Any], name: str, of: int | None, choice: Any) -> None:
    opened, model = client(said, name)
    answer = opened.attribute(opened.scan(2), 1, target=of, choice=choice, model=model, method="integrated_gradients")
    assert not answer.of("failed"), answer.of("failed")[0].body
    assert len(answer.of("result")) == 1


def test_the_labels_are_as_it_says(said: dict[str, Any]) -> None:
    opened, _ = client(said, "several_labels")
    assert opened.runtime.description.threshold == 0.4
    found = [[label.name for label in SampleInfo.model_validate(frame.body).labels] for frame in opened.scan(8).frames]
    assert found == [
        ["cat", "elk"], ["dog"], ["cat", "owl"], ["owl", "elk"], ["elk"], ["cat"], ["dog"], ["owl", "elk"],
    ]  # fmt: skip


def test_the_table_names_every_baseline() -> None:
    listed = TEXT.partition("## Baselines")[2].lower()
    features = [ImageFeature(), TextFeature(vocabulary=["<pad>", "<mask>", "<unk>"]), TabularFeature()]
    for feature in features:
        for baseline in baselines.own(feature):
            assert baseline.name.lower() in listed
