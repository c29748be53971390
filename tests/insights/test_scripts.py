"""Scripts written for Captum Insights 0.8.0: with other import lines they say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.insights.scripted import SCRIPTS, Told, changed, new, new_says, old, old_says
from tests.shared_data import need_data

NEAR = 1e-5
COUNT = 4


def alike(ours: list[Told], theirs: list[Told]) -> None:
    assert len(theirs) >= COUNT
    for mine, other in zip(ours, theirs, strict=False):
        # Insights lists four classes, and none where there is a single output.
        assert list(mine.scores)[: len(other.scores)] == list(other.scores)
        for name, score in other.scores.items():
            assert mine.scores[name] == pytest.approx(score, abs=NEAR)
        assert mine.contributions == pytest.approx(other.contributions, abs=NEAR)
        assert mine.bars.keys() == other.bars.keys()
        for name, bars in other.bars.items():
            assert mine.bars[name] == pytest.approx(bars, abs=100 * NEAR)


def both(script: str, folder: Path, *arguments: str) -> tuple[list[Told], list[Told]]:
    with old(script, *arguments) as client:
        theirs = old_says(client)
    with new(script, folder, *arguments) as server:
        return new_says(server, COUNT), theirs


def test_only_import_lines_change() -> None:
    for script in SCRIPTS.glob("*.py"):
        before, after = script.read_text().splitlines(), changed(script).splitlines()
        different = [line for line, other in zip(before, after, strict=True) if line != other]
        assert different
        assert all(line.startswith("from captum.") for line in different)
        assert "captum" not in "\n".join(after)


def test_cifar10_on_real_images(tmp_path: Path) -> None:
    need_data()
    alike(*both("cifar10", tmp_path, "real"))


@pytest.mark.parametrize("script", ["multimodal", "sentiment", "rows"])
def test_scripts_of_other_inputs(script: str, tmp_path: Path) -> None:
    alike(*both(script, tmp_path))


def test_cifar10_on_made_images(tmp_path: Path) -> None:
    alike(*both("cifar10", tmp_path, "made"))
