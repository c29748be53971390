"""Awkward models (part M of the cases), each over every method of the registry."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attribution_core import IntegratedGradients, NoiseTunnel, Saliency, chunks, errors, registry
from tests.attribution_core.models import (
    ConvNet,
    Counting,
    Recurrent,
    baselines_for,
    convnet,
    hooks,
    images,
    relative_error,
    state,
)
from tests.attribution_core.models import quickly as attribute

SPECS = registry.methods()
every_method = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
GRADIENT = [spec for spec in SPECS if spec.family not in ("perturbation", "activation")]
gradient_methods = pytest.mark.parametrize("spec", GRADIENT, ids=lambda spec: spec.id)
of_the_output = pytest.mark.parametrize("spec", [s for s in GRADIENT if s.takes_target], ids=lambda spec: spec.id)
"""Gradient methods that explain an output of the model, not a unit inside."""


def twice(spec: registry.MethodSpec, model: nn.Module, x: Tensor, **settings: Any) -> Tensor:
    """The map, after a check that a second run gives the same and that nothing was changed.

    In double precision, since the second run's chunks may be other ones.
    """
    before = state(model, x)
    first = attribute(spec, model, x, **settings).attributions[0]
    assert state(model, x) == before
    assert relative_error(attribute(spec, model, x, **settings).attributions[0], first) <= 1e-5
    return first


@every_method
def test_m2_in_place_activations(spec: registry.MethodSpec) -> None:
    found = twice(spec, convnet(inplace=True).double(), images().double())
    expected = attribute(spec, convnet(inplace=False).double(), images().double()).attributions[0]
    assert relative_error(found, expected) <= 1e-5


@every_method
@pytest.mark.parametrize("layer", ["dense.norm", "dense.conv"])
def test_m2_in_place_behind_the_layer_itself(spec: registry.MethodSpec, layer: str) -> None:
    class Dense(nn.Module):
        def __init__(self, inplace: bool) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.norm = nn.BatchNorm2d(2)
            self.conv = nn.Conv2d(2, 3, 3)
            self.inplace = inplace

        def forward(self, x: Tensor) -> Tensor:
            return F.relu(self.conv(F.relu(self.norm(x), inplace=self.inplace)), inplace=self.inplace).mean((2, 3))

    class Outer(nn.Module):
        def __init__(self, inplace: bool) -> None:
            super().__init__()
            self.dense = Dense(inplace)

        def forward(self, x: Tensor) -> Tensor:
            return self.dense(x)

    found, expected = (
        attribute(spec, Outer(inplace).eval(), images() - 0.5, layer=layer).attributions[0] for inplace in (True, False)
    )
    assert relative_error(found, expected) <= 1e-5


@every_method
def test_m4_recurrent_and_batch_norm_stay_in_their_modes(spec: registry.MethodSpec) -> None:
    torch.manual_seed(0)
    model = Recurrent().eval().double()
    with torch.no_grad():
        model.head.weight.mul_(100)  # its outputs hardly vary, and a sparse fit drops what is below its threshold
    if not spec.applicable(model, (images(3).double(),)):
        assert twice(spec, model, images(3).double(), layer="conv").abs().max() > 0
    mixed = convnet().double()
    mixed.drop.train()  # a flag of one submodule is the caller's business
    mixed.drop.p = 0.0
    twice(spec, mixed, images(3).double())
    assert [m.training for m in mixed.modules()].count(True) == 1


@every_method
def test_m4_dropout_in_training_draws_but_statistics_stay(spec: registry.MethodSpec) -> None:
    model = convnet()
    model.norm.eval()
    model.train()
    model.norm.eval()
    before = state(model)
    attribute(spec, model, images(2))
    assert state(model) == before


@every_method
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_m8_types(spec: registry.MethodSpec, dtype: torch.dtype) -> None:
    # one window or group over everything: a difference of two outputs that are far apart, even in half precision
    fields = spec.arguments(registry.InputInfo(((2, 8, 8),))).model_fields
    coarsest = {"window_height": 8, "window_width": 8, "squares": 1, "groups": 1}
    arguments = {name: value for name, value in coarsest.items() if name in fields}
    expected = attribute(spec, convnet(), images(), arguments=arguments).attributions[0]
    found = attribute(spec, convnet().to(dtype), images().to(dtype), arguments=arguments).attributions[0]
    wanted = torch.float32 if spec.family == "perturbation" and dtype != torch.float64 else dtype
    assert found.dtype == wanted
    tolerance = {torch.float64: 1e-5, torch.float16: 0.03, torch.bfloat16: 0.15}[dtype]
    # of the sum: where a gate is near 0 half precision may take it for open at one of the points
    found, expected = found.float(), expected.float()
    smallest = torch.finfo(dtype).tiny * torch.finfo(dtype).eps
    assert (found - expected).abs().sum() <= tolerance * expected.abs().sum() + smallest * expected.numel()


@every_method
def test_m8_frozen_parameters_and_inference_tensors(spec: registry.MethodSpec) -> None:
    x = images().double()
    expected = attribute(spec, convnet().double(), x).attributions[0]
    frozen = convnet().double().requires_grad_(False)
    assert relative_error(twice(spec, frozen, x), expected) <= 1e-5
    frozen.head.weight.requires_grad_(True)
    assert relative_error(twice(spec, frozen, x), expected) <= 1e-5
    model = convnet().double()
    with torch.inference_mode():
        made_there = x.clone()
        assert relative_error(attribute(spec, model, made_there).attributions[0], expected) <= 1e-5
        assert torch.is_inference_mode_enabled()
    assert torch.allclose(attribute(spec, convnet().double(), made_there).attributions[0], expected)
    with torch.no_grad():
        assert torch.allclose(attribute(spec, convnet().double(), x).attributions[0], expected)
        assert not torch.is_grad_enabled()


@gradient_methods
def test_m8_weights_made_in_inference_mode_are_refused(spec: registry.MethodSpec) -> None:
    with torch.inference_mode():
        model = convnet()
    with pytest.raises(errors.NotApplicable, match=r"weights were made in torch\.inference_mode"):
        attribute(spec, model, images())


@every_method
def test_m8_inputs_that_require_or_carry_gradients(spec: registry.MethodSpec) -> None:
    x = images().requires_grad_()
    (x.sum() * 2).backward()
    before = x.grad.clone()  # type: ignore[union-attr]
    expected = attribute(spec, convnet(), x.detach()).attributions[0]
    found = attribute(spec, convnet(), x).attributions[0]
    assert relative_error(found, expected) <= 1e-5
    assert x.requires_grad
    assert torch.equal(x.grad, before)  # type: ignore[arg-type]
    behind = x * 2
    twofold = attribute(spec, convnet(), behind.detach()).attributions[0]
    assert relative_error(attribute(spec, convnet(), behind).attributions[0], twofold) <= 1e-5
    assert not found.requires_grad


@gradient_methods
def test_m8_integer_inputs_are_explained_at_their_embedding_or_refused(spec: registry.MethodSpec) -> None:
    if spec.integers and spec.family != "cam":
        model = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(20, 3))
        tokens = torch.randint(0, 9, (2, 5))
        before = (torch.zeros_like(tokens),) if "baseline" in spec.needs else baselines_for(spec, (tokens,))
        found = attribute(spec, model, tokens, layer="0", baselines=before).attributions[0]
        assert found.shape == (2, 5, 4)
        assert found.any()
    elif not spec.integers:
        with pytest.raises(errors.WrongType, match=r"inputs\[0\] is a tensor of torch.int64"):
            attribute(spec, convnet(), (images() * 255).long())


@every_method
def test_m10_batch_norm_in_training_sees_the_callers_batch(spec: registry.MethodSpec) -> None:
    """Where the batch is mixed, each point is evaluated with exactly the caller's examples, whatever the chunks."""
    model = convnet(inplace=False).double()
    model.norm.train()
    model.norm.track_running_stats = False
    model.norm.running_mean = model.norm.running_var = None
    batches: list[int] = []
    model.register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    if spec.applicable(model, (images(4).double(),)):
        pytest.skip(f"{spec.name} cannot explain a model that mixes its batch.")
    batches.clear()
    try:
        attribute(spec, model, images(4).double())
    except errors.NotApplicable as error:
        assert "evaluates examples one by one" in str(error)  # noqa: PT017
    # all noisy copies are one batch, as in Captum
    copies = 4 if spec.stochastic and "distribution" in spec.needs else 1
    assert set(batches) <= {4, 4 * copies}
    assert batches


