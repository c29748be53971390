"""Rules that approximate the integral over [0, 1] by a weighted sum of n points, as Captum defines them.

==================  =========================  ===========================================
name                points αₖ, k = 0 … n−1     weights wₖ
==================  =========================  ===========================================
riemann_left        k/n                        1/n
riemann_right       (k+1)/n                    1/n
riemann_middle      (k+½)/n                    1/n
riemann_trapezoid   k/(n−1)                    1/n, half of it at both ends
gausslegendre       (1+zₖ)/2                   uₖ/2, zₖ and uₖ of Gauss–Legendre on [−1, 1]
==================  =========================  ===========================================

The trapezoid's weights sum to (n−1)/n, not to 1. This is Captum's rule, kept because published numbers depend on it:
attributions come out too small by that factor, and completeness does not hold for it. Kept likewise: the Riemann rules'
points and all weights are rounded to float32, an error below 6e-8 that shows only where the model is float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np
import torch

from attribution_core import errors
from attribution_core.types import QuadratureName

NAMES: tuple[QuadratureName, ...] = get_args(QuadratureName)


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Points in [0, 1] and the weight of each."""

    points: tuple[float, ...]
    weights: tuple[float, ...]


def quadrature(name: str, n_steps: int) -> Quadrature:
    """The rule ``name`` with ``n_steps`` points.

    Raises:
        OutOfRange: ``n_steps`` is below 1, or below 2 for the trapezoid; ``name`` is no rule.
        WrongType: ``n_steps`` is no integer.
    """
    n = errors.whole_number("n_steps", n_steps, 2 if name == "riemann_trapezoid" else 1)
    weights = np.full(n, 1.0 / n)
    match name:
        case "riemann_left":
            points = torch.linspace(0, 1 - 1 / n, n).tolist()
        case "riemann_right":
            points = torch.linspace(1 / n, 1, n).tolist()
        case "riemann_middle":
            points = torch.linspace(1 / (2 * n), 1 - 1 / (2 * n), n).tolist()
        case "riemann_trapezoid":
            points = torch.linspace(0, 1, n).tolist()
            weights[[0, -1]] /= 2
        case "gausslegendre":
            z, u = _gauss_legendre(n)
            points, weights = ((1 + z) / 2).tolist(), u / 2
        case _:
            raise errors.OutOfRange(
                f"method is {name!r}; it must be one of {', '.join(NAMES)}.", field="method", value=repr(name)
            )
    return Quadrature(tuple(points), tuple(weights.astype(np.float32).tolist()))


@lru_cache(maxsize=64)
def _gauss_legendre(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [−1, 1], remembered: they cost an eigenvalue problem of size n."""
    z, u = np.polynomial.legendre.leggauss(n)
    return z, u


def spread(count: int) -> list[int]:
    """0 … count−1 in an order whose every beginning covers the whole range evenly (van der Corput, base 2).

    Visiting a path in this order makes the estimate from the points so far a coarse quadrature of the whole path.
    """
    bits = max(count - 1, 0).bit_length()
    reversed_ = (int(format(i, f"0{bits}b")[::-1], 2) if bits else 0 for i in range(1 << bits))
    return [i for i in reversed_ if i < count]
