"""Insertion and deletion curves, against curves computed square by square."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import Saliency, errors, metrics
from tests.attribution_core.models import TwoInputs, convnet, images


def by_hand(model: nn.Module, x: Tensor, a: Tensor, base: Tensor, target: int, side: int, insert: bool) -> Tensor:
    """One example: cover square after square and evaluate each image alone."""
    squares = []
    for top in range(0, x.shape[1], side):
        for left in range(0, x.shape[2], side):
            box = (slice(None), slice(top, top + side), slice(left, left + side))
            squares.append((-float(a[box].double().sum()), len(squares), box))
    current, source = (base.clone(), x) if insert else (x.clone(), base)
    outputs = [model(current[None])[0, target]]
    for _, _, box in sorted(squares, key=lambda square: square[:2]):
        current[box] = source[box]
        outputs.append(model(current[None])[0, target])
    return torch.stack(outputs).detach()


@pytest.mark.parametrize("side", [None, 2, 3, 8])
@pytest.mark.parametrize("insert", [False, True])
def test_curves_are_those_computed_square_by_square(insert: bool, side: int | None, chunking: str) -> None:
    model, x = convnet().double(), images(3).double()
    base = images(3, seed=9).double()
    maps = Saliency(model).attribute(x, target=1, abs=False)
    curve = metrics.insertion_curve if insert else metrics.deletion_curve
    targets = [0, 2, 1]
    found = curve(model, x, maps, base, targets, side=side)
    for i, target in enumerate(targets):
        expected = by_hand(model, x[i], maps[i], base[i], target, side or 1, insert)
        assert torch.allclose(found.outputs[i], expected, atol=1e-12)
        steps = len(expected) - 1
        area = ((expected[:-1] + expected[1:]) / 2).sum() / steps
        assert torch.allclose(found.area[i], area, atol=1e-12)
        assert torch.allclose(found.shares, torch.arange(steps + 1) / torch.tensor(float(steps)).double())


def test_squares_are_an_eighth_of_the_shorter_side() -> None:
    """The products' bounds: 32×32 and 224×224 have 64 squares, a longer side has more, a cut-off row counts."""
    for shape, count in (((3, 32, 32), 64), ((3, 224, 224), 64), ((1, 20, 30), 7 * 10), ((2, 6, 6), 36)):
        x = torch.rand(1, *shape)
        assert metrics.deletion_curve(lambda x: x.sum((1, 2, 3)), x, x).shares.shape == (count + 1,)
    assert metrics.deletion_curve(
        lambda x: x.sum((1, 2)), torch.rand(2, 3, 50), torch.rand(2, 3, 50)
    ).outputs.shape == (
        2,
        9,
    )


def test_a_linear_model_is_best_explained_by_its_terms() -> None:
    """y = w·x at baseline 0: deleting the largest terms first gives the smallest area, inserting them the largest."""
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5])
    x = torch.rand(5, 4) + 0.5

    def model(x: Tensor) -> Tensor:
        return x @ weights

    terms = x * weights
    best = metrics.deletion_curve(model, x, terms)
    assert torch.allclose(best.outputs[:, 0], terms.sum(1))
    assert torch.allclose(best.outputs[:, -1], torch.zeros(5), atol=1e-6)
    assert torch.allclose(best.outputs[:, 1], terms.sum(1) - terms.amax(1), atol=1e-6)
    for _ in range(5):
        assert (metrics.deletion_curve(model, x, torch.rand(5, 4)).area >= best.area - 1e-6).all()
    assert (metrics.insertion_curve(model, x, terms).area > metrics.insertion_curve(model, x, -terms).area).all()


def test_maps_of_one_channel_and_ties_in_order() -> None:
    x = torch.arange(1.0, 17).reshape(1, 1, 4, 4).repeat(1, 2, 1, 1)
    flat = metrics.deletion_curve(lambda x: x[:, 0].sum((1, 2)), x, torch.ones(1, 1, 4, 4), side=2)
    assert flat.outputs.tolist() == [[136.0, 136 - 14, 136 - 14 - 22, 136 - 14 - 22 - 46, 0.0]]


def test_squares_of_several_inputs_are_ranked_together() -> None:
    torch.manual_seed(0)
    model = TwoInputs().double().eval()
    pair = (torch.rand(2, 2, 6, 6).double(), torch.rand(2, 1, 5, 5).double())
    maps = (torch.zeros(2, 2, 6, 6), torch.ones(2, 1, 5, 5))
    extra = (torch.tensor([0.5, -1.0]).double(), 1.5)
    found = metrics.deletion_curve(model, pair, maps, target=1, additional_forward_args=extra)
    assert found.outputs.shape == (2, 36 + 25 + 1)
    without_second = model(pair[0], torch.zeros_like(pair[1]), *extra)[:, 1]
    assert torch.allclose(found.outputs[:, 25], without_second.detach())


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"side": 9}, errors.OutOfRange, "side is 9; it must be 1 to 8."),
        ({"side": 0}, errors.OutOfRange, "side is 0; it must be 1 to 8."),
        ({"attributions": torch.zeros(2, 2, 8, 7)}, errors.WrongShape, "attributions has shape"),
        ({"attributions": (torch.zeros(2, 2, 8, 8),) * 2}, errors.WrongShape, "attributions has 2 entries"),
        ({"baselines": torch.zeros(8, 8)}, errors.WrongShape, "baselines has shape"),
        ({"target": None}, errors.TargetMissing, "3 outputs"),
    ],
)
def test_curves_refuse(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    call: dict[str, Any] = {"attributions": torch.zeros(2, 2, 8, 8), "target": 1, **keywords}
    for curve in (metrics.insertion_curve, metrics.deletion_curve):
        with pytest.raises(error, match=message):
            curve(convnet(), images(), **call)
