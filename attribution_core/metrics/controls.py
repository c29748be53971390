"""Controls of insertion and deletion curves: maps that know nothing of the model."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from attribution_core import errors
from attribution_core.metrics.curves import squares_of
from attribution_core.tensors import checked_inputs
from attribution_core.types import Estimate, Inputs

_SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8


def random_maps(inputs: Inputs, n: int, seed: int = 0, side: int | None = None) -> Estimate:
    """Maps whose squares stand in a random order, all orders being equally likely whatever the squares' sizes.

    A curve of a random order read backwards is the other curve of the reversed order, which is as random: deletion and
    insertion need no orders of their own.

    Args:
        inputs: tensor or tuple of tensors of shape (N, C, H, W), (N, C, L) or (N, F).
        n: how many maps.
        seed: of the generator that draws them; the global one is left alone.
        side: of the squares, as for `deletion_curve`.

    Returns:
        For each input a tensor of shape (n, 1, H, W), (n, 1, L) or (n, F), float64, on the CPU.

    Raises:
        OutOfRange, WrongType: ``n`` or ``side`` is no whole number within its bounds.

    Reference: Samek et al. (2017), https://arxiv.org/abs/1509.06321
    """
    errors.whole_number("n", n, 1)
    tensors = checked_inputs(inputs)
    labels = tuple(of.cpu() for of in squares_of(tensors, side))
    sizes = torch.cat([of.reshape(-1) for of in labels]).bincount()
    generator = torch.Generator().manual_seed(seed)
    ranks = torch.stack([torch.randperm(len(sizes), generator=generator) for _ in range(n)])
    # Curves sum a square's values: what each pixel gets is its share of the rank.
    values = ranks.double() / sizes
    return tuple(
        values[:, of].unsqueeze(1) if x.dim() > 2 else values[:, of] for x, of in zip(tensors, labels, strict=True)
    )


def edge_map(images: Tensor) -> Tensor:
    """The magnitude of the Sobel gradient of the images' mean over channels, the border repeated.

    Args:
        images: tensor of shape (N, C, H, W).

    Returns:
        Tensor of shape (N, 1, H, W), float64, on the CPU.

    Raises:
        WrongShape: no images.

    Reference: as a control of attributions: Adebayo et al. (2018), https://arxiv.org/abs/1810.03292
    """
    if images.dim() != 4:
        raise errors.WrongShape(
            f"images has shape {tuple(images.shape)}; it must be (N, C, H, W).",
            field="images",
            shape=list(images.shape),
        )
    grey = F.pad(images.detach().cpu().double().mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    kernel = _SOBEL.double()
    across, down = (F.conv2d(grey, k[None, None]) for k in (kernel, kernel.T))
    return torch.hypot(across, down)
