"""Curves and the randomisation of weights through a runtime, against formulas and copies made by hand."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attriscope import Batch, ImageFeature
from attriscope.workers import memory
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import CurvesInfo, RandomisationInfo, ResultInfo
from attriscope.workers.protocol import Frame
from tests.server.workers.toys import Answer, Direct, Net, pictures, request, runtime

CURVES = {"type": "curves"}
RANDOM = {"type": "randomisation"}


class Linear(nn.Module):
    """Two outputs, each a weighted sum of the pixels."""

    def __init__(self) -> None:
        super().__init__()
        weights = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
        self.weight = nn.Parameter(weights)

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("nchw,kchw->nk", x, self.weight)


def one(model: nn.Module, size: int = 16, **changes: Any) -> Direct:
    return Direct(runtime(models={"net": model}, dataset=[Batch(pictures(1, size), [0])], **changes))


def ask(client: Direct, target: int | None = 1, **changes: Any) -> tuple[ResultInfo, Frame, Answer]:
    answer = client.attribute(client.scan(1), 0, target=target, **changes)
    assert answer.last.type == "reply", answer.last.body
    assert not answer.of("failed"), answer.of("failed")[0].body
    [frame] = answer.of("result")
    return ResultInfo.model_validate(frame.body), frame, answer


def curves_of(info: ResultInfo) -> CurvesInfo:
    assert isinstance(info.evaluation, CurvesInfo)
    return info.evaluation


def stages_of(info: ResultInfo) -> RandomisationInfo:
    assert isinstance(info.evaluation, RandomisationInfo)
    return info.evaluation


# --- curves --------------------------------------------------------------------------------------------


def by_squares(values: Tensor, side: int = 2) -> list[float]:
    """The sum of each square of a (H, W) tensor, row by row."""
    h, w = values.shape
    return [
        float(values[top : top + side, left : left + side].double().sum())
        for top in range(0, h, side)
        for left in range(0, w, side)
    ]


def test_curves_of_a_linear_model_follow_its_formula() -> None:
    """Where y is a sum over squares, every curve is a running sum of the squares' terms in its order."""
    model, x = Linear(), pictures(1, 16)[0]
    fill = x.mean((1, 2), keepdim=True).expand(3, 16, 16)
    client = one(model, score_func=None)
    info, frame, _ = ask(client, method="input_x_gradient", evaluation={**CURVES, "fill": "mean"})
    found = curves_of(info)
    weight = model.weight[1].detach()
    attributed = by_squares((x * weight).sum(0))
    terms = by_squares(((x - fill) * weight).sum(0))
    edges = by_squares(attribution_core.metrics.edge_map(x[None])[0, 0])
    full, empty = float((x * weight).sum()), float((fill * weight).sum())

    assert found.side == 2
    assert found.shares == pytest.approx([k / 64 for k in range(65)])
    [reading] = found.readings
    assert reading.quantity == "output"
    for place, (order, ranked) in enumerate((("map", attributed), ("edges", edges))):
        deleted, inserted = [full], [empty]
        for square in sorted(range(64), key=lambda square, ranked=ranked: -ranked[square]):  # type: ignore[misc]
            deleted.append(deleted[-1] - terms[square])
            inserted.append(inserted[-1] + terms[square])
        for told, expected in ((reading.deletion[place], deleted), (reading.insertion[place], inserted)):
            assert told.order == order
            assert told.values == pytest.approx(expected, abs=1e-3)
            area = sum((a + b) / 2 for a, b in pairwise(expected)) / 64
            assert told.area == pytest.approx(area, abs=1e-3)
            assert told.spread is None
    assert torch.allclose(to_tensor(frame.arrays["image"]), x * weight, atol=1e-6)


