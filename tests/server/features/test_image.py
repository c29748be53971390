from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from attriscope import ExplorerError, ImageFeature

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PIXELS = torch.rand(3, 6, 9, generator=torch.Generator().manual_seed(0))
NORMALISED = (PIXELS - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
IMAGENET = ImageFeature(mean=MEAN, std=STD)


def drawn(feature: ImageFeature, example: Tensor) -> np.ndarray:
    display = feature.display(example)
    picture = Image.open(io.BytesIO(display.png))
    assert (picture.format, picture.width, picture.height) == ("PNG", display.width, display.height)
    return np.asarray(picture)


def bytes_of(pixels: Tensor) -> np.ndarray:
    return (pixels.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


# --- drawing -------------------------------------------------------------------------------------------


def test_pixels_are_drawn_as_they_are() -> None:
    assert np.array_equal(drawn(ImageFeature(), PIXELS), bytes_of(PIXELS))


@pytest.mark.parametrize("mean", [MEAN, list(MEAN), torch.tensor(MEAN), np.array(MEAN)])
def test_a_normalised_image_is_drawn_as_it_was(mean: Any) -> None:
    found = drawn(ImageFeature(mean=mean, std=STD), NORMALISED)
    assert np.abs(found.astype(int) - bytes_of(PIXELS).astype(int)).max() <= 1


def test_one_number_serves_all_channels() -> None:
    assert np.array_equal(drawn(ImageFeature(mean=0.5, std=0.5), PIXELS * 2 - 1), bytes_of(PIXELS))
    assert np.array_equal(drawn(ImageFeature(mean=0.5), PIXELS - 0.5), bytes_of(PIXELS))


def test_one_channel_is_grey_and_other_numbers_are_their_mean() -> None:
    assert np.array_equal(drawn(ImageFeature(), PIXELS[:1]), bytes_of(PIXELS[:1])[..., 0])
    five = torch.cat([PIXELS, PIXELS[:2]])
    assert np.array_equal(drawn(ImageFeature(), five), bytes_of(five.mean(0, keepdim=True))[..., 0])


def test_the_channels_that_are_drawn_can_be_chosen_and_others_hold_anything() -> None:
    height = torch.full((1, *PIXELS.shape[1:]), 2000.0)
    bands = torch.cat([height, PIXELS.flip(0)])
    assert np.array_equal(drawn(ImageFeature(display_channels=(3, 2, 1)), bands), bytes_of(PIXELS))
    assert np.array_equal(drawn(ImageFeature(display_channels=1), bands), bytes_of(PIXELS[2:])[..., 0])
    normalised = torch.cat([(PIXELS - 0.5) / 0.25, height])
    feature = ImageFeature(mean=[0.5, 0.5, 0.5, 0], std=[0.25, 0.25, 0.25, 1], display_channels=[0, 1, 2])
    assert np.abs(drawn(feature, normalised).astype(int) - bytes_of(PIXELS).astype(int)).max() <= 1
    with pytest.raises(ExplorerError, match="display_channels of 'image' are 4; the image has 4 channels, 0 to 3"):
        ImageFeature(display_channels=4).display(bands)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_m8_floating_point_types_are_drawn(dtype: torch.dtype) -> None:
    assert np.abs(drawn(ImageFeature(), PIXELS.to(dtype)).astype(int) - bytes_of(PIXELS).astype(int)).max() <= 1


def test_m8_integers_are_pixels_from_0_to_255() -> None:
    image = torch.tensor(bytes_of(PIXELS)).permute(2, 0, 1)
    for dtype in (torch.uint8, torch.int16, torch.int64):
        assert np.array_equal(drawn(ImageFeature(), image.to(dtype)), bytes_of(PIXELS))
    assert set(drawn(ImageFeature(), PIXELS > 0.5).flatten().tolist()) == {0, 255}


@pytest.mark.parametrize("image", [NORMALISED, PIXELS * 255, PIXELS - 0.1, torch.full((3, 2, 2), 300)])
def test_values_outside_0_to_1_are_an_error_that_names_the_remedy(image: Tensor) -> None:
    with pytest.raises(ExplorerError) as caught:
        ImageFeature().display(image)
    assert caught.value.code == "not_displayable"
    assert "ImageFeature(mean=…, std=…)" in caught.value.message
    assert f"{float(caught.value.params['maximum']):.3g}" in caught.value.message


def test_the_slack_of_an_interpolation_is_no_error() -> None:
    assert drawn(ImageFeature(), torch.tensor([1.001, -0.001, 0.5]).view(3, 1, 1)).tolist() == [[[255, 0, 128]]]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_m18_an_image_that_is_not_finite_is_an_error(value: float) -> None:
    with pytest.raises(ExplorerError, match="contains NaN or infinity"):
        IMAGENET.display(torch.full((3, 2, 2), value))


def test_mean_and_std_of_another_number_of_channels_are_an_error() -> None:
    with pytest.raises(ExplorerError, match="have 3 channels; the image has 4"):
        IMAGENET.display(torch.zeros(4, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"name": ""}, "name"),
        ({"mean": "grey"}, "mean"),
        ({"mean": [0.5, None]}, "mean"),
        ({"mean": []}, "mean"),
        ({"mean": float("nan")}, "mean"),
        ({"mean": True}, "mean"),
        ({"std": 0}, "std"),
        ({"std": [1, -1, 1]}, "std"),
        ({"std": float("inf")}, "std"),
        ({"mean": [0.5, 0.5], "std": [1, 1, 1]}, "std"),
        ({"display_channels": (0, 1)}, "display_channels"),
        ({"display_channels": -1}, "display_channels"),
        ({"display_channels": True}, "display_channels"),
        ({"display_channels": [0, 1, "2"]}, "display_channels"),
    ],
)
def test_a_mistake_names_its_field(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        ImageFeature(**arguments)
    assert caught.value.field == field


# --- baselines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (ImageFeature(), "black"),
        (IMAGENET, "mean grey"),
        (ImageFeature(mean=0.5, std=0.5), "mean grey"),
        (ImageFeature(mean=0.9, std=0.1), "a plain grey"),
        (ImageFeature(mean=(0.9, 0.5, 0.1), std=1), "the mean colour"),
    ],
)
def test_zero_is_put_in_words(feature: ImageFeature, words: str) -> None:
    assert feature.baselines()[0].description == f"zero here = {words}"


