from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from attribution_core import IntegratedGradients, Saliency, errors
from attribution_core.tensors import (
    Extra,
    Target,
    as_tuple,
    checked_baselines,
    checked_inputs,
    like,
    main_output,
    rectangles,
)
from tests.attribution_core.models import TwoInputs, convnet, images


def test_tensor_or_tuple() -> None:
    x = torch.zeros(2, 3)
    assert as_tuple(x)[0] is x
    assert as_tuple((x, x)) == (x, x)
    assert like((x,), x) is x
    assert like((x,), (x,)) == (x,)


@pytest.mark.parametrize("wrong", [None, 3, "x", (), (1, 2), [torch.zeros(1), None], {"a": 1}], ids=str)
def test_what_is_no_tensor_is_refused(wrong: Any) -> None:
    with pytest.raises(errors.WrongType, match="inputs is a"):
        as_tuple(wrong)
    with pytest.raises(TypeError):
        Saliency(convnet()).attribute(wrong, target=0)


def test_inputs_need_rows_and_equally_many() -> None:
    for wrong in (torch.tensor(1.0), torch.zeros(0, 3), (torch.zeros(2, 3), torch.zeros(3, 3))):
        with pytest.raises(errors.WrongShape):
            checked_inputs(wrong)


def test_inputs_are_detached_but_share_memory() -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    (found,) = checked_inputs(x)
    assert not found.requires_grad
    assert found.data_ptr() == x.data_ptr()


@pytest.mark.parametrize(
    ("given", "row"),
    [(None, 0.0), (2, 2.0), (0.5, 0.5), (torch.full((1, 3), 7.0), 7.0), (torch.full((2, 3), 7.0), 7.0)],
    ids=str,
)
def test_forms_of_baseline(given: Any, row: float) -> None:
    (found,) = checked_baselines(given, (torch.zeros(2, 3),))
    assert found.shape[0] in (1, 2)
    assert torch.equal(found[0], torch.full((3,), row))


@pytest.mark.parametrize(
    "wrong",
    [torch.zeros(3), torch.zeros(3, 3), torch.zeros(2, 1), torch.zeros(2, 3, 1), (0, 0)],
    ids=lambda w: str(getattr(w, "shape", w)),
)
def test_r4_wrong_baselines_are_refused(wrong: Any) -> None:
    with pytest.raises(errors.WrongShape) as caught:
        checked_baselines(wrong, (torch.zeros(2, 3),))
    assert caught.value.field == "baselines"


def test_baselines_of_two_inputs_are_given_for_both() -> None:
    x = (torch.zeros(2, 3), torch.zeros(2, 4))
    found = checked_baselines((1, torch.ones(1, 4)), x)
    assert [tuple(b.shape) for b in found] == [(1, 3), (1, 4)]
    with pytest.raises(errors.WrongShape, match="one for each of the 2 inputs"):
        checked_baselines(torch.zeros(2, 3), x)
    with pytest.raises(errors.WrongType, match="number or a tensor"):
        checked_baselines(("zero", 0), x)  # type: ignore[arg-type]


@given(st.data())
def test_targets_select_what_indexing_selects(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 4))
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    output = torch.rand(n, *sizes)
    index = st.tuples(*(st.integers(-size, size - 1) for size in sizes))
    each = data.draw(st.lists(index, min_size=n, max_size=n))
    shared = Target.of(each[0], n).select(output, torch.arange(n))
    assert torch.equal(shared[:, 0], output[(slice(None), *each[0])])
    own = Target.of(each, n).select(output, torch.arange(n))  # type: ignore[arg-type]
    assert torch.equal(own[:, 0], torch.stack([output[(i, *t)] for i, t in enumerate(each)]))
    rows = torch.tensor(data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=6)))
    again = Target.of(Target.of(each, n).rows(rows), len(rows)).select(output[rows], torch.arange(len(rows)))  # type: ignore[arg-type]
    assert torch.equal(again, own[rows])


