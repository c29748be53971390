"""Real inputs and models for tests and benchmarks: the folder ``shared/data`` beside the project.

``ATTRISCOPE_TEST_DATA`` overrides its place. Nothing here is part of the product.
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def data_root() -> Path:
    """The folder with the data.

    Raises:
        FileNotFoundError: it is not there; the message says how to point to it.
    """
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("ATTRISCOPE_TEST_DATA") or default)
    if not (root / "cifar10").is_dir():
        raise FileNotFoundError(f"No test data at {root}; set ATTRISCOPE_TEST_DATA to the folder that holds cifar10/.")
    return root


def need_data() -> Path:
    """The folder with the data; skips the calling test where it is absent."""
    import pytest

    try:
        return data_root()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


def cifar_images(n: int = 200) -> tuple[Tensor, Tensor]:
    """The first ``n`` of 200 CIFAR-10 test images, one class after the other in turn, and their labels.

    Returns:
        Images of shape (n, 3, 32, 32) with values in 0 … 1, and labels of shape (n,).
    """
    folders = [sorted((data_root() / "cifar10" / name).glob("*.jpg")) for name in CIFAR_CLASSES]
    turns = [(path, label) for paths in zip(*folders, strict=True) for label, path in enumerate(paths)][:n]
    return torch.stack([_read(path) for path, _ in turns]), torch.tensor([label for _, label in turns])


def photos() -> list[tuple[str, Image.Image]]:
    """Seven ImageNet photographs, each with the name of what it shows."""
    paths = sorted((data_root() / "photos").glob("*.JPEG"))
    return [(path.stem.partition("_")[2].replace("_", " "), Image.open(path).convert("RGB")) for path in paths]


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        rgb = image.convert("RGB")
        flat = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8)
        return flat.reshape(rgb.height, rgb.width, 3).permute(2, 0, 1).float() / 255


def normalise(images: Tensor, statistics: tuple[tuple[float, ...], tuple[float, ...]]) -> Tensor:
    """(images − mean) / standard deviation, by channel."""
    mean, deviation = (torch.tensor(s, dtype=images.dtype, device=images.device).view(-1, 1, 1) for s in statistics)
    return (images - mean) / deviation


class Normalised(nn.Module):
    """A model that takes images in 0 … 1 and normalises them itself, so that several models share one dataset."""

    def __init__(self, model: nn.Module, statistics: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
        super().__init__()
        self.model = model
        self.statistics = statistics

    def forward(self, images: Tensor) -> Tensor:
        return self.model(normalise(images, self.statistics))


class SmallNetwork(nn.Module):
    """Two convolutions and three linear layers; for inputs normalised with `HALF`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool1 = nn.MaxPool2d(2, 2)
        self.pool2 = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)
        self.relu1, self.relu2, self.relu3, self.relu4 = (nn.ReLU() for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        x = self.relu3(self.fc1(x.flatten(1)))
        return self.fc3(self.relu4(self.fc2(x)))


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut, which subsamples and pads with zero channels where shapes change."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.padding = (channels - channels_in) // 2
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(y + shortcut)


class ResNet20(nn.Module):
    """ResNet-20 for CIFAR-10 (He et al. 2015); for inputs normalised with `IMAGENET`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, 1)
        self.layer2 = self._stage(16, 32, 2)
        self.layer3 = self._stage(32, 64, 2)
        self.linear = nn.Linear(64, 10)

    @staticmethod
    def _stage(channels_in: int, channels: int, stride: int) -> nn.Sequential:
        blocks = [BasicBlock(channels_in, channels, stride)]
        return nn.Sequential(*blocks, *(BasicBlock(channels, channels, 1) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


def small_network() -> SmallNetwork:
    """The trained small network in eval mode: 59.5 % right on the 200 images."""
    model = SmallNetwork()
    state = torch.load(data_root() / "models" / "cifar_torchvision.pt", weights_only=True, map_location="cpu")
    model.load_state_dict(state)
    return model.eval()


def resnet20() -> ResNet20:
    """The trained ResNet-20 in eval mode: 83.0 % right on the 200 images."""
    model = ResNet20()
    checkpoint = torch.load(data_root() / "models" / "resnet20_cifar10.th", weights_only=True, map_location="cpu")
    model.load_state_dict({name.removeprefix("module."): value for name, value in checkpoint["state_dict"].items()})
    return model.eval()
