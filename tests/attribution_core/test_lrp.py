"""LRP: every rule as an explicit formula, conservation, and what is refused."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import captum.attr
import pytest
import torch
import torch.nn.functional as F
from captum.attr._utils import lrp_rules as captum_rules
from torch import Tensor, nn

from attribution_core import LRP, LayerLRP, errors, registry
from attribution_core.lrp_rules import (
    Alpha1_Beta0_Rule,
    EpsilonRule,
    GammaRule,
    IdentityRule,
    PropagationRule,
    ZPlusRule,
)
from tests import shared_data
from tests.attribution_core.models import Recurrent, convnet, images, relative_error, state
from tests.attribution_core.modular import modular


def positive(v: Tensor) -> Tensor:
    return v.clamp(min=0)


def away_from_zero(z: Tensor, epsilon: float) -> Tensor:
    return z + epsilon * torch.where(z < 0, -1.0, 1.0).double()


def proportional(x: Tensor, contributions: Tensor, z: Tensor, relevance: Tensor, epsilon: float = 1e-9) -> Tensor:
    """Rᵢ = Σⱼ contributionᵢⱼ · R_j / z_j."""
    return (contributions * (relevance / away_from_zero(z, epsilon))[:, None, :]).sum(2)


Formula = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""(x, weight as (inputs, outputs), bias, relevance of the outputs) → relevance of the inputs."""


def weighted(change: Callable[[Tensor], Tensor], keep_bias: bool, epsilon: float = 1e-9) -> Formula:
    def formula(x: Tensor, w: Tensor, b: Tensor, relevance: Tensor) -> Tensor:
        contributions = x[:, :, None] * change(w)
        return proportional(x, contributions, contributions.sum(1) + keep_bias * b, relevance, epsilon)

    return formula


def z_plus(x: Tensor, w: Tensor, b: Tensor, relevance: Tensor) -> Tensor:
    contributions = positive(x[:, :, None] * w)
    return proportional(x, contributions, contributions.sum(1), relevance)


RULES: dict[str, tuple[PropagationRule, Formula]] = {
    "epsilon": (EpsilonRule(), weighted(lambda w: w, True)),
    "epsilon 0.2": (EpsilonRule(0.2), weighted(lambda w: w, True, 0.2)),
    "gamma": (GammaRule(), weighted(lambda w: w + 0.25 * positive(w), True)),
    "gamma 2, no bias": (GammaRule(2.0, set_bias_to_zero=True), weighted(lambda w: w + 2 * positive(w), False)),
    "alpha1 beta0": (Alpha1_Beta0_Rule(), weighted(positive, True)),
    "alpha1 beta0, no bias": (Alpha1_Beta0_Rule(set_bias_to_zero=True), weighted(positive, False)),
    "z plus": (ZPlusRule(), z_plus),
}


def mlp(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).double()


@pytest.mark.parametrize(("rule", "formula"), RULES.values(), ids=RULES)
def test_rules_are_their_formulas(rule: PropagationRule, formula: Formula) -> None:
    model, x = mlp(), torch.randn(5, 4).double()
    model[0].rule = model[2].rule = rule
    with torch.no_grad():
        h = model[:2](x)
        relevance = torch.zeros(5, 3).double()
        relevance[:, 1] = model(x)[:, 1]
        hidden = formula(h, model[2].weight.T, model[2].bias, relevance)
        expected = formula(x, model[0].weight.T, model[0].bias, hidden)
    assert relative_error(LRP(model).attribute(x, 1), expected) <= 1e-10
    assert relative_error(LayerLRP(model, model[1]).attribute(x, 1), hidden) <= 1e-10
    assert relative_error(LayerLRP(model, model[0]).attribute(x, 1), hidden) <= 1e-10
    assert relative_error(LayerLRP(model, model[0]).attribute(x, 1, attribute_to_layer_input=True), expected) <= 1e-10


