"""Random orders and the edge map, against their definitions."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from attribution_core import errors, metrics
from attribution_core.metrics.curves import curves_of_outputs
from tests.attribution_core.models import convnet, images


def order_of(values: torch.Tensor, side: int) -> tuple[int, ...]:
    """The squares of one (H, W) map, largest sum first, each summed by hand."""
    sums = [
        float(values[top : top + side, left : left + side].sum())
        for top in range(0, values.shape[0], side)
        for left in range(0, values.shape[1], side)
    ]
    return tuple(sorted(range(len(sums)), key=lambda square: -sums[square]))


def test_every_order_is_equally_likely_though_squares_differ_in_size() -> None:
    """5×4 pixels in squares of 3: two of 3×3 and 3×1, two of 2×3 and 2×1."""
    (maps,) = metrics.random_maps(torch.rand(1, 3, 5, 4), 4800, seed=1, side=3)
    assert maps.shape == (4800, 1, 5, 4)
    counts = Counter(order_of(values[0], 3) for values in maps)
    assert len(counts) == 24
    assert min(counts.values()) > 200 * 0.7
    assert max(counts.values()) < 200 * 1.3


def test_random_maps_follow_their_seed_and_nothing_else() -> None:
    x = torch.rand(1, 3, 16, 16)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    (first,), (again,), (other,) = (metrics.random_maps(x, 2, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(torch.get_rng_state(), before)


def test_squares_of_several_inputs_share_one_random_order() -> None:
    image, vector = metrics.random_maps((torch.rand(1, 3, 6, 6), torch.rand(1, 4)), 1, side=3)
    sums = [float(image[0, 0, top : top + 3, left : left + 3].sum()) for top in (0, 3) for left in (0, 3)]
    assert sorted(round(value) for value in (*sums, *vector[0].tolist())) == list(range(8))


def test_random_deletion_backwards_is_random_insertion_of_the_reversed_order() -> None:
    model, x = convnet().double(), images(1).double()
    (maps,) = metrics.random_maps(x, 3, side=2)
    rows = x.expand(3, -1, -1, -1)
    deleted = metrics.deletion_curve(model, rows, maps, target=1, side=2)
    inserted = metrics.insertion_curve(model, rows, -maps, target=1, side=2)
    assert torch.allclose(deleted.outputs.flip(1), inserted.outputs, atol=1e-12)
    assert torch.allclose(deleted.area, inserted.area, atol=1e-12)


def test_the_edge_map_is_sobels_magnitude() -> None:
    x = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    found = metrics.edge_map(x)
    assert found.shape == (2, 1, 5, 6)
    grey = x.mean(1)

    def at(example: int, row: int, column: int) -> float:
        return float(grey[example, min(max(row, 0), 4), min(max(column, 0), 5)])

    for example, row, column in ((0, 2, 3), (1, 0, 0), (1, 4, 5), (0, 0, 2)):
        across = down = 0.0
        for step, weight in ((-1, 1), (0, 2), (1, 1)):
            across += weight * (at(example, row + step, column + 1) - at(example, row + step, column - 1))
            down += weight * (at(example, row + 1, column + step) - at(example, row - 1, column + step))
        assert float(found[example, 0, row, column]) == pytest.approx((across**2 + down**2) ** 0.5 / 8, abs=1e-12)


def test_a_flat_image_has_no_edges_and_a_step_has_one() -> None:
    x = torch.zeros(1, 1, 6, 6)
    assert not metrics.edge_map(x).any()
    x[..., 3:] = 1
    assert metrics.edge_map(x)[0, 0].amax(0).tolist() == pytest.approx([0, 0, 0.5, 0.5, 0, 0])


def test_the_curves_of_all_outputs_are_those_of_each() -> None:
    model, x = convnet().double(), images(2).double()
    maps = torch.rand(2, 1, *x.shape[2:], dtype=torch.float64)
    for insert, curve in ((False, metrics.deletion_curve), (True, metrics.insertion_curve)):
        found = curves_of_outputs(insert, model, x, maps)
        for target in range(3):
            expected = curve(model, x, maps, target=target)
            assert torch.allclose(found.outputs[..., target], expected.outputs, atol=1e-12)
            assert torch.allclose(found.area[:, target], expected.area, atol=1e-12)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(errors.WrongShape, match=r"images has shape \(2, 5\)"):
        metrics.edge_map(torch.rand(2, 5))
    with pytest.raises(errors.OutOfRange, match="n is 0; it must be at least 1"):
        metrics.random_maps(torch.rand(1, 3, 8, 8), 0)
