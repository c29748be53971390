"""The table as scikit-learn has it, the network, and what the explorer shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_wine

from attriscope import Explorer
from example_models import wine
from example_models.wine import train as training
from example_models.wine.data import COLUMNS, Wine, load
from example_models.wine.model import CHECKPOINT, wine_mlp


def test_the_table_is_scikit_learns() -> None:
    rows, labels = load_wine(return_X_y=True)
    torch.testing.assert_close(load().rows, torch.tensor(rows, dtype=torch.float32))
    assert load().labels.tolist() == labels.tolist()
    assert len(COLUMNS) == rows.shape[1]


def test_held_out_wines_are_shown_and_told_apart() -> None:
    explorer = wine.explorer()
    assert isinstance(explorer, Explorer)
    assert len(explorer.dataset) == int((~load().trained).sum())
    assert {label for _, label in list(Wine())[:3]} == {0, 1, 2}
    inputs = torch.stack([row for row, _ in Wine()])
    labels = torch.tensor([label for _, label in Wine()])
    with torch.no_grad():
        assert float((wine_mlp()(inputs).argmax(1) == labels).double().mean()) >= 0.9
    assert CHECKPOINT.stat().st_size <= 1_000_000
    with pytest.raises(IndexError, match="is not among"):
        Wine()[len(Wine())]


def test_values_are_shown_as_they_were_measured() -> None:
    explorer = wine.explorer()
    row, _ = explorer.dataset[0]
    shown = explorer.features[0].display(row).content["rows"]
    original = (row * load().std + load().mean).tolist()
    assert [line["value"] for line in shown] == pytest.approx(original, rel=1e-4)
    assert shown[0]["unit"] == "% vol"


def test_training_writes_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training.train(steps=3, seed=0, output=tmp_path / "again.safetensors")
    assert "held-out wines" in capsys.readouterr().out
    assert (tmp_path / "again.safetensors").exists()
    training.write_table(tmp_path / "table.safetensors")
    assert (tmp_path / "table.safetensors").stat().st_size < 20_000
