"""DeepLIFT: its rules as explicit formulas, completeness, and what it tells where a rule is missing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import captum.attr
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attribution_core import (
    DeepLift,
    DeepLiftShap,
    IntegratedGradients,
    LayerDeepLift,
    LayerDeepLiftShap,
    NeuronDeepLift,
    NeuronDeepLiftShap,
    chunks,
    errors,
    registry,
)
from attribution_core.execution import Progress, execution
from tests import shared_data
from tests.attribution_core.models import Counting, Recurrent, ToyModel, attribute, convnet, images, relative_error
from tests.attribution_core.modular import rows


def test_toy_model_of_the_issue() -> None:
    """DeepLIFT equals Integrated Gradients there; DeepLIFT SHAP has the issue's numbers, with deltas 0."""
    model = ToyModel()
    torch.manual_seed(123)
    np.random.seed(123)
    x = torch.rand(2, 3)
    distribution = torch.randn(10, 3) * 0.001
    found, delta = DeepLift(model).attribute(x, target=0, return_convergence_delta=True)
    assert torch.allclose(found, IntegratedGradients(model).attribute(x, target=0, n_steps=200), atol=1e-4)
    assert delta.abs().max() <= 1e-5
    found, delta = DeepLiftShap(model).attribute(x, distribution, target=0, return_convergence_delta=True)
    expected = torch.tensor([[-0.5845, -1.5447, -1.0094], [0.0006, -0.2226, -5.1892]])
    assert torch.allclose(found, expected, atol=1e-4)
    assert delta.shape == (20,)
    assert delta.abs().max() <= 1e-5


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": nn.ReLU(),
    "relu6": nn.ReLU6(),
    "elu": nn.ELU(),
    "leaky_relu": nn.LeakyReLU(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "softplus": nn.Softplus(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "selu": nn.SELU(),
    "mish": nn.Mish(),
    "hardtanh": nn.Hardtanh(),
    "hardswish": nn.Hardswish(),
    "prelu": nn.PReLU().double(),
    "function": F.gelu,
    "method": lambda x: x.sigmoid(),
    "in place": lambda x: F.elu(x.clone(), inplace=True),
    "power": lambda x: x**3,
    "exp": torch.exp,
    "clamp": lambda x: x.clamp(-0.3, 0.4),
    "quotient": lambda x: 1 / (x.abs() + 1),
}


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_rescale_rule_is_its_formula(activation: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(1)
    first, second = nn.Linear(4, 6).double(), nn.Linear(6, 3).double()
    x, base = torch.randn(5, 4).double(), torch.randn(5, 4).double()
    with torch.no_grad():
        a, b = first(x), first(base)
        m = second.weight[2] * (activation(a) - activation(b)) / (a - b)
        expected = (m @ first.weight) * (x - base)
    found, delta = DeepLift(lambda x: second(activation(first(x)))).attribute(
        x, base, target=2, return_convergence_delta=True
    )
    assert relative_error(found, expected) <= 1e-10
    assert delta.abs().max() <= 1e-12


def test_where_nothing_differs_the_derivative_takes_over() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Softplus(), nn.Linear(4, 1)).double()
    x = torch.randn(3, 4).double()
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(leaf).sum(), leaf)
    assert relative_error(DeepLift(model, multiply_by_inputs=False).attribute(x, x), gradient) <= 1e-12
    with pytest.warns(errors.AttributionWarning, match="miss the output's change"):
        large = DeepLift(model, multiply_by_inputs=False, eps=1e9).attribute(x, x + 1)
    assert relative_error(large, gradient) <= 1e-12
    for eps, kind in ((0, errors.OutOfRange), (float("nan"), errors.OutOfRange), ("1", errors.WrongType)):
        with pytest.raises(kind, match="eps is"):
            DeepLift(model, eps=eps)  # type: ignore[arg-type]


def test_m1_residual_around_a_relu_has_delta_zero() -> None:
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.first, self.second, self.relu = nn.Linear(6, 6), nn.Linear(6, 2), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            h = self.first(x)
            h = h + self.relu(h)
            return self.second(self.relu(h) + torch.relu(-h))

    x, base = torch.randn(4, 6), torch.randn(1, 6)
    _, delta = DeepLift(Residual()).attribute(x, base, target=1, return_convergence_delta=True)
    assert delta.abs().max() <= 1e-5


