"""One class rather than another: exact for every method that explains a class, and refused where there is no such."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import registry
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import AttributionRequest, Checked, ResultInfo
from attriscope.workers.models import LoadedModel
from attriscope.workers.reading import Reading
from tests.server.workers.toys import Direct, Net, Sampled, pictures, request, runtime

NONLINEAR = {"lime", "saliency", "deconvolution", "guided_backprop", "guided_grad_cam"}
METHODS = [spec.id for spec in registry.methods() if spec.takes_target and spec.id != "shapley_values"]
"""Shapley Values asks for 2^192 evaluations of such a picture."""


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = nn.Linear(64, 4)
        body = nn.Conv2d(3, 4, 3, padding=1)
    return nn.Sequential(body, nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), head).double().eval()


def maps(method: str, net: nn.Module, forward: Any, target: Tensor | None) -> Tensor:
    """Of two pictures, in float64."""
    spec = next(spec for spec in registry.methods() if spec.id == method)
    inputs = (pictures(2).double(),)
    rows = pictures(3, seed=5).double() if "distribution" in spec.needs else torch.zeros_like(inputs[0])
    torch.manual_seed(0)
    outcome = spec.attribute(
        forward,
        net,
        inputs,
        target=target,
        arguments=spec.validate({}, registry.InputInfo(((3, 8, 8),))),
        layer="0" if "layer" in spec.needs else None,
        baselines=(rows,) if {"baseline", "distribution"} & set(spec.needs) else None,
        smoothing=None,
        additional_forward_args=None,
    )
    return outcome.attributions[0]


@pytest.mark.parametrize("method", [method for method in METHODS if method not in NONLINEAR])
def test_a_map_of_a_difference_is_the_difference_of_the_maps(method: str) -> None:
    net = network()
    model = LoadedModel("net", net, torch.device("cpu"), "cpu", None)
    of, against = torch.tensor([1, 2]), torch.tensor([3, 3])
    found = maps(method, net, model.forward(Reading(against=3)), of)
    wanted = maps(method, net, model.output, of) - maps(method, net, model.output, against)
    assert float((found - wanted).abs().max()) <= 1e-10
    assert bool(found.any())


@pytest.mark.parametrize("method", sorted(NONLINEAR))
def test_what_is_not_linear_explains_a_model_whose_output_is_the_difference(method: str) -> None:
    net, other = network(), network()
    head = nn.Linear(64, 1).double()
    weights = dict(net[4].named_parameters())
    with torch.no_grad():
        head.weight.copy_(weights["weight"][1:2] - weights["weight"][3:4])
        head.bias.copy_(weights["bias"][1:2] - weights["bias"][3:4])
    other[4] = head
    model = LoadedModel("net", net, torch.device("cpu"), "cpu", None)
    found = maps(method, net, model.forward(Reading(against=3)), torch.tensor([1, 1]))
    assert float((found - maps(method, other, other, None)).abs().max()) <= 1e-10
    assert bool(found.any())


# --- through a runtime -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client() -> Direct:
    return Direct(runtime(models={"net": Net, "single": lambda: Net(outputs=1)}))


@pytest.fixture(scope="module")
def samples(client: Direct) -> Sampled:
    return client.scan()


CONTRAST = {"of": "predicted", "against": "runner_up"}


def items(samples: Sampled, *pairs: tuple[int | None, int | None]) -> list[dict[str, Any]]:
    return [samples.items(n, target=of)[0] | {"against": against} for n, (of, against) in enumerate(pairs)]


def test_a_batch_may_set_each_sample_against_another_class(client: Direct, samples: Sampled) -> None:
    pairs = [(0, 1), (2, 1), (3, 0)]
    checked = Checked.model_validate(
        client.check(items(samples, *pairs), target=CONTRAST, method="integrated_gradients", baseline="black").body
    )
    assert [(item.target_name, item.against_name) for item in checked.items] == [
        ("red", "green"), ("blue", "green"), ("grey", "red"),
    ]  # fmt: skip
    asked = request(target=CONTRAST, method="integrated_gradients", baseline="black") | {"arguments": checked.arguments}
    body = {"request": asked, "items": [item.model_dump(mode="json") for item in checked.items], "distribution": 0}
    frames = client.call("attribute", body, samples.arrays(0, 1, 2)).of("result")
    with torch.no_grad():
        outputs, at_baseline = Net().eval()(pictures()[:3]), Net().eval()(torch.zeros(1, 3, 8, 8))[0]
    told = {info.sample: (info, frame) for frame in frames for info in [ResultInfo.model_validate(frame.body)]}
    for n, (of, against) in enumerate(pairs):
        info, frame = told[n]
        assert (info.target, info.against, info.against_name) == (of, against, checked.items[n].against_name)
        difference, before = float(outputs[n, of] - outputs[n, against]), float(at_baseline[of] - at_baseline[against])
        assert info.output == pytest.approx(difference, abs=1e-6)
        assert info.output_baseline == pytest.approx(before, abs=1e-6)
        total = float(to_tensor(frame.arrays["image"]).double().sum())
        assert total == pytest.approx(difference - before, abs=1e-3 * abs(difference - before) + 1e-5)


def test_every_pair_has_a_key_of_its_own(client: Direct, samples: Sampled) -> None:
    pairs = [(0, 1), (1, 0), (0, 2)]
    found = {client.check([items(samples, pair)[0]], target=CONTRAST).body["items"][0]["key"] for pair in pairs}
    alone = {client.check(samples.items(0, target=target)).body["items"][0]["key"] for target in (0, 1)}
    assert len(found | alone) == 5


@pytest.mark.parametrize(
    ("pair", "model", "code", "message"),
    [
        (
            (1, 1), "net", "contrast_with_itself",
            "target is class 1 rather than class 1 for sample 0; choose two classes.",
        ),
        ((1, 4), "net", "target_out_of_range", "target is 4; model 'net' has 4 outputs, 0 to 3."),
        ((9, 1), "net", "target_out_of_range", "target is 9; model 'net' has 4 outputs, 0 to 3."),
        (
            (None, None), "single", "contrast_not_wanted",
            "target is one class rather than another; model 'single' has one output, so leave it out.",
        ),
    ],
)  # fmt: skip
def test_a_contrast_that_cannot_be_is_refused(
    client: Direct, samples: Sampled, pair: tuple[int | None, int | None], model: str, code: str, message: str
) -> None:
    error = client.check(items(samples, pair), target=CONTRAST, model=model).error
    assert (error["code"], error["field"], error["message"]) == (code, "target", message)


def test_what_explains_a_layer_takes_no_notice(client: Direct, samples: Sampled) -> None:
    answer = client.check(items(samples, (1, 1)), target=CONTRAST, method="layer_activation", layer="conv")
    assert (answer.body["items"][0]["target"], answer.body["items"][0]["against"]) == (None, None)


@pytest.mark.parametrize(
    "target", [{"of": -1, "against": 2}, {"of": 1}, {"of": 1, "against": 2, "and": 3}, {"of": True, "against": 0}]
)
def test_other_shapes_are_no_target(target: Any) -> None:
    with pytest.raises(ValueError, match="it must be 'predicted', 'runner_up', 'label' or a class index"):
        AttributionRequest.model_validate(request(target=target))
