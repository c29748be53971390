"""The models of the tests with every activation as a module of its own, not in place.

Captum's propagation methods see modules only. The weights are the originals', and the numbers are the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.attribution_core.models import ConvNet, TwoInputs
from tests.shared_data import BasicBlock, ResNet20, SmallNetwork


class ModularConvNet(nn.Module):
    def __init__(self, net: ConvNet) -> None:
        super().__init__()
        self.conv1, self.norm, self.conv2, self.drop, self.head = net.conv1, net.norm, net.conv2, net.drop, net.head
        self.relu1, self.relu2, self.pool = nn.ReLU(), nn.ReLU(), nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.norm(self.conv1(x)))
        x = self.relu2(self.conv2(x))
        return self.head(self.drop(self.pool(x).flatten(1)))


class ModularTwoInputs(nn.Module):
    def __init__(self, net: TwoInputs) -> None:
        super().__init__()
        self.conv, self.other, self.head = net.conv, net.other, net.head
        self.tanh, self.sigmoid = nn.Tanh(), nn.Sigmoid()

    def forward(self, x: Tensor, z: Tensor, bias: Tensor | None = None, factor: float = 1.0) -> Tensor:
        features = self.tanh(self.conv(x)).mean((2, 3)) * self.sigmoid(self.other(z)).mean((2, 3))
        y = self.head(features)
        return factor * (y if bias is None else y * bias[:, None])


class ModularBlock(nn.Module):
    def __init__(self, block: BasicBlock) -> None:
        super().__init__()
        self.conv1, self.bn1, self.conv2, self.bn2 = block.conv1, block.bn1, block.conv2, block.bn2
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.padding, self.stride = block.padding, block.stride

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        shortcut = nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return self.relu2(y + shortcut)


class ModularResNet20(nn.Module):
    def __init__(self, net: ResNet20) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu, self.linear = net.conv1, net.bn1, nn.ReLU(), net.linear
        stages = (net.layer1, net.layer2, net.layer3)
        self.layer1, self.layer2, self.layer3 = (nn.Sequential(*map(ModularBlock, stage)) for stage in stages)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def modular(model: nn.Module) -> nn.Module:
    """The same function of the inputs, made of modules."""
    kinds = {ConvNet: ModularConvNet, TwoInputs: ModularTwoInputs, ResNet20: ModularResNet20}
    kind = kinds.get(type(model))
    return model if kind is None else kind(model).train(model.training)  # type: ignore[arg-type]


def without_max_pools(model: nn.Module) -> nn.Module:
    """Average pools in their place: Captum's DeepLIFT is wrong on max pools between other activations."""
    if isinstance(model, SmallNetwork):
        model.pool1, model.pool2 = nn.AvgPool2d(2), nn.AvgPool2d(2)  # type: ignore[assignment]
    return model


def rows(x: Tensor, count: int, seed: int = 5) -> Tensor:
    """Baselines: ``count`` random rows shaped like those of ``x``."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand((count, *x.shape[1:]), generator=generator, dtype=torch.float64) * 0.3).to(x.dtype)