POOLS: dict[str, list[nn.Module]] = {
    "between relus": [nn.ReLU(), nn.MaxPool2d(2), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
    "overlapping": [nn.MaxPool2d(3, 2, 1), nn.ReLU(True), nn.MaxPool2d(2, 1)],
    "ceil": [nn.MaxPool2d(2, ceil_mode=True), nn.MaxPool2d(3, 2, ceil_mode=True)],
    "dilated": [nn.MaxPool2d(2, 1, dilation=2)],
    "adaptive": [nn.ReLU(), nn.AdaptiveMaxPool2d(3), nn.Tanh()],
}


@pytest.mark.parametrize("pools", POOLS.values(), ids=POOLS)
def test_m3_max_pools_are_complete_and_keep_examples_apart(pools: list[nn.Module]) -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), *pools, nn.Flatten(), nn.LazyLinear(3)).double()
    x, base = torch.randn(4, 2, 9, 9).double(), torch.randn(4, 2, 9, 9).double()
    model(x)
    found, delta = DeepLift(model).attribute(x, base, target=[0, 1, 2, 1], return_convergence_delta=True)
    assert delta.abs().max() <= 1e-12
    for i, target in enumerate([0, 1, 2, 1]):
        alone = DeepLift(model).attribute(x[i : i + 1], base[i : i + 1], target=target)
        assert relative_error(alone, found[i : i + 1]) <= 1e-10


