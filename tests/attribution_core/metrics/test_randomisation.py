"""The weight-randomisation check, against copies made random by hand."""

from __future__ import annotations

import copy
import threading
from contextlib import nullcontext

import pytest
import torch
from torch import Tensor, nn

from attribution_core import Saliency, errors, metrics
from attribution_core.metrics.randomisation import weighted_layers
from tests.attribution_core.models import images, state


class Net(nn.Module):
    """Defined in another order than called; one parameter of its own, one layer that nothing calls by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.gain = nn.Parameter(torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.tanh(self.norm(self.conv(x))) * self.gain
        scores: Tensor = self.head(y.mean((2, 3)))
        return scores


def trained(seed: int = 3) -> Net:
    """As if trained: nothing is as it was made, the running statistics neither."""
    torch.manual_seed(seed)
    model = Net()
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p) * 0.3)
        model.train()(images(8) * 2 + 1)
    return model.eval()


def test_layers_go_from_the_last_called_to_the_first() -> None:
    assert weighted_layers(trained(), (images(1),)) == ("head", "norm", "conv", "")


def test_attention_counts_with_its_projection_and_containers_with_their_first_layer() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).train()
    names = weighted_layers(nn.Sequential(nn.Linear(8, 8), layer), (torch.rand(1, 3, 8),))
    assert names.index("1.linear2") < names.index("1.linear1") < names.index("1.self_attn") < names.index("0")
    assert names.index("1.self_attn.out_proj") < names.index("0")


def test_each_stage_is_a_copy_made_random_by_hand() -> None:
    model, x = trained(), images(2)
    expected = copy.deepcopy(model)
    found = []
    for stage in metrics.random_stages(model, (x[:1],), stages=3, seed=7):
        found += stage.layers
        for name in stage.layers:
            torch.manual_seed(7 + found.index(name))
            module = expected.get_submodule(name)
            if name:
                module.reset_parameters()  # type: ignore[operator]
            else:
                with torch.no_grad():
                    own = model.gain.double()
                    expected.gain.normal_(float(own.mean()), float(own.std(correction=0)))
        for (of, a), b in zip(stage.model.named_parameters(), expected.parameters(), strict=True):
            assert torch.allclose(a, b), of
        assert torch.equal(
            Saliency(stage.model).attribute(x, target=1),  # type: ignore[arg-type]
            Saliency(expected).attribute(x, target=1),
        )
    assert found == ["head", "norm", "conv", ""]
    assert torch.equal(stage.model.norm.running_mean, torch.zeros(4))  # type: ignore[union-attr, arg-type]


def test_the_last_stage_does_not_depend_on_their_number() -> None:
    model, x = trained(), images(1)
    ends = []
    for stages, count in ((1, 1), (2, 2), (4, 4), (100, 4)):
        made = [(stage, stage.layers) for stage in metrics.random_stages(model, (x,), stages, seed=2)]
        assert len(made) == count
        assert [name for _, layers in made for name in layers] == ["head", "norm", "conv", ""]
        ends.append(made[-1][0].model(x))
    assert all(torch.equal(end, ends[0]) for end in ends)
    assert not torch.allclose(ends[0], model(x))


@pytest.mark.parametrize("how", ["all", "error", "half"])
def test_the_model_and_the_generators_are_left_alone(how: str) -> None:
    model, x = trained(), images(1)
    model.conv.weight.grad = torch.ones_like(model.conv.weight)
    before, kept = state(model), copy.deepcopy(model.state_dict())
    generator = torch.get_rng_state()
    with pytest.raises(RuntimeError) if how == "error" else nullcontext():
        for stage in metrics.random_stages(model, (x,), 4):
            stage.model(x).sum().backward()
            if how == "error":
                raise RuntimeError("in the middle")
            if how == "half":
                break
    assert state(model).keys() == before.keys()
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert torch.equal(model.conv.weight.grad, torch.ones_like(model.conv.weight))
    assert torch.equal(torch.get_rng_state(), generator)


def test_shared_weights_become_random_once() -> None:
    first, last = nn.Linear(4, 4), nn.Linear(4, 4)
    last.weight = first.weight
    model = nn.Sequential(first, nn.Tanh(), last)
    middle, end = (stage.model[0].weight.clone() for stage in metrics.random_stages(model, (torch.rand(1, 4),), 2))  # type: ignore[index, operator, union-attr]
    assert not torch.equal(middle, first.weight)
    assert torch.equal(middle, end)


def test_weights_behind_a_parametrization_become_random() -> None:
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), nn.Tanh(), nn.Linear(4, 2))
    x = torch.rand(3, 4)
    before = model[0].weight.detach().clone()
    *_, end = metrics.random_stages(model, (x,), 2)
    assert not torch.allclose(end.model[0].weight, before, atol=0.05)  # type: ignore[index, arg-type]
    assert torch.equal(model[0].weight, before)


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(errors.OutOfRange, match="stages is 0; it must be at least 1"):
        metrics.random_stages(trained(), (images(1),), 0)
    with pytest.raises(errors.NotApplicable, match="no weights"):
        metrics.random_stages(nn.ReLU(), (images(1),))
    model = trained()
    model.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(errors.NotApplicable, match="cannot be copied"):
        metrics.random_stages(model, (images(1),))