def test_random_orders_are_averaged_with_their_spread() -> None:
    """In a linear model a random curve is, on average, the straight line between its ends."""
    client = one(Linear(), score_func=None)
    info, _, _ = ask(client, method="input_x_gradient", evaluation={**CURVES, "orders": 20, "seed": 3})
    [reading] = curves_of(info).readings
    random, by_map = reading.deletion[2], reading.deletion[0]
    assert random.order == "random"
    assert random.spread is not None
    assert random.area_spread is not None
    assert random.spread[0] == random.spread[-1] == pytest.approx(0, abs=1e-6)
    start, end = by_map.values[0], by_map.values[-1]
    for k, (value, spread) in enumerate(zip(random.values, random.spread, strict=True)):
        line = start + (end - start) * k / 64
        assert abs(value - line) <= 5 * spread / 20**0.5 + 1e-3
    assert by_map.area < random.area - 2 * random.area_spread
    back = reading.insertion[2]
    assert back.values == pytest.approx(random.values[::-1])
    assert back.area == pytest.approx(random.area)


def test_the_score_has_curves_of_its_own_and_stands_first_where_it_is_explained() -> None:
    client = one(Net(), 8)
    info, _, _ = ask(client, method="occlusion", evaluation=CURVES)
    output, score = curves_of(info).readings
    assert (output.quantity, score.quantity) == ("output", "score")
    x = pictures(1, 8)
    with torch.no_grad():
        for reading, read in ((output, Net()), (score, nn.Sequential(Net(), nn.Softmax(1)))):
            for curve in reading.deletion:
                ends = [float(read(image)[0, 1]) for image in (x, torch.zeros_like(x))]
                assert [curve.values[0], curve.values[-1]] == pytest.approx(ends, abs=1e-5)
    info, _, _ = ask(client, method="occlusion", quantity="score", evaluation=CURVES)
    assert [reading.quantity for reading in curves_of(info).readings] == ["score", "output"]


def test_a_single_value_has_curves() -> None:
    info, _, _ = ask(one(Net(outputs=1), 8, classes=None, score_func=None), target=None, evaluation=CURVES)
    [reading] = curves_of(info).readings
    with torch.no_grad():
        assert reading.insertion[0].values[-1] == pytest.approx(float(Net(outputs=1)(pictures(1, 8))), abs=1e-5)


def test_a_layers_map_ranks_the_squares_as_it_is_drawn() -> None:
    client = one(Net(), 16)
    info, frame, _ = ask(client, method="layer_grad_cam", layer="conv", evaluation=CURVES)
    drawn = to_tensor(frame.arrays["image"]).sum(0)[None, None]
    enlarged = nn.functional.interpolate(drawn, (16, 16), mode="bilinear", align_corners=False)
    expected = attribution_core.metrics.deletion_curve(Net().eval(), pictures(1, 16), enlarged, target=1)
    [output, _] = curves_of(info).readings
    assert output.deletion[0].values == pytest.approx(expected.outputs[0].tolist(), abs=1e-5)


def test_the_cost_is_told_and_is_what_the_progress_reaches() -> None:
    """8 × 8 squares: 65 points on two curves of the map, two of the edges and one of each random order."""
    calls = 0

    class Counting(Net):
        def forward(self, x: Tensor) -> Tensor:
            nonlocal calls
            calls += len(x)
            return super().forward(x)

    client = one(Counting(), 16)
    samples = client.scan(1)
    for evaluation, expected in (({**CURVES, "orders": 3}, 7 * 65), (CURVES, 9 * 65)):
        alone = client.check(samples.items(0), method="saliency").body["cost"]
        cost = client.check(samples.items(0), method="saliency", evaluation=evaluation).body["cost"]
        assert cost == {"forward": alone["forward"] + expected, "backward": alone["backward"]}
        calls = 0
        ask(client, method="saliency", evaluation=evaluation)
        # One pass for the map's caption.
        assert calls == cost["forward"] + 1
    alone = client.check(samples.items(0), method="integrated_gradients").body["cost"]
    cost = client.check(samples.items(0), method="integrated_gradients", evaluation=RANDOM).body["cost"]
    assert cost == {key: 4 * value for key, value in alone.items()}  # the net has three layers with weights