@pytest.mark.parametrize(("rule", "formula"), RULES.values(), ids=RULES)
def test_rules_of_convolutions_are_those_of_the_same_linear_layer(rule: PropagationRule, formula: Formula) -> None:
    torch.manual_seed(1)
    conv, x = nn.Conv2d(2, 3, 3, padding=1, stride=2).double(), torch.randn(2, 2, 5, 5).double()
    conv.rule = rule  # type: ignore[assignment]
    with torch.no_grad():
        bias = conv.bias[:, None].expand(3, 9).reshape(-1)  # type: ignore[index]
        w = F.conv2d(torch.eye(50).double().reshape(50, 2, 5, 5), conv.weight, None, 2, 1).flatten(1)
        relevance = torch.zeros(2, 27).double()
        relevance[:, 11] = conv(x).flatten(1)[:, 11]
        expected = formula(x.flatten(1), w, bias, relevance).reshape(x.shape)
    assert relative_error(LRP(nn.Sequential(conv, nn.Flatten())).attribute(x, 11), expected) <= 1e-10


PAIRS: list[tuple[PropagationRule, Any]] = [
    (EpsilonRule(0.1), captum_rules.EpsilonRule(0.1)),
    (GammaRule(), captum_rules.GammaRule()),
    (GammaRule(0.5, True), captum_rules.GammaRule(0.5, True)),
    (Alpha1_Beta0_Rule(), captum_rules.Alpha1_Beta0_Rule()),
    (Alpha1_Beta0_Rule(True), captum_rules.Alpha1_Beta0_Rule(True)),
]


@pytest.mark.parametrize(("ours", "captums"), PAIRS, ids=lambda rule: type(rule).__name__)
def test_rules_are_captums_in_a_network_with_pools_and_batch_norm(ours: PropagationRule, captums: Any) -> None:
    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(2)
            self.conv1, self.norm, self.relu1 = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU()
            self.pool1, self.conv2, self.tanh = nn.MaxPool2d(2), nn.Conv2d(4, 3, 2), nn.Tanh()
            self.pool2, self.drop, self.head = nn.AvgPool2d(2), nn.Dropout(), nn.Linear(3, 3)
            self.norm.running_mean = torch.rand(4)
            self.norm.running_var = torch.rand(4) + 0.5

        def forward(self, x: Tensor) -> Tensor:
            x = self.pool1(self.relu1(self.norm(self.conv1(x))))
            return self.head(self.drop(self.pool2(self.tanh(self.conv2(x))).flatten(1)))

    model, x = Small().double().eval(), images(3).double()
    results = []
    for library, rule in ((LRP, ours), (captum.attr.LRP, captums)):
        model.conv1.rule = model.head.rule = rule  # type: ignore[assignment]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.append(library(model).attribute(x, target=[0, 1, 2]))
    assert relative_error(results[0], results[1]) <= 1e-10


def test_identity_rule_passes_relevance_through_a_layer_that_has_no_rule() -> None:
    model = nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 2)).double()
    x = torch.randn(3, 4).double()
    message = r"Layer '1' \(Sigmoid\) calls sigmoid, which has no LRP rule; set one on the layer, such as IdentityRule"
    with pytest.raises(errors.NotApplicable, match=message) as caught:
        LRP(model).attribute(x, 1)
    assert (caught.value.field, caught.value.params["layer"]) == ("layer", "1")
    model[1].rule = IdentityRule()  # type: ignore[assignment]
    above = LayerLRP(model, model[2]).attribute(x, 1, attribute_to_layer_input=True)
    below = LayerLRP(model, model[0]).attribute(x, 1)
    assert relative_error(below, above) <= 1e-6
    model[0].rule = IdentityRule()  # type: ignore[assignment]
    with pytest.raises(errors.WrongShape, match=r"IdentityRule on a Linear from shape .* to"):
        LRP(model).attribute(x, 1)


