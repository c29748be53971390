from __future__ import annotations

import torch
from torch import nn

from attribution_core import InputXGradient


def test_contributions_to_a_linear_model_are_exact() -> None:
    model, x = nn.Linear(6, 3, bias=False).double(), torch.randn(2, 6, dtype=torch.float64)
    found = InputXGradient(model).attribute(x, target=[0, 2])
    assert torch.allclose(found, x * model.weight[[0, 2]])
    assert torch.allclose(found.sum(1), model(x)[[0, 1], [0, 2]])
