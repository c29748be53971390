from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from example_models.scenes.data import normalise
from example_models.scenes.model import ScenesNet
from example_models.scenes.train import accuracy, drawn, train


def test_training_is_seeded_and_learns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    train(scenes=64, epochs=2, tested=20, seed=3, output=first)
    said = capsys.readouterr().out
    train(scenes=64, epochs=2, tested=20, seed=3, output=again)
    train(scenes=64, epochs=2, tested=20, seed=4, output=other)
    weights, same, different = (load_file(path) for path in (first, again, other))
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    assert not torch.equal(weights["head.weight"], different["head.weight"])
    model = ScenesNet()
    model.load_state_dict(weights)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said.splitlines() if "loss" in line]
    assert len(losses) == 2
    assert losses[1] < losses[0]


def test_accuracy_counts_the_right_ones() -> None:
    images, _ = drawn("held-out", 20)
    model = ScenesNet()
    with torch.no_grad():
        chosen = model.eval()(normalise(images)).argmax(1)
    assert accuracy(model, images, chosen) == 1
    assert accuracy(model, images, (chosen + 1) % 10) == 0
    half = torch.where(torch.arange(20) < 10, chosen, (chosen + 1) % 10)
    assert accuracy(model, images, half) == 0.5