class Squared(PropagationRule):
    """A rule of the user's own, by Captum's protocol: squared weights."""

    def _manipulate_weights(self, module: Any, inputs: Any, outputs: Any) -> None:
        module.weight.data = module.weight.data**2
        module.bias.data = torch.zeros_like(module.bias.data)


def test_m12_user_rules_are_kept_and_a_second_call_gives_the_same() -> None:
    model, x = mlp(), torch.randn(3, 4).double()
    model[0].rule = rule = Squared()
    before = state(model, x)
    first = LRP(model).attribute(x, 1)
    assert model[0].rule is rule
    assert state(model, x) == before
    assert torch.equal(LRP(model).attribute(x, 1), first)
    with torch.no_grad():
        hidden = LayerLRP(model, model[0]).attribute(x, 1)
        expected = weighted(lambda w: w**2, False)(x, model[0].weight.T, model[0].bias, hidden)
    assert relative_error(first, expected) <= 1e-10
    captums = copy.deepcopy(model)
    captums[0].rule = captum_rules.GammaRule()  # type: ignore[assignment]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captum.attr.LRP(captums).attribute(x, target=1)
    assert not hasattr(captums[0], "rule"), "Captum still deletes the user's rules"


def resnet() -> tuple[nn.Module, Tensor]:
    shared_data.need_data()
    x = shared_data.normalise(shared_data.cifar_images(4)[0], shared_data.IMAGENET)
    return shared_data.resnet20().double(), x.double()


def test_m12_resnet_conserves_relevance() -> None:
    """With the z⁺ rule, which leaves biases out, each convolution merged with its batch norm."""
    model, x = resnet()
    output = model(x).gather(1, torch.tensor([[3], [1], [2], [0]]))[:, 0].detach()
    for rule in (ZPlusRule(), Alpha1_Beta0_Rule(set_bias_to_zero=True)):
        found, delta = LRP(model).attribute(x, target=[3, 1, 2, 0], return_convergence_delta=True, default_rule=rule)
        assert (delta.abs() <= 0.01 * output.abs()).all()
        assert torch.isfinite(found).all()
        for layer in (model.layer1, model.layer2[0].bn1, model.layer3[2]):  # type: ignore[index]
            _, delta = LayerLRP(model, layer).attribute(
                x, target=[3, 1, 2, 0], return_convergence_delta=True, default_rule=rule
            )
            if not isinstance(layer, nn.BatchNorm2d):  # a branch alone carries a part
                assert (delta.abs() <= 0.01 * output.abs()).all()


def test_m12_residual_connections_conserve_relevance_and_captums_do_not() -> None:
    """Without biases the epsilon rule has nothing to lose."""
    model, x = resnet()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.zero_()  # type: ignore[union-attr]
            module.bias.data.zero_()
        elif isinstance(module, nn.Linear):
            module.bias.data.zero_()
    output = model(x)[:, 1].detach()
    _, delta = LRP(model).attribute(x, target=1, return_convergence_delta=True)
    assert (delta.abs() <= 0.01 * output.abs()).all()
    twin = modular(model)
    twin.pool = nn.AdaptiveAvgPool2d(1)
    twin.forward = lambda x: twin.linear(  # type: ignore[method-assign]
        twin.pool(twin.layer3(twin.layer2(twin.layer1(twin.relu(twin.bn1(twin.conv1(x))))))).flatten(1)  # type: ignore
    )
    assert relative_error(LRP(twin).attribute(x, 1), LRP(model).attribute(x, 1)) <= 1e-5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        captums = captum.attr.LRP(twin).attribute(x, target=1, return_convergence_delta=True)[1]
    assert (captums.abs() > output.abs()).all()


