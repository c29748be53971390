"""Inputs that are not shown: only their share in the score is."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from attriscope.features.base import Baseline, Display, Feature, checked_name
from attriscope.features.transforms import Transforms


class EmptyFeature(Feature):
    """An input of any shape that is explained together with the others, and of which the page shows the sum alone.

    baseline_transforms, input_transforms, visualization_transform: as `ImageFeature`'s.
    """

    kind: Final = "empty"  # type: ignore[misc]
    dimensions: Final = 0  # type: ignore[misc]
    axes: Final = "of any shape"  # type: ignore[misc]
    usual: Final = (16,)  # type: ignore[misc]

    def __init__(
        self,
        name: str = "empty",
        baseline_transforms: Any = None,
        input_transforms: Any = None,
        visualization_transform: Any = None,
    ) -> None:
        self.name = checked_name(name)
        self.transforms = Transforms(baseline_transforms, input_transforms, visualization_transform)

    def describe(self) -> str:
        return f"{self.name!r}{self.transforms.describe()}"

    def display(self, example: Tensor) -> Display:
        return Display(width=1, height=1)

    def places(self, shape: tuple[int, ...]) -> tuple[int, int]:
        return 1, 1

    def batched(self, value: Tensor, index: int) -> bool | None:
        return None

    def baselines(self) -> tuple[Baseline, ...]:
        return (*self.own_baselines(), Baseline("zero", "Zero", "every value 0"))

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        if (own := self.transforms.baseline(baseline, example)) is not None:
            return own
        if baseline != "zero":
            raise self.unknown_baseline(baseline)
        return torch.zeros_like(example)
