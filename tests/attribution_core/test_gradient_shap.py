"""Gradient SHAP where its expectation is known, the random numbers it draws, and how the explorer seeds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attribution_core import (
    GradientShap,
    IntegratedGradients,
    LayerGradientShap,
    NeuronGradientShap,
    errors,
    noise,
    registry,
    seeding,
)
from attribution_core.execution import Progress, execution
from tests.attribution_core.models import attribute, convnet, images, layer_for, relative_error

STOCHASTIC = [spec for spec in registry.methods() if spec.stochastic]
stochastic_methods = pytest.mark.parametrize("spec", STOCHASTIC, ids=lambda spec: spec.id)


def linear() -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(6)
        return nn.Linear(4, 2).double()


def rows(k: int = 40) -> Tensor:
    return torch.rand((k, 4), generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def seeds(seed: int = 0) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)


def test_of_a_linear_model_it_is_the_weight_times_the_difference_to_the_drawn_mean() -> None:
    model, x = linear(), rows(3)
    for form in ("input", "layer", "neuron"):
        seeds()
        n = 4000
        if form == "input":
            found: Any = GradientShap(model).attribute(x, rows(), n_samples=n, target=1)
        elif form == "layer":
            whole = nn.Sequential(nn.Identity(), model)
            found = LayerGradientShap(whole, whole[0]).attribute(x, rows(), n_samples=n, target=1)
        else:
            whole = nn.Sequential(model, nn.ReLU())
            found = NeuronGradientShap(whole, model).attribute(x, 1, rows(), n_samples=n)
        expected = (x - rows().mean(0)) * model.weight[1].detach()
        bound = 5 * rows().std(0) * model.weight[1].detach().abs() / n**0.5  # five standard errors of the mean
        assert ((found - expected).abs() <= bound).all(), form


def test_deltas_of_a_linear_model_are_zero_for_every_copy() -> None:
    model = linear()
    _, delta = GradientShap(model).attribute(
        rows(3), rows(), n_samples=4, stdevs=0.2, target=0, return_convergence_delta=True
    )
    assert delta.shape == (12,)
    assert delta.abs().max() < 1e-12


def test_with_one_baseline_it_estimates_integrated_gradients() -> None:
    model, x = convnet().double(), images(2).double()
    start = torch.full_like(x[:1], 0.3)
    seeds()
    samples = [GradientShap(model).attribute(x, start, n_samples=100, target=1) for _ in range(10)]
    exact = IntegratedGradients(model).attribute(x, start, target=1, n_steps=200)
    spread = torch.stack(samples).std(0) / 10**0.5
    off = (torch.stack(samples).mean(0) - exact).abs()
    assert (off <= 6 * spread + 1e-6).all()


@pytest.mark.parametrize(
    ("baselines", "kind", "message"),
    [
        (0, errors.WrongType, "baselines is a int; it must be a tensor with a row for each baseline"),
        (torch.zeros(5), errors.WrongShape, r"baselines has shape \(5,\); it must be \(K, 4\)"),
        (torch.zeros(5, 3), errors.WrongShape, r"baselines has shape \(5, 3\); it must be \(K, 4\)"),
        (torch.zeros(0, 4), errors.WrongShape, r"baselines has shape \(0, 4\)"),
        ((torch.zeros(1, 4), torch.zeros(1, 4)), errors.WrongShape, "baselines has 2 entries"),
    ],
)
def test_distributions_that_do_not_fit(baselines: Any, kind: type[errors.AttributionError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        GradientShap(linear()).attribute(rows(2), baselines, target=0)
    assert caught.value.field == "baselines"


@pytest.mark.parametrize(("n_samples", "stdevs"), [(0, 0.0), (3, -1.0), (3, (0.1, 0.1))])
def test_other_arguments_that_do_not_fit(n_samples: int, stdevs: Any) -> None:
    with pytest.raises(errors.AttributionError, match=r"n_samples|stdevs"):
        GradientShap(linear()).attribute(rows(2), rows(), n_samples=n_samples, stdevs=stdevs, target=0)


@pytest.mark.parametrize("piece", [16, 48])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 31, 48, 63, 64, 65, 100, 1000])
def test_noise_drawn_in_pieces_is_that_of_a_single_draw(
    piece: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise, "PIECE", piece)
    torch.manual_seed(3)
    expected, after = torch.randn(count), torch.rand(1)
    torch.manual_seed(3)
    stream = noise.NormalStream(count, torch.device("cpu"))
    assert torch.equal(torch.rand(1), after)
    parts = [stream.read(start, min(start + 7, count)) for start in range(0, count, 7)]
    assert torch.equal(torch.cat(parts), expected)
    assert torch.equal(stream.read(0, count), expected)


def test_memory_of_noise_does_not_depend_on_the_number_of_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "PIECE", 64)
    for samples in (1, 50):
        drawn = noise.DrawnNoise((torch.zeros(2, 40),), samples, (0.1,), None)
        copies = [drawn.noisy(pair, pair + 1)[0] for pair in range(2 * samples)]
        assert len(torch.cat(copies).unique(dim=0)) == 2 * samples
        held = [t for stream in drawn._streams for t in (stream._piece[1],)]
        assert sum(t.numel() for t in held) < 64 + 16


def test_seeding_restores_the_callers_generators() -> None:
    seeds(5)
    expected = (torch.rand(3), np.random.rand(3))
    seeds(5)
    with seeding.seeded(1, torch.device("cpu")):
        first = (torch.rand(2), np.random.rand(2))
    with pytest.raises(ZeroDivisionError), seeding.seeded(1, torch.device("cpu")):
        raise ZeroDivisionError
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])
    seeds(1)
    assert torch.equal(torch.rand(2), first[0])
    assert np.array_equal(np.random.rand(2), first[1])


@stochastic_methods
def test_a_seed_decides_everything(spec: registry.MethodSpec) -> None:
    model, x = convnet().double(), images(3).double()
    state = torch.get_rng_state(), str(np.random.get_state())
    first = attribute(spec, model, x, arguments={"seed": 3}).attributions[0]
    assert torch.equal(torch.get_rng_state(), state[0])
    assert str(np.random.get_state()) == state[1]
    torch.rand(5)
    assert relative_error(attribute(spec, model, x, arguments={"seed": 3}).attributions[0], first) <= 1e-10
    other = attribute(spec, model, x, arguments={"seed": 4}).attributions[0]
    assert not first.any() or relative_error(other, first) > 1e-6
    alone = attribute(spec, model, x[1:2], arguments={"seed": 3}).attributions[0]
    assert relative_error(alone, first[1:2]) <= 1e-10


@stochastic_methods
def test_progress_of_examples_one_by_one(spec: registry.MethodSpec) -> None:
    seen: list[Progress] = []
    with execution(on_progress=seen.append):
        outcome = attribute(spec, convnet(), images(3))
    shares = [p.done / p.total for p in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) >= 3
    assert len(outcome.attributions[0]) == 3


@pytest.mark.parametrize("spec", [s for s in registry.methods() if "distribution" in s.needs], ids=lambda s: s.id)
def test_a_method_that_needs_a_distribution_says_so(spec: registry.MethodSpec) -> None:
    x = images(2)
    info = registry.InputInfo(((2, 8, 8),))
    settings: dict[str, Any] = {"target": 1, "arguments": spec.validate({}, info), "layer": layer_for(spec)}
    with pytest.raises(errors.WrongType, match=r"baselines is None; .* needs rows of the dataset") as caught:
        spec.attribute(convnet(), convnet(), (x,), **settings)
    assert caught.value.field == "baselines"