def test_epsilon_rule_is_gradient_times_input_and_biases_keep_their_share() -> None:
    """On ReLU networks, ε → 0: Ancona et al. (2018). By Euler, y = Σ x ∂y/∂x + Σ b ∂y/∂b over all biases."""
    model, x = resnet()
    leaf = x.clone().requires_grad_()
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    shifts = [torch.zeros(len(x), m.num_features, 1, 1).double().requires_grad_() for m in norms]
    handles = [m.register_forward_hook(lambda _, __, y, s=s: y + s) for m, s in zip(norms, shifts, strict=True)]
    y = model(leaf)[:, 1]
    for handle in handles:
        handle.remove()
    gradient, *kept = torch.autograd.grad(y.sum(), [leaf, *shifts])
    found, delta = LRP(model).attribute(x, target=1, return_convergence_delta=True)
    assert relative_error(found, x * gradient) <= 1e-4
    own = model.linear.bias[1].detach().expand(len(x)).clone()  # type: ignore[union-attr, index]
    for norm, c in zip(norms, kept, strict=True):
        shift = norm.bias - norm.running_mean * norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore
        own += (c[:, :, 0, 0] * shift).sum(1).detach()
    assert torch.allclose(delta, own, rtol=1e-3)


def test_batch_norm_behind_a_convolution_is_merged_only_under_a_default_rule() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(108, 2)).eval()
    model = model.double()
    model[1].running_mean.uniform_(-1, 1)  # type: ignore[union-attr, operator]
    model[1].running_var.uniform_(0.5, 2)  # type: ignore[union-attr, operator]
    model[1].weight.data = torch.tensor([1.0, -0.5, 2.0]).double()
    folded = copy.deepcopy(model)
    folded[0] = nn.utils.fusion.fuse_conv_bn_eval(folded[0], folded[1])
    folded[1] = nn.Identity()
    x = torch.randn(2, 2, 8, 8).double()
    for rule in (ZPlusRule(), GammaRule(), EpsilonRule(0.1)):
        merged = LRP(model).attribute(x, 1, default_rule=rule)
        assert relative_error(merged, LRP(folded).attribute(x, 1, default_rule=rule)) <= 1e-9
    model[0].rule = folded[0].rule = GammaRule()  # type: ignore[assignment]
    assert relative_error(LRP(model).attribute(x, 1), LRP(folded).attribute(x, 1)) > 1e-3


def test_functions_through_zero_pass_relevance_on() -> None:
    torch.manual_seed(4)
    first, second = nn.Linear(4, 5).double(), nn.Linear(5, 2).double()
    x = torch.randn(3, 4).double()
    for function in (F.gelu, F.silu, torch.tanh, F.elu, F.leaky_relu, lambda h: F.hardtanh(h, inplace=True), torch.abs):

        class Net(nn.Module):
            def __init__(self, function: Any) -> None:
                super().__init__()
                self.first, self.second, self.function = first, second, function

            def forward(self, x: Tensor) -> Tensor:
                return self.second(self.function(self.first(x)))

        model = Net(function)
        above = LayerLRP(model, second).attribute(x, 1, attribute_to_layer_input=True)
        below = LayerLRP(model, first).attribute(x, 1)
        assert relative_error(below, above) <= 1e-10


def test_m1_reused_layers_and_functional_operations() -> None:
    class Reused(nn.Module):
        def __init__(self, own: bool) -> None:
            super().__init__()
            torch.manual_seed(5)
            self.first = nn.Linear(4, 4).double()
            self.second = copy.deepcopy(self.first) if own else self.first
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            h = self.first(x)
            return self.second(torch.relu(h) + h).clamp(min=0)

    x = torch.randn(3, 4).double()
    found, expected = (LRP(Reused(own)).attribute(x, 1, default_rule=GammaRule()) for own in (False, True))
    assert relative_error(found, expected) <= 1e-12


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        (Recurrent().eval(), images(2), r"Layer 'lstm' \(LSTM\) calls lstm, which has no LRP rule"),
        (nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)), torch.rand(2, 3), r"\(LayerNorm\) calls layer_norm"),
        (nn.Sequential(nn.Linear(3, 3), nn.Softmax(1)), torch.rand(2, 3), r"\(Softmax\) calls softmax"),
        (convnet().train(), images(2), "takes its statistics from the batch, .* call model.eval"),
    ],
)
def test_operations_without_a_rule_are_refused_by_name(model: nn.Module, x: Tensor, message: str) -> None:
    before = state(model, x)
    with pytest.raises(errors.NotApplicable, match=message):
        LRP(model).attribute(x, 1)
    assert state(model, x) == before
    (reason,) = registry.get("lrp").applicable(model, (x,))
    assert reason.endswith(".")


