from __future__ import annotations

import pytest
import torch

from attribution_core import (
    Attribution,
    GradientAttribution,
    IntegratedGradients,
    LayerAttribution,
    NeuronAttribution,
    PerturbationAttribution,
    Saliency,
    errors,
)
from tests.attribution_core.models import ToyModel, convnet, images


def test_instances_cannot_be_changed() -> None:
    method = IntegratedGradients(convnet())
    for name in ("forward_func", "_multiply_by_inputs"):
        with pytest.raises(AttributeError, match=f"IntegratedGradients.{name} cannot be changed"):
            setattr(method, name, None)
    assert method.multiplies_by_inputs


def test_a_method_of_ones_own_may_set_its_attributes_once() -> None:
    class Own(Attribution):
        def __init__(self, forward_func: object) -> None:
            super().__init__(forward_func)  # type: ignore[arg-type]
            self.power = 2

    method = Own(convnet())
    assert method.power == 2
    with pytest.raises(AttributeError, match=r"Own\.power cannot be changed"):
        method.power = 3


@pytest.mark.parametrize("base", [Attribution, GradientAttribution, PerturbationAttribution, Saliency])
def test_forward_func_must_be_callable(base: type[Attribution]) -> None:
    with pytest.raises(errors.WrongType, match="forward_func is a int; it must be callable"):
        base(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("base", [LayerAttribution, NeuronAttribution])
def test_internal_methods_hold_their_layer(base: type[LayerAttribution]) -> None:
    model = convnet()
    method = base(model, model.conv1, device_ids=[0])
    assert method.module is method.layer is model.conv1
    with pytest.raises(errors.WrongType, match="layer is a list"):
        base(model, [])


def test_convergence_delta_is_the_gap_of_completeness() -> None:
    model, x = ToyModel().double(), torch.rand(2, 3, dtype=torch.float64)
    exact = model(x)[:, 0] - model(torch.zeros_like(x))[:, 0]
    attributions = torch.zeros_like(x)
    attributions[:, 1] = exact + torch.tensor([0.25, -0.5])
    found = Saliency(model).compute_convergence_delta(attributions, None, x, target=0)
    assert torch.allclose(found, torch.tensor([0.25, -0.5], dtype=torch.float64))


def test_convergence_delta_refuses_what_does_not_fit() -> None:
    method, x = Saliency(convnet()), images(2)
    with pytest.raises(errors.WrongShape, match="attributions has shape"):
        method.compute_convergence_delta(images(3), None, x, target=0)
    with pytest.raises(errors.WrongShape, match="start_point has shape"):
        method.compute_convergence_delta(x, images(3), x, target=0)
    with pytest.raises(errors.TargetMissing):
        method.compute_convergence_delta(x, None, x)
