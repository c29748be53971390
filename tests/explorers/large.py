"""A model of more than 600 modules and 1000 classes: what lists must hold. Its weights are random."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from attriscope import Explorer, ImageFeature

KINDS = ("heron", "lynx", "otter", "tuna", "beetle", "fern", "kettle", "anvil", "canoe", "violin")
CLASSES = [f"{KINDS[number % len(KINDS)]} of kind {number // len(KINDS)}" for number in range(1000)]


class Block(nn.Module):
    """A residual block whose `idle` module is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.idle = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * self.relu(self.norm(self.conv(x)))


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        for number in range(1, 5):
            setattr(self, f"stage{number}", nn.Sequential(*(Block() for _ in range(32))))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(4, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for number in range(1, 5):
            x = getattr(self, f"stage{number}")(x)
        return self.fc(self.flatten(self.pool(x)))


def explorer() -> Explorer:
    torch.manual_seed(0)
    images = torch.rand(12, 3, 16, 16)
    labels = torch.arange(12) * 83
    return Explorer(
        models={"deep": Deep().eval()},
        dataset=list(zip(images, labels.tolist(), strict=True)),
        classes=CLASSES,
        features=ImageFeature(),
        score_func=nn.Softmax(dim=1),
        name="Large",
    )
