"""The levels 'fused' and 'fast', over every method of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attribution_core import (
    IntegratedGradients,
    LayerActivation,
    NoiseTunnel,
    Saliency,
    errors,
    execution,
    precision,
    registry,
)
from attribution_core.metrics import rank_correlation
from tests.attribution_core.models import attribute, hooks, state
from tests.attribution_core.test_cases import every_method

SPECS = registry.methods()


class Residual(nn.Module):
    """Batch norms that can be folded, and one of each kind that cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(8)
        self.inner = nn.Conv2d(8, 8, 3, padding=1)
        self.inner_norm = nn.BatchNorm2d(8)
        self.shown = nn.Conv2d(8, 8, 1)  # its output is used twice
        self.shown_norm = nn.BatchNorm2d(8)
        self.twice = nn.Conv2d(8, 8, 1)  # called twice
        self.twice_norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem_norm(self.stem(x)))
        x = F.relu(x + self.inner_norm(self.inner(x)))
        between = self.shown(x)
        x = x + F.relu(self.shown_norm(between)) + between.mean((1, 2, 3), keepdim=True)
        for _ in range(2):
            x = F.relu(self.twice_norm(self.twice(x)))
        return self.head(x.mean((2, 3)))


def residual() -> Residual:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Residual()
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)  # a signal that survives, in its digits, to the output
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 2)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.3, 0.3)
    return model.eval()


def pictures(n: int = 2) -> Tensor:
    return torch.randn((n, 3, 24, 24), generator=torch.Generator().manual_seed(1))


def forwards(model: nn.Module) -> list[str]:
    """Names of the modules that compute with another function than their class's."""
    return [name for name, module in model.named_modules() if "forward" in vars(module)]


@contextmanager
def seeing_folded(model: Residual) -> Iterator[list[list[str]]]:
    """What is folded at each call of the model."""
    seen: list[list[str]] = []
    original = model.head.forward

    def look(x: Tensor) -> Tensor:
        seen.append([name for name in forwards(model) if name != "head"])
        return original(x)

    model.head.forward = look  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        del model.head.forward


@every_method
def test_fused_ranks_as_exact_does_and_leaves_the_model_as_it_was(spec: registry.MethodSpec) -> None:
    model, x = residual(), pictures()
    before = state(model, x)
    exact = attribute(spec, model, x, layer="inner").attributions
    with execution.execution(precision="fused"):
        fused = attribute(spec, model, x, layer="inner").attributions
    assert state(model, x) == before
    for a, b in zip(fused, exact, strict=True):
        assert a.dtype == b.dtype
        assert (a - b).abs().max() <= 1e-3 * b.abs().max()
        if b.numel() > 8:
            assert rank_correlation(a.flatten()[None], b.flatten()[None]).item() >= 0.999


@every_method
def test_fast_is_close_or_refused(spec: registry.MethodSpec) -> None:
    model, x = residual(), pictures(1)
    exact = attribute(spec, model, x, layer="inner").attributions
    if "fast" not in spec.precisions and spec.family != "activation":
        with (
            pytest.raises(errors.NotApplicable, match="single gradient") as caught,
            execution.execution(precision="fast"),
        ):
            attribute(spec, model, x, layer="inner")
        assert caught.value.field == "precision"
        return
    with execution.execution(precision="fast"):
        fast = attribute(spec, model, x, layer="inner").attributions
    for a, b in zip(fast, exact, strict=True):
        # a perturbation's effect is a difference of two outputs, each rounded to eight bits
        with torch.no_grad():
            rounding = 4 * 2**-8 * float(model(x).abs().max())
        assert (a.float() - b).abs().max() <= 0.15 * b.abs().max() + rounding
    if spec.family == "path":
        assert any(not torch.equal(a, b) for a, b in zip(fast, exact, strict=True))


def test_what_can_be_folded_is_folded_and_nothing_else() -> None:
    model = residual()
    with seeing_folded(model) as seen, execution.execution(precision="fused"):
        Saliency(model).attribute(pictures(), target=1)
    assert seen[-1] == ["stem", "stem_norm", "inner", "inner_norm"]
    assert seen[0] == []  # the trial, as the model is
    assert forwards(model) == []


