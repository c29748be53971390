"""Path methods at layers and neurons against explicit formulas, completeness and finite differences."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import (
    InternalInfluence,
    LayerActivation,
    LayerConductance,
    LayerGradientXActivation,
    LayerIntegratedGradients,
    NeuronConductance,
    NeuronGradient,
    NeuronIntegratedGradients,
    errors,
)
from attribution_core.quadrature import quadrature
from tests.attribution_core.models import ToyModel, convnet, images, relative_error


class Smooth(nn.Module):
    """4 → 3 → 2 with tanh, and the parts of it as functions."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self.first = nn.Linear(4, 3)
            self.act = nn.Tanh()
            self.second = nn.Linear(3, 2)
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.act(self.first(x))) ** 2


def points(n: int = 3) -> Tensor:
    return torch.rand((n, 4), generator=torch.Generator().manual_seed(8), dtype=torch.float64)


def test_layer_activation_is_the_layers_value() -> None:
    model, x = Smooth(), points()
    hidden = torch.tanh(model.first(x)).detach()
    assert torch.equal(LayerActivation(model, model.act).attribute(x), hidden)
    out, into = LayerActivation(model, [model.act, model.second]).attribute(x, attribute_to_layer_input=True)
    assert torch.equal(out, model.first(x).detach())
    assert torch.equal(into, hidden)


def test_gradient_x_activation_by_the_chain_rule() -> None:
    model, x = Smooth(), points()
    hidden = torch.tanh(model.first(x)).detach()
    gradient = 2 * model.second(hidden)[:, 1:] * model.second.weight[1]
    found = LayerGradientXActivation(model, model.act).attribute(x, 1)
    assert torch.allclose(found, (hidden * gradient).detach())
    local = LayerGradientXActivation(model, model.act, multiply_by_inputs=False)
    assert torch.allclose(local.attribute(x, 1), gradient.detach())


@pytest.mark.parametrize("frozen", [False, True])
def test_layers_that_depend_on_each_other_are_each_explained(frozen: bool) -> None:
    model, x = Smooth().requires_grad_(not frozen), points()
    together = LayerGradientXActivation(model, [model.first, model.act, model.second]).attribute(x, 0)
    for found, layer in zip(together, (model.first, model.act, model.second), strict=True):
        assert torch.allclose(found, LayerGradientXActivation(model, layer).attribute(x, 0))


def test_layer_integrated_gradients_is_the_path_integral_behind_the_layer() -> None:
    model, x, start = Smooth(), points(), points(6)[3:]
    with torch.no_grad():
        here, there = torch.tanh(model.first(x)), torch.tanh(model.first(start))
    rule = quadrature("gausslegendre", 20)
    total = torch.zeros_like(here)
    for alpha, weight in zip(rule.points, rule.weights, strict=True):
        h = (there + alpha * (here - there)).requires_grad_()
        (g,) = torch.autograd.grad((model.second(h) ** 2)[:, 1].sum(), h)
        total += weight * g
    found, delta = LayerIntegratedGradients(model, model.act).attribute(
        x, start, target=1, n_steps=20, return_convergence_delta=True
    )
    assert relative_error(found, (here - there) * total) <= 1e-12
    change = (model(x) - model(start))[:, 1].detach()
    assert torch.allclose(found.sum(1), change, atol=1e-6)
    assert torch.allclose(delta, found.sum(1) - change, atol=1e-12)