def test_m10_integrated_gradients_of_a_mixing_model_are_captums_step_by_step() -> None:
    import captum.attr

    model, x = convnet(inplace=False).double(), images(4).double()
    model.norm.train()
    model.norm.momentum = 0.0
    found = IntegratedGradients(model).attribute(x, target=1, n_steps=6)
    expected = captum.attr.IntegratedGradients(model).attribute(x, target=1, n_steps=6, internal_batch_size=4)
    assert relative_error(found, expected) <= 1e-10


@every_method
@pytest.mark.parametrize("call", [1, 2, 3])
def test_m11_the_model_raises_in_the_middle(
    spec: registry.MethodSpec, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_UNITS", 1)

    class Failing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = convnet()
            self.calls = 0
            self.fail_at = 0

        def forward(self, x: Tensor) -> Tensor:
            y = self.net(x)
            self.calls += 1
            if self.calls == self.fail_at:
                raise ZeroDivisionError("in the model")
            return y

    model, x = Failing(), images(3).requires_grad_()
    settings: dict[str, Any] = {"layer": "net.conv2"}
    first = attribute(spec, model, x, **settings).attributions[0]
    before = state(model, x)
    model.calls, model.fail_at = 0, call
    with pytest.raises(ZeroDivisionError, match="in the model"):
        attribute(spec, model, x, **settings)
    model.fail_at = 0
    assert state(model, x) == before
    assert hooks(model) == 0
    assert torch.allclose(attribute(spec, model, x, **settings).attributions[0], first)


@every_method
@pytest.mark.parametrize("wrong", [{"target": 99}, {"target": None}, {"layer": "nowhere"}], ids=str)
def test_m11_a_refusal_leaves_everything_as_it_was(spec: registry.MethodSpec, wrong: dict[str, Any]) -> None:
    harmless = ("layer" in wrong and "layer" not in spec.needs) or ("target" in wrong and not spec.takes_target)
    if harmless or (wrong.get("target", 0) is None and spec.family == "perturbation"):
        return  # not wrong for this method
    model, x = convnet(), images().requires_grad_()
    before = state(model, x)
    with pytest.raises(errors.AttributionError):
        attribute(spec, model, x, **wrong)
    assert state(model, x) == before


@every_method
def test_m15_a_hundred_calls_keep_no_tensor(spec: registry.MethodSpec) -> None:
    model, x = convnet(), images(2)

    def live() -> int:
        gc.collect()
        return sum(issubclass(type(o), Tensor) for o in gc.get_objects())

    attribute(spec, model, x)
    before = live()
    for _ in range(100):
        attribute(spec, model, x)
    assert live() <= before
    assert hooks(model) == 0


@every_method
def test_m15_only_gradient_methods_build_a_graph(spec: registry.MethodSpec) -> None:
    model = Counting(convnet())
    attribute(spec, model, images(2), layer="model.conv2")
    assert (model.graphs == 0) == (spec.family in ("perturbation", "activation"))


@every_method
def test_attributions_carry_no_graph(spec: registry.MethodSpec) -> None:
    outcome = attribute(spec, convnet(), images().requires_grad_())
    assert not any(a.requires_grad for a in outcome.attributions)


@every_method
def test_m16_batch_mates_do_not_matter(spec: registry.MethodSpec, chunking: str) -> None:
    model, x = convnet().double(), images(5).double()
    together = attribute(spec, model, x, target=[0, 1, 2, 1, 0]).attributions[0]
    for i, target in enumerate([0, 1, 2, 1, 0]):
        alone = attribute(spec, model, x[i : i + 1], target=target).attributions[0]
        assert relative_error(alone, together[i : i + 1]) <= 1e-10


def test_m17_threads_attribute_one_after_the_other() -> None:
    inside, most = [0], [0]

    class Slow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            inside[0] -= 1
            return x.sum((1, 2, 3))

    model = Slow()
    methods: list[Callable[[], Any]] = [
        lambda: Saliency(model).attribute(images()),
        lambda: Saliency(model.forward).attribute(images()),
        lambda: NoiseTunnel(Saliency(model)).attribute(images()),
        lambda: attribute(registry.get("occlusion"), model, images(), target=None),
    ]
    threads = [threading.Thread(target=method) for method in methods * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


@every_method
def test_nonfinite_is_refused_with_its_place(spec: registry.MethodSpec) -> None:
    """M18: NaN or infinity in the weights, the input or the gradient."""
    model = convnet()
    with torch.no_grad():
        model.conv2.bias[0] = float("nan")
    before = state(model)
    unit = {"unit": 0} if spec.space == "neuron" else {}
    with pytest.raises(errors.Nonfinite, match="example 0; it appears first in layer 'conv2'") as caught:
        attribute(spec, model, images(), arguments=unit)
    assert caught.value.params["place"] == "layer 'conv2'"
    assert str(state(model)) == str(before)
    x = images(3)
    x[2, 0, 0, 0] = float("inf")
    with pytest.raises(errors.Nonfinite, match=r"example 2; it appears first in inputs\[0\]"):
        attribute(spec, convnet(), x)


@of_the_output
def test_m18_infinite_gradient_of_a_finite_output(spec: registry.MethodSpec) -> None:
    class Root(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv2 = nn.Conv2d(2, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv2(x).mean((2, 3))
            return torch.sqrt(y - y.detach() if y.requires_grad else y * 0)

    with pytest.raises(errors.Nonfinite, match="The gradient by"):
        attribute(spec, Root(), images())


@of_the_output
def test_one_row_for_the_batch_is_refused(spec: registry.MethodSpec, chunking: str) -> None:
    net = convnet()

    def forward(x: Tensor) -> Tensor:
        return net(x).sum(0, keepdim=True)

    attribute(spec, net, images(4))  # so that the next chunk holds several examples: one alone cannot tell
    with pytest.raises(errors.WrongShape, match=r"returned shape \(1, 3\) for \d+ examples; it must return one row"):
        attribute(spec, net, images(4), forward=forward)


@of_the_output
def test_outputs_without_a_gradient_are_named(spec: registry.MethodSpec) -> None:
    class Cut(ConvNet):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x).detach()

    with pytest.raises(errors.NoGradient, match="does not depend differentiably"):
        attribute(spec, Cut().eval(), images())


@every_method
def test_m14_zero_maps_are_zero_and_finite(spec: registry.MethodSpec) -> None:
    model = convnet()
    with torch.no_grad():
        for layer in (model.conv2, model.head):
            layer.weight.zero_()
            layer.bias.zero_()
    assert not attribute(spec, model, images()).attributions[0].any()