def test_zero_black_and_white_are_drawn_as_they_are_called() -> None:
    assert bool((IMAGENET.baseline("zero", NORMALISED) == 0).all())
    for name, byte in (("black", 0), ("white", 255)):
        value = IMAGENET.baseline(name, NORMALISED)
        assert set(drawn(IMAGENET, value).flatten().tolist()) == {byte}
    assert set(drawn(IMAGENET, IMAGENET.baseline("zero", NORMALISED))[..., 0].flatten().tolist()) == {124}


def test_mean_is_the_images_own_colour() -> None:
    value = IMAGENET.baseline("mean", NORMALISED)
    assert torch.allclose(value.mean((1, 2)), NORMALISED.mean((1, 2)), atol=1e-6)
    assert torch.equal(value, value[:, :1, :1].expand_as(value))


def test_blurring_keeps_the_colours_and_loses_the_detail() -> None:
    board = (torch.arange(48)[:, None] + torch.arange(60)).remainder(2).float().expand(3, -1, -1)
    value = ImageFeature().baseline("blurred", board)
    assert torch.allclose(value.mean((1, 2)), board.mean((1, 2)), atol=0.01)
    assert float(value.std()) < 0.02 < float(board.std())
    plain = torch.full((3, 7, 5), 0.3)
    assert torch.allclose(ImageFeature().baseline("blurred", plain), plain, atol=1e-6)


def test_blurring_is_a_gaussian() -> None:
    dot = torch.zeros(1, 61, 61)
    dot[0, 30, 30] = 1
    value = ImageFeature().baseline("blurred", dot)[0].double()
    offsets = torch.arange(-30, 31).double()
    sigma = 61 / 12
    assert float((value.sum(0) * offsets**2).sum()) == pytest.approx(sigma**2, rel=0.05)
    assert float((value.sum(1) * offsets**2).sum()) == pytest.approx(sigma**2, rel=0.05)