def test_max_pool_rule_is_its_formula_and_captums_is_not_complete() -> None:
    """One window of two values: the larger maximum's place takes the change."""
    model = nn.Sequential(nn.ReLU(), nn.MaxPool1d(2), nn.Flatten())
    x = torch.tensor([[[3.0, 1.0]], [[1.0, 2.0]]])
    base = torch.tensor([[[1.0, 2.0]], [[4.0, 0.5]]])
    found = DeepLift(model).attribute(x, base, target=0)
    # 3 − 2 = 1 at the place of the input's maximum; 2 − 4 = −2 at that of the baseline's
    assert torch.allclose(found, torch.tensor([[[1.0, 0.0]], [[-2.0, 0.0]]]))
    overlapping = nn.Sequential(nn.MaxPool1d(2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(5, 1)).double()
    x, base = torch.randn(2, 1, 6).double(), torch.randn(2, 1, 6).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captums = captum.attr.DeepLift(overlapping).attribute(x, base, return_convergence_delta=True)[1]
    assert captums.abs().max() > 1e-3
    assert DeepLift(overlapping).attribute(x, base, return_convergence_delta=True)[1].abs().max() <= 1e-12


@pytest.mark.parametrize("shape", [(6,), (3, 2, 2)], ids=str)
@pytest.mark.filterwarnings("ignore::attribution_core.errors.AttributionWarning")
def test_softmax_rule_is_its_formula_and_keeps_examples_apart(shape: tuple[int, ...]) -> None:
    torch.manual_seed(3)
    x, base = torch.randn(3, *shape).double(), torch.randn(3, *shape).double()
    weight = torch.randn(shape).double()
    found = DeepLift(lambda x: (F.softmax(x, 1) * weight).flatten(1).sum(1), False).attribute(x, base)
    local = weight * (x.softmax(1) - base.softmax(1)) / (x - base)
    assert relative_error(found, local - local.mean(1, keepdim=True)) <= 1e-12
    if len(shape) == 1:
        model = nn.Sequential(nn.Linear(6, 6), nn.Softmax(1)).double()
        for each, before in zip(x.split(1), base.split(1), strict=True):
            alone = DeepLift(model).attribute(each, before, target=1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                captums = captum.attr.DeepLift(model).attribute(each, before, target=1)
            assert relative_error(alone, captums) <= 1e-10
        assert relative_error(DeepLift(model).attribute(x, base, target=1)[2:], alone) <= 1e-12


def test_resnet_is_complete() -> None:
    shared_data.need_data()
    x = shared_data.normalise(shared_data.cifar_images(3)[0], shared_data.IMAGENET)
    for dtype, bound in ((torch.float32, 1e-4), (torch.float64, 1e-12)):
        model = shared_data.resnet20().to(dtype)
        _, delta = DeepLift(model).attribute(x.to(dtype), target=3, return_convergence_delta=True)
        assert delta.abs().max() <= bound


class Gated(nn.Module):
    """A product of activations, as in attention."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.first, self.second, self.head = (nn.Linear(4, 4).double() for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.tanh(self.first(x)) * self.second(x))


def test_m13_operations_without_a_rule_are_told() -> None:
    x = torch.randn(3, 4).double()
    with pytest.warns(errors.AttributionWarning, match=r"miss the output's change of .* no complete .* rule for mul"):
        _, delta = DeepLift(Gated()).attribute(x, target=1, return_convergence_delta=True)
    assert delta.abs().max() > 1e-3
    attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).double().eval()
    model = nn.Sequential(attention, nn.Flatten(), nn.Linear(24, 2)).double().eval()
    with pytest.warns(errors.AttributionWarning, match="layer_norm, multi_head_attention_forward"):
        DeepLift(model).attribute(torch.randn(2, 3, 8).double(), target=1)
    with pytest.warns(errors.AttributionWarning, match="gru, lstm"):
        DeepLiftShap(Recurrent().eval().double()).attribute(images(2).double(), images(3).double(), target=1)
    model = convnet().double()
    model.drop.train()
    with pytest.warns(errors.AttributionWarning, match="dropout"):
        DeepLift(model).attribute(images(2).double(), target=1)


def test_m13_an_explorer_gets_it_as_a_notice() -> None:
    found = attribute(registry.get("deep_lift"), Gated().eval(), torch.randn(3, 4).double(), target=1)
    (notice,) = found.notices
    assert notice.code == "incomplete"
    assert "no complete DeepLIFT rule for mul" in notice.message
    assert attribute(registry.get("deep_lift"), convnet(), images(2)).notices == ()
    smoothing = registry.Smoothing(samples=3)
    found = attribute(registry.get("guided_backprop"), Gated(), torch.randn(3, 4).double(), smoothing=smoothing)
    assert [notice.code for notice in found.notices] == ["no_relu"]


def test_a_small_gap_and_a_complete_map_are_no_warning() -> None:
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        DeepLift(convnet().to(dtype)).attribute(images(3).to(dtype), target=1)


def test_another_path_at_the_baseline_is_refused() -> None:
    def forward(x: Tensor) -> Tensor:
        y = torch.relu(x) if bool(x.any()) else torch.tanh(x)
        return y.sum(1)

    with pytest.raises(errors.NotApplicable, match=r"at the baseline \(tanh\) than at the input \(relu\)"):
        DeepLift(forward).attribute(torch.ones(2, 3))
    with pytest.raises(errors.NotApplicable, match=r"at the baseline \(nothing\) than at the input \(relu\)"):
        DeepLift(lambda x: (torch.relu(x) if bool(x.any()) else x).sum(1)).attribute(torch.ones(2, 3))
    with pytest.raises(errors.NotApplicable, match=r"at the baseline \(relu\) than at the input \(nothing\)"):
        DeepLift(lambda x: (x if bool(x.any()) else torch.relu(x)).sum(1)).attribute(torch.ones(2, 3))


def test_layer_and_neuron_variants_are_their_formulas() -> None:
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x, base = torch.randn(3, 4).double(), torch.randn(1, 4).double()
    with torch.no_grad():
        a, b = model[0](x), model[0](base)
        ratio = (a.tanh() - b.tanh()) / (a - b)
        at_tanh = model[2].weight[1] * (a.tanh() - b.tanh())
    for layer, at_input in ((model[1], True), (model[0], False)):
        found, delta = LayerDeepLift(model, layer).attribute(
            x, base, target=1, attribute_to_layer_input=at_input, return_convergence_delta=True
        )
        assert relative_error(found, model[2].weight[1] * ratio * (a - b)) <= 1e-12
        assert delta.abs().max() <= 1e-12
    for layer, at_input in ((model[1], False), (model[2], True)):
        found = LayerDeepLift(model, layer).attribute(x, base, target=1, attribute_to_layer_input=at_input)
        assert relative_error(found, at_tanh) <= 1e-12
    expected = (ratio * model[2].weight[2]) @ model[0].weight * (x - base)
    assert relative_error(NeuronDeepLift(model, model[2]).attribute(x, 2, base), expected.detach()) <= 1e-12


def test_at_the_input_of_an_activation_captums_layer_variant_is_not_complete() -> None:
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    x, base = torch.randn(3, 4).double(), torch.randn(1, 4).double()
    keywords: dict[str, Any] = {
        "baselines": base,
        "target": 1,
        "attribute_to_layer_input": True,
        "return_convergence_delta": True,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captums = captum.attr.LayerDeepLift(model, model[1]).attribute(x, **keywords)[1]
    assert captums.abs().max() > 1e-3
    assert LayerDeepLift(model, model[1]).attribute(x, **keywords)[1].abs().max() <= 1e-12


def test_shap_is_the_mean_of_deep_lift_over_the_rows(chunking: str) -> None:
    model, x = convnet().double(), images(3).double()
    base = rows(x, 5)
    found, delta = DeepLiftShap(model).attribute(x, base, target=[0, 1, 2], return_convergence_delta=True)
    each = [DeepLift(model).attribute(x, b[None], target=[0, 1, 2]) for b in base]
    assert relative_error(found, torch.stack(each).mean(0)) <= 1e-10
    assert delta.shape == (15,)
    layers = [LayerDeepLift(model, model.conv2).attribute(x, b[None], target=1) for b in base]
    found = LayerDeepLiftShap(model, model.conv2).attribute(x, base, target=1)
    assert relative_error(found, torch.stack(layers).mean(0)) <= 1e-10
    units = [NeuronDeepLift(model, model.conv2).attribute(x, (1, 2, 3), b[None]) for b in base]
    found = NeuronDeepLiftShap(model, model.conv2).attribute(x, (1, 2, 3), base)
    assert relative_error(found, torch.stack(units).mean(0)) <= 1e-10


def test_deltas_of_pairs_come_example_by_example() -> None:
    model, x = convnet().double(), images(2).double()
    base = rows(x, 3)
    doubled = {
        "custom_attribution_func": lambda m, v, b: tuple(2 * m * (v - b) for m, v, b in zip(m, v, b, strict=True))
    }
    _, delta = DeepLiftShap(model).attribute(x, base, target=1, return_convergence_delta=True, **doubled)
    change = model(x)[:, 1:2] - model(base)[:, 1]
    assert torch.allclose(delta.reshape(2, 3), change, atol=1e-10)


def test_memory_and_evaluations_do_not_depend_on_the_number_of_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_UNITS", 4)
    seen: list[Progress] = []
    for count in (2, 30):
        model = Counting(convnet())
        with execution(on_progress=seen.append):
            DeepLiftShap(model).attribute(images(2), rows(images(2), count), target=1)
        assert model.largest <= 4
        assert (model.forwards, model.backwards) == (4 * count, 2 * count)
        assert (seen[-1].done, seen[-1].total) == (4 * count, 4 * count)


def test_distributions_of_any_form() -> None:
    model, x = convnet(), images(2)
    base = rows(x, 3)
    expected = DeepLiftShap(model).attribute(x, base, target=1)
    given: list[Any] = [(base,), lambda: base, lambda inputs: base.to(inputs.dtype)]
    for each in given:
        assert relative_error(DeepLiftShap(model).attribute(x, each, target=1), expected) <= 1e-5
    one = DeepLiftShap(model).attribute(x, base[:1], target=1)
    assert relative_error(one, DeepLift(model).attribute(x, base[:1], target=1)) <= 1e-5
    with pytest.raises(errors.WrongShape, match="baselines has shape"):
        DeepLiftShap(model).attribute(x, base[:, :1], target=1)
    with pytest.raises(errors.WrongType, match="baselines is a int"):
        DeepLiftShap(model).attribute(x, 0, target=1)  # type: ignore[arg-type]
    with pytest.raises(errors.WrongShape, match="3, 2 rows for the inputs"):
        DeepLiftShap(lambda a, b: model(a + b)).attribute((x, x), (base, base[:2]), target=1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: None, "takes 0 arguments"),
        (lambda a, b, c, d: a, "takes 4 arguments"),
        (3, "takes 0 arguments"),
        (lambda m: m[0], "returned a Tensor"),
        (lambda m: (*m, *m), "returned a tuple of Tensor, Tensor"),
    ],
)
def test_custom_attribution_functions_that_do_not_fit(function: Any, message: str) -> None:
    with pytest.raises(errors.WrongType, match=message) as caught:
        DeepLift(convnet()).attribute(images(2), target=1, custom_attribution_func=function)
    assert caught.value.field == "custom_attribution_func"


def test_explorer_tells_the_delta_at_no_cost() -> None:
    spec = registry.get("deep_lift")
    info = registry.InputInfo(((2, 8, 8),))
    cost = spec.cost(spec.validate({}, info), info)
    assert (cost.forward, cost.backward) == (2, 1)
    many = registry.get("deep_lift_shap")
    assert many.distribution == 16
    assert many.cost(many.validate({}, info), info).forward == 32
