"""The small network that tells scenes apart, and its committed checkpoint."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from example_models.scenes.objects import CLASSES

CHECKPOINT = Path(__file__).with_name("scenes_cnn.safetensors")


def stage(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """A convolution that keeps height and width, batch norm, ReLU."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
            norm=nn.BatchNorm2d(outputs),
            relu=nn.ReLU(),
        )
    )


class ScenesNet(nn.Module):
    """Four convolution stages, the largest response of each of 128 detectors, and one linear layer.

    Takes N × 3 × 96 × 96, normalised with `data.MEAN` and `data.STD`; returns N × 10 scores before softmax. The stages
    put out 48 × 48, 48 × 48, 24 × 24 and 12 × 12 positions.
    """

    def __init__(self, classes: int = len(CLASSES)) -> None:
        super().__init__()
        # Halving by overlapping means instead of a stride keeps gradients free of a checkerboard.
        self.halve = nn.AvgPool2d(4, stride=2, padding=1)
        self.conv1 = stage(3, 16, 5)
        self.conv2 = stage(16, 32, 3)
        self.pool2 = nn.AvgPool2d(2)
        self.conv3 = stage(32, 64, 3)
        self.pool3 = nn.AvgPool2d(2)
        self.conv4 = stage(64, 128, 3)
        self.pool4 = nn.AdaptiveMaxPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(128, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(self.halve(x))
        x = self.pool2(self.conv2(x))
        x = self.pool3(self.conv3(x))
        x = self.conv4(x)
        scores: Tensor = self.head(self.flatten(self.pool4(x)))
        return scores


def scenes_cnn() -> ScenesNet:
    """The trained network in eval mode, its weights read from the checkpoint beside this file."""
    model = ScenesNet()
    model.load_state_dict(load_file(CHECKPOINT))
    return model.eval()
