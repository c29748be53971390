"""Linear models fitted to samples of a model, as LIME and Kernel SHAP interpret them.

A surrogate has Captum's protocol: ``fit(batches)`` is given batches (inputs (n, G), outputs (n,), weights (n,)), and
``representation()`` returns what was learnt, here the coefficients as (1, G). Any object that has it may be used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from attribution_core import errors

Array = npt.NDArray[np.float64]

_PRECISION = 1e-12


class Surrogate(Protocol):
    """What `Lime` fits to its samples."""

    def fit(self, train_data: Any) -> Any: ...

    def representation(self) -> Any: ...


class LinearRegression:
    """Weighted least squares with an intercept: min over b, β of Σ wᵢ (yᵢ − b − xᵢ·β)².

    Where samples are too few to determine β, the solution of least norm. Computed in float64.
    """

    def __init__(self) -> None:
        self._coefficients: Tensor | None = None

    def fit(self, train_data: Iterable[Any]) -> LinearRegression:
        """Learn from all batches (inputs, outputs, weights); weights may be left out."""
        x, y, dtype = _centred(train_data)
        self._coefficients = torch.from_numpy(np.linalg.lstsq(x, y, rcond=None)[0]).to(dtype).reshape(1, -1)
        return self

    def representation(self) -> Tensor:
        """The coefficients β, as (1, G)."""
        return _fitted(self._coefficients, self)


class Lasso:
    """Weighted least squares with few features: min of Σ wᵢ (yᵢ − b − xᵢ·β)² / (2 Σ wᵢ) + α Σ |β|.

    The objective of ``sklearn.linear_model.Lasso``, solved exactly by an active set method.

    Args:
        alpha: α, at least 0.

    References: Tibshirani (1996), Regression Shrinkage and Selection via the Lasso,
    https://doi.org/10.1111/j.2517-6161.1996.tb02080.x; Lee et al. (2006), Efficient Sparse Coding Algorithms (for the
    active set), https://papers.nips.cc/paper/2979-efficient-sparse-coding-algorithms
    """

    def __init__(self, alpha: float = 0.01) -> None:
        if isinstance(alpha, bool) or not isinstance(alpha, (int, float)):
            raise errors.WrongType(f"alpha is {alpha!r}; it must be a number.", field="alpha", value=repr(alpha))
        if not 0 <= alpha < float("inf"):
            raise errors.OutOfRange(f"alpha is {alpha}; it must be at least 0.", field="alpha", value=repr(alpha))
        self.alpha = float(alpha)
        self._coefficients: Tensor | None = None

    def fit(self, train_data: Iterable[Any]) -> Lasso:
        """Learn from all batches (inputs, outputs, weights); weights may be left out."""
        x, y, dtype = _centred(train_data)
        self._coefficients = torch.from_numpy(_lasso(x, y, self.alpha)).to(dtype).reshape(1, -1)
        return self

    def representation(self) -> Tensor:
        """The coefficients β, as (1, G)."""
        return _fitted(self._coefficients, self)


def _fitted(coefficients: Tensor | None, surrogate: object) -> Tensor:
    if coefficients is None:
        raise errors.NotApplicable(f"This {type(surrogate).__name__} was not fitted yet.")
    return coefficients


def _centred(batches: Iterable[Any]) -> tuple[Array, Array, torch.dtype]:
    """Inputs and outputs less their weighted means, times √(wᵢ / Σ w); and the outputs' type."""
    columns: list[list[Array]] = [[], [], []]
    dtype = torch.float32
    for batch in batches:
        x, y, *rest = batch
        w = rest[0] if rest else torch.ones(len(y))
        dtype = y.dtype if y.is_floating_point() else dtype
        for column, values in zip(columns, (x, y, w), strict=True):
            column.append(values.detach().cpu().to(torch.float64).numpy())
    x, y, w = (np.concatenate(column) for column in columns)
    y, w = y.reshape(-1), w.reshape(-1)
    total = w.sum()
    if not (w >= 0).all() or not 0 < total < np.inf:
        raise errors.OutOfRange("The samples' weights must be at least 0, and not all 0.", field="similarity_func")
    w = w / total
    root = np.sqrt(w)
    return (x - w @ x) * root[:, None], (y - w @ y) * root, dtype


def _lasso(x: Array, y: Array, alpha: float) -> Array:
    """min over β of ‖y − xβ‖²/2 + α Σ |β|, exactly: features join and leave the active set one at a time.

    With the active features' signs given, the minimum solves linear equations; the way to it ends where a coefficient
    reaches zero, and that feature leaves.
    """
    beta = np.zeros(x.shape[1])
    signs = np.zeros(x.shape[1])
    active: list[int] = []
    barred: set[int] = set()  # they left as soon as they had joined: rounding, not progress
    tolerance = alpha + _PRECISION * float(np.abs(x.T @ y).max(initial=0.0))
    while True:
        pull = x.T @ (y - x[:, active] @ beta[active])
        strength = np.abs(pull)
        strength[[*active, *barred]] = 0
        joining = int(np.argmax(strength))
        if strength[joining] <= tolerance:
            return beta
        active.append(joining)
        signs[joining] = np.sign(pull[joining])
        moved, left = False, 0
        while active and left >= 0:
            then, left = _towards_minimum(x[:, active], y, alpha, beta[active], signs[active])
            moved = moved or bool(np.any(then != beta[active]))
            beta[active] = then
            if left >= 0:
                beta[active.pop(left)] = 0
        barred = set() if moved else barred | {joining}


def _towards_minimum(x: Array, y: Array, alpha: float, beta: Array, signs: Array) -> tuple[Array, int]:
    """From ``beta`` to the minimum of ‖y − xβ‖²/2 + α signs·β, as far as no coefficient changes its sign.

    Only the last column may depend on the others.

    Returns:
        The coefficients there, and which of them reached zero on the way (−1 if none did).
    """
    gram = x.T @ x
    try:
        dependent = np.linalg.cholesky(gram)[-1, -1] ** 2 <= _PRECISION * gram[-1, -1]
    except np.linalg.LinAlgError:
        dependent = True
    if dependent:
        # The fit does not change along this direction, and the sum of |β| falls.
        others = np.linalg.lstsq(x[:, :-1], x[:, -1], rcond=None)[0]
        direction, limit = signs[-1] * np.append(-others, 1.0), np.inf
    else:
        direction, limit = np.linalg.solve(gram, x.T @ y - alpha * signs) - beta, 1.0
    falling = direction * signs < 0
    steps = np.full(len(beta), np.inf)
    steps[falling] = np.abs(beta[falling] / direction[falling])
    first = int(np.argmin(steps))
    if steps[first] < limit:
        return beta + steps[first] * direction, first
    return (beta + direction, -1) if limit == 1 else (beta, len(beta) - 1)
