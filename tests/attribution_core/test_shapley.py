"""Shapley values against enumeration from the definition, and their axioms."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor

from attribution_core import ShapleyValues, ShapleyValueSampling, errors
from attribution_core.coalitions import Walks
from tests.attribution_core.models import Counting, convnet, images, relative_error

BASELINE = torch.tensor([[0.3, -0.2, 0.1, 0.5, -0.4, 0.2]], dtype=torch.float64)
X = torch.tensor([[1.0, 2.0, -1.0, 0.5, 0.7, -0.6], [0.2, -0.3, 0.8, 1.1, -0.9, 0.4]], dtype=torch.float64)


def game(x: Tensor) -> Tensor:
    """Interactions of two and three features, and one feature that changes nothing."""
    return torch.tanh(x[:, 0] * x[:, 1]) + x[:, 2] * x[:, 0] * x[:, 3] + torch.relu(x[:, 4] - x[:, 1])


def other_game(x: Tensor) -> Tensor:
    return torch.sin(x.sum(1)) + x[:, 5] * x[:, 2]


def by_definition(forward: Any, x: Tensor, baseline: Tensor) -> Tensor:
    """The mean over all orders of what each feature adds."""
    total = torch.zeros_like(x)
    orders = list(permutations(range(x.shape[1])))
    for order in orders:
        now = baseline.expand_as(x).clone()
        value = forward(now)
        for feature in order:
            now[:, feature] = x[:, feature]
            after = forward(now)
            total[:, feature] += after - value
            value = after
    return total / len(orders)


def test_exact_values_are_those_of_all_orders(chunking: str) -> None:
    found = ShapleyValues(game).attribute(X, BASELINE)
    assert torch.allclose(found, by_definition(game, X, BASELINE), atol=1e-12)


def test_axioms() -> None:
    phi = ShapleyValues(game).attribute(X, BASELINE)
    start = BASELINE.expand_as(X)
    assert torch.allclose(phi.sum(1), game(X) - game(start), atol=1e-12), "efficiency"
    assert not phi[:, 5].any(), "dummy"
    both = ShapleyValues(lambda x: game(x) + 3 * other_game(x)).attribute(X, BASELINE)
    assert torch.allclose(both, phi + 3 * ShapleyValues(other_game).attribute(X, BASELINE), atol=1e-12), "additivity"
    alike = torch.full_like(X, 0.7)
    equal = ShapleyValues(lambda x: torch.exp(x[:, 0] * x[:, 1]) + x[:, 2]).attribute(alike)
    assert torch.allclose(equal[:, 0], equal[:, 1], atol=1e-14), "symmetry"
    assert (equal[:, 0] != equal[:, 2]).all()


def test_sampling_with_all_orders_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = iter([torch.tensor(order) for order in permutations(range(6))])
    monkeypatch.setattr(torch, "randperm", lambda count: next(orders))
    found = ShapleyValueSampling(game).attribute(X, BASELINE, n_samples=720)
    assert torch.allclose(found, by_definition(game, X, BASELINE), atol=1e-12)


def test_sampling_converges_with_the_square_root_of_the_orders() -> None:
    exact = ShapleyValues(game).attribute(X, BASELINE)

    def error(n_samples: int) -> float:
        torch.manual_seed(3)
        tries = [ShapleyValueSampling(game).attribute(X, BASELINE, n_samples=n_samples) for _ in range(8)]
        return float(torch.stack([(found - exact).pow(2).mean() for found in tries]).mean().sqrt())

    coarse, fine = error(10), error(250)
    # A fifth is expected of 25 times the orders; between a third and a tenth leaves room for chance.
    assert coarse / 10 < fine < coarse / 3


def test_sampling_is_efficient_for_any_number_of_orders(chunking: str) -> None:
    found = ShapleyValueSampling(game).attribute(X, BASELINE, n_samples=1)
    assert torch.allclose(found.sum(1), game(X) - game(BASELINE.expand_as(X)), atol=1e-12)


def test_costs() -> None:
    model = Counting(convnet())
    mask = torch.arange(64).reshape(1, 1, 8, 8) // 16
    ShapleyValueSampling(model).attribute(images(3), target=0, feature_mask=mask, n_samples=5)
    assert model.forwards == 3 * (2 + 5 * 3)
    model.forwards = 0
    ShapleyValues(model).attribute(images(3), target=0, feature_mask=mask)
    assert model.forwards == 3 * 16


def test_one_group_gets_the_whole_difference() -> None:
    for method in (ShapleyValues(game), ShapleyValueSampling(game)):
        found = method.attribute(X, BASELINE, feature_mask=torch.zeros(1, 6).long())
        assert torch.allclose(found, (game(X) - game(BASELINE)).unsqueeze(1).expand(2, 6), atol=1e-12)


def test_too_many_groups_are_refused_with_the_cost() -> None:
    with pytest.raises(errors.OutOfRange) as caught:
        ShapleyValues(convnet()).attribute(images(), target=0)
    assert str(caught.value) == (
        "feature_mask has 128 groups, which needs 2^128 evaluations for each example; it must have at most 20. "
        "ShapleyValueSampling takes any number."
    )
    assert caught.value.field == "feature_mask"
    assert len(ShapleyValues(lambda x: x.sum(1)).attribute(torch.ones(1, 12))[0]) == 12


@pytest.mark.parametrize("n_samples", [0, -3, True, 2.5])
def test_r1_n_samples(n_samples: Any) -> None:
    with pytest.raises(errors.AttributionError, match=f"n_samples is {n_samples}"):
        ShapleyValueSampling(game).attribute(X, n_samples=n_samples)


def test_outputs_keep_their_shape_and_reductions_have_one_row() -> None:
    """As Captum: (N, *output, …), and one row where the model returns one for the batch."""
    model, x = convnet().double(), images(3).double()
    mask = torch.arange(64).reshape(1, 1, 8, 8) // 16
    forwards = {
        "all outputs": (model, (3, 3, 2, 8, 8)),
        "a column": (lambda x: model(x)[:, :1], (3, 1, 2, 8, 8)),
        "a matrix": (lambda x: model(x).unsqueeze(1) * torch.ones(2, 1), (3, 2, 3, 2, 8, 8)),
        "sum over the batch": (lambda x: model(x).sum(), (1, 2, 8, 8)),
        "row for the batch": (lambda x: model(x).sum(0, keepdim=True), (1, 3, 2, 8, 8)),
        "python number": (lambda x: float(model(x).sum()), (1, 2, 8, 8)),
    }
    for name, (forward, shape) in forwards.items():
        for batch in (x, x[:1]):
            for method in ("ShapleyValueSampling", "ShapleyValues"):
                results = []
                for library in (captum.attr, __import__("attribution_core")):
                    torch.manual_seed(2)
                    results.append(getattr(library, method)(forward).attribute(batch, feature_mask=mask))
                expected, found = results
                assert relative_error(found.float(), expected) <= 1e-5, name
                if batch is x:
                    assert found.shape == shape


def test_orders_are_forgotten() -> None:
    """The memory of the orders does not grow with their number."""
    streams: list[Walks] = []
    original = Walks.__init__

    def keep(self: Walks, *args: Any) -> None:
        original(self, *args)
        streams.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Walks, "__init__", keep)
        ShapleyValueSampling(game).attribute(X, n_samples=3000)
    assert len(streams[0]._orders) <= 1
