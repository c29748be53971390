"""torchvision's classifiers on Imagenette as it lies unpacked, and what is said without a connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import Imagenette

from attriscope import ExplorerError
from example_models import imagenet


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes of Imagenette, where this user's data are."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path))
    for number, wnid in enumerate(("n01440764", "n03394916")):
        folder = tmp_path / "data" / "imagenette2-320" / "val" / wnid
        folder.mkdir(parents=True)
        pixels = np.random.default_rng(number).integers(0, 255, (330, 320, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "ILSVRC2012_val_00000009.JPEG")
    return tmp_path


def test_imagenette_is_labelled_with_class_names(root: Path) -> None:
    explorer = imagenet.explorer()
    assert list(explorer.models) == ["resnet50"]
    assert [label for _, label in explorer.dataset] == ["tench", "French horn"]
    assert explorer.dataset[0][0].shape == (3, 224, 224)
    assert explorer.classes is not None
    assert {"tench", "French horn"} <= set(explorer.classes)


def test_every_class_of_imagenette_is_one_of_the_models() -> None:
    explorer = imagenet.explorer(data=".", model="vit_b_16")
    assert explorer.classes is not None
    names = {synonyms[0] for synonyms in Imagenette._WNID_TO_CLASS.values()}
    assert names <= set(explorer.classes)
    assert list(explorer.models) == ["vit_b_16"]


def test_a_folder_of_ones_own_is_read_instead(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / "cat").mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(tmp_path / "mine" / "cat" / "1.png")
    assert [label for _, label in imagenet.explorer(data=str(tmp_path / "mine")).dataset] == ["cat"]


def test_what_cannot_be_downloaded_is_said_with_the_way_out(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(
        ExplorerError, match=r"weights of resnet50 could not be downloaded .*no route to host"
    ) as caught:
        imagenet.explorer().models["resnet50"]()
    assert caught.value.code == "weights_unavailable"

    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: str(tmp_path / "empty"))
    monkeypatch.setattr("torchvision.datasets.imagenette.download_and_extract_archive", offline)
    with pytest.raises(ExplorerError, match=r"Imagenette is not in .*no route to host.*--data") as caught:
        imagenet.explorer()
    assert caught.value.code == "data_unavailable"