def test_half_precision_and_modules_without_arguments() -> None:
    class Placed(nn.Module):
        def forward(self) -> Tensor:
            return torch.full((1, 2, 1, 1), 0.25)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(6)
            self.place, self.conv, self.pool = Placed(), nn.Conv2d(2, 3, 3), nn.MaxPool2d(2)
            self.head = nn.Linear(27, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.pool(self.conv(x + self.place().to(x.dtype)).relu()).flatten(1))

    model, x = Net(), images(3)
    with torch.no_grad():
        model.conv.bias.fill_(-0.2)  # so that whole windows are exactly 0
    expected = LRP(model).attribute(x, 1)
    for dtype, bound in ((torch.float16, 0.02), (torch.bfloat16, 0.15)):
        found = LRP(model.to(dtype)).attribute(x.to(dtype), 1)
        assert relative_error(found.float(), expected) <= bound


def test_products_of_activations_are_refused_and_scaling_is_not() -> None:
    class Product(nn.Module):
        def __init__(self, gate: bool) -> None:
            super().__init__()
            self.linear, self.scale, self.gate = nn.Linear(3, 3), nn.Parameter(torch.rand(3)), gate

        def forward(self, x: Tensor) -> Tensor:
            h = self.linear(x) * self.scale / 2
            return h * h if self.gate else h

    with pytest.raises(errors.NotApplicable, match="The model calls mul, which has no LRP rule"):
        LRP(Product(True)).attribute(torch.rand(2, 3), 1)
    assert LRP(Product(False)).attribute(torch.rand(2, 3), 1).any()


def test_wrong_rules_and_models_are_refused() -> None:
    model = mlp()
    model[0].rule = "gamma"  # type: ignore[assignment]
    with pytest.raises(errors.WrongType, match="rule of layer '0' is a str; it must be a PropagationRule"):
        LRP(model).attribute(torch.rand(2, 4).double(), 1)
    with pytest.raises(errors.WrongType, match="LRP needs a module"):
        LRP(lambda x: x)  # type: ignore[arg-type]
    for kind, value, error in (
        (EpsilonRule, 0, errors.OutOfRange),
        (GammaRule, -1.0, errors.OutOfRange),
        (EpsilonRule, float("inf"), errors.OutOfRange),
        (GammaRule, "1", errors.WrongType),
        (EpsilonRule, True, errors.WrongType),
    ):
        with pytest.raises(error, match=r"must be (a number )?above 0"):
            kind(value)  # type: ignore[arg-type]
    with pytest.raises(errors.WrongShape, match="output has 3 values for attributions with 2 rows"):
        LRP(mlp()).compute_convergence_delta(torch.rand(2, 4), torch.rand(3))


def test_in_place_layers_with_rules_keep_their_setting() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 2)).double()
    x = torch.randn(3, 4).double()
    expected = LRP(model).attribute(x, 1)
    model[1].rule = IdentityRule()  # type: ignore[assignment]
    assert relative_error(LRP(model).attribute(x, 1), expected) <= 1e-6
    assert model[1].inplace is True


def test_verbose_names_each_rule_once(capsys: pytest.CaptureFixture[str]) -> None:
    model = mlp()
    model[0].rule = GammaRule()
    LRP(model).attribute(torch.rand(5, 4).double(), 1, verbose=True)
    assert capsys.readouterr().out == "Applied GammaRule on layer 0\nApplied EpsilonRule on layer 2\n"
