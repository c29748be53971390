"""How few features a map names."""

from __future__ import annotations

import torch
from torch import Tensor

from attribution_core.metrics.maps import precise, values_of
from attribution_core.types import Attributions


def sparseness(attributions: Attributions) -> Tensor:
    """Gini index of the magnitudes: 1 − 2 Σₖ (aₖ / Σ a) · (n − k + ½) / n, with a₁ ≤ … ≤ aₙ the sorted |attributions|.

    0 where all n features have the same magnitude (and where all are zero), 1 − 1/n where one has it all.

    Args:
        attributions: a tensor or a tuple of tensors of shape (N, …).

    Returns:
        Tensor of shape (N,), float64, 0 to 1 − 1/n.

    Raises:
        WrongShape, WrongType: no tensors with one row for each example.
        Nonfinite: NaN or infinity in the map.

    Reference: Hurley and Rickard (2009), Comparing Measures of Sparsity, https://arxiv.org/abs/0811.4706; for
    attributions: Chalasani et al. (2020), https://arxiv.org/abs/1810.06583
    """
    ordered = precise(values_of(attributions).abs()).sort(1).values
    n = ordered.shape[1]
    shares = (n - torch.arange(1, n + 1, device=ordered.device) + 0.5) / n
    total = ordered.sum(1)
    gini = 1 - 2 * (ordered * shares).sum(1) / total
    return torch.where(total > 0, gini, torch.zeros_like(gini))
