from __future__ import annotations

import pytest
import torch
from torch import nn

from attribution_core import LayerAttribution, LayerGradCam, errors
from attribution_core.layers import default_cam_layer
from tests import shared_data
from tests.attribution_core.models import ToyModel, convnet, images, relative_error


def test_formula_on_a_linear_head() -> None:
    """With y = Σ_c v_c mean(A_c) the pooled gradient of channel c is v_c / positions."""
    torch.manual_seed(0)
    conv, head = nn.Conv2d(2, 4, 3).double(), nn.Linear(4, 3).double()
    model = nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    x = images().double()
    values = conv(x).detach()
    weights = head.weight[2].detach() / values[0, 0].numel()
    expected = (values * weights[:, None, None]).sum(1, keepdim=True)
    cam = LayerGradCam(model, conv)
    assert relative_error(cam.attribute(x, 2), expected) <= 1e-12
    assert relative_error(cam.attribute(x, 2, relu_attributions=True), expected.relu()) <= 1e-12
    by_channel = cam.attribute(x, 2, attr_dim_summation=False)
    assert relative_error(by_channel, values * weights[:, None, None]) <= 1e-12


def test_vectors_are_weighted_by_unit() -> None:
    model, x = ToyModel(), torch.rand(2, 3)
    found = LayerGradCam(model, model.lin1).attribute(x, 0)
    hidden = model.lin1(x).detach()
    expected = (hidden * (hidden > 0) * model.lin2.weight[0]).sum(1, keepdim=True)
    assert torch.allclose(found, expected.detach())


def test_layers_that_yield_several_tensors_give_a_tuple() -> None:
    class Split(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return x[:, :2], x[:, 2:]

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.split = Split()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            a, b = self.split(x)
            return (a * 2).sum(1) + (b**2).sum(1)

    model, x = Model(), torch.rand(3, 5)
    a, b = LayerGradCam(model, model.split).attribute(x, attr_dim_summation=False)
    assert torch.allclose(a, 2 * x[:, :2])
    assert torch.allclose(b, 2 * x[:, 2:] ** 2)


def test_a_layer_without_rows_for_the_examples_is_refused() -> None:
    class Swapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Identity()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x.transpose(0, 1)).sum(0)

    model = Swapped()
    with pytest.raises(errors.WrongShape, match=r"Layer 'inner' has shape \(5, \d\)"):
        LayerGradCam(model, model.inner).attribute(torch.rand(3, 5))


def test_the_layer_must_be_one_module() -> None:
    model = convnet()
    with pytest.raises(errors.WrongType, match="layer is a str"):
        LayerGradCam(model, "conv2")  # type: ignore[arg-type]
    with pytest.raises(errors.WrongType, match="takes a single module"):
        LayerGradCam(model, [model.conv1, model.conv2]).attribute(images(), 0)  # type: ignore[arg-type]


def test_device_ids_and_the_layers_own_object_are_accepted() -> None:
    model = convnet()
    found = LayerGradCam(model, model.conv2, device_ids=[0]).attribute(images(), 1)
    assert torch.allclose(found, LayerGradCam(model, model.conv2).attribute(images(), 1))


def test_an_enlarged_map_of_resnet20_lies_in_the_input() -> None:
    shared_data.need_data()
    model = shared_data.resnet20()
    x = shared_data.normalise(shared_data.cifar_images(2)[0], shared_data.IMAGENET)
    name = default_cam_layer(model, (x,))
    assert name == "layer3"
    found = LayerGradCam(model, model.get_submodule(name)).attribute(x, model(x).argmax(1))
    assert found.shape == (2, 1, 8, 8)
    assert LayerAttribution.interpolate(found, (32, 32), "bilinear").shape == (2, 1, 32, 32)


@pytest.mark.parametrize(("shape", "dims"), [((2, 3), 4), ((2, 3, 4, 4), (8,)), ((2, 3, 4), (8, 8))], ids=str)
def test_interpolate_refuses_dimensions_that_do_not_fit(shape: tuple[int, ...], dims: int | tuple[int, ...]) -> None:
    with pytest.raises(errors.WrongShape, match="one for each dimension after the second"):
        LayerAttribution.interpolate(torch.zeros(shape), dims)
