"""torchvision's ViT, Swin and ConvNeXt, small and with random weights, side by side on pictures of 3 × 32 × 32."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

if (root := str(Path(__file__).parents[2])) not in sys.path:  # a worker imports this file by its path
    sys.path.insert(0, root)

from attriscope import Explorer
from tests.attribution_core.test_token_grids import pictures
from tests.attribution_core.test_transformers import MODELS


def explorer() -> Explorer:
    return Explorer(
        models=MODELS,
        dataset=list(pictures(6)),
        classes=["red", "green", "blue"],
        score_func=torch.nn.Softmax(1),
        name="Transformers",
    )
