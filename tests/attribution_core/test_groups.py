"""Feature masks: every form that Captum takes, and what is refused (case R7)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from attribution_core import (
    FeatureAblation,
    FeaturePermutation,
    KernelShap,
    Lime,
    NeuronFeatureAblation,
    ShapleyValues,
    ShapleyValueSampling,
    errors,
    registry,
    squares,
)
from attribution_core.groups import FeatureGroups
from attribution_core.surrogates import LinearRegression
from tests.attribution_core.models import ToyModel

WEIGHTS = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)


def linear(x: Tensor) -> Tensor:
    return x.flatten(1) @ WEIGHTS


def attribute(name: str, mask: Any, x: Tensor, forward: Any = linear) -> Tensor:
    torch.manual_seed(0)
    if name == "Lime":
        return Lime(forward, LinearRegression()).attribute(x, feature_mask=mask, n_samples=60)
    if name == "KernelShap":
        return KernelShap(forward).attribute(x, feature_mask=mask, n_samples=60)
    methods: Any = {
        method.__name__: method for method in (FeatureAblation, FeaturePermutation, ShapleyValues, ShapleyValueSampling)
    }
    return methods[name](forward).attribute(x, feature_mask=mask)


NAMES = ["FeatureAblation", "KernelShap", "Lime", "ShapleyValueSampling", "ShapleyValues"]
by_method = pytest.mark.parametrize("name", NAMES)


def sums(x: Tensor, mask: Tensor) -> Tensor:
    """The right attribution of a linear model: each group's own part of the sum, at each of its features."""
    parts = x.flatten(1) * WEIGHTS
    groups = mask.expand(x.shape).flatten(1)
    return torch.stack([(parts * (groups == groups[:, i : i + 1])).sum(1) for i in range(4)], 1).reshape(x.shape)


@by_method
@pytest.mark.parametrize(
    "mask",
    [
        torch.tensor([[[0, 0], [1, 1]]]),
        torch.tensor([[0, 1], [1, 0]]),
        torch.tensor([0, 1]),
        torch.tensor([[[0], [1]]]),
        torch.tensor([[[0, 7], [7, 3]]]),
        torch.tensor([[[4, 4], [9, 4]]]),
        torch.tensor([[[0, 0], [1, 1]], [[1, 0], [0, 1]], [[0, 1], [1, 1]]]),
        torch.tensor([[[True, False], [True, True]]]),
        torch.tensor([[[0, 0], [1, 1]]], dtype=torch.uint8),
        torch.tensor(0),
    ],
    ids=["rows", "no batch", "last dimension", "broadcast", "gaps", "no 0", "by example", "bool", "uint8", "one group"],
)
def test_r7_every_form_of_a_mask_groups_features(name: str, mask: Tensor, chunking: str) -> None:
    x = torch.rand((3, 2, 2), generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.1
    found = attribute(name, mask, x)
    tolerance = 1e-5 if name == "KernelShap" else 1e-9  # the infinite weights are 1e6
    assert (found - sums(x, mask.long())).abs().max() <= tolerance


@by_method
@pytest.mark.parametrize(
    ("mask", "kind", "message"),
    [
        (torch.zeros(1, 3, 2).long(), errors.WrongShape, "feature_mask has shape (1, 3, 2); it must be (3, 2, 2)"),
        (torch.zeros(2, 2, 2).long(), errors.WrongShape, "feature_mask has shape (2, 2, 2)"),
        (torch.zeros(1, 1, 2, 2).long(), errors.WrongShape, "feature_mask has shape (1, 1, 2, 2)"),
        (
            torch.zeros(1, 2, 2),
            errors.WrongType,
            "feature_mask is a tensor of torch.float32; it must be a tensor of wh",
        ),
        ([[0, 1], [1, 0]], errors.WrongShape, "feature_mask has 2 entries; it must have one for each of the 1 inputs."),
        (7, errors.WrongType, "feature_mask is a int"),
        (torch.tensor([0, 1 << 30]), errors.OutOfRange, "feature_mask holds 1073741824; it must be 0 to 16777215."),
    ],
    ids=lambda value: str(value)[:20].split("\n")[0],
)
def test_r7_a_mask_that_does_not_fit_is_refused(name: str, mask: Any, kind: type, message: str) -> None:
    with pytest.raises(kind) as caught:
        attribute(name, mask, torch.rand(3, 2, 2, dtype=torch.float64))
    assert str(caught.value).startswith(message)
    assert caught.value.field == "feature_mask"


def test_r7_negative_numbers() -> None:
    """Methods that count groups from the smallest number shift it; the others refuse."""
    mask, x = torch.tensor([[[-2, -2], [0, 1]]]), torch.rand(1, 2, 2, dtype=torch.float64)
    for name in ("FeatureAblation", "ShapleyValues", "ShapleyValueSampling"):
        with pytest.raises(errors.OutOfRange, match="feature_mask holds -2; it must be 0 to"):
            attribute(name, mask, x)
    assert torch.allclose(attribute("Lime", mask, x), sums(x, mask))


def test_r7_a_mask_on_another_device_is_moved() -> None:
    x = torch.rand(3, 2, 2, dtype=torch.float64)
    groups = FeatureGroups.of(torch.zeros(1, 2, 2, dtype=torch.int32), (x,))
    assert {m.device for m in groups.masks} == {x.device}
    assert groups.present == (0,)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs two devices")
@by_method
def test_r7_a_mask_on_the_host_serves_inputs_on_the_device(name: str) -> None:
    x, mask = torch.rand(3, 2, 2, dtype=torch.float64), torch.tensor([[0, 1], [1, 0]])
    found = attribute(name, mask, x.cuda(), lambda x: x.flatten(1) @ WEIGHTS.cuda())
    assert torch.allclose(found.cpu(), sums(x, mask), atol=1e-5)


def test_groups_are_shared_by_several_inputs() -> None:
    x, z = torch.rand(2, 3, dtype=torch.float64), torch.rand(2, 2, dtype=torch.float64)
    mask = (torch.tensor([[0, 0, 1]]), torch.tensor([[1, 2]]))

    def forward(x: Tensor, z: Tensor) -> Tensor:
        return x.sum(1) * z.sum(1)

    a, b = FeatureAblation(forward).attribute((x, z), feature_mask=mask)
    without_1 = x[:, :2].sum(1) * z[:, 1]
    assert torch.allclose(a[:, 2], forward(x, z) - without_1)
    assert torch.allclose(b[:, 0], a[:, 2])
    assert torch.allclose(b[:, 1], forward(x, z) - x.sum(1) * z[:, 0])


@pytest.mark.parametrize("name", [*NAMES, "FeaturePermutation"])
def test_a_mask_by_example_needs_outputs_by_example(name: str) -> None:
    mask = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 1]])
    with pytest.raises(errors.WrongShape, match="feature_mask has a row for each example, but the model returns one"):
        attribute(name, mask, torch.rand(3, 4, dtype=torch.float64), lambda x: linear(x).sum())


