"""Explorers opened by a script: models, samples, baselines, and what is wrong in words."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from attribution_core import IntegratedGradients
from attriscope import Batch, Explorer, ExplorerError, OpenExplorer, load_explorer
from tests.explorers import faulty
from tests.server.workers.toys import Net, explorer, pictures

FAULTY = str(Path(faulty.__file__))


def test_a_file_is_opened_as_the_server_opens_it() -> None:
    opened = load_explorer(f"{FAULTY}:train_mode")
    assert isinstance(opened.explorer, Explorer)
    [name] = opened.explorer.models
    model = opened.model(name)
    assert not any(module.training for module in model.modules())
    assert opened.model(name) is model
    (image,) = opened.inputs(3)
    assert torch.equal(image, faulty.picture(3)[None])


def test_a_module_and_a_file_are_told_apart() -> None:
    for place in (FAULTY, "tests.explorers.faulty", "tests.explorers.faulty:explorer"):
        assert load_explorer(place).explorer.classes == faulty.CLASSES


def test_inputs_baselines_and_forwards_go_into_a_method_as_they_are() -> None:
    opened = OpenExplorer(explorer())
    inputs = opened.inputs(2)
    method = IntegratedGradients(opened.forward("net", "score"))
    (found,) = method.attribute(inputs, baselines=opened.baselines("white", inputs), target=1)
    probability = torch.nn.Sequential(Net().eval(), torch.nn.Softmax(1))
    x = pictures()[2:3]
    wanted = IntegratedGradients(probability).attribute(x, baselines=torch.ones_like(x), target=1)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-7)


def test_the_first_samples_of_one_size_are_a_distribution() -> None:
    images = [torch.rand(3, 8, 8), torch.rand(3, 9, 9), torch.rand(3, 8, 8), torch.rand(3, 8, 8)]
    opened = OpenExplorer(explorer(dataset=images))
    (rows,) = opened.first(3, opened.inputs(0))
    assert torch.equal(rows, torch.stack([images[0], images[2]]))
    (all_there_are,) = opened.first(100, opened.inputs(0))
    assert len(all_there_are) == 3


def test_samples_with_additional_arguments_are_baselines() -> None:
    opened = OpenExplorer(explorer(dataset=[Batch(pictures(), additional_args=torch.arange(6.0))]))
    inputs = opened.inputs(0)
    assert torch.equal(opened.baselines("sample:4", inputs)[0], pictures()[4:5])
    found = opened.each_baseline("samples:3", inputs)
    assert torch.equal(torch.cat([image for (image,) in found]), pictures()[:3])
    torch.testing.assert_close(opened.baselines("dataset_mean", inputs)[0], pictures().mean(0, keepdim=True))


def test_a_picture_becomes_what_an_upload_becomes(tmp_path: Path) -> None:
    from PIL import Image

    file = tmp_path / "red.png"
    Image.new("RGB", (20, 16), (255, 0, 0)).save(file)
    (image,) = OpenExplorer(explorer()).picture(file)
    assert image.shape == (1, 3, 8, 8)
    assert torch.equal(image[0].mean((1, 2)), torch.tensor([1.0, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda opened: opened.model("nett"), "unknown_model"),
        (lambda opened: opened.inputs(99), "no_sample"),
        (lambda opened: opened.baselines("grey", opened.inputs(0)), "unknown_baseline"),
        (lambda opened: opened.method("Mine"), "unknown_method"),
        (lambda opened: opened.first(2, (torch.rand(1, 3, 5, 5),)), "no_distribution"),
        (lambda opened: OpenExplorer(explorer(score_func=None)).forward("net", "score"), "no_score_func"),
        (lambda opened: load_explorer("nowhere.py"), "file_missing"),
        (lambda opened: load_explorer(f"{FAULTY}:nothing"), "factory_missing"),
    ],
)
def test_what_is_not_there_is_named(act, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ExplorerError) as raised:
        act(OpenExplorer(explorer()))
    assert raised.value.code == code
