"""Metrics of maps alone, against examples worked out by hand and closed formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import IntegratedGradients, errors, metrics


def tensor(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def test_spearman_of_distinct_values_is_the_closed_formula() -> None:
    """1 − 6 Σ d² / (n (n² − 1)) where there are no ties."""
    torch.manual_seed(0)
    a, b = torch.rand(4, 30), torch.rand(4, 30)
    places = [values.argsort(1).argsort(1).double() for values in (a, b)]
    expected = 1 - 6 * (places[0] - places[1]).square().sum(1) / (30 * (30**2 - 1))
    assert torch.allclose(metrics.rank_correlation(a, b), expected)
    assert torch.allclose(metrics.rank_correlation(a.reshape(4, 2, 3, 5), b.reshape(4, 2, 3, 5)), expected)
    assert torch.allclose(metrics.rank_correlation((a[:, :9], a[:, 9:]), (b[:, :9], b[:, 9:])), expected)


def test_spearman_gives_ties_their_mean_rank() -> None:
    """Ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): ρ = 4.5 / √(4.5 · 5)."""
    found = metrics.rank_correlation(tensor([1, 2, 2, 3]), tensor([10, 20, 30, 40]))
    assert found.item() == pytest.approx(4.5 / (4.5 * 5) ** 0.5)
    # ranks (2, 2, 2, 4.5, 4.5) and (5, 3.5, 3.5, 2, 1)
    found = metrics.rank_correlation(tensor([0, 0, 0, 1, 1]), tensor([9, 5, 5, 2, 1]))
    a, b = torch.tensor([2.0, 2, 2, 4.5, 4.5]) - 3, torch.tensor([5, 3.5, 3.5, 2, 1]) - 3
    assert found.item() == pytest.approx(float(a @ b / (a.norm() * b.norm())), rel=1e-6)


def test_spearman_of_signs_magnitudes_and_constants() -> None:
    a = tensor([-3, 1, 2], [1, 2, 3])
    assert metrics.rank_correlation(a, -a).tolist() == pytest.approx([-1, -1])
    assert metrics.rank_correlation(a, -a, absolute=True).tolist() == pytest.approx([1, 1])
    assert metrics.rank_correlation(tensor([1, 1, 1]), tensor([1, 2, 3])).isnan().all()


def test_top_k_overlap_by_hand() -> None:
    a, b = tensor([5, 4, 3, 2, 1], [-9, 0, 1, 2, 3]), tensor([5, 1, 4, 2, 3], [9, 0, 1, 2, 3])
    assert metrics.top_k_overlap(a, b, 1).tolist() == [1, 0]
    assert metrics.top_k_overlap(a, b, 3).tolist() == pytest.approx([2 / 3, 2 / 3])
    assert metrics.top_k_overlap(a, b, 2, absolute=True).tolist() == [0.5, 1]
    assert metrics.top_k_overlap(a, b, 5).tolist() == [1, 1]
    ties = tensor([1, 1, 1, 1])
    assert metrics.top_k_overlap(ties, tensor([4, 3, 2, 1]), 2).item() == 1  # the earlier of equal ones


@pytest.mark.parametrize("k", [0, 6, -1])
def test_top_k_overlap_refuses(k: int) -> None:
    with pytest.raises(errors.OutOfRange, match=f"k is {k}; it must be 1 to 5."):
        metrics.top_k_overlap(torch.rand(2, 5), torch.rand(2, 5), k)


def test_gini_by_its_other_definition() -> None:
    """Σᵢⱼ |aᵢ − aⱼ| / (2 n Σ a): half the relative mean difference."""
    torch.manual_seed(0)
    a = torch.randn(6, 20).double()
    m = a.abs()
    expected = (m[:, :, None] - m[:, None]).abs().sum((1, 2)) / (2 * 20 * m.sum(1))
    assert torch.allclose(metrics.sparseness(a), expected)
    assert torch.allclose(metrics.sparseness((a[:, :5].reshape(6, 5, 1), a[:, 5:])), expected)
    assert torch.allclose(metrics.sparseness(a * -7), expected)


def test_gini_of_extremes() -> None:
    maps = tensor([1, -1, 1, -1], [0, 0, 7, 0], [0, 0, 0, 0], [0, 0, 1, 1])
    assert metrics.sparseness(maps).tolist() == pytest.approx([0, 0.75, 0, 0.5])


def test_relevance_mass_by_hand() -> None:
    """Channels are summed before the sign is looked at."""
    maps = torch.zeros(3, 2, 2, 2)
    maps[0] = torch.tensor([[[3.0, -1], [2, 4]], [[1.0, -1], [-6, 0]]])  # summed: 4, −2, −4, 4
    maps[1] = 1
    mask = torch.tensor([[[True, False], [True, False]]] * 3)
    assert metrics.relevance_mass(maps, mask).tolist() == pytest.approx([4 / 8, 1 / 2, 0])
    assert metrics.relevance_mass(maps, mask, "absolute").tolist() == pytest.approx([8 / 14, 1 / 2, 0])
    assert metrics.relevance_mass(tensor([1, 3]), torch.tensor([[False, True]])).item() == 0.75


def test_pointing_game_by_hand() -> None:
    maps = torch.zeros(2, 3, 6, 6)
    maps[0, 1, 2, 3] = 5
    maps[1, 0, 0, 0] = -5  # the largest is anywhere else, first at (0, 1)
    mask = torch.zeros(2, 6, 6, dtype=torch.bool)
    mask[0, 4, 4] = mask[1, 0, 1] = True
    assert metrics.pointing_game(maps, mask).tolist() == [False, True]
    assert metrics.pointing_game(maps, mask, tolerance=1).tolist() == [False, True]
    assert metrics.pointing_game(maps, mask, tolerance=2).tolist() == [True, True]
    assert metrics.pointing_game(tensor([1, 3]), torch.tensor([[False, True]])).tolist() == [True]
    assert metrics.pointing_game(torch.zeros(1, 1, 6, 6), torch.ones(1, 6, 6, dtype=torch.bool)).tolist() == [False]


@pytest.mark.parametrize("metric", [metrics.relevance_mass, metrics.pointing_game])
def test_masks_are_checked(metric: Any) -> None:
    maps = torch.rand(2, 3, 4, 5)
    for mask, error, message in (
        (
            torch.ones(2, 4, 4, dtype=torch.bool),
            errors.WrongShape,
            r"mask has shape \(2, 4, 4\); it must be \(2, 4, 5\)",
        ),
        (torch.ones(4, 5, dtype=torch.bool), errors.WrongShape, "mask has shape"),
        (torch.ones(2, 4, 5), errors.WrongType, "mask is a tensor of torch.float32; it must be a boolean tensor."),
        (None, errors.WrongType, "mask is a NoneType"),
    ):
        with pytest.raises(error, match=message):
            metric(maps, mask)
    with pytest.raises(errors.WrongType, match="attributions is a tuple of 1; it must be a tensor"):
        metric((maps,), torch.ones(2, 4, 5, dtype=torch.bool))
    with pytest.raises(errors.OutOfRange, match="tolerance is -1"):
        metrics.pointing_game(maps, torch.ones(2, 4, 5, dtype=torch.bool), -1)
    with pytest.raises(errors.OutOfRange, match="sign is 'all'"):
        metrics.relevance_mass(maps, torch.ones(2, 4, 5, dtype=torch.bool), "all")  # type: ignore[arg-type]


def test_completeness_gap_of_known_maps() -> None:
    weights = tensor([1, -2, 3])

    def model(x: Tensor) -> Tensor:
        return x @ weights[0]

    x, base = tensor([1, 1, 1], [2, 0, 0], [0, 0, 0]), 0.0
    assert metrics.completeness_gap(model, x, x * weights, base).tolist() == [0, 0, 0]
    assert metrics.completeness_gap(model, x, 1.5 * x * weights).tolist() == [0.5, 0.5, 0]
    assert metrics.completeness_gap(model, x, x * weights + tensor([0, 0, 1])).tolist() == [0.5, 0.5, float("inf")]


def test_completeness_gap_is_the_relative_convergence_delta() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    x, base = torch.rand(3, 4).double() * 3, torch.rand(1, 4).double()
    maps, delta = IntegratedGradients(model).attribute(
        x, base, target=[0, 1, 2], n_steps=2, return_convergence_delta=True
    )
    change = (model(x) - model(base))[torch.arange(3), torch.arange(3)].detach()
    found = metrics.completeness_gap(model, x, maps, base, target=[0, 1, 2])
    assert torch.allclose(found, (delta / change).abs())


@pytest.mark.parametrize("metric", [metrics.rank_correlation, lambda a, b: metrics.top_k_overlap(a, b, 1)])
def test_two_maps_are_checked(metric: Any) -> None:
    for first, second, error, message in (
        (torch.rand(2, 3), torch.rand(2, 4), errors.WrongShape, r"second has \(2, 4\) examples × features"),
        (torch.rand(2, 3), [1], errors.WrongType, "second is a list of int"),
        (torch.rand(2, 3), torch.full((2, 3), float("inf")), errors.Nonfinite, "second holds NaN or infinity"),
        (torch.rand(()), torch.rand(()), errors.WrongShape, "first has shape"),
    ):
        with pytest.raises(error, match=message):
            metric(first, second)
