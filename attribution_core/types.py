"""Names for the types that signatures repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from torch import Tensor

Forward: TypeAlias = Callable[..., Any]
Inputs: TypeAlias = Tensor | tuple[Tensor, ...]
Attributions: TypeAlias = Tensor | tuple[Tensor, ...]
LayerAttributions: TypeAlias = Attributions | list[Attributions]
Scalar: TypeAlias = int | float
Baselines: TypeAlias = Tensor | Scalar | tuple[Tensor | Scalar, ...] | None
Distribution: TypeAlias = Tensor | tuple[Tensor, ...] | Callable[..., Tensor | tuple[Tensor, ...]]
TargetType: TypeAlias = int | tuple[int, ...] | Tensor | list[int] | list[tuple[int, ...]] | None
QuadratureName: TypeAlias = Literal[
    "riemann_trapezoid", "riemann_left", "riemann_middle", "riemann_right", "gausslegendre"
]
NeuronSelector: TypeAlias = int | tuple[int | slice, ...] | Callable[..., Tensor]
NoiseType: TypeAlias = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]
Precision: TypeAlias = Literal["exact", "fused", "fast"]
Estimate: TypeAlias = tuple[Tensor, ...]
