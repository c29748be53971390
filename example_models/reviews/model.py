"""The small network that tells good reviews from bad ones, and its committed checkpoint."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from example_models.reviews.grammar import IDS, PADDING, VOCABULARY

CHECKPOINT = Path(__file__).with_name("reviews_cnn.safetensors")


class ReviewsNet(nn.Module):
    """Vectors of tokens, two convolutions over nine tokens together, the largest response of each detector, one layer.

    Takes N × L token ids; returns N × 2 scores before softmax.
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(VOCABULARY), width, padding_idx=IDS[PADDING])
        self.conv1 = nn.Conv1d(width, 48, 5, padding=2)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv1d(48, 48, 5, padding=2)
        self.relu2 = nn.ReLU()
        self.pool = nn.AdaptiveMaxPool1d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(48, 2)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids).transpose(1, 2)
        x = self.relu2(self.conv2(self.relu1(self.conv1(x))))
        scores: Tensor = self.head(self.flatten(self.pool(x)))
        return scores


def reviews_cnn() -> ReviewsNet:
    """The trained network in eval mode, its weights read from the checkpoint beside this file."""
    model = ReviewsNet()
    model.load_state_dict(load_file(CHECKPOINT))
    return model.eval()
