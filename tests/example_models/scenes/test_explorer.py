from __future__ import annotations

import pytest
import torch

from attriscope import Explorer
from example_models import scenes
from example_models.scenes import model as model_module
from example_models.scenes.objects import CLASSES


def test_the_explorer_shows_held_out_scenes_with_their_evidence() -> None:
    explorer = scenes.explorer()
    assert isinstance(explorer, Explorer)
    assert explorer.name == "Scenes"
    assert explorer.classes == CLASSES
    assert explorer.score_name == "probability"
    assert len(explorer.dataset) == 2000
    item = explorer.dataset[0]
    assert item.evidence.any()
    with torch.no_grad():
        outputs = explorer.score_func(explorer.models["scenes_cnn"]()(item.inputs[None]))
    assert float(outputs.sum()) == pytest.approx(1, abs=1e-5)
    assert int(outputs.argmax()) == item.labels


def test_weights_are_read_by_the_loader_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    load = model_module.load_file
    monkeypatch.setattr(model_module, "load_file", lambda path: read.append(path) or load(path))
    explorer = scenes.explorer()
    explorer.dataset[3]
    assert read == []
    explorer.models["scenes_cnn"]()
    assert read == [model_module.CHECKPOINT]


def test_one_scenes_scores_do_not_depend_on_its_batch_mates() -> None:
    explorer = scenes.explorer()
    model = explorer.models["scenes_cnn"]()
    inputs = torch.stack([explorer.dataset[number].inputs for number in range(4)])
    torch.testing.assert_close(model(inputs), torch.cat([model(x[None]) for x in inputs]), rtol=1e-4, atol=1e-4)
