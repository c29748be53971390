"""Small models and helpers that several tests share."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attribution_core import registry


class ToyModel(nn.Module):
    """The toy of the issues: 3 → 3 → 2 with weights arange(-4, 5) and arange(-3, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.lin1 = nn.Linear(3, 3)
        self.relu = nn.ReLU()
        self.lin2 = nn.Linear(3, 2)
        with torch.no_grad():
            self.lin1.weight.copy_(torch.arange(-4.0, 5.0).view(3, 3))
            self.lin1.bias.zero_()
            self.lin2.weight.copy_(torch.arange(-3.0, 3.0).view(2, 3))
            self.lin2.bias.fill_(1.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin2(self.relu(self.lin1(x)))


class ConvNet(nn.Module):
    """A small convolutional network for 2×8×8 images with batch norm, dropout and in-place activations."""

    def __init__(self, inplace: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=inplace)
        self.conv2 = nn.Conv2d(4, 5, 3, padding=1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(5, 3)
        self.inplace = inplace

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.conv1(x)))
        x = F.relu(self.conv2(x), inplace=self.inplace)
        return self.head(self.drop(x).mean((2, 3)))


class TwoInputs(nn.Module):
    """Two images of different size and further arguments: a bias for each example and a factor for all."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.other = nn.Conv2d(1, 4, 3)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor, z: Tensor, bias: Tensor | None = None, factor: float = 1.0) -> Tensor:
        features = torch.tanh(self.conv(x)).mean((2, 3)) * torch.sigmoid(self.other(z)).mean((2, 3))
        y = self.head(features)
        return factor * (y if bias is None else y * bias[:, None])


class Recurrent(nn.Module):
    """LSTM and GRU over the rows of an image, with dropout between."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1)
        self.lstm = nn.LSTM(24, 6, batch_first=True)
        self.drop = nn.Dropout(0.5)
        self.gru = nn.GRU(6, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.conv(x).permute(0, 2, 1, 3).flatten(2)
        hidden, _ = self.lstm(rows)
        _, last = self.gru(self.drop(hidden))
        return self.head(last[0])


class Counting(nn.Module):
    """Counts the examples that go forward and backward through a model, and the largest batch."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.forwards = 0
        self.backwards = 0
        self.largest = 0
        self.graphs = 0

    def forward(self, *inputs: Tensor) -> Tensor:
        self.forwards += len(inputs[0])
        self.largest = max(self.largest, len(inputs[0]))
        output = self.model(*inputs)
        if output.requires_grad:
            self.graphs += 1
            output.register_hook(self._count)
        return output

    def _count(self, gradient: Tensor) -> None:
        self.backwards += len(gradient)


def convnet(seed: int = 0, **options: Any) -> ConvNet:
    """A `ConvNet` in eval mode with random weights and statistics."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = ConvNet(**options)
        model.norm.running_mean.uniform_(-0.5, 0.5)
        model.norm.running_var.uniform_(0.5, 2)
    return model.eval()


def images(n: int = 2, seed: int = 1) -> Tensor:
    """Random images of shape (n, 2, 8, 8)."""
    return torch.rand((n, 2, 8, 8), generator=torch.Generator().manual_seed(seed))


def layer_for(spec: registry.MethodSpec, name: str = "conv2") -> str | None:
    """The layer to choose for a method that needs one."""
    return name if "layer" in spec.needs else None


def baselines_for(spec: registry.MethodSpec, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
    """Rows for a method that needs a distribution of baselines; None, which is zero, for the others."""
    if "distribution" not in spec.needs:
        return None
    generator = torch.Generator().manual_seed(11)
    return tuple((torch.rand((3, *x.shape[1:]), generator=generator) * 0.2).to(x) for x in inputs)


def attribute(
    spec: registry.MethodSpec, model: nn.Module, inputs: Tensor | tuple[Tensor, ...], **settings: Any
) -> registry.Outcome:
    """Run a method as an explorer does, at its default arguments but for ``arguments``."""
    tensors = inputs if isinstance(inputs, tuple) else (inputs,)
    info = registry.InputInfo(tuple(tuple(x.shape[1:]) for x in tensors))
    alive = {"unit": 1} if spec.space == "neuron" else {}  # unit 0 of the convnet's second layer never responds
    values = spec.validate(alive | settings.pop("arguments", {}), info)
    settings.setdefault("target", 1)
    settings.setdefault("layer", layer_for(spec))
    settings.setdefault("baselines", baselines_for(spec, tensors))
    return spec.attribute(settings.pop("forward", model), model, tensors, arguments=values, **settings)


def quickly(
    spec: registry.MethodSpec, model: nn.Module, inputs: Tensor | tuple[Tensor, ...], **settings: Any
) -> registry.Outcome:
    """`attribute` with few steps, samples and groups, but for ``arguments``."""
    tensors = inputs if isinstance(inputs, tuple) else (inputs,)
    fields = spec.arguments(registry.InputInfo(tuple(tuple(x.shape[1:]) for x in tensors))).model_fields
    few = {"n_steps": 3, "n_samples": 4, "squares": 2, "groups": 4}
    arguments = {name: value for name, value in few.items() if name in fields} | settings.pop("arguments", {})
    return attribute(spec, model, inputs, arguments=arguments, **settings)


def hooks(model: nn.Module) -> int:
    """How many hooks of any kind the model's modules carry."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


def state(model: nn.Module, *inputs: Tensor) -> dict[str, Any]:
    """All that an attribution must leave as it was."""
    tensors = {**dict(model.named_parameters()), **{f"input {i}": x for i, x in enumerate(inputs)}}
    return {
        "hooks": hooks(model),
        "training": [module.training for module in model.modules()],
        "attributes": [sorted(vars(module)) for module in model.modules()],
        "requires_grad": {name: t.requires_grad for name, t in tensors.items()},
        "grad": {name: None if t.grad is None else t.grad.tolist() for name, t in tensors.items()},
        "values": {name: t.tolist() for name, t in {**tensors, **dict(model.named_buffers())}.items()},
    }


def relative_error(found: Any, expected: Any) -> float:
    """max|a − b| / max|b| over one or several tensors; shapes and types must be equal."""
    if isinstance(expected, Tensor):
        found, expected = (found,), (expected,)
    assert len(found) == len(expected)
    errors = []
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        a, b = a.detach(), b.detach()
        errors.append(float((a - b).abs().max() / b.abs().max().clamp_min(1e-30)))
    return max(errors)
