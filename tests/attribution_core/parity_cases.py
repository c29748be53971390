"""Models with inputs that every method is compared with Captum on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tests import shared_data
from tests.attribution_core.models import ToyModel, TwoInputs, convnet, images

Call = tuple[dict[str, Any], dict[str, Any]]
"""Keywords of ``__init__`` and of ``attribute``."""


@dataclass
class Case:
    """A model with inputs, in a type."""

    model: nn.Module
    inputs: Any
    layer: str
    window: Any
    extra: Any = None

    def tensors(self) -> tuple[Tensor, ...]:
        return self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)

    def baselines(self) -> Any:
        made = tuple(torch.full_like(x[:1], 0.2) for x in self.tensors())
        return made if isinstance(self.inputs, tuple) else made[0]


def toy(dtype: torch.dtype) -> Case:
    x = torch.rand((3, 3), generator=torch.Generator().manual_seed(123), dtype=dtype)
    return Case(ToyModel().to(dtype), x, "lin1", (2,))


def small_convnet(dtype: torch.dtype) -> Case:
    return Case(convnet().to(dtype), images(3).to(dtype), "conv2", (2, 3, 3))


def tuple_of_one(dtype: torch.dtype) -> Case:
    return Case(convnet().to(dtype), (images(2).to(dtype),), "conv2", ((2, 3, 3),))


def two_inputs(dtype: torch.dtype) -> Case:
    torch.manual_seed(3)
    pair = (torch.rand(3, 2, 6, 6, dtype=dtype), torch.rand(3, 1, 5, 5, dtype=dtype))
    return Case(TwoInputs().to(dtype).eval(), pair, "conv", ((2, 2, 2), (1, 2, 3)))


def extra_arguments(dtype: torch.dtype) -> Case:
    case = two_inputs(dtype)
    case.extra = (torch.tensor([0.5, -1.0, 2.0], dtype=dtype), 1.5)
    return case


def cifar(dtype: torch.dtype) -> Case:
    shared_data.need_data()
    x = shared_data.normalise(shared_data.cifar_images(2)[0], shared_data.HALF)
    return Case(shared_data.small_network().to(dtype), x.to(dtype), "conv2", (3, 8, 8))


def resnet(dtype: torch.dtype) -> Case:
    shared_data.need_data()
    x = shared_data.normalise(shared_data.cifar_images(2)[0], shared_data.IMAGENET)
    return Case(shared_data.resnet20().to(dtype), x.to(dtype), "layer3", (3, 16, 16))


CASES = [toy, small_convnet, tuple_of_one, two_inputs, extra_arguments, cifar, resnet]