def test_numpy_integers_are_targets() -> None:
    import numpy as np

    assert Target.of(np.int64(2), 3) == Target.of(2, 3)  # type: ignore[arg-type]


@given(start=st.integers(0, 60), length=st.integers(0, 60), width=st.integers(1, 9))
def test_rectangles_tile_a_range_of_pairs(start: int, length: int, width: int) -> None:
    pieces = list(rectangles(start, start + length, width))
    assert len(pieces) <= 3
    pairs = [k * width + i for a, b, c, d in pieces for k in range(a, b) for i in range(c, d)]
    assert pairs == list(range(start, start + length))


def test_m5_outputs_that_hold_one_tensor() -> None:
    y = torch.rand(2, 3)

    class Output(dict[str, Any]):
        """Like Hugging Face's ModelOutput: an ordered mapping."""

    for wrapped in (y, (y,), [y, None], {"y": y}, Output(loss=torch.tensor(1.0), logits=y)):
        assert main_output(wrapped) is y
    assert main_output(2.5).item() == 2.5
    for wrong in ((y, y), {"a": y, "b": y}, None, "x", ()):
        with pytest.raises(errors.WrongType, match="returned"):
            main_output(wrong)


def test_extra_tensors_of_other_length_are_passed_whole() -> None:
    weights, seen = torch.rand(5, 3), []

    def forward(x: Tensor, matrix: Tensor, scale: Tensor, label: str, flag: Tensor) -> Tensor:
        seen.append((matrix.shape, scale.shape, label, flag))
        return (x @ matrix) * scale[:, None]

    x, scale = torch.rand(2, 5), torch.tensor([2.0, 3.0])
    found = Saliency(forward).attribute(
        x, target=1, additional_forward_args=(weights, scale, "name", torch.tensor(1)), abs=False
    )
    assert torch.allclose(found, scale[:, None] * weights[:, 1])
    found = IntegratedGradients(forward).attribute(
        x, target=1, additional_forward_args=(weights, scale, "name", torch.tensor(1)), n_steps=3
    )
    assert torch.allclose(found, x * scale[:, None] * weights[:, 1])
    assert {shape for shape, *_ in seen} == {weights.shape}


def test_arguments_that_cannot_be_split_see_whole_batches() -> None:
    lengths, seen = [3, 1, 2], []

    def forward(x: Tensor, lengths: list[int]) -> Tensor:
        seen.append(len(x))
        steps = torch.tensor(lengths * (len(x) // 3))
        return (x * (torch.arange(4) < steps[:, None])).sum(1)

    x = torch.rand(3, 4)
    found = IntegratedGradients(forward).attribute(x, additional_forward_args=lengths, n_steps=7)
    expected = x * (torch.arange(4) < torch.tensor(lengths)[:, None])
    assert torch.allclose(found, expected)
    assert all(n % 3 == 0 for n in seen)
    assert not Extra.of((lengths,), 3).divisible


def test_m7_unused_input_gets_zeros() -> None:
    def forward(x: Tensor, z: Tensor) -> Tensor:
        return x.sum((1, 2, 3))

    x, z = images(2), torch.rand(2, 1, 5, 5)
    with pytest.warns(UserWarning, match=r"does not depend on inputs\[1\]"):
        a, b = Saliency(forward).attribute((x, z))
    assert torch.equal(a, torch.ones_like(x))
    assert torch.equal(b, torch.zeros_like(z))


def test_m7_two_inputs_and_extra_arguments() -> None:
    model = TwoInputs().eval()
    x, z = images(2)[..., :6, :6], torch.rand(2, 1, 5, 5)
    plain = Saliency(model).attribute((x, z), target=0, abs=False)
    scaled = Saliency(model).attribute(
        (x, z), target=0, abs=False, additional_forward_args=(torch.tensor([2.0, 3.0]), 2.0)
    )
    for a, b in zip(scaled, plain, strict=True):
        assert torch.allclose(a, b * torch.tensor([4.0, 6.0]).view(2, 1, 1, 1), rtol=1e-4)