def test_layer_integrated_gradients_explains_tokens_at_their_embedding() -> None:
    """M8: integer inputs. With a head that is linear in each embedding the attribution is exact."""

    class Bag(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.embedding = nn.Embedding(9, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, tokens: Tensor, scale: Tensor) -> Tensor:
            return self.head(self.embedding(tokens).sum(1)) * scale[:, None]

    model = Bag().double()
    tokens, scale = torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([1.0, 3.0], dtype=torch.float64)
    reference = torch.zeros_like(tokens)
    explain = LayerIntegratedGradients(model, model.embedding)
    found, delta = explain.attribute(
        tokens,
        reference,
        target=1,
        additional_forward_args=scale,
        n_steps=3,
        return_convergence_delta=True,
    )
    vectors = model.embedding.weight.detach()
    expected = (vectors[tokens] - vectors[reference]) * model.head.weight[1].detach() * scale[:, None, None]
    assert relative_error(found, expected) <= 1e-6
    assert delta.abs().max() < 1e-6
    with pytest.raises(errors.NoGradient, match=r"Layer 'embedding' has a tensor of torch.int64"):
        explain.attribute(tokens, target=1, additional_forward_args=scale, attribute_to_layer_input=True)


def test_several_embeddings_move_together() -> None:
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.words, self.places = nn.Embedding(9, 4), nn.Embedding(3, 4)
            self.head = nn.Linear(4, 2)

        def forward(self, tokens: Tensor) -> Tensor:
            places = torch.arange(tokens.shape[1]).expand_as(tokens)
            return self.head(torch.tanh(self.words(tokens) * (1 + self.places(places))).sum(1))

    model = Pair().double()
    tokens, reference = torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5, 6]])
    found, delta = LayerIntegratedGradients(model, [model.words, model.places]).attribute(
        tokens, reference, target=0, return_convergence_delta=True
    )
    assert isinstance(found, list)
    assert [f.shape for f in found] == [(1, 3, 4)] * 2
    assert not found[1].any()  # the places are the same for both
    assert delta.abs().max() < 1e-6


def test_conductance_of_a_linear_layer_and_head_is_exact() -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).double()
    x, start = points(), points(6)[3:]
    expected = ((model[0](x) - model[0](start)) * model[1].weight[1]).detach()
    for rule in ("riemann_trapezoid", "riemann_right"):
        method = {"method": rule, "n_steps": 7}
        found = LayerConductance(model, model[0]).attribute(x, start, target=1, **method)
        share = 1.0 if rule == "riemann_trapezoid" else 7 / 8  # of the line between the first point and the last
        assert torch.allclose(found, share * expected)


def test_conductance_is_complete_and_sums_the_neurons() -> None:
    model, x = Smooth(), points()
    found, delta = LayerConductance(model, model.act).attribute(
        x, target=0, n_steps=2000, method="riemann_trapezoid", return_convergence_delta=True
    )
    assert delta.abs().max() < 1e-3
    for unit in range(3):
        by_input = NeuronConductance(model, model.act).attribute(
            x, unit, target=0, n_steps=2000, method="riemann_middle"
        )
        assert torch.allclose(by_input.sum(1), found[:, unit], atol=2e-3)


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 100])
def test_conductance_does_not_depend_on_the_chunks(batch: int) -> None:
    model, x = convnet().double(), images(3).double()
    explain = LayerConductance(model, model.conv2)
    expected = explain.attribute(x, target=1, n_steps=4)
    assert relative_error(explain.attribute(x, target=1, n_steps=4, internal_batch_size=batch), expected) <= 1e-12


def test_influence_through_a_linear_head_is_its_weight() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)).double()
    found = InternalInfluence(model, model[0]).attribute(points(), target=1, n_steps=3)
    assert torch.allclose(found, model[1].weight[1].detach().expand(3, 3), rtol=1e-6)


def test_neuron_gradient_by_finite_differences() -> None:
    model, x = Smooth(), points()
    found = NeuronGradient(model, model.act).attribute(x, 2)
    step = 1e-6
    for i in range(4):
        shift = torch.zeros(4, dtype=torch.float64)
        shift[i] = step
        difference = (torch.tanh(model.first(x + shift)) - torch.tanh(model.first(x - shift)))[:, 2] / (2 * step)
        assert torch.allclose(found[:, i], difference.detach(), atol=1e-8)


