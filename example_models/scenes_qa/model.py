"""The small network that answers questions about pictures, and its committed checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from example_models.scenes.model import stage
from example_models.scenes_qa.grammar import ANSWERS, IDS, PADDING, VOCABULARY

CHECKPOINT = Path(__file__).with_name("scenes_qa.safetensors")


class Modulated(nn.Module):
    """A convolution whose channels the question scales and shifts (Perez et al. 2018, FiLM)."""

    def __init__(self, inputs: int, outputs: int, asked: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, affine=False)
        self.scale = nn.Linear(asked, outputs)
        self.shift = nn.Linear(asked, outputs)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor, asked: Tensor) -> Tensor:
        scale, shift = self.scale(asked)[..., None, None], self.shift(asked)[..., None, None]
        value: Tensor = self.relu(self.norm(self.conv(x)) * (1 + scale) + shift)
        return value


class ScenesQaNet(nn.Module):
    """Detectors of a picture, told by the question what to look for.

    Takes N × 3 × 96 × 96 pictures, normalised as those of `scenes`, and N × L token ids; returns N × 15 scores before
    softmax, one for each answer.
    """

    def __init__(self, width: int = 64, asked: int = 48) -> None:
        super().__init__()
        self.halve = nn.AvgPool2d(4, stride=2, padding=1)
        self.conv1 = stage(3, 16, 5)
        self.conv2 = stage(16, 32, 3)
        self.pool2 = nn.AvgPool2d(2)
        self.conv3 = stage(32, 64, 3)
        self.pool3 = nn.AvgPool2d(2)
        self.embedding = nn.Embedding(len(VOCABULARY), 24, padding_idx=IDS[PADDING])
        self.words = nn.Conv1d(24, asked, 3, padding=1)
        self.relu_words = nn.ReLU()
        self.pool_words = nn.AdaptiveMaxPool1d(1)
        self.look = Modulated(64 + 1, width, asked, 3)
        self.read = Modulated(width, width, asked, 1)
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(width, len(ANSWERS))

    def forward(self, image: Tensor, question: Tensor) -> Tensor:
        words = self.relu_words(self.words(self.embedding(question).transpose(1, 2)))
        asked = self.flatten(self.pool_words(words))
        x = self.pool2(self.conv2(self.conv1(self.halve(image))))
        x = self.pool3(self.conv3(x))
        # How far to the right a place is, which no detector knows by itself.
        across = torch.linspace(-1, 1, x.shape[-1], dtype=x.dtype, device=x.device).expand(len(x), 1, *x.shape[2:])
        x = self.read(self.look(torch.cat((x, across), 1), asked), asked)
        scores: Tensor = self.head(self.flatten(self.pool(x)))
        return scores


def scenes_qa_net() -> ScenesQaNet:
    """The trained network in eval mode, its weights read from the checkpoint beside this file."""
    model = ScenesQaNet()
    model.load_state_dict(load_file(CHECKPOINT))
    return model.eval()
