"""Attributions as the page draws them: float32 C×H×W, one for each feature shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from attriscope.features.base import Feature
from attriscope.workers.messages import MapInfo


@dataclass(frozen=True)
class Drawing:
    """How what a method returns becomes maps.

    A layer's map belongs to no one input; it is shown over the first.
    """

    features: Sequence[Feature]
    at_layer: bool

    def maps(self, attributions: Sequence[Tensor], row: int, shapes: Sequence[tuple[int, ...]]) -> dict[str, Tensor]:
        """The maps of one example, by feature, but for inputs that the method has nothing to say of.

        shapes: of the example's inputs.
        """
        found = {}
        for feature, value, shape in zip(self.features, attributions, shapes, strict=False):
            if value.numel() == 0:
                continue
            draw = feature.layer_drawn if self.at_layer else feature.drawn
            found[feature.name] = draw(value[row].detach().to("cpu", torch.float32), shape).contiguous()
        return found

    def infos(self, maps: Mapping[str, Tensor]) -> list[MapInfo]:
        """What is told of the maps beside their numbers."""
        return [
            MapInfo(
                feature=name,
                shape=list(value.shape),
                interpolation="bilinear" if self.at_layer else "nearest",
                minimum=float(value.min()),
                maximum=float(value.max()),
            )
            for name, value in maps.items()
        ]


def finite(value: Tensor) -> bool:
    return bool(torch.isfinite(value).all())
