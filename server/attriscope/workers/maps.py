"""Attributions as the page draws them: float32 C×H×W, one for each feature shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from attriscope.workers.messages import MapInfo


def drawn(names: Sequence[str], attributions: Sequence[Tensor], row: int) -> dict[str, Tensor]:
    """The maps of one example, by feature. A layer's map belongs to no one input; it is shown over the first."""
    maps = [_as_map(value[row].detach().to("cpu", torch.float32)) for value in attributions]
    return dict(zip(names, maps, strict=False))


def infos(maps: Mapping[str, Tensor], *, at_layer: bool) -> list[MapInfo]:
    """What is told of the maps beside their numbers."""
    return [
        MapInfo(
            feature=name,
            shape=list(value.shape),
            interpolation="bilinear" if at_layer else "nearest",
            minimum=float(value.min()),
            maximum=float(value.max()),
        )
        for name, value in maps.items()
    ]


def finite(value: Tensor) -> bool:
    return bool(torch.isfinite(value).all())


def _as_map(value: Tensor) -> Tensor:
    """C×H×W: a vector of units becomes K×1×1, a sequence C×1×L."""
    if value.dim() == 3:
        return value.contiguous()
    if value.dim() <= 1:
        return value.reshape(-1, 1, 1)
    return value.reshape(value.shape[0], 1, -1)
