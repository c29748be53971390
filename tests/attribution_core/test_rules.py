"""Rewritten backward passes: gates, and what happens to models in awkward forms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import attribution_core
from attribution_core import (
    Deconvolution,
    DeepLift,
    GuidedBackprop,
    GuidedGradCam,
    LayerGradCam,
    NeuronDeconvolution,
    NeuronGuidedBackprop,
    Saliency,
    errors,
    registry,
)
from tests.attribution_core.models import attribute, convnet, hooks, images, relative_error, state
from tests.attribution_core.modular import modular

RELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "module": nn.ReLU(),
    "module in place": lambda x: nn.ReLU(inplace=True)(x.clone()),
    "function": F.relu,
    "function in place": lambda x: F.relu(x.clone(), inplace=True),
    "positional": lambda x: F.relu(x.clone(), True),
    "torch": torch.relu,
    "torch in place": lambda x: torch.relu_(x.clone()),
    "method": lambda x: x.relu(),
    "method in place": lambda x: x.clone().relu_(),
    "keyword": lambda x: torch.relu(input=x),
}


class Net(nn.Module):
    """Two linear layers around an activation."""

    def __init__(self, activation: Any, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first, self.second = nn.Linear(4, 6).double(), nn.Linear(6, 3).double()
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.activation(self.first(x)))


def batch(seed: int = 1, n: int = 5) -> Tensor:
    return torch.randn((n, 4), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS)
@pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution])
def test_gates_are_their_formula_in_every_form_of_relu(method: Any, relu: Callable[[Tensor], Tensor]) -> None:
    model, x = Net(relu), batch()
    back = model.second.weight[1].clamp(min=0).expand(5, 6)
    if method is GuidedBackprop:
        back = back * (model.first(x) > 0)
    assert relative_error(method(model).attribute(x, 1), (back @ model.first.weight).detach()) <= 1e-12


@pytest.mark.parametrize("relu", RELUS.values(), ids=RELUS)
def test_neuron_gates_are_their_formula(relu: Callable[[Tensor], Tensor]) -> None:
    model, x = Net(relu), batch()
    back = model.second.weight[2].clamp(min=0).expand(5, 6)
    expected = (back @ model.first.weight).detach()
    assert relative_error(NeuronDeconvolution(model, model.second).attribute(x, 2), expected) <= 1e-12
    expected = ((back * (model.first(x) > 0)) @ model.first.weight).detach()
    assert relative_error(NeuronGuidedBackprop(model, model.second).attribute(x, 2), expected) <= 1e-12


class Reused(nn.Module):
    """One ReLU module for several places, a function among them, and residual connections around ReLUs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.layers = nn.ModuleList(nn.Linear(4, 4).double() for _ in range(3))
        self.relu = nn.ReLU()

    def before_relus(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a = self.layers[0](x)
        h = a + self.relu(a)
        b = self.layers[1](h)
        return a, b, self.layers[2](self.relu(b) - h)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.before_relus(x)[2])


def by_hand(model: Reused, x: Tensor, gate: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
    """The backward pass of output 1; ``gate(gradient, value, value at zero input)`` is what a ReLU lets back."""
    (a, b, c), (a0, b0, c0) = model.before_relus(x), model.before_relus(torch.zeros_like(x))
    first, second, third = (layer.weight for layer in model.layers)
    g = torch.zeros_like(c)
    g[:, 1] = 1
    to_sum = gate(g, c, c0) @ third
    to_h = gate(to_sum, b, b0) @ second - to_sum
    return ((to_h + gate(to_h, a, a0)) @ first).detach()


GATES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "GuidedBackprop": lambda g, value, reference: g.clamp(min=0) * (value > 0),
    "Deconvolution": lambda g, value, reference: g.clamp(min=0),
    "DeepLift": lambda g, value, reference: g * (value.relu() - reference.relu()) / (value - reference),
}


