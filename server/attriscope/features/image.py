"""Images: N×C×H×W tensors, drawn as PNG."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor

from attriscope.errors import ExplorerError
from attriscope.features.base import Baseline, Display, Feature, checked_name, finite_numbers
from attriscope.features.transforms import Transforms

_SLACK = 0.005  # interpolation and rounding leave 0–1 by this much; a normalised image leaves it by far more
_LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue, as Pillow makes grey of them."""
_BLUR_SIDES = 12  # sigma is this part of the shorter side: no object survives it, the rough colours do

FromUpload = Callable[[Image.Image], Tensor]


class ImageFeature(Feature):
    """An image input, C×H×W for one example.

    name: heading of its panel. mean, std: a number, or one for each channel, of the normalisation the tensors have had
    already (`(pixel − mean) / std` with pixels 0–1); they are used to draw the tensors and for the black and white
    baselines. Without both, floating-point tensors must lie in 0–1 and integer tensors in 0–255.
    from_upload: a function that makes one example (a C×H×W tensor) of an uploaded picture (a PIL image, RGB). Without
    it a picture is made to cover the height and width of the dataset's first sample, cropped at the centre, brought to
    its channels (1 or 3) and type, and normalised by mean and std.
    input_transforms: a function, or several one after the other, that make what the model takes of each example, e.g.
    torchvision's `Normalize`; the page shows the example as it was before. baseline_transforms: a function of what they
    made, or several, each one baseline; the first is the default. visualization_transform: a function of a batch of one
    example that makes what is drawn. All three are as in Captum Insights.
    display_channels: the channels, counted from 0, that are drawn as red, green and blue, or the one that is drawn
    grey; only their values need lie within 0–1. Without it one channel is drawn grey, three as RGB, any other number as
    the grey mean of its channels.
    Raises ExplorerError for a mean or std that is no finite number, a std that is not positive, or display_channels
    that are not one or three numbers of at least 0.
    """

    kind: Final = "image"  # type: ignore[misc]
    dimensions: Final = 3  # type: ignore[misc]
    axes: Final = "C×H×W"  # type: ignore[misc]
    usual: Final = (3, 224, 224)  # type: ignore[misc]
    averages: Final = True  # type: ignore[misc]

    def __init__(
        self,
        name: str = "image",
        baseline_transforms: Any = None,
        input_transforms: Any = None,
        visualization_transform: Any = None,
        *,
        mean: Any = None,
        std: Any = None,
        from_upload: FromUpload | None = None,
        display_channels: int | Sequence[int] | None = None,
    ) -> None:
        if from_upload is not None and not callable(from_upload):
            raise ExplorerError(
                "wrong_type",
                f"from_upload is of type {type(from_upload).__name__}; it must be a function of a PIL image.",
                field="from_upload",
            )
        self.name, self._from_upload = checked_name(name), from_upload
        self._display_channels = _display_channels(display_channels)
        self.transforms = Transforms(baseline_transforms, input_transforms, visualization_transform)
        self._undoable = self.transforms.normalisation()
        self.normalised = mean is not None or std is not None
        self.mean = finite_numbers("mean", 0.0 if mean is None else mean)
        self.std = finite_numbers("std", 1.0 if std is None else std)
        for value in self.std:
            if value <= 0:
                raise ExplorerError("out_of_range", f"std is {value}; it must be above 0.", field="std")
        sizes = {len(self.mean), len(self.std)} - {1}
        if len(sizes) > 1:
            raise ExplorerError(
                "wrong_shape", f"mean has {len(self.mean)} channels, std {len(self.std)}; they must agree.", field="std"
            )

    def __repr__(self) -> str:
        return f"ImageFeature({self.describe()})"

    def describe(self) -> str:
        channels = "" if self._display_channels is None else f", display_channels={self._display_channels}"
        return (
            f"{self.name!r}, mean={self.mean}, std={self.std}, normalised={self.normalised}{channels}"
            f"{self.transforms.describe()}"
        )

    # --- to the page -------------------------------------------------------------------------------

    def pixels(self, example: Tensor) -> Tensor:
        """What is drawn of the image, as float32 C×H×W within 0–1. Raises ExplorerError where it cannot be."""
        value = self._shown(example).detach().cpu()
        if not value.dtype.is_floating_point:
            value = value.to(torch.float32) / (1.0 if value.dtype is torch.bool else 255.0)
        value = value.to(torch.float32)
        if not bool(torch.isfinite(value).all()):
            raise ExplorerError("nonfinite", f"{self.name!r} contains NaN or infinity.", feature=self.name)
        if self.normalised:
            value = value * self._channels(self.std, value) + self._channels(self.mean, value)
        value = self._chosen(value)
        if not self.normalised and (value.min() < -_SLACK or value.max() > 1 + _SLACK):
            low, high = float(value.min()), float(value.max())
            raise ExplorerError(
                "not_displayable",
                f"{self.name!r} has values from {low:.3g} to {high:.3g}; pixels are 0 to 1. If the tensors are already "
                "normalised, say how: ImageFeature(mean=…, std=…).",
                field="features",
                feature=self.name,
                minimum=low,
                maximum=high,
            )
        return value.clamp(0, 1)

    def display(self, example: Tensor) -> Display:
        pixels = self.pixels(example)
        if pixels.shape[0] not in (1, 3):
            pixels = pixels.mean(0, keepdim=True)
        array = (pixels * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        picture = Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=3)
        return Display(picture.width, picture.height, file.getvalue())

    def _chosen(self, value: Tensor) -> Tensor:
        if self._display_channels is None:
            return value
        if max(self._display_channels) >= len(value):
            raise ExplorerError(
                "out_of_range",
                f"display_channels of {self.name!r} are {', '.join(map(str, self._display_channels))}; the image has "
                f"{len(value)} channels, 0 to {len(value) - 1}.",
                field="display_channels",
                feature=self.name,
            )
        return value[list(self._display_channels)]

    def _shown(self, example: Tensor) -> Tensor:
        value = self.transforms.shown(example)
        if self.transforms.shows and isinstance(value, Tensor) and value.dim() == 4 and len(value) == 1:
            value = value[0]
        if not isinstance(value, Tensor) or value.dim() != 3:
            got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"type {type(value).__name__}"
            raise ExplorerError(
                "wrong_shape",
                f"visualization_transform of {self.name!r} returned a value of {got}; it must be a tensor "
                f"1×{self.axes}.",
                field="features",
                feature=self.name,
            )
        return value

    def from_model(self, value: Tensor) -> Tensor:
        if self._undoable is None:
            return super().from_model(value)
        mean, std = (finite_numbers("input_transforms", part) for part in self._undoable)
        return value * self._channels(std, value) + self._channels(mean, value)

    def places(self, shape: tuple[int, ...]) -> tuple[int, int]:
        height, width = shape[-2:]
        return height, width

    def drawn(self, attribution: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Channel by channel; the page sums them."""
        return attribution

    # --- from an upload ----------------------------------------------------------------------------

    def from_picture(self, picture: Image.Image, like: Tensor) -> Tensor:
        value = self._covering(picture, like) if self._from_upload is None else self._from_upload(picture)
        value = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        if isinstance(value, Tensor) and value.dim() == 4 and len(value) == 1:
            value = value[0]
        if not isinstance(value, Tensor) or value.dim() != 3 or 0 in value.shape:
            got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"type {type(value).__name__}"
            raise ExplorerError(
                "wrong_shape",
                f"from_upload of {self.name!r} returned a value of {got}; it must be a tensor {self.axes}.",
                field="file",
            )
        return value.detach().cpu()

    def _covering(self, picture: Image.Image, like: Tensor) -> Tensor:
        """The shorter side resized and the longer one cropped at the centre, in the form of `like`."""
        channels, height, width = like.shape
        if channels not in (1, 3):
            raise ExplorerError(
                "upload_unsupported",
                f"{self.name!r} has {channels} channels; a picture has 1 or 3. The explorer can say how to make them: "
                "ImageFeature(from_upload=…).",
                field="file",
                channels=channels,
            )
        fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR).convert(
            "L" if channels == 1 else "RGB"
        )
        pixels = torch.from_numpy(np.array(fitted)).reshape(height, width, channels).permute(2, 0, 1).float() / 255
        value = self._from_pixels(pixels, like)
        return (value if like.dtype.is_floating_point else value.round()).to(like.dtype).contiguous()

    # --- baselines ---------------------------------------------------------------------------------

    def baselines(self) -> tuple[Baseline, ...]:
        offered = (
            Baseline("zero", "Zero", f"zero here = {self._zero_colour()}"),
            Baseline("black", "Black", "every pixel black"),
            Baseline("white", "White", "every pixel white"),
            Baseline("blurred", "Blurred", f"the image itself, blurred by 1/{_BLUR_SIDES} of its shorter side"),
            Baseline("mean", "Mean colour", "every pixel the image's own mean colour"),
            Baseline("noise", "Uniform noise", "every pixel a random colour; the same for the same image"),
        )
        return (*self.own_baselines(), *(one for one in offered if self._colours or one.id not in _COLOURS))

    @property
    def _colours(self) -> bool:
        """Whether it is known what the model takes for a pixel of some colour."""
        return self._undoable is not None or not self.transforms.changes_inputs

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        if (own := self.transforms.baseline(baseline, example)) is not None:
            return own
        make = _BASELINES.get(baseline)
        if make is None or (baseline in _COLOURS and not self._colours):
            raise self.unknown_baseline(baseline)
        value = make(self, example)
        return (value if example.dtype.is_floating_point else value.round()).to(example)

    def plain(self, colour: tuple[int, int, int], like: Tensor) -> Tensor:
        channels = like.shape[0]
        if channels not in (1, 3):
            raise ExplorerError(
                "edit_unsupported",
                f"{self.name!r} has {channels} channels; a colour has 1 or 3. Fill with a baseline or blur.",
                field="fill.colour",
                channels=channels,
            )
        pixel = torch.tensor(colour, dtype=torch.float32) / 255
        if channels == 1:
            pixel = (pixel * torch.tensor(_LUMA)).sum(0, keepdim=True)
        value = self._from_pixels(pixel.view(-1, 1, 1).expand(like.shape), like)
        return (value if like.dtype.is_floating_point else value.round()).to(like)

    def _zero_colour(self) -> str:
        if not self._colours:
            return "every value 0 behind input_transforms"
        mean = self.mean if self._undoable is None else finite_numbers("input_transforms", self._undoable[0])
        if max(abs(value) for value in mean) <= 0.02:
            return "black"
        if max(mean) - min(mean) <= 0.15:
            return "mean grey" if 0.2 <= min(mean) <= max(mean) <= 0.8 else "a plain grey"
        return "the mean colour"

    def _from_pixels(self, pixels: Tensor, like: Tensor) -> Tensor:
        """From 0–1 to the model's space."""
        if not like.dtype.is_floating_point:
            return pixels * (1.0 if like.dtype is torch.bool else 255.0)
        return (pixels - self._channels(self.mean, pixels)) / self._channels(self.std, pixels)

    def _channels(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        if len(values) not in (1, like.shape[0]):
            raise ExplorerError(
                "wrong_shape",
                f"mean and std of {self.name!r} have {len(values)} channels; the image has {like.shape[0]}.",
                field="features",
            )
        return torch.tensor(values, dtype=torch.float32, device=like.device).view(-1, 1, 1)


def _blurred(feature: ImageFeature, example: Tensor) -> Tensor:
    """A Gaussian along each axis, the border repeated, so that any size works."""
    value = example.to(torch.float32)[None]
    sigma = max(min(example.shape[-2:]) / _BLUR_SIDES, 1.0)
    reach = math.ceil(3 * sigma)
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32, device=value.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(value.shape[1], 1, -1)
    value = F.pad(value, (reach, reach, reach, reach), mode="replicate")
    value = F.conv2d(value, kernel[:, :, None, :], groups=value.shape[1])
    return F.conv2d(value, kernel[:, :, :, None], groups=value.shape[1])[0]


def _noise(feature: ImageFeature, example: Tensor) -> Tensor:
    content = example.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
    seed = int.from_bytes(hashlib.sha256(content).digest()[:8], "big")
    pixels = torch.rand(example.shape, generator=torch.Generator().manual_seed(seed % 2**63))
    return feature.to_model(feature._from_pixels(pixels, example))


def _plain(pixel: Literal[0, 1]) -> Callable[[ImageFeature, Tensor], Tensor]:
    def make(feature: ImageFeature, example: Tensor) -> Tensor:
        return feature.to_model(feature._from_pixels(torch.full(tuple(example.shape), float(pixel)), example))

    return make


_COLOURS = frozenset({"black", "white", "noise"})
_BASELINES: dict[str, Callable[[ImageFeature, Tensor], Tensor]] = {
    "zero": lambda feature, example: torch.zeros(example.shape),
    "black": _plain(0),
    "white": _plain(1),
    "blurred": _blurred,
    "mean": lambda feature, example: example.to(torch.float32).mean((1, 2), keepdim=True).expand(example.shape),
    "noise": _noise,
}


def _display_channels(given: Any) -> tuple[int, ...] | None:
    if given is None:
        return None
    chosen = [given] if isinstance(given, int) else list(given) if isinstance(given, list | tuple) else []
    known = all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in chosen)
    if len(chosen) not in (1, 3) or not known:
        raise ExplorerError(
            "wrong_type",
            f"display_channels is {given!r}; it must be the number of a channel, or of three for red, green and blue, "
            "counted from 0.",
            field="display_channels",
        )
    return tuple(chosen)