def test_neuron_integrated_gradients_are_complete() -> None:
    model, x, start = Smooth(), points(), points(6)[3:]
    found = NeuronIntegratedGradients(model, model.act).attribute(x, 1, start)
    change = (torch.tanh(model.first(x)) - torch.tanh(model.first(start)))[:, 1]
    assert torch.allclose(found.sum(1), change.detach(), atol=1e-6)
    local = NeuronIntegratedGradients(model, model.act, multiply_by_inputs=False).attribute(x, 1, start)
    assert torch.allclose(local * (x - start), found)


def test_units_left_out_and_slices_are_summed() -> None:
    model, x = convnet().double(), images(2).double()
    explain = NeuronGradient(model, model.conv2)
    channel = explain.attribute(x, 3)
    assert torch.allclose(channel, explain.attribute(x, (3, slice(None), slice(None))))
    assert torch.allclose(channel, explain.attribute(x, lambda value: value[:, 3].sum((1, 2))))
    positions = [explain.attribute(x, (3, i, j)) for i in range(8) for j in range(8)]
    assert torch.allclose(channel, torch.stack(positions).sum(0))
    assert torch.allclose(explain.attribute(x, -2), channel)


def test_a_function_with_one_number_for_the_batch_is_asked_for_each_example() -> None:
    model, x = convnet().double(), images(3).double()
    explain = NeuronGradient(model, model.conv2)
    whole = explain.attribute(x, lambda value: value.mean())
    assert torch.allclose(whole, explain.attribute(x, lambda value: value.mean((1, 2, 3))))


def test_a_unit_is_read_before_an_operation_in_place_changes_it() -> None:
    x = images(2)
    found, expected = (
        NeuronIntegratedGradients(model, model.conv2).attribute(x, (0, 2, 2))
        for model in (convnet(inplace=True), convnet(inplace=False))
    )
    assert relative_error(found, expected) <= 1e-6


@pytest.mark.parametrize(
    ("selector", "kind", "message"),
    [
        (5, errors.OutOfRange, "neuron_selector is 5; layer 'conv2' has 5 units there, so it must be 0 to 4."),
        ((0, 8, 0), errors.OutOfRange, "neuron_selector is 8; layer 'conv2' has 8 units there"),
        ((0, 0, 0, 0), errors.WrongShape, r"neuron_selector has 4 indices; layer 'conv2' has shape \(5, 8, 8\)"),
        (True, errors.WrongType, "neuron_selector is True; it must be a whole number, a tuple"),
        ("unit", errors.WrongType, "neuron_selector is 'unit'"),
        (lambda value: 3, errors.WrongType, "neuron_selector returned a int; it must return a tensor"),
        (lambda value: value, errors.WrongShape, r"neuron_selector returned shape \(\d, 5, 8, 8\) for \d examples"),
    ],
)
def test_units_that_do_not_exist(selector: Any, kind: type[errors.AttributionError], message: str) -> None:
    model = convnet()
    with pytest.raises(kind, match=message) as caught:
        NeuronGradient(model, model.conv2).attribute(images(), selector)
    assert caught.value.field == "neuron_selector"


def test_a_layer_with_several_tensors_needs_a_function() -> None:
    class Halves(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x[:, :2] * 2, x[:, 2:] * 3

    model = nn.Sequential(Halves())
    explain = NeuronGradient(lambda x: sum(part.sum(1) for part in model(x)), model[0])
    with pytest.raises(errors.WrongType, match="has 2 tensors as its value; neuron_selector must be a function"):
        explain.attribute(points(), 0)
    found = explain.attribute(points(), lambda values: values[1][:, 0])
    assert torch.equal(found, torch.tensor([0, 0, 3.0, 0]).double().expand(3, 4))


def test_both_gradients_of_a_neurons_conductance_by_hand() -> None:
    model, x = ToyModel().double(), torch.rand(2, 3, dtype=torch.float64)
    found = NeuronConductance(model, model.relu).attribute(x, 2, target=1, n_steps=4, method="riemann_middle")
    on = (x @ model.lin1.weight[2] > 0).double()[:, None]
    expected = x * on * model.lin1.weight[2] * model.lin2.weight[1, 2]
    assert torch.allclose(found, expected.detach(), rtol=1e-6)
