"""CIFAR-10's example on a folder in torchvision's format, written here."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torchvision.datasets import CIFAR10

from attriscope import ExplorerError
from attriscope.workers.runtime import Runtime
from example_models import cifar10
from example_models.cifar10.data import images
from example_models.cifar10.model import CHECKPOINT, cifar10_net
from example_models.cifar10.train import accuracy, tensors, train
from tests.server.workers.toys import Direct

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
EACH = 64


def _batch(seed: int) -> dict[str, Any]:
    """Noise about a colour of each class's own, so that there is something to learn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(EACH) % 10
    tints = np.random.default_rng(0).integers(60, 195, (10, 3))
    noise = generator.integers(-60, 60, (EACH, 3, 32, 32))
    return {
        "data": (tints[labels][:, :, None, None] + noise).astype(np.uint8).reshape(EACH, -1),
        "labels": labels.tolist(),
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of 320 and 64 images, which torchvision takes for the real one."""
    base = tmp_path / CIFAR10.base_folder
    base.mkdir()

    def written(name: str, value: Any) -> list[str]:
        (base / name).write_bytes(pickle.dumps(value))
        return [name, hashlib.md5((base / name).read_bytes(), usedforsecurity=False).hexdigest()]

    train_list = [written(name, _batch(seed)) for seed, (name, _) in enumerate(CIFAR10.train_list, 1)]
    monkeypatch.setattr(CIFAR10, "train_list", train_list)
    monkeypatch.setattr(CIFAR10, "test_list", [written(CIFAR10.test_list[0][0], _batch(99))])
    name, md5 = written(CIFAR10.meta["filename"], {"label_names": NAMES})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    return tmp_path


def test_what_is_in_the_folder_is_explained_by_every_preset(folder: Path) -> None:
    train(data=folder, epochs=1)
    explorer = cifar10.explorer(str(folder))
    assert explorer.classes == tuple(NAMES)
    assert len(explorer.dataset) == EACH
    client = Direct(Runtime(explorer, "cpu"))
    told = client.runtime.description
    assert told.models[0].default_layer == "conv2"
    assert [preset.name for preset in told.presets] == list(cifar10.PRESETS)
    samples = client.scan(3)
    assert [frame.body["label"]["name"] for frame in samples.frames] == NAMES[:3]
    for preset in told.presets:
        settings = {key: value for key, value in preset.settings.items() if key != "outlier"}
        answer = client.attribute(samples, 1, model="cifar10_net", **settings)
        assert answer.of("result"), answer.of("failed")[0].body
        (drawn,) = answer.of("result")[0].body["maps"]
        assert drawn["shape"] == [3, 32, 32]
        assert drawn["maximum"] > 0
        if "smoothing" in settings:
            assert drawn["minimum"] >= 0
            assert answer.of("result")[0].body["smoothing"]["samples"] == 100


def test_the_tutorials_presets() -> None:
    squared = cifar10.PRESETS["Integrated Gradients, SmoothGrad squared"]
    assert squared["smoothing"] == {"type": "smoothgrad_sq", "samples": 100, "noise": 0.2}
    assert squared["outlier"] == 10
    assert [preset["method"] for preset in cifar10.PRESETS.values()] == [
        "integrated_gradients",
        "saliency",
        "deep_lift",
        "integrated_gradients",
    ]


def test_the_network_is_trained_where_it_was_not_yet(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = cifar10_net(folder)
    assert "of the test images" in capsys.readouterr().out
    again = cifar10_net(folder)
    assert capsys.readouterr().out == ""
    assert not model.training
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
    assert accuracy(model, *tensors(images(folder, train=False))) >= 0.4


def test_training_is_seeded(folder: Path) -> None:
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        train(data=folder, epochs=1, seed=seed, output=folder / name)
    first, again, other = (load_file(folder / name) for name in ("first", "again", "other"))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["fc3.weight"], other["fc3.weight"])
    assert not (folder / CHECKPOINT).exists()


def test_data_that_cannot_be_downloaded_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    refused: list[Callable[[], Any]] = [
        lambda: cifar10.explorer(str(tmp_path / "data")),
        lambda: cifar10_net(tmp_path / "data"),
    ]
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", offline)
    for call in refused:
        with pytest.raises(ExplorerError) as caught:
            call()
        assert (caught.value.code, caught.value.field) == ("data_unavailable", "data")
        for words in ("CIFAR-10", str(tmp_path / "data"), CIFAR10.url, "no route to host", "--data"):
            assert words in caught.value.message
