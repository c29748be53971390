"""Where the channels of a layer's value are: first, as convolutions have them, or last, as transformers do.

A value of shape (N, T, C) holds T tokens: the positions of an image, row by row, behind a few tokens that stand for no
position (class and register tokens). One of shape (N, H, W, C) holds a grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt, prod

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd

MOST_SPECIAL = 16  # class and register tokens; published models have up to 9

Seen = Iterable[tuple[nn.Module, object]]
"""Modules that were called, in order, with the shape of each output (with the batch) or something else."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one layer's value.

    Attributes:
        channels_last: whether the last dimension holds the channels.
        grid: rows and columns of the tokens; None where the value's own dimensions are the positions.
        special: tokens before those of the grid.
    """

    channels_last: bool = False
    grid: tuple[int, int] | None = None
    special: int = 0

    def channels_first(self, value: Tensor) -> Tensor:
        """(N, C, …positions), without the special tokens."""
        if not self.channels_last:
            return value
        if self.grid is not None:
            value = value[:, self.special :].reshape(len(value), *self.grid, value.shape[-1])
        return value.movedim(-1, 1)


def may_be_last(model: nn.Module, layer: nn.Module) -> bool:
    """Whether the layer's channels may be last: not in a plain convolutional network, which need not be watched."""
    normed = any(isinstance(module, (nn.LayerNorm, nn.RMSNorm)) for module in model.modules())
    return normed or any(isinstance(module, nn.Linear) for module in layer.modules())


def layout_of(shape: tuple[int, ...], seen: Seen, images: bool) -> Layout:
    """How a value of ``shape`` (N, …) lies in a model whose calls are ``seen``.

    It is told by the modules with outputs of that shape: convolutions and batch norms have channels first, layer norms
    and linear layers over the last dimension last. Channels are first where nothing tells.

    Args:
        shape: of the value.
        seen: the calls of the model's modules.
        images: whether the model's inputs are images, so that tokens are positions of a grid.
    """
    calls = [(module, output) for module, output in seen if isinstance(output, tuple)]
    if len(shape) < 3 or not _last(shape, calls):
        return Layout()
    if len(shape) > 3 or not images:
        return Layout(channels_last=True)
    tokens = shape[1]
    grid = next(
        (
            (output[2], output[3])
            for module, output in reversed(calls)
            if isinstance(module, _ConvNd) and len(output) == 4 and 0 <= tokens - prod(output[2:]) <= MOST_SPECIAL
        ),
        (isqrt(tokens), isqrt(tokens)),
    )
    special = tokens - prod(grid)
    return Layout(True, grid, special) if special <= MOST_SPECIAL else Layout(channels_last=True)


def _last(shape: tuple[int, ...], calls: list[tuple[nn.Module, tuple[int, ...]]]) -> bool:
    alike = [module for module, output in calls if output[1:] == shape[1:]]
    if any(isinstance(module, (_ConvNd, _NormBase, nn.GroupNorm)) for module in alike):
        return False
    return any(
        (isinstance(module, nn.LayerNorm) and tuple(module.normalized_shape) == shape[-1:])
        or (isinstance(module, nn.Linear) and module.out_features == shape[-1])
        for module in alike
    )
