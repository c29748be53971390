from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core import errors
from attribution_core.quadrature import NAMES, quadrature, spread
from attribution_core.types import QuadratureName


def integral(name: QuadratureName, n: int, power: int) -> float:
    rule = quadrature(name, n)
    return sum(w * x**power for x, w in zip(rule.points, rule.weights, strict=True))


@pytest.mark.parametrize("name", NAMES)
@given(n=st.integers(2, 200))
def test_weights_and_points(name: QuadratureName, n: int) -> None:
    rule = quadrature(name, n)
    assert len(rule.points) == len(rule.weights) == n
    assert all(0 <= x <= 1 for x in rule.points)
    assert all(w > 0 for w in rule.weights)
    assert list(rule.points) == sorted(rule.points)
    total = (n - 1) / n if name == "riemann_trapezoid" else 1
    assert sum(rule.weights) == pytest.approx(total, rel=1e-6)


@given(n=st.integers(1, 12), power=st.integers(0, 23))
def test_gauss_legendre_is_exact_up_to_degree_2n_minus_1(n: int, power: int) -> None:
    if power < 2 * n:
        assert integral("gausslegendre", n, power) == pytest.approx(1 / (power + 1), rel=1e-6)


@pytest.mark.parametrize(("name", "order"), [("riemann_left", 1), ("riemann_right", 1), ("riemann_middle", 2)])
def test_riemann_rules_converge_at_their_order(name: QuadratureName, order: int) -> None:
    coarse, fine = (abs(integral(name, n, 3) - 1 / 4) for n in (20, 40))
    assert coarse / fine == pytest.approx(2**order, rel=0.1)


@given(st.integers(0, 300))
def test_spread_is_a_permutation(count: int) -> None:
    assert sorted(spread(count)) == list(range(count))


@given(st.integers(8, 300))
def test_every_beginning_of_a_spread_covers_the_range(count: int) -> None:
    order = spread(count)
    for length in (4, 8):
        seen = sorted(order[:length])
        gaps = [b - a for a, b in zip([0, *seen], [*seen, count], strict=True)]
        assert max(gaps) <= 4 * count / length


@pytest.mark.parametrize("name", NAMES)
def test_r1_steps_below_one(name: QuadratureName) -> None:
    for wrong in (0, -5):
        with pytest.raises(errors.OutOfRange, match=f"n_steps is {wrong}; it must be at least"):
            quadrature(name, wrong)
    for odd in (True, 2.0, "3", None):
        with pytest.raises(errors.WrongType, match="must be a whole number"):
            quadrature(name, odd)  # type: ignore[arg-type]


def test_trapezoid_needs_both_ends_and_unknown_rules_are_named() -> None:
    with pytest.raises(errors.OutOfRange, match="at least 2"):
        quadrature("riemann_trapezoid", 1)
    with pytest.raises(errors.OutOfRange, match="'simpson'; it must be one of riemann_trapezoid"):
        quadrature("simpson", 5)