def test_a_layer_that_is_looked_at_keeps_its_value() -> None:
    model, x = residual(), pictures()
    for layer in (model.stem, model.stem_norm, model.inner):
        expected = LayerActivation(model, layer).attribute(x)
        with execution.execution(precision="fused"):
            found = LayerActivation(model, layer).attribute(x)
        assert torch.allclose(found, expected, atol=1e-5)


def test_the_users_own_hook_on_a_convolution_sees_its_output() -> None:
    model, x = residual(), pictures(1)
    seen: list[Tensor] = []
    model.stem.register_forward_hook(lambda module, args, output: seen.append(output.detach()))
    with seeing_folded(model) as folded, execution.execution(precision="fused"):
        Saliency(model).attribute(x, target=1)
    assert folded[-1] == ["inner", "inner_norm"]
    assert torch.allclose(seen[-1], F.conv2d(x, model.stem.weight, padding=1), atol=1e-5)
    assert hooks(model) == 1


def test_changed_weights_are_seen_however_they_were_written() -> None:
    model, x = residual(), pictures()
    with execution.execution(precision="fused"):
        Saliency(model).attribute(x, target=1)
        model.stem.weight.data.mul_(-2)
        model.inner_norm.running_var.data.mul_(3)
        found = Saliency(model).attribute(x, target=1)
    assert torch.allclose(found, Saliency(model).attribute(x, target=1), rtol=1e-3, atol=1e-5)


def test_batch_statistics_are_not_folded() -> None:
    model = residual()
    model.inner_norm.train()
    model.inner_norm.momentum = 0.0
    with seeing_folded(model) as seen, execution.execution(precision="fused"):
        Saliency(model).attribute(pictures(), target=1)
    assert seen[-1] == ["stem", "stem_norm"]


def test_m11_a_model_that_raises_is_unfolded() -> None:
    model = residual()
    with execution.execution(precision="fused"):
        Saliency(model).attribute(pictures(), target=1)
        with pytest.raises(errors.TargetOutOfRange):
            Saliency(model).attribute(pictures(), target=9)
    assert forwards(model) == []


def test_nested_methods_and_functions_of_the_model() -> None:
    from attribution_core.locks import explaining

    model, x = residual(), pictures()
    scores = explaining(model, lambda x: model(x).softmax(1))
    tunnel = NoiseTunnel(IntegratedGradients(scores))
    results = []
    for level in ("exact", "fused", "fast"):
        torch.manual_seed(0)
        with execution.execution(precision=level), execution.execution():  # an inner block keeps the level
            results.append(tunnel.attribute(x, nt_samples=2, stdevs=0.1, target=1, n_steps=8))
    exact, fused, fast = results
    assert 0 < (fused - exact).abs().max() <= 1e-3 * exact.abs().max()
    assert rank_correlation(fast.flatten()[None], exact.flatten()[None]).item() >= 0.94
    assert fast.dtype == torch.float32


@pytest.mark.parametrize("level", ["fused", "fast"])
@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda: residual().double(), "weights are torch.float64"),
        (lambda: lambda x: x.flatten(1), "needs a torch module"),
    ],
)
def test_what_cannot_be_computed_so_is_refused(
    forward: Callable[[], Callable[[Tensor], Tensor]], reason: str, level: precision.Precision
) -> None:
    with pytest.raises(errors.NotApplicable, match=reason) as caught, execution.execution(precision=level):
        IntegratedGradients(forward()).attribute(pictures().double(), target=1)
    assert caught.value.field == "precision"


def test_folding_that_would_change_the_output_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = residual(), pictures()
    monkeypatch.setattr(precision, "_AGREEMENT", -1.0)
    with seeing_folded(model) as seen, execution.execution(precision="fused"):
        found = Saliency(model).attribute(x, target=1)
    assert seen[-1] == []
    assert torch.allclose(found, Saliency(model).attribute(x, target=1), atol=1e-6)
