from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attribution_core.layers import LayerInfo, default_cam_layer, describe_layers
from tests import shared_data
from tests.attribution_core.models import convnet, hooks, images


class Zoo(nn.Module):
    """Layers of every kind: used, unused, used twice, with a tuple, None or a row for the batch as their value."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.relu = nn.ReLU()
        self.idle = nn.Linear(2, 2)
        self.lstm = nn.LSTM(6, 4, batch_first=True)
        self.nothing = Nothing()
        self.total = Total()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.relu(self.conv(x)))
        self.nothing(y)
        self.total(y)
        return self.lstm(y[:, 0])[0][:, -1]


class Nothing(nn.Module):
    def forward(self, x: Tensor) -> None:
        return None


class Total(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sum()


def test_layers_are_described() -> None:
    model = Zoo()
    found = {layer.name: layer for layer in describe_layers(model, (images(2),))}
    assert list(found) == ["conv", "relu", "idle", "lstm", "nothing", "total"]
    assert found["conv"] == LayerInfo("conv", "Conv2d", (3, 6, 6), 1, True, None)
    assert found["relu"] == LayerInfo("relu", "ReLU", (3, 6, 6), 2, True, None)
    assert found["idle"] == LayerInfo("idle", "Linear", None, 0, False, "It is not called in the forward pass.")
    assert found["lstm"].reason == "Its output is a tuple of Tensor, tuple, not a tensor."
    assert found["nothing"].reason == "Its output is None, not a tensor."
    assert found["total"].reason == "Its output has shape (): no row for each example."
    assert not any(found[name].tensor for name in ("idle", "lstm", "nothing", "total"))
    assert hooks(model) == 0


def test_default_layer_of_the_products_examples() -> None:
    shared_data.need_data()
    x = torch.rand(1, 3, 32, 32)
    assert default_cam_layer(shared_data.small_network(), (x,)) == "conv2"
    assert default_cam_layer(shared_data.resnet20(), (x,)) == "layer3"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", "layer4"),
        ("densenet121", "features"),
        ("vgg11", "features.18"),
        ("vit_b_16", "encoder.layers.encoder_layer_11.ln_1"),
        ("swin_t", "features"),
    ],
)
def test_default_layer_of_torchvisions_models(name: str, expected: str | None) -> None:
    torchvision = pytest.importorskip("torchvision")
    model = getattr(torchvision.models, name)(weights=None).eval()
    assert default_cam_layer(model, (torch.rand(1, 3, 224, 224),)) == expected


def test_default_layer_is_the_last_called_not_the_last_defined() -> None:
    class Reversed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.second = nn.Sequential(nn.Conv2d(2, 2, 3), nn.ReLU())
            self.first = nn.Conv2d(2, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x)).mean((2, 3))

    assert default_cam_layer(Reversed(), (images(),)) == "second"


def test_no_convolution_no_layer() -> None:
    assert default_cam_layer(nn.Sequential(nn.Flatten(), nn.Linear(128, 3)), (images(),)) is None


def test_a_convolution_that_is_the_model_itself() -> None:
    assert default_cam_layer(nn.Conv2d(2, 2, 3), (images(),)) is None


def test_hooks_are_removed_when_the_model_fails() -> None:
    model = convnet()
    with pytest.raises(RuntimeError):
        describe_layers(model, (torch.rand(1, 5, 8, 8),))
    assert hooks(model) == 0
