from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from attribution_core import Occlusion, errors
from attribution_core.coalitions import Windows
from tests.attribution_core.models import convnet, images


def by_hand(forward: Any, x: Tensor, window: tuple[int, ...], stride: tuple[int, ...], baseline: Tensor) -> Tensor:
    """One window after the other, straight from the definition."""
    total, count = torch.zeros_like(x), torch.zeros_like(x)
    starts = []
    for size, w, s in zip(x.shape[1:], window, stride, strict=True):
        along = [0]
        while along[-1] + w < size:
            along.append(along[-1] + s)
        starts.append(along)
    for corner in product(*starts):
        box = (slice(None), *(slice(c, c + w) for c, w in zip(corner, window, strict=True)))
        covered = x.clone()
        covered[box] = baseline[box]
        difference = forward(x) - forward(covered)
        total[box] += difference.reshape(-1, *(1,) * (x.dim() - 1))
        count[box] += 1
    return total / count


@settings(deadline=None)
@given(st.data())
def test_occlusion_is_its_definition(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    window = tuple(data.draw(st.integers(1, size)) for size in shape)
    stride = tuple(data.draw(st.integers(1, w)) for w in window)
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    x = torch.rand((2, *shape), generator=generator, dtype=torch.float64)
    baseline = torch.rand((2, *shape), generator=generator, dtype=torch.float64)
    weights = torch.rand(shape, generator=generator, dtype=torch.float64)

    def forward(x: Tensor) -> Tensor:
        return torch.tanh((x * weights).flatten(1).sum(1)) + x.flatten(1).prod(1)

    found = Occlusion(forward).attribute(x, window, stride, baseline)
    assert torch.allclose(found, by_hand(forward, x, window, stride, baseline), atol=1e-12)


@given(st.data())
def test_windows_cover_everything_as_often_as_they_say(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 9), min_size=0, max_size=3))
    window = [data.draw(st.integers(1, size)) for size in shape]
    stride = [data.draw(st.integers(1, w)) for w in window]
    windows = Windows(shape, window, stride)
    counts = torch.zeros(shape)
    for box in windows.boxes():
        counts[box] += 1
    assert torch.equal(windows.coverage(), counts)
    assert (counts > 0).all()
    assert len(windows) == len(windows.boxes())


def test_one_value_an_example_takes_an_empty_window() -> None:
    x = torch.arange(1.0, 4.0)
    assert torch.equal(Occlusion(lambda x: x**2).attribute(x, ()), x**2)


def test_occlusion_keeps_double_precision() -> None:
    x = torch.tensor([[1.0, 1e-9]], dtype=torch.float64)
    found = Occlusion(lambda x: x.sum(1)).attribute(x, (1,))
    assert found.dtype == torch.float64
    assert torch.allclose(found, x, rtol=1e-6, atol=0)
    half = Occlusion(lambda x: x.sum(1)).attribute(x.half(), (1,))
    assert half.dtype == torch.float32


WRONG: list[tuple[dict[str, Any], type[errors.AttributionError], str]] = [
    (
        {"sliding_window_shapes": (2, 64, 64)},
        errors.WindowTooLarge,
        "Window 64×64 exceeds the 8×8 image; use at most 8.",
    ),
    (
        {"sliding_window_shapes": (3, 4, 4)},
        errors.WindowTooLarge,
        "Window 3×4×4 exceeds the 2×8×8 input; use at most 2.",
    ),
    ({"sliding_window_shapes": (2, 0, 3)}, errors.OutOfRange, "sliding_window_shapes is 0; it must be at least 1."),
    ({"sliding_window_shapes": (2, 3)}, errors.WrongShape, "sliding_window_shapes is (2, 3); it must have 3 sizes"),
    ({"sliding_window_shapes": 3}, errors.WrongType, "sliding_window_shapes is 3; it must be a tuple."),
    ({"sliding_window_shapes": (2, True, 3)}, errors.WrongType, "sliding_window_shapes is True"),
    ({"sliding_window_shapes": (2, 3, 3), "strides": 0}, errors.OutOfRange, "strides is 0; it must be at least 1."),
    ({"sliding_window_shapes": (2, 3, 3), "strides": -1}, errors.OutOfRange, "strides is -1; it must be at least 1."),
    (
        {"sliding_window_shapes": (2, 3, 3), "strides": (2, 4, 3)},
        errors.OutOfRange,
        "strides is 4; it must be at most 3",
    ),
    ({"sliding_window_shapes": (2, 3, 3), "strides": (2, 3)}, errors.WrongShape, "strides is (2, 3); it must have 3"),
    (
        {"sliding_window_shapes": (2, 3, 3), "perturbations_per_eval": 0},
        errors.OutOfRange,
        "perturbations_per_eval is 0; it must be at least 1.",
    ),
]


@pytest.mark.parametrize(("keywords", "kind", "message"), WRONG, ids=lambda v: str(v)[:40])
def test_r5_windows_and_strides(keywords: dict[str, Any], kind: type[errors.AttributionError], message: str) -> None:
    with pytest.raises(kind) as caught:
        Occlusion(convnet()).attribute(images(), target=0, **keywords)
    assert str(caught.value).startswith(message)
    assert caught.value.field in keywords


def test_a_stride_beyond_a_window_that_spans_the_input_is_fine() -> None:
    found = Occlusion(convnet()).attribute(images(), (2, 8, 8), strides=(7, 9, 9), target=0)
    assert found.flatten(1).std(1).max() == 0


def test_windows_for_each_of_two_inputs() -> None:
    x, z = torch.rand(2, 4), torch.rand(2, 3)

    def forward(x: Tensor, z: Tensor) -> Tensor:
        return x.sum(1) + 2 * z.sum(1)

    a, b = Occlusion(forward).attribute((x, z), ((1,), (3,)), (1, 3))
    assert torch.allclose(a, x, atol=1e-6)
    assert torch.allclose(b, 2 * z.sum(1, keepdim=True).expand(2, 3), atol=1e-6)
    with pytest.raises(errors.WrongShape, match="one for each of the 2 inputs"):
        Occlusion(forward).attribute((x, z), ((1,),))