def test_what_has_no_curves_says_so() -> None:
    client = one(Net(), 8)
    samples = client.scan(1)
    error = client.check(samples.items(0), method="layer_activation", layer="conv", evaluation=CURVES).error
    assert (error["code"], error["field"]) == ("not_applicable", "evaluation")
    error = client.check(samples.items(0), evaluation={**CURVES, "fill": "pink"}).error
    assert (error["code"], error["field"]) == ("unknown_baseline", "evaluation.fill")
    answer = client.attribute(samples, 0, method="layer_integrated_gradients", layer="head", evaluation=CURVES)
    [failed] = answer.of("failed")
    assert failed.body["error"]["code"] == "not_applicable"
    assert "no height and width" in failed.body["error"]["message"]


# --- randomisation -------------------------------------------------------------------------------------


def made_random(names: list[str], seed: int) -> Net:
    model = Net().eval()
    for place, name in enumerate(names):
        torch.manual_seed(seed + place)
        model.get_submodule(name).reset_parameters()  # type: ignore[operator]
    return model


def ranks(values: Tensor) -> Tensor:
    return values.flatten().argsort().argsort().double()


@pytest.mark.parametrize(
    ("method", "attribute"),
    [
        ("saliency", lambda m, x: attribution_core.Saliency(m).attribute(x, target=1)),
        ("integrated_gradients", lambda m, x: attribution_core.IntegratedGradients(m).attribute(x, target=1)),
    ],
)
def test_each_stage_is_the_map_of_a_copy_made_random_by_hand(method: str, attribute: Any) -> None:
    info, frame, _ = ask(one(Net(), 8), method=method, evaluation={**RANDOM, "seed": 5, "stages": 3})
    found, x = stages_of(info), pictures(1, 8)
    original = attribute(Net().eval(), x)[0].sum(0)
    assert [step.layers for step in found.steps] == [["head"], ["unused"], ["conv"]]
    for n, step in enumerate(found.steps):
        expected = attribute(made_random(["head", "unused", "conv"][: n + 1], 5), x)[0]
        drawn = to_tensor(frame.arrays[f"{n}@image"])
        assert torch.allclose(drawn, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
        for told, of in ((step.signed, lambda v: v), (step.absolute, torch.abs)):
            pair = torch.stack([ranks(of(original)), ranks(of(drawn.sum(0)))])
            assert told == pytest.approx(float(torch.corrcoef(pair)[0, 1]), abs=1e-6)
        assert [told.feature for told in step.maps] == ["image"]


def test_an_edge_detector_is_found_out_and_a_gradient_is_not() -> None:
    """A map that reads the input alone stays as it is; a map of the model does not."""

    class Edges(attribution_core.Saliency):
        def attribute(self, inputs: Any, target: Any = None, additional_forward_args: Any = None) -> Any:
            return attribution_core.metrics.edge_map(inputs).float().expand_as(inputs)

    client = one(Net(), 8, methods=[Edges])
    name = next(m.id for m in client.runtime.description.methods if m.class_name == "Edges")
    info, _, _ = ask(client, method=name, evaluation=RANDOM)
    assert [(step.signed, step.absolute) for step in stages_of(info).steps] == [(pytest.approx(1),) * 2] * 3
    info, _, _ = ask(client, method="saliency", evaluation=RANDOM)
    assert abs(stages_of(info).steps[-1].signed or 0) < 0.9


def test_a_constant_map_has_no_correlation() -> None:
    class Nothing(attribution_core.Saliency):
        def attribute(self, inputs: Any, target: Any = None, additional_forward_args: Any = None) -> Any:
            return torch.zeros_like(inputs)

    client = one(Net(), 8, methods=[Nothing])
    name = next(m.id for m in client.runtime.description.methods if m.class_name == "Nothing")
    info, _, _ = ask(client, method=name, evaluation=RANDOM)
    assert [(step.signed, step.absolute) for step in stages_of(info).steps] == [(None, None)] * 3


class _Failing(Net):
    """Raises once its weights are others."""

    def forward(self, x: Tensor) -> Tensor:
        if not torch.equal(self.head.weight, Net().head.weight):
            raise RuntimeError("these are not my weights")
        return super().forward(x)


class _Nan(Net):
    def forward(self, x: Tensor) -> Tensor:
        same = torch.equal(self.head.weight, Net().head.weight)
        return super().forward(x) * (1.0 if same else float("nan"))


@pytest.mark.parametrize("how", ["done", "error", "nan", "cancelled"])
def test_the_model_is_untouched_however_the_check_ends(how: str) -> None:
    model = {"error": _Failing, "nan": _Nan}.get(how, Net)().train()
    client = one(model, 8)
    kept, samples = copy.deepcopy(model.state_dict()), client.scan(1)
    modes = [module.training for module in model.modules()]
    versions = [p._version for p in model.parameters()]
    if how == "cancelled":
        asked = request(method="integrated_gradients", evaluation=RANDOM)
        checked = client.check(samples.items(0), method="integrated_gradients", evaluation=RANDOM).body
        progress: list[Frame] = []

        def send(frame: Frame) -> None:
            progress.append(frame)
            client.frames.put(frame)

        chunks = 0

        def should_stop() -> bool:
            nonlocal chunks
            chunks += 1
            return chunks > 6

        body = {"request": asked | {"arguments": checked["arguments"]}, "items": checked["items"]}
        client.runtime.handle(Frame("attribute", 99, body, samples.arrays(0)), send, should_stop)
        assert [frame.body["code"] for frame in progress if frame.type == "error"] == ["cancelled"]
        while not client.frames.empty():
            client.frames.get()
    else:
        answer = client.attribute(samples, 0, evaluation=RANDOM)
        failed = [frame.body["error"] for frame in answer.of("failed")]
        expected = {"error": "model_error", "nan": "nonfinite"}.get(how)
        assert [error["code"] for error in failed] == ([] if expected is None else [expected])
        if how == "nan":
            assert "With the weights of 'head' random" in failed[0]["message"]
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert [p._version for p in model.parameters()] == versions
    assert not any(module._forward_hooks for module in model.modules())
    [frame] = client.attribute(samples, 0, method="saliency").of("result")
    expected_map = attribution_core.Saliency(Net().eval()).attribute(pictures(1, 8), target=0)
    assert torch.allclose(to_tensor(frame.arrays["image"]), expected_map[0], atol=1e-6)  # type: ignore[index]


def test_a_model_without_room_for_a_copy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    client = one(Net(), 8)
    samples = client.scan(1)
    monkeypatch.setattr(memory, "of", lambda device: memory.Memory(free=1000, total=1000))
    [failed] = client.attribute(samples, 0, evaluation=RANDOM).of("failed")
    error = failed.body["error"]
    assert (error["code"], error["field"]) == ("out_of_memory", "evaluation")
    assert "needs 0 MB; 0 MB are free" in error["message"]


def test_normalised_images_and_several_models_share_the_way() -> None:
    images = (pictures(1, 16) - 0.5) / 0.25
    client = Direct(
        runtime(
            models={"net": Net(), "other": Net(seed=4)},
            dataset=[Batch(images, [0])],
            features=ImageFeature(mean=0.5, std=0.25),
        )
    )
    info, _, _ = ask(client, model="other", evaluation={**CURVES, "fill": "blurred"}, method="saliency")
    [output, _] = curves_of(info).readings
    blurred = client.runtime.loaded.explorer.features[0].baseline("blurred", images[0])[None]
    with torch.no_grad():
        assert output.deletion[0].values[-1] == pytest.approx(float(Net(seed=4)(blurred)[0, 1]), abs=1e-5)
