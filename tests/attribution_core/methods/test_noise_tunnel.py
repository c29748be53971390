from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from attribution_core import (
    Attribution,
    InputXGradient,
    IntegratedGradients,
    LayerGradCam,
    NoiseTunnel,
    Saliency,
    errors,
    registry,
)
from attribution_core.types import NoiseType
from tests.attribution_core.models import attribute, convnet, images, relative_error

KINDS: list[NoiseType] = ["smoothgrad", "smoothgrad_sq", "vargrad"]


def copies(x: Tensor, samples: int, deviation: float, seed: int) -> Tensor:
    """The noisy copies that a tunnel draws under a seed: (N, samples, …)."""
    torch.manual_seed(seed)
    noise = torch.randn(len(x) * samples, *x.shape[1:]) * deviation
    return (x.repeat_interleave(samples, 0) + noise.to(x.dtype)).unflatten(0, (len(x), samples))


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_of_the_copies(kind: NoiseType, chunking: str) -> None:
    model, x = convnet().double(), images(3).double()
    noisy = copies(x, 6, 0.2, seed=3)
    maps = torch.stack([InputXGradient(model).attribute(part, target=[0, 1, 2]) for part in noisy.unbind(1)], 1)
    expected = {
        "smoothgrad": maps.mean(1),
        "smoothgrad_sq": (maps**2).mean(1),
        "vargrad": maps.var(1, correction=0),
    }[kind]
    torch.manual_seed(3)
    found = NoiseTunnel(InputXGradient(model)).attribute(x, nt_type=kind, nt_samples=6, stdevs=0.2, target=[0, 1, 2])
    assert relative_error(found, expected) <= 1e-9


def test_vargrad_keeps_its_digits() -> None:
    """A gradient with a large mean and a small spread: float32 against the same in float64."""

    def forward(x: Tensor) -> Tensor:
        return (1000 * x + x**2).sum(1)

    x = torch.rand(2, 20)
    results = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        tunnel = NoiseTunnel(Saliency(forward))
        results.append(tunnel.attribute(x.to(dtype), nt_type="vargrad", nt_samples=30, stdevs=0.1).double())
    assert relative_error(*results) <= 1e-2
    spread = results[1].mean()
    assert spread == pytest.approx(4 * 0.1**2, rel=0.2), "Var(1000 + 2(x + 0.1ε)) = 4 · 0.1²"


def test_delta_of_every_copy_and_layer_methods() -> None:
    model, x = convnet(), images(2)
    found, delta = NoiseTunnel(IntegratedGradients(model)).attribute(
        x, nt_samples=3, target=0, n_steps=4, return_convergence_delta=True
    )
    assert found.shape == x.shape
    assert delta.shape == (6,)
    cam = NoiseTunnel(LayerGradCam(model, model.conv2)).attribute(x, nt_samples=3, stdevs=0.1, target=0)
    assert cam.shape == (2, 1, 8, 8)


def test_a_method_of_ones_own_is_called_with_whole_partitions() -> None:
    sizes: list[int] = []

    class Own(Attribution):
        def attribute(self, inputs: Tensor, target: Any = None) -> Tensor:
            sizes.append(len(inputs))
            return inputs * len(target)

    x = images(2)
    torch.manual_seed(1)
    found = NoiseTunnel(Own(convnet())).attribute(x, nt_samples=5, nt_samples_batch_size=2, target=[0, 1], stdevs=0.0)
    assert sizes == [4, 4, 2]
    assert torch.allclose(found, x * (4 * 4 + 2) / 5)


def test_tuples_stay_tuples() -> None:
    x = images(2)
    (found,) = NoiseTunnel(Saliency(convnet())).attribute((x,), target=0, stdevs=(0.1,))
    assert found.shape == x.shape


