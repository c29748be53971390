from __future__ import annotations

import torch
from torch import nn

from attribution_core import InputXGradient, Saliency
from tests.attribution_core.models import relative_error


def smooth_model() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3), nn.Sigmoid()).double()


def differences(model: nn.Module, x: torch.Tensor, target: int, step: float = 1e-5) -> torch.Tensor:
    """Central finite differences of one output by each input value."""
    result = torch.zeros_like(x)
    with torch.no_grad():
        for i in range(x.shape[1]):
            shift = torch.zeros_like(x)
            shift[:, i] = step
            result[:, i] = (model(x + shift) - model(x - shift))[:, target] / (2 * step)
    return result


def test_saliency_is_the_finite_difference() -> None:
    model, x = smooth_model(), torch.randn(4, 5, dtype=torch.float64)
    expected = differences(model, x, 2)
    assert relative_error(Saliency(model).attribute(x, target=2, abs=False), expected) <= 1e-8
    assert relative_error(Saliency(model).attribute(x, target=2), expected.abs()) <= 1e-8


def test_input_x_gradient_is_the_finite_difference_times_the_input() -> None:
    model, x = smooth_model(), torch.randn(4, 5, dtype=torch.float64)
    assert relative_error(InputXGradient(model).attribute(x, target=1), x * differences(model, x, 1)) <= 1e-8
