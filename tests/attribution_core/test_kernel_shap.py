"""Kernel SHAP against the float64 solution of Captum's own problem."""

from __future__ import annotations

from typing import Any

import captum.attr
import numpy as np
import pytest
import torch

import attribution_core
from tests.attribution_core.models import convnet, images


def test_kernel_shap_is_solved_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours is the least squares solution, in float64, of the very problem that Captum hands to sklearn in float32."""
    from captum._utils.models.linear_model import SkLearnLinearRegression
    from sklearn.linear_model import LinearRegression as Sklearn

    problems: list[tuple[Any, Any, Any]] = []
    fit = Sklearn.fit

    def noting(self: Any, x: Any, y: Any, sample_weight: Any = None) -> Any:
        problems.append((x, y, sample_weight))
        return fit(self, x, y, sample_weight=sample_weight)

    monkeypatch.setattr(Sklearn, "fit", noting)
    monkeypatch.setattr(captum.attr._core.kernel_shap, "SkLearnLinearRegression", SkLearnLinearRegression)
    model, x = convnet().double(), images(1).double()
    mask = torch.arange(64).reshape(1, 1, 8, 8)
    results = []
    for library in (captum.attr, attribution_core):
        torch.manual_seed(3)
        shap = library.KernelShap(model)
        results.append(shap.attribute(x, target=0, feature_mask=mask, n_samples=100, return_input_shape=False)[0])
    theirs, ours = results
    ((given_x, given_y, weights),) = problems
    assert given_x.dtype == np.float32
    root = np.sqrt(weights.astype(float))
    table = np.c_[given_x, np.ones(len(given_x))] * root[:, None]
    solution = torch.from_numpy(np.linalg.lstsq(table, given_y * root, rcond=None)[0][:-1])
    scale = float(solution.abs().max())
    assert float((ours - solution).abs().max()) <= 1e-5 * scale  # Captum has rounded the outputs already
    assert float((theirs - solution).abs().max()) > float((ours - solution).abs().max())