@pytest.mark.parametrize("name", GATES)
def test_m1_reused_and_functional_relus(name: str) -> None:
    model, x = Reused(), batch()
    expected = by_hand(model, x, GATES[name])
    options = {"multiply_by_inputs": False} if name == "DeepLift" else {}
    assert relative_error(getattr(attribution_core, name)(model, **options).attribute(x, target=1), expected) <= 1e-12
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        method = getattr(captum.attr, name)(model, **options)
        if name == "DeepLift":
            with pytest.raises(RuntimeError, match="used more than once"):
                method.attribute(x, target=1)
        else:
            assert relative_error(method.attribute(x, target=1), expected) > 0.1


@pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution, DeepLift])
def test_m2_in_place_relus(method: Any) -> None:
    x = images(3).double() - 0.5
    found, expected = (method(convnet(inplace=inplace).double()).attribute(x, target=1) for inplace in (True, False))
    assert relative_error(found, expected) <= 1e-12
    twin = method(modular(convnet().double())).attribute(x, target=1)
    assert relative_error(found, twin) <= 1e-12


@pytest.mark.parametrize(
    "name", ["guided_backprop", "deconvolution", "deep_lift", "lrp", "layer_lrp", "layer_deep_lift"]
)
def test_m11_nothing_is_left_behind(name: str) -> None:
    spec, model, x = registry.get(name), convnet(), images(2)
    before = state(model, x)
    attribute(spec, model, x)
    assert state(model, x) == before
    assert hooks(model) == 0
    plain = Saliency(model).attribute(x, 1, abs=False)
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(model(leaf)[:, 1].sum(), leaf)
    assert relative_error(plain, expected) <= 1e-5


@pytest.mark.parametrize("method", [GuidedBackprop, Deconvolution])
def test_m13_a_model_without_relu_is_told(method: Any) -> None:
    model, x = Net(nn.GELU()), batch()
    with pytest.warns(errors.AttributionWarning, match=f"no ReLU, so {method.__name__} is the plain gradient"):
        found = method(model).attribute(x, 1)
    assert relative_error(found, Saliency(model).attribute(x, 1, abs=False)) <= 1e-12
    for spec in (registry.get("guided_backprop"), registry.get("deconvolution")):
        assert spec.applicable(model, (x,)) == (
            "The model calls no ReLU, so that only the plain gradient would be left.",
        )


def test_guided_grad_cam_is_the_product_of_its_two_methods() -> None:
    model, x = convnet().double(), images(2).double()
    cam = LayerGradCam(model, model.conv2).attribute(x, 1, relu_attributions=True)
    guided = GuidedBackprop(model).attribute(x, 1)
    assert torch.equal(GuidedGradCam(model, model.conv2).attribute(x, 1), guided * cam)


def test_guided_grad_cam_of_an_input_of_other_dimensions_is_empty_and_told() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.linear = nn.Conv2d(2, 3, 3), nn.Linear(4, 3)

        def forward(self, x: Tensor, z: Tensor) -> Tensor:
            return F.relu(self.conv(x)).mean((2, 3)) + self.linear(z)

    model = Both()
    with pytest.warns(errors.AttributionWarning, match=r"cannot be enlarged to an input of shape \(2, 4\)"):
        first, second = GuidedGradCam(model, model.conv).attribute((images(2), torch.rand(2, 4)), 1)
    assert first.shape == (2, 2, 8, 8)
    assert second.shape == (0,)
    net = convnet()
    with pytest.raises(errors.OutOfRange, match="interpolate_mode is 'linear'") as caught:
        GuidedGradCam(net, net.conv2).attribute(images(2), 1, interpolate_mode="linear")
    assert caught.value.field == "interpolate_mode"


def test_rules_nest_in_noise_tunnels_and_other_modes() -> None:
    model, x = convnet().double(), images(2).double()
    torch.manual_seed(0)
    found = attribution_core.NoiseTunnel(GuidedBackprop(model)).attribute(x, target=1, nt_samples=3, stdevs=0.1)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin = modular(convnet().double())
        tunnel = captum.attr.NoiseTunnel(captum.attr.GuidedBackprop(twin))
        expected = tunnel.attribute(x, target=1, nt_samples=3, stdevs=0.1)
    assert relative_error(found, expected) <= 1e-10
