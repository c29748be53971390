from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import errors, probe
from tests.attribution_core.models import ToyModel, convnet, hooks, images


def test_a_tap_reads_outputs_and_inputs() -> None:
    model, x = ToyModel(), torch.rand(2, 3)
    with probe.tap(model.lin1) as out, probe.tap(model.lin2, at_input=True) as into:
        model(x)
    assert torch.equal(out.tensors("lin1")[0], model.lin1(x))
    assert torch.equal(into.tensors("lin2")[0], torch.relu(model.lin1(x)))
    assert out.calls == into.calls == 1
    assert hooks(model) == 0


@pytest.mark.parametrize("at_input", [False, True])
def test_a_value_can_be_overwritten(at_input: bool) -> None:
    model, x = ToyModel(), torch.rand(2, 3)

    def zero(value: Any) -> Any:
        return tuple(v * 0 for v in value) if at_input else value * 0

    with probe.tap(model.lin2 if at_input else model.relu, at_input=at_input, replace=zero):
        changed = model(x)
    assert torch.equal(changed, torch.ones(2, 2))
    assert not torch.equal(model(x), changed)


def test_leaves_cut_the_graph_and_survive_in_place_operations() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 1))
    x = torch.rand(2, 3, requires_grad=True)
    with probe.leaves(model[0]) as tap:
        y = model(x).sum()
    (leaf,) = tap.tensors("0")
    (gradient,) = torch.autograd.grad(y, [leaf], retain_graph=True)
    assert torch.allclose(gradient, model[2].weight * (model[0](x) > 0))
    assert torch.autograd.grad(y, [x], allow_unused=True) == (None,)


def test_hooks_go_when_the_model_fails() -> None:
    model = convnet()
    for context in (probe.tap(model.conv1), probe.leaves(model.conv1), probe.trace(model, type)):
        with pytest.raises(RuntimeError), context:
            model(torch.rand(1, 7, 8, 8))
        assert hooks(model) == 0


def test_a_layer_that_is_not_called_or_holds_no_tensor() -> None:
    with probe.tap(nn.Linear(1, 1)) as tap:
        pass
    with pytest.raises(errors.LayerNotCalled, match="'idle' is not called"):
        tap.tensors("idle")
    for value, words in ((None, "None"), ({}, "a dict"), ((1, None), "a tuple of int, NoneType"), ((), "nothing")):
        with pytest.raises(errors.LayerNotTensor, match=words):
            probe.Tap(1, value).tensors("odd")


def test_the_first_nonfinite_layer_is_found() -> None:
    model = convnet()
    assert probe.first_nonfinite(model, lambda: model(images())) is None
    with torch.no_grad():
        model.norm.weight[0] = float("inf")
    assert probe.first_nonfinite(model, lambda: model(images())) == "layer 'norm'"

    class Log(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.log(x - 2)

    log = Log()
    assert probe.first_nonfinite(log, lambda: log(images())) == "the model's output"


def test_names() -> None:
    model = convnet()
    assert probe.module_named(model, "conv1") is model.conv1
    assert probe.name_of(model, model.conv1) == "conv1"
    assert probe.name_of(lambda x: x, model.conv1) == "Conv2d"
    with pytest.raises(errors.UnknownLayer, match=r"No layer 'conv'. Nearest: conv") as caught:
        probe.module_named(model, "conv")
    assert caught.value.params["nearest"] == ["conv2", "conv1"]
