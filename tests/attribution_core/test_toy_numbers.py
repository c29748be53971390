"""The published numbers of the toy model, from the issue: stochastic ones run in Captum's order after one seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import attribution_core as core
from tests.attribution_core.models import ToyModel


def close(found: Any, expected: list[list[float]], digits: int = 4) -> bool:
    return torch.allclose(found, torch.tensor(expected), rtol=0, atol=0.51 * 10**-digits)


@pytest.fixture
def toy() -> tuple[ToyModel, Tensor]:
    """The model, whose layers draw numbers when they are made, then the seeds, then the input."""
    model = ToyModel()
    torch.manual_seed(123)
    np.random.seed(123)
    return model, torch.rand(2, 3)


def test_conductance_of_a_neuron(toy: tuple[ToyModel, Tensor]) -> None:
    model, x = toy
    found = core.NeuronConductance(model, model.lin1).attribute(x, neuron_selector=1, target=0)
    assert close(found, [[0, 0, 0], [1.3358, 0, -1.6811]])


def test_conductance_of_the_layer(toy: tuple[ToyModel, Tensor]) -> None:
    model, x = toy
    found, delta = core.LayerConductance(model, model.lin1).attribute(
        x,
        baselines=torch.zeros(2, 3),
        target=0,
        n_steps=50,
        method="riemann_trapezoid",
        return_convergence_delta=True,
    )
    assert close(found, [[0, 0, -3.0856], [0, -0.3488, -4.9638]])
    assert close(delta, [0.0630, 0.1084])  # type: ignore[arg-type]


def test_the_stochastic_methods_one_after_the_other(toy: tuple[ToyModel, Tensor]) -> None:
    """Integrated Gradients, DeepLIFT and DeepLIFT SHAP draw nothing; Gradient SHAP and the noise tunnel do."""
    model, x = toy
    path = core.IntegratedGradients(model)
    exact = path.attribute(x, torch.zeros(2, 3), target=0)
    assert close(exact, [[-0.5922, -1.5497, -1.0067], [0, -0.2219, -5.1991]])

    rows = torch.randn(10, 3) * 0.001
    shap, deltas = core.GradientShap(model).attribute(
        x, rows, target=0, stdevs=0.09, n_samples=4, return_convergence_delta=True
    )
    assert close(shap, [[-0.1542, -1.6229, -1.5835], [-0.3916, -0.2836, -4.6851]])
    assert deltas.shape == (8,)

    lift, gap = core.DeepLift(model).attribute(x, torch.zeros(2, 3), target=0, return_convergence_delta=True)
    assert torch.allclose(lift, exact, atol=1e-5)
    assert gap.abs().max() < 1e-5
    averaged, gaps = core.DeepLiftShap(model).attribute(x, rows, target=0, return_convergence_delta=True)
    assert close(averaged, [[-0.5845, -1.5447, -1.0094], [0.0006, -0.2226, -5.1892]])
    assert gaps.shape == (20,)
    assert gaps.abs().max() < 1e-5

    tunnel, deltas = core.NoiseTunnel(path).attribute(
        x,
        nt_type="smoothgrad",
        stdevs=0.02,
        nt_samples=4,
        baselines=torch.zeros(2, 3),
        target=0,
        return_convergence_delta=True,
    )
    assert close(tunnel, [[-0.4574, -1.5493, -1.0893], [0, -0.2647, -5.1619]])
    assert deltas.shape == (8,)
