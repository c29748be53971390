"""The shared models are the ones they claim to be."""

from __future__ import annotations

import pytest
import torch

from tests import shared_data


@pytest.mark.parametrize(
    ("make", "statistics", "accuracy"),
    [(shared_data.small_network, shared_data.HALF, 0.595), (shared_data.resnet20, shared_data.IMAGENET, 0.83)],
)
def test_accuracy_on_the_200_images(make, statistics, accuracy) -> None:  # type: ignore[no-untyped-def]
    shared_data.need_data()
    x, labels = shared_data.cifar_images()
    with torch.no_grad():
        predicted = shared_data.Normalised(make(), statistics).eval()(x).argmax(1)
    assert float((predicted == labels).float().mean()) == pytest.approx(accuracy)


def test_photographs_open() -> None:
    shared_data.need_data()
    found = shared_data.photos()
    assert [name for name, _ in found][-1] == "teapot"
    assert all(image.mode == "RGB" and min(image.size) > 100 for _, image in found)


def test_missing_data_says_how_to_point_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRISCOPE_TEST_DATA", "/nowhere")
    with pytest.raises(FileNotFoundError, match="set ATTRISCOPE_TEST_DATA"):
        shared_data.data_root()
    with pytest.raises(pytest.skip.Exception, match="/nowhere"):
        shared_data.need_data()