@pytest.mark.parametrize(
    ("keywords", "kind", "message"),
    [
        ({"nt_type": "median"}, errors.OutOfRange, "nt_type is 'median'"),
        ({"nt_samples": 0}, errors.OutOfRange, "nt_samples is 0; it must be at least 1"),
        ({"nt_samples_batch_size": 0}, errors.OutOfRange, "nt_samples_batch_size is 0"),
        ({"stdevs": (0.1, 0.2)}, errors.WrongShape, "stdevs has 2 entries"),
        ({"stdevs": -1.0}, errors.OutOfRange, "stdevs is -1.0; it must be at least 0"),
        ({"stdevs": float("nan")}, errors.OutOfRange, "stdevs is nan"),
        ({"stdevs": "much"}, errors.WrongType, "stdevs is 'much'"),
        ({"target": 9}, errors.TargetOutOfRange, "target is 9"),
    ],
    ids=str,
)
def test_wrong_arguments(keywords: dict[str, Any], kind: type[errors.AttributionError], message: str) -> None:
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        NoiseTunnel(Saliency(convnet())).attribute(images(), **{"target": 0, **keywords})


def test_integer_inputs_and_things_that_are_no_method() -> None:
    with pytest.raises(errors.WrongType, match="noise needs floating point"):
        NoiseTunnel(Saliency(convnet())).attribute(images().long(), target=0)
    with pytest.raises(errors.WrongType, match="attribution_method is a function"):
        NoiseTunnel(lambda x: x)  # type: ignore[arg-type]


# --- the smoothing modifier ---------------------------------------------------------------------------------------

SMOOTHED = [spec for spec in registry.methods() if spec.smoothing]


@pytest.mark.parametrize("spec", SMOOTHED, ids=lambda spec: spec.id)
@pytest.mark.parametrize("kind", KINDS)
def test_smoothing_is_seeded_and_disturbs_no_other_generator(
    spec: registry.MethodSpec, kind: NoiseType, chunking: str
) -> None:
    import random

    import numpy as np

    model, x = convnet().double(), images(2).double()
    plain, elsewhere = (attribute(spec, model, at).attributions[0] for at in (x, x + 0.1 * images(2, seed=2)))
    if relative_error(plain, elsewhere) < 1e-6:
        pytest.skip("The map is the same at nearby inputs: noise does not act on it.")
    before = torch.get_rng_state(), random.getstate(), repr(np.random.get_state())
    first, again, other = (
        attribute(spec, model, x, smoothing=registry.Smoothing(kind, samples=5, seed=seed)).attributions[0]
        for seed in (4, 4, 5)
    )
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), repr(np.random.get_state()))
    assert relative_error(again, first) <= 1e-12
    assert relative_error(first, other) > 1e-3


@pytest.mark.parametrize("spec", SMOOTHED, ids=lambda spec: spec.id)
def test_smoothing_does_not_depend_on_chunks(spec: registry.MethodSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    from attribution_core import chunks

    model, x = convnet().double(), images(2).double()
    expected = attribute(spec, model, x, smoothing=registry.Smoothing(samples=7)).attributions
    monkeypatch.setattr(chunks, "MAX_UNITS", 3)
    chunks._remembered.clear()
    found = attribute(spec, model, x, smoothing=registry.Smoothing(samples=7)).attributions
    assert relative_error(found, expected) <= 1e-12


def test_noise_is_a_share_of_each_examples_range() -> None:
    """Saliency of Σx² is 2x: its variance over copies is 4σ², with σ = noise · (max − min) of the example."""
    x = torch.stack([torch.linspace(0, 1, 400), torch.linspace(-5, 5, 400)])
    found = attribute(
        registry.get("saliency"),
        torch.nn.Identity(),
        x,
        target=None,
        forward=lambda x: (x**2).sum(1),
        arguments={"abs": False},
        smoothing=registry.Smoothing("vargrad", samples=200, noise=0.1),
    ).attributions[0]
    assert found.mean(1).tolist() == pytest.approx([4 * 0.1**2, 4 * 1.0**2], rel=0.02)


@pytest.mark.parametrize("smoothing", [registry.Smoothing("median"), registry.Smoothing(samples=0)], ids=str)  # type: ignore[arg-type]
def test_wrong_smoothing_is_refused(smoothing: registry.Smoothing) -> None:
    with pytest.raises(errors.OutOfRange, match="smoothing"):
        attribute(registry.get("saliency"), convnet(), images(), smoothing=smoothing)
