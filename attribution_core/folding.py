"""Batch norms folded into the convolutions before them, for the time of a block.

In eval mode BN(W∗x + b) is another convolution: W′ = W·γ/√(σ² + ε), b′ = (b − μ)·γ/√(σ² + ε) + β. While a block lasts
the pair computes with these weights; parameters, modules and hooks stay as they are, so that the user's own forward
function is used, whatever its control flow.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.fusion import fuse_conv_bn_eval

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, slots=True)
class Pair:
    """A convolution and the batch norm behind it."""

    conv: _ConvNd
    norm: _BatchNorm

    @property
    def foldable(self) -> bool:
        """Whether nobody looks at or changes what lies between the two, and the norm does not use its batch."""
        for module in (self.conv, self.norm):
            if module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module):
                return False
        return not self.norm.training and self.norm.running_mean is not None

    def fold(self) -> None:
        # In double precision, where the device has it, so that the folded weights are rounded once.
        wide = torch.float32 if self.conv.weight.device.type == "mps" else torch.float64
        with torch.no_grad():
            conv, norm = copy.deepcopy(self.conv).to(wide), copy.deepcopy(self.norm).to(wide)
            folded = fuse_conv_bn_eval(conv, norm).to(self.conv.weight.dtype).requires_grad_(False)
        if isinstance(folded, nn.Conv2d):
            folded = folded.to(memory_format=torch.channels_last)
        vars(self.conv)["forward"], vars(self.norm)["forward"] = folded.forward, _same

    def unfold(self) -> None:
        for module in (self.conv, self.norm):
            vars(module).pop("forward", None)


def _same(x: Tensor) -> Tensor:
    return x


_folded: dict[nn.Module, Pair] = {}


@contextmanager
def folded(pairs: Sequence[Pair]) -> Iterator[None]:
    """Compute with folded batch norms inside the block, whose thread holds the model's lock; blocks nest."""
    with ExitStack() as stack:
        for pair in pairs:
            if pair.foldable:
                stack.enter_context(_computing(pair))
        yield


@contextmanager
def _computing(pair: Pair) -> Iterator[None]:
    pair.fold()
    _folded[pair.conv] = _folded[pair.norm] = pair
    try:
        yield
    finally:
        pair.unfold()
        for module in (pair.conv, pair.norm):
            _folded.pop(module, None)


@contextmanager
def unfolded(module: nn.Module) -> Iterator[None]:
    """Compute ``module`` as it is inside the block, for those who look at its value."""
    pair = _folded.get(module)
    if pair is None:
        yield
        return
    pair.unfold()
    try:
        yield
    finally:
        pair.fold()
