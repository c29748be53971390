"""The call that fills pixels of a sample."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from attriscope import ImageFeature
from attriscope.workers.arrays import to_array, to_tensor
from tests.server.workers.toys import Answer, Direct, pictures, runtime

FEATURE = ImageFeature(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
MASK = np.zeros((8, 8), bool)
MASK[2:5, 1:7] = True
MASK[7, 7] = True


def edit(client: Direct, value: Tensor, fill: dict[str, Any], mask: np.ndarray = MASK) -> Answer:
    height, width = mask.shape
    bits = base64.b64encode(np.packbits(mask).tobytes()).decode()
    sent = {"width": width, "height": height, "bits": bits}
    asked = {"kind": "erase", "feature": "image", "mask": sent, "fill": fill}
    return client.call("edit", {"sample": 0, "edit": asked}, {"0.input.0": to_array(value)})


@pytest.mark.parametrize(
    ("fill", "baseline"),
    [({"kind": "blur"}, "blurred")]
    + [
        ({"kind": "baseline", "baseline": name}, name)
        for name in ("zero", "black", "white", "blurred", "mean", "noise")
    ],
)
def test_masked_pixels_are_the_features_own_baseline_and_all_others_stay_bit_for_bit(
    fill: dict[str, Any], baseline: str
) -> None:
    client = Direct(runtime(features=FEATURE))
    value = (pictures()[0] - 0.4) / 0.3
    made = to_tensor(edit(client, value, fill).last.arrays["input.0"])
    where = torch.from_numpy(MASK).expand(3, 8, 8)
    assert torch.equal(made[where], FEATURE.baseline(baseline, value)[where])
    assert torch.equal(made[~where].view(torch.int32), value[~where].view(torch.int32))


def test_a_colour_is_one_of_the_display() -> None:
    client = Direct(runtime(features=FEATURE))
    made = to_tensor(edit(client, pictures()[0], {"kind": "colour", "colour": [255, 51, 0]}).last.arrays["input.0"])
    expected = [(1.0 - 0.5) / 0.2, (0.2 - 0.4) / 0.3, (0.0 - 0.3) / 0.4]
    np.testing.assert_allclose(made[:, 7, 7].numpy(), expected, rtol=1e-6)
    assert FEATURE.pixels(made)[:, 3, 3].mul(255).round().tolist() == [255, 51, 0]


def test_a_colour_of_a_grey_image_is_its_lightness_and_other_images_have_none() -> None:
    grey = ImageFeature().plain((255, 0, 0), torch.zeros(1, 4, 4))
    assert grey.shape == (1, 4, 4)
    assert grey[0, 0, 0].item() == pytest.approx(0.299)
    with pytest.raises(ValueError, match="has 5 channels"):
        ImageFeature().plain((0, 0, 0), torch.zeros(5, 4, 4))


def test_a_mask_of_another_size_is_refused() -> None:
    error = edit(Direct(runtime()), pictures()[0], {"kind": "blur"}, np.ones((8, 9), bool)).error
    assert error["code"] == "mask_size"
    assert "9×8" in error["message"]
    assert "8×8" in error["message"]


def test_classes_asked_for_are_among_the_predictions() -> None:
    client = Direct(runtime(models={"wide": lambda: _Wide()}, classes=None))
    arrays = {"0.input.0": to_array(pictures()[0])}
    found = client.call("predict", {"model": "wide", "count": 1, "classes": [0, 29, 99]}, arrays).body["predictions"][0]
    assert [entry["index"] for entry in found] == [*range(29, 9, -1), 0]


class _Wide(torch.nn.Module):
    """Thirty classes, each more likely than the one before."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).mean((1, 2, 3))[:, None] * 0 + torch.arange(30.0)
