"""Whether a map points at the evidence, where a mask tells the evidence."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from attribution_core import errors
from attribution_core.metrics.maps import checked_maps, precise


def relevance_mass(attributions: Tensor, mask: Tensor, sign: Literal["positive", "absolute"] = "positive") -> Tensor:
    """Σ R inside the mask / Σ R, where R is the positive part (or magnitude) of the map summed over channels.

    Args:
        attributions: tensor of shape (N, C, …), or (N, F) for vectors.
        mask: the evidence: boolean, shape (N, …) without the channels, or (N, F).
        sign: 'positive' counts what speaks for the target; 'absolute' counts both signs.

    Returns:
        Tensor of shape (N,), float64, 0 to 1; 0 where the map has no relevance at all.

    Raises:
        WrongShape: the mask is not over the map's positions.
        WrongType: the mask is not boolean; the attributions are no tensor.
        OutOfRange: ``sign`` is unknown.
        Nonfinite: NaN or infinity in the map.

    Reference: relevance mass accuracy, Arras et al. (2022), CLEVR-XAI, https://arxiv.org/abs/2003.07258
    """
    if sign not in ("positive", "absolute"):
        raise errors.OutOfRange(f"sign is {sign!r}; it must be positive or absolute.", field="sign", value=repr(sign))
    positions = _positions(attributions, mask)
    relevance = positions.clamp_min(0) if sign == "positive" else positions.abs()
    total = relevance.flatten(1).sum(1)
    inside = (relevance * mask.to(relevance.device)).flatten(1).sum(1)
    return torch.where(total > 0, inside / total, torch.zeros_like(total))


def pointing_game(attributions: Tensor, mask: Tensor, tolerance: int = 0) -> Tensor:
    """Whether the largest value of the map, summed over channels, lies inside the mask.

    Args:
        attributions: tensor of shape (N, C, …), or (N, F) for vectors.
        mask: the evidence: boolean, shape (N, …) without the channels, or (N, F).
        tolerance: how many positions beside the mask still count, in each dimension; the paper allows 15 pixels.

    Returns:
        Boolean tensor of shape (N,); its mean is the accuracy. Of equal values the first position counts. False where
        the map is zero everywhere: it points nowhere.

    Raises:
        OutOfRange: a negative ``tolerance``.
        WrongShape: the mask is not over the map's positions.
        WrongType: the mask is not boolean; the attributions are no tensor.
        Nonfinite: NaN or infinity in the map.

    Reference: Zhang et al. (2016), Top-down Neural Attention by Excitation Backprop, https://arxiv.org/abs/1608.00507
    """
    errors.whole_number("tolerance", tolerance, 0)
    positions = _positions(attributions, mask)
    allowed = _widened(mask.to(positions.device), tolerance).flatten(1)
    flat = positions.flatten(1)
    return allowed.gather(1, flat.argmax(1, keepdim=True))[:, 0] & flat.any(1)


def _positions(attributions: Tensor, mask: Tensor) -> Tensor:
    """The map summed over channels, in float64, once it is known to lie over the mask."""
    (values,) = maps = checked_maps(attributions)[:1]
    if not isinstance(attributions, Tensor):
        raise errors.WrongType(
            f"attributions is a {type(attributions).__name__} of {len(maps)}; it must be a tensor.",
            field="attributions",
        )
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        kind = f"tensor of {mask.dtype}" if isinstance(mask, Tensor) else type(mask).__name__
        raise errors.WrongType(f"mask is a {kind}; it must be a boolean tensor.", field="mask", value=kind)
    positions = precise(values).sum(1) if values.dim() > 2 else precise(values)
    if positions.shape != mask.shape:
        raise errors.WrongShape(
            f"mask has shape {tuple(mask.shape)}; it must be {tuple(positions.shape)}, the map without its channels.",
            field="mask",
            shape=list(mask.shape),
            expected=list(positions.shape),
        )
    return positions


def _widened(mask: Tensor, by: int) -> Tensor:
    """The mask grown by ``by`` positions in every dimension after the first: a square around each position."""
    grown = mask.double()
    for axis in range(1, mask.dim()):
        line = grown.movedim(axis, -1)
        wide = F.max_pool1d(line.reshape(-1, 1, line.shape[-1]), 2 * by + 1, stride=1, padding=by)
        grown = wide.reshape(line.shape).movedim(-1, axis)
    return grown > 0