def test_inputs_without_a_feature_are_refused() -> None:
    with pytest.raises(errors.WrongShape, match="inputs hold no feature"):
        FeatureAblation(lambda x: x.sum(1)).attribute(torch.zeros(2, 0))
    a, b = FeatureAblation(lambda x, z: x.sum(1) + z.sum(1)).attribute((torch.zeros(2, 0), torch.ones(2, 3)))
    assert (a.shape, b.tolist()) == ((2, 0), [[1, 1, 1]] * 2)


# --- the groups that an explorer offers ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 30, 41), (1, 3, 2), (2, 3, 16, 9)], ids=str)
def test_squares_cut_an_image_into_even_cells(shape: tuple[int, ...]) -> None:
    info = registry.InputInfo((shape,))
    values = registry.get("feature_ablation").validate({}, info)
    (mask,) = squares.masks(values.squares, 1, info)  # type: ignore[attr-defined]
    sizes = torch.bincount(mask.flatten())
    assert len(sizes) == squares.count(values, info) == min(8, shape[-2]) * min(8, shape[-1])
    heights, widths = ({size // 8, -(-size // 8)} if size >= 8 else {1} for size in shape[-2:])
    assert set(sizes.tolist()) <= {h * w for h in heights for w in widths}
    assert mask.shape == (*(1,) * (len(shape) - 1), *shape[-2:])


def test_sequences_are_cut_into_segments_and_vectors_into_features() -> None:
    info = registry.InputInfo(((2, 100), (5,), (), (1, 4, 4)))
    values = registry.get("kernel_shap").validate({"segments": 10, "squares": 2}, info)
    sequence, vector, number, image = squares.masks(2, 10, info)
    assert torch.bincount(sequence.flatten()).tolist() == [10] * 10
    assert vector.tolist() == [[10, 11, 12, 13, 14]]
    assert number.tolist() == [15]
    assert image.flatten().unique().tolist() == [16, 17, 18, 19]
    assert squares.count(values, info) == 20


def test_exact_shapley_keeps_groups_few() -> None:
    spec = registry.get("shapley_values")
    for shapes, groups in (((3, 224, 224),), 9), (((3, 32, 32), (3, 32, 32)), 8), (((4, 200),), 8), (((12,),), 12):
        info = registry.InputInfo(shapes)
        values = spec.validate({}, info)
        assert spec.cost(values, info).forward == 2**groups
        inputs = tuple(torch.zeros(1, *shape) for shape in shapes)
        assert spec.applicable(ToyModel(), inputs) == ()
    assert "at most 16" in spec.applicable(ToyModel(), (torch.zeros(1, 30),))[0]
    with pytest.raises(errors.OutOfRange, match="squares is 5; it must be 1 to 4"):
        spec.validate({"squares": 5}, registry.InputInfo(((3, 32, 32),)))


def test_neuron_ablation_is_the_difference_of_the_unit() -> None:
    model, x = ToyModel(), torch.rand(2, 3)
    found = NeuronFeatureAblation(model, model.relu).attribute(x, 2)
    unit = lambda x: model.relu(model.lin1(x))[:, 2]  # noqa: E731
    for i in range(3):
        without = x.clone()
        without[:, i] = 0
        assert torch.allclose(found[:, i], unit(x) - unit(without))
