from __future__ import annotations

import pytest
import torch
from torch import nn

from example_models.scenes.model import CHECKPOINT, ScenesNet, scenes_cnn
from example_models.scenes.train import accuracy, drawn

HELD_OUT = 600


def test_the_checkpoint_is_small() -> None:
    assert CHECKPOINT.stat().st_size <= 1_000_000


def test_it_tells_held_out_scenes_apart_with_some_mistakes() -> None:
    right = accuracy(scenes_cnn(), *drawn("held-out", HELD_OUT))
    assert 0.95 <= right < 1


def test_it_has_named_convolution_stages() -> None:
    model = scenes_cnn()
    convolutions = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    assert [name.partition(".")[0] for name in convolutions] == ["conv1", "conv2", "conv3", "conv4"]


def test_loading_draws_nothing_by_lot_and_returns_a_model_of_its_own() -> None:
    one, other = scenes_cnn(), scenes_cnn()
    assert one is not other
    assert not one.training
    x = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    assert torch.equal(one(x), other(x))
    assert one(x).shape == (2, 10)


def test_shapes_of_the_stages() -> None:
    model = ScenesNet().eval()
    shapes: dict[str, tuple[int, ...]] = {}

    def watch(name: str) -> None:
        model.get_submodule(name).register_forward_hook(lambda _m, _i, out: shapes.update({name: tuple(out.shape[1:])}))

    for name in ("conv1", "conv2", "conv3", "conv4"):
        watch(name)
    model(torch.zeros(1, 3, 96, 96))
    assert shapes == {
        "conv1": (16, 48, 48),
        "conv2": (32, 48, 48),
        "conv3": (64, 24, 24),
        "conv4": (128, 12, 12),
    }


def test_nothing_is_done_in_place() -> None:
    """A scene's tensor and every stage's output are as they were after the stages that follow."""
    model = scenes_cnn()
    outputs = []
    for module in model.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda _m, _i, out: outputs.append((out, out.clone())))
    x = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    before = x.clone()
    model(x)
    assert torch.equal(x, before)
    assert len(outputs) >= 12
    assert all(torch.equal(out, copy) for out, copy in outputs)


def test_a_wrong_input_is_refused() -> None:
    with pytest.raises(RuntimeError, match="3 channels"):
        scenes_cnn()(torch.zeros(1, 1, 96, 96))