def test_noise_is_uniform_and_depends_on_the_image_alone() -> None:
    image, other = torch.zeros(3, 64, 64), torch.ones(3, 64, 64)
    noise = ImageFeature().baseline("noise", image)
    assert torch.equal(noise, ImageFeature().baseline("noise", image.clone()))
    assert not torch.equal(noise, ImageFeature().baseline("noise", other))
    counts = torch.histc(noise, 10, 0, 1) / noise.numel()
    assert float((counts - 0.1).abs().max()) < 0.02
    state = torch.get_rng_state()
    ImageFeature().baseline("noise", image)
    assert torch.equal(state, torch.get_rng_state())


@given(
    st.sampled_from([baseline.id for baseline in IMAGENET.baselines()]),
    st.sampled_from([torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8]),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_every_baseline_has_the_images_shape_and_type_at_any_size(
    baseline: str, dtype: torch.dtype, height: int, width: int
) -> None:
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(height * 10 + width))
    example = (image * 255).to(dtype) if dtype is torch.uint8 else image.to(dtype)
    value = ImageFeature().baseline(baseline, example)
    assert (value.shape, value.dtype) == (example.shape, dtype)
    drawn(ImageFeature(), value)


def test_an_unknown_baseline_names_the_nearest() -> None:
    with pytest.raises(ExplorerError, match=r"No baseline 'blured'\. Nearest: blurred"):
        IMAGENET.baseline("blured", NORMALISED)


# --- from an upload ------------------------------------------------------------------------------------


def halves(width: int, height: int) -> Image.Image:
    """Left half red, right half blue."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


@pytest.mark.parametrize(("width", "height"), [(80, 20), (20, 80), (8, 8), (3, 3), (1, 400)])
def test_a_picture_covers_the_first_samples_size_cropped_at_the_centre(width: int, height: int) -> None:
    found = ImageFeature().from_picture(halves(width, height), torch.zeros(3, 8, 8))
    assert (found.shape, found.dtype) == ((3, 8, 8), torch.float32)
    if width > 1:
        assert found[0, 4, 0] == found[2, 4, 7] == 1
        assert found[2, 4, 0] == found[0, 4, 7] == 0


def test_a_picture_is_normalised_as_the_dataset_is() -> None:
    picture = Image.fromarray(bytes_of(PIXELS))
    found = IMAGENET.from_picture(picture, NORMALISED)
    quantised = torch.from_numpy(bytes_of(PIXELS)).permute(2, 0, 1) / 255
    expected = (quantised - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.uint8])
def test_a_picture_gets_the_datasets_type_and_channels(dtype: torch.dtype) -> None:
    found = ImageFeature().from_picture(halves(8, 8), torch.zeros(1, 8, 8, dtype=dtype))
    assert (found.shape, found.dtype) == ((1, 8, 8), dtype)
    red, blue = (76, 29) if dtype is torch.uint8 else (76 / 255, 29 / 255)
    assert float(found[0, 0, 0]) == pytest.approx(red, abs=1e-3)
    assert float(found[0, 0, 7]) == pytest.approx(blue, abs=1e-3)


def test_other_channels_need_the_users_own_function() -> None:
    like = torch.zeros(4, 8, 8)
    with pytest.raises(ExplorerError) as caught:
        ImageFeature().from_picture(halves(8, 8), like)
    assert caught.value.code == "upload_unsupported"
    assert "4 channels" in caught.value.message
    own = ImageFeature(from_upload=lambda picture: torch.full((4, *picture.size[::-1]), 0.5))
    assert own.from_picture(halves(10, 6), like).shape == (4, 6, 10)
    one = ImageFeature(from_upload=lambda picture: torch.zeros(1, 3, 8, 8))
    assert one.from_picture(halves(10, 6), like).shape == (3, 8, 8)


@pytest.mark.parametrize("value", [None, torch.zeros(8, 8), torch.zeros(2, 3, 8, 8), torch.zeros(3, 0, 8)])
def test_what_the_users_function_returns_is_checked(value: Any) -> None:
    with pytest.raises(ExplorerError, match="must be a tensor C×H×W"):
        ImageFeature(from_upload=lambda picture: value).from_picture(halves(8, 8), torch.zeros(3, 8, 8))


def test_from_upload_must_be_a_function() -> None:
    with pytest.raises(ExplorerError, match="from_upload is of type int"):
        ImageFeature(from_upload=3)  # type: ignore[arg-type]
