"""The small network that tells cultivars apart, and its committed checkpoint."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from example_models.wine.data import CLASSES, COLUMNS

CHECKPOINT = Path(__file__).with_name("wine_mlp.safetensors")


def untrained() -> nn.Sequential:
    """N × 13 normalised measurements to N × 3 scores before softmax."""
    return nn.Sequential(nn.Linear(len(COLUMNS), 16), nn.ReLU(), nn.Linear(16, len(CLASSES)))


def wine_mlp() -> nn.Sequential:
    """The trained network in eval mode, its weights read from the checkpoint beside this file."""
    model = untrained()
    model.load_state_dict(load_file(CHECKPOINT))
    return model.eval()
