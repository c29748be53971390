from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from attribution_core import IntegratedGradients, errors
from attribution_core.quadrature import NAMES
from attribution_core.types import QuadratureName
from tests import shared_data
from tests.attribution_core.models import ToyModel, convnet, images


def test_numbers_of_the_toy_model() -> None:
    torch.manual_seed(123)
    x = torch.rand(2, 3)
    found, delta = IntegratedGradients(ToyModel()).attribute(
        x, torch.zeros(2, 3), target=0, return_convergence_delta=True
    )
    expected = torch.tensor([[-0.5922, -1.5497, -1.0067], [0.0, -0.2219, -5.1991]])
    assert torch.allclose(found, expected, atol=5e-5)
    assert delta.abs().max() < 1e-6


@given(scale=st.floats(0.2, 1.5), seed=st.integers(0, 1000))
def test_completeness_on_a_smooth_model(scale: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(4, 4, generator=generator, dtype=torch.float64) * scale
    x, start = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64)

    def forward(x: Tensor) -> Tensor:
        return torch.tanh(x @ weights).prod(1) + x[:, 0] ** 2

    found, delta = IntegratedGradients(forward).attribute(x, start, n_steps=100, return_convergence_delta=True)
    change = forward(x) - forward(start)
    assert torch.allclose(found.sum(1), change, atol=1e-6)
    assert torch.allclose(delta, found.sum(1) - change, atol=1e-12)


@given(power=st.integers(1, 9))
def test_path_integral_of_a_polynomial(power: int) -> None:
    """y = Σ xᵖ has ∫ p αᵖ⁻¹ xᵖ dα = xᵖ exactly, for Gauss–Legendre with enough points."""
    x = torch.tensor([[0.5, -1.2, 2.0]], dtype=torch.float64)
    found = IntegratedGradients(lambda x: (x**power).sum(1)).attribute(x, n_steps=5)
    assert torch.allclose(found, x**power, rtol=1e-6)


# The trapezoid's weights do not sum to 1, as in Captum.
@pytest.mark.parametrize("rule", [name for name in NAMES if name != "riemann_trapezoid"])
def test_more_steps_bring_completeness(rule: QuadratureName) -> None:
    model, x = convnet().double(), images().double()
    gaps = []
    for n_steps in (4, 64):
        _, delta = IntegratedGradients(model).attribute(
            x, target=1, method=rule, n_steps=n_steps, return_convergence_delta=True
        )
        gaps.append(float(delta.abs().max()))
    assert gaps[1] < gaps[0] / 3


def test_completeness_on_resnet20() -> None:
    shared_data.need_data()
    x = shared_data.normalise(shared_data.cifar_images(3)[0], shared_data.IMAGENET)
    model = shared_data.resnet20()
    target = model(x).argmax(1)
    found, delta = IntegratedGradients(model).attribute(x, target=target, n_steps=100, return_convergence_delta=True)
    rows = torch.arange(3)
    with torch.no_grad():
        change = model(x)[rows, target] - model(torch.zeros_like(x))[rows, target]
    assert torch.allclose(found.sum((1, 2, 3)) - change, delta, atol=1e-4)
    assert (delta.abs() <= 0.1 * change.abs()).all()


def test_without_the_multiplier_it_is_the_averaged_gradient() -> None:
    model, x = convnet().double(), images().double()
    start = torch.full_like(x, 0.3)
    local = IntegratedGradients(model, multiply_by_inputs=False)
    full = IntegratedGradients(model).attribute(x, start, target=1)
    assert torch.allclose(local.attribute(x, start, target=1) * (x - start), full)
    assert not local.multiplies_by_inputs


def test_one_step_and_small_batches() -> None:
    linear, x = nn.Linear(3, 2).double(), torch.rand(4, 3, dtype=torch.float64)
    for rule in ("riemann_left", "riemann_right", "riemann_middle", "gausslegendre"):
        found = IntegratedGradients(linear).attribute(x, target=0, n_steps=1, method=rule, internal_batch_size=1)
        assert torch.allclose(found, x * linear.weight[0])


@pytest.mark.parametrize("wrong", [0, -1])
def test_internal_batch_size_is_checked(wrong: int) -> None:
    with pytest.raises(errors.OutOfRange, match=f"internal_batch_size is {wrong}; it must be at least 1"):
        IntegratedGradients(convnet()).attribute(images(), target=0, internal_batch_size=wrong)
