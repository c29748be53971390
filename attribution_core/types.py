"""Names for the types that signatures repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from torch import Tensor

Forward: TypeAlias = Callable[..., Any]
Inputs: TypeAlias = Tensor | tuple[Tensor, ...]
Attributions: TypeAlias = Tensor | tuple[Tensor, ...]
Scalar: TypeAlias = int | float
Baselines: TypeAlias = Tensor | Scalar | tuple[Tensor | Scalar, ...] | None
TargetType: TypeAlias = int | tuple[int, ...] | Tensor | list[int] | list[tuple[int, ...]] | None
QuadratureName: TypeAlias = Literal[
    "riemann_trapezoid", "riemann_left", "riemann_middle", "riemann_right", "gausslegendre"
]
NoiseType: TypeAlias = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]
Estimate: TypeAlias = tuple[Tensor, ...]
