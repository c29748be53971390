"""How alike two maps are: rank correlation and overlap of the most important features."""

from __future__ import annotations

import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.metrics.maps import precise, same_features, values_of
from attribution_core.types import Attributions


def rank_correlation(first: Attributions, second: Attributions, absolute: bool = False) -> Tensor:
    """Spearman's ρ of two maps: Pearson's correlation of the features' ranks; equal values share their mean rank.

    Args:
        first: attributions, a tensor or a tuple of tensors of shape (N, …).
        second: attributions of the same shapes.
        absolute: whether to rank magnitudes instead of signed values.

    Returns:
        Tensor of shape (N,), float64, −1 to 1; NaN where one of the maps is constant, which has no order.

    Raises:
        WrongShape: the shapes differ.
        WrongType: no tensors.
        Nonfinite: NaN or infinity in a map.

    Reference: Spearman (1904), https://doi.org/10.2307/1412159; between maps: Adebayo et al. (2018), Sanity Checks for
    Saliency Maps, https://arxiv.org/abs/1810.03292
    """
    a, b = values_of(first, "first"), values_of(second, "second")
    same_features(a, b)
    if absolute:
        a, b = a.abs(), b.abs()
    a, b = _mean_ranks(a), _mean_ranks(b)
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    return (a * b).sum(1) / (a.square().sum(1) * b.square().sum(1)).sqrt()


def top_k_overlap(first: Attributions, second: Attributions, k: int, absolute: bool = False) -> Tensor:
    """|A ∩ B| / k, where A and B are the k features with the largest values in each map.

    Of equal values the earlier feature counts as the larger.

    Args:
        first: attributions, a tensor or a tuple of tensors of shape (N, …).
        second: attributions of the same shapes.
        k: how many features, 1 to their number.
        absolute: whether to compare magnitudes instead of signed values.

    Returns:
        Tensor of shape (N,), float64, 0 to 1.

    Raises:
        OutOfRange: ``k`` is not within its bounds.
        WrongShape: the shapes differ.
        WrongType: no tensors, or ``k`` is no whole number.
        Nonfinite: NaN or infinity in a map.

    Reference: Ghorbani et al. (2019), Interpretation of Neural Networks Is Fragile, https://arxiv.org/abs/1710.10547
    """
    a, b = values_of(first, "first"), values_of(second, "second")
    same_features(a, b)
    errors.whole_number("k", k, 1, a.shape[1])
    chosen = []
    for values in (a, b):
        order = torch.sort(values.abs() if absolute else values, stable=True, dim=1, descending=True).indices[:, :k]
        chosen.append(torch.zeros_like(values, dtype=torch.bool).scatter_(1, order, True))
    return precise((chosen[0] & chosen[1]).sum(1)) / k


def _mean_ranks(values: Tensor) -> Tensor:
    """Ranks from 1; equal values get the mean of the ranks that they take up together."""
    ordered = values.sort(1).values
    below = torch.searchsorted(ordered, values.contiguous())
    up_to = torch.searchsorted(ordered, values.contiguous(), right=True)
    return precise(below + up_to + 1) / 2
