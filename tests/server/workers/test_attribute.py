"""Predictions and attributions through a runtime, against `attribution_core` and torch called directly."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attriscope import Batch, ImageFeature
from attriscope.workers import attribute
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Frame
from attriscope.workers.sample_info import PREDICTIONS
from tests.server.workers.toys import CLASSES, Answer, Direct, Net, pictures, request, runtime


def results(answer: Answer) -> list[tuple[ResultInfo, Tensor]]:
    assert answer.last.type == "reply", answer.last.body
    return [(ResultInfo.model_validate(f.body), to_tensor(f.arrays["image"])) for f in answer.of("result")]


def one_image(model: nn.Module, image: Tensor | None = None, **changes: Any) -> Direct:
    """Over one picture, so that a loaded model need not be told apart by name."""
    images = pictures(1) if image is None else image[None]
    return Direct(runtime(models={"net": model}, dataset=[Batch(images, [0])], **changes))


# --- predictions ---------------------------------------------------------------------------------------


def test_predictions_are_the_best_by_score_with_the_raw_output() -> None:
    client = Direct(runtime())
    samples = client.scan()
    body = client.call("predict", {"model": "net", "count": 6}, samples.arrays(*range(6))).body
    with torch.no_grad():
        outputs = Net().eval()(pictures())
    for output, found in zip(outputs, body["predictions"], strict=True):
        predictions = PREDICTIONS.validate_python(found)
        order = output.argsort(descending=True).tolist()
        assert [p.index for p in predictions] == order
        assert [p.name for p in predictions] == [CLASSES[i] for i in order]
        assert [p.output for p in predictions] == pytest.approx(output[order].tolist(), abs=1e-6)
        assert [p.score for p in predictions] == pytest.approx(output.softmax(0)[order].tolist(), abs=1e-6)


def test_d11_classes_fewer_than_outputs_are_numbered() -> None:
    client = one_image(Net(), classes=["red", "green"])
    body = client.call("predict", {"model": "net", "count": 1}, client.scan(1).arrays(0)).body
    assert {p["index"]: p["name"] for p in body["predictions"][0]} == {0: "red", 1: "green", 2: "class 2", 3: "class 3"}


def test_no_more_than_twenty_predictions_are_told() -> None:
    client = one_image(Net(outputs=50), classes=None)
    body = client.call("predict", {"model": "net", "count": 1}, client.scan(1).arrays(0)).body
    assert len(body["predictions"][0]) == 20


@pytest.mark.parametrize("shape", ["(N,1)", "(N,)"])
def test_d10_a_single_output_is_a_value(shape: str) -> None:
    model = Net(outputs=1) if shape == "(N,1)" else nn.Sequential(Net(outputs=1), nn.Flatten(0))
    client = one_image(model, classes=None, score_func=None)
    samples = client.scan(1)
    body = client.call("predict", {"model": "net", "count": 1}, samples.arrays(0)).body
    [[value]] = body["predictions"]
    with torch.no_grad():
        expected = float(Net(outputs=1)(pictures(1)))
    assert (value["name"], value["output"]) == ("output", pytest.approx(expected, abs=1e-6))
    [(info, _)] = results(client.attribute(samples, 0, target=None))
    assert (info.target, info.output) == (None, pytest.approx(expected, abs=1e-6))


class _Wrapped(nn.Module):
    def __init__(self, wrap: Any) -> None:
        super().__init__()
        self.net, self._wrap = Net(), wrap

    def forward(self, x: Tensor) -> Any:
        return self._wrap(self.net(x))


class _ModelOutput:
    def __init__(self, logits: Tensor) -> None:
        self.logits = logits


@pytest.mark.parametrize(
    "wrap",
    [
        lambda y: (y, None),
        lambda y: [y],
        lambda y: {"aux": y.sum(), "logits": y},
        lambda y: {"scores": y},
        _ModelOutput,
    ],
    ids=["tuple", "list", "dict with logits", "dict", "ModelOutput"],
)
def test_m5_outputs_are_read_from_containers(wrap: Any) -> None:
    client = one_image(_Wrapped(wrap))
    [(_, found)] = results(client.attribute(client.scan(1), 0, target=1))
    expected = attribution_core.Saliency(Net().eval()).attribute(pictures(1), target=1)
    assert isinstance(expected, Tensor)
    assert torch.allclose(found, expected[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "wrap", [lambda y: y.sum(), lambda y: y[:, :, None], lambda y: "no"], ids=["0-d", "3-d", "str"]
)
def test_m5_other_outputs_are_refused_clearly(wrap: Any) -> None:
    client = one_image(_Wrapped(wrap))
    assert "wrong_output" in [notice.code for notice in client.runtime.description.models[0].notices]
    assert "net" in client.runtime.description.methods[0].unavailable
    error = client.call("predict", {"model": "net", "count": 1}, client.scan(1).arrays(0)).error
    assert error["code"] == "wrong_output"


def test_m18_a_nan_prediction_is_an_error() -> None:
    client = one_image(_Nan())
    error = client.call("predict", {"model": "net", "count": 1}, client.scan(1).arrays(0)).error
    assert error["code"] == "nonfinite"
    assert "'green' is nan" in error["message"]


class _Nan(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * torch.tensor([1.0, float("nan"), 1.0, 1.0])


# --- attributions --------------------------------------------------------------------------------------

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("saliency", {}, lambda f, m, x: attribution_core.Saliency(f).attribute(x, target=2)),
    ("input_x_gradient", {}, lambda f, m, x: attribution_core.InputXGradient(f).attribute(x, target=2)),
    (
        "integrated_gradients",
        {"arguments": {"n_steps": 9, "method": "riemann_left"}, "baseline": "white"},
        lambda f, m, x: attribution_core.IntegratedGradients(f).attribute(
            x, torch.ones_like(x), target=2, n_steps=9, method="riemann_left"
        ),
    ),
    (
        "occlusion",
        {"arguments": {"window_height": 3, "window_width": 2, "stride_height": 2, "stride_width": 1}},
        lambda f, m, x: attribution_core.Occlusion(f).attribute(x, (3, 3, 2), (3, 2, 1), target=2),
    ),
    (
        "layer_grad_cam",
        {"layer": "conv"},
        lambda f, m, x: attribution_core.LayerGradCam(f, m.conv).attribute(x, target=2),
    ),
]


@pytest.mark.parametrize("quantity", ["output", "score"])
@pytest.mark.parametrize(("method", "settings", "direct"), CASES, ids=[case[0] for case in CASES])
def test_results_equal_the_library_called_directly(
    method: str, settings: dict[str, Any], direct: Any, quantity: str
) -> None:
    client = Direct(runtime())
    answer = client.attribute(client.scan(), 0, 1, 2, target=2, method=method, quantity=quantity, **settings)
    net = Net().eval()
    forward = net if quantity == "output" else nn.Sequential(net, nn.Softmax(1))
    expected = direct(forward, net, pictures()[:3])
    found = results(answer)
    assert [info.sample for info, _ in found] == [0, 1, 2]
    for (info, values), wanted in zip(found, expected, strict=True):
        assert values.dtype is torch.float32
        assert float((values - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
        assert info.maps[0].shape == list(values.shape)
        assert (info.maps[0].minimum, info.maps[0].maximum) == (float(values.min()), float(values.max()))
        assert info.maps[0].interpolation == ("bilinear" if method == "layer_grad_cam" else "nearest")
        assert (info.quantity, info.target_name, info.notices) == (quantity, "blue", [])


@pytest.mark.parametrize("quantity", ["output", "score"])
def test_the_explained_share_can_be_told(quantity: str) -> None:
    client = Direct(runtime())
    settings = {"method": "integrated_gradients", "baseline": "black", "quantity": quantity}
    [(info, values)] = results(client.attribute(client.scan(), 3, target=1, **settings))
    net = nn.Sequential(Net().eval(), nn.Softmax(1) if quantity == "score" else nn.Identity())
    with torch.no_grad():
        at_input, at_baseline = net(pictures()[3:4])[0, 1], net(torch.zeros(1, 3, 8, 8))[0, 1]
    assert info.output == pytest.approx(float(at_input), abs=1e-6)
    assert info.output_baseline == pytest.approx(float(at_baseline), abs=1e-6)
    assert info.output is not None
    assert info.output_baseline is not None
    assert info.delta == pytest.approx(float(values.sum()) - (info.output - info.output_baseline), abs=1e-5)


def test_methods_without_a_baseline_tell_none() -> None:
    client = Direct(runtime())
    [(info, _)] = results(client.attribute(client.scan(), 0, baseline="white"))
    assert (info.baseline, info.output_baseline, info.delta) == (None, None, None)


def test_items_of_a_call_may_have_their_own_targets() -> None:
    client = Direct(runtime())
    samples = client.scan()
    items = [samples.items(0, target=3)[0], samples.items(1, target=0)[0]]
    checked = client.check(items).body
    asked = request(arguments=checked["arguments"])
    answer = client.call("attribute", {"request": asked, "items": checked["items"]}, samples.arrays(0, 1))
    expected = attribution_core.Saliency(Net().eval()).attribute(pictures()[:2], target=[3, 0])
    found = results(answer)
    assert [info.target for info, _ in found] == [3, 0]
    assert torch.allclose(torch.stack([values for _, values in found]), expected, rtol=0, atol=1e-6)


def test_m16_a_seeded_result_does_not_depend_on_its_batch_mates() -> None:
    client = Direct(runtime())
    samples = client.scan()
    smoothing = {"type": "smoothgrad", "samples": 4, "noise": 0.3, "seed": 5}
    together = results(client.attribute(samples, 0, 1, 2, smoothing=smoothing))
    alone = results(client.attribute(samples, 1, smoothing=smoothing))
    other_seed = results(client.attribute(samples, 1, smoothing={**smoothing, "seed": 6}))
    # How many noisy copies are computed at once depends on the machine's load, and the last bits on that.
    largest = float(alone[0][1].abs().max())
    torch.testing.assert_close(together[1][1], alone[0][1], rtol=0, atol=1e-6 * largest)
    assert float((alone[0][1] - other_seed[0][1]).abs().max()) > 1e-2 * largest
    assert together[1][0].key == alone[0][0].key != other_seed[0][0].key


class _RoundsByBatch(nn.Module):
    """A ReLU whose input is 0 for one example alone and a rounding error more for several, as convolutions give."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + torch.relu(x - 0.5 + 1e-7 * (len(x) > 1))).mean((2, 3))


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "guided_backprop", "deep_lift"])
def test_m16_a_map_at_a_kink_does_not_depend_on_its_batch_mates(method: str) -> None:
    client = Direct(runtime(models={"net": _RoundsByBatch}, dataset=[Batch(torch.full((3, 3, 8, 8), 0.5), [0, 1, 2])]))
    samples = client.scan(3)
    together = results(client.attribute(samples, 0, 1, 2, method=method))
    alone = results(client.attribute(samples, 1, method=method))
    assert together[1][0].key == alone[0][0].key
    assert torch.equal(together[1][1], alone[0][1])


def test_samples_of_several_sizes_are_explained_in_one_call() -> None:
    sizes = [pictures(1, size)[0] for size in (8, 12, 8)]
    client = Direct(runtime(dataset=[(image, 0) for image in sizes]))
    found = results(client.attribute(client.scan(3), 0, 1, 2, method="occlusion"))
    assert {info.sample: list(values.shape) for info, values in found} == {0: [3, 8, 8], 1: [3, 12, 12], 2: [3, 8, 8]}
    assert len({str(info.arguments) for info, _ in found}) == 1


def test_one_bad_sample_does_not_fail_its_batch_mates() -> None:
    images = pictures(3)
    images[1, 0, 0, 0] = 0.25
    client = Direct(runtime(dataset=[Batch(images, [0, 1, 2])]))
    answer = client.attribute(client.scan(3), 0, 1, 2)
    assert [info.sample for info, _ in results(answer)] == [0, 2]
    [failed] = answer.of("failed")
    error = failed.body["error"]
    assert error["code"] == "model_error"
    assert error["message"] == "The model raised RuntimeError: a pixel is 0.25"
    assert "in forward" in error["detail"]
    assert "site-packages" not in error["detail"]
    assert "attribution_core" not in error["detail"]


def test_m14_a_map_of_zeros_is_said() -> None:
    client = one_image(_Wrapped(lambda y: y * 0))
    [(info, values)] = results(client.attribute(client.scan(1), 0, method="input_x_gradient"))
    assert not bool(values.any())
    [notice] = info.notices
    assert notice.message == "Every attribution is exactly 0. Try another baseline or layer."


class _BadGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient * float("inf")


def test_m18_a_map_that_is_not_finite_fails_with_its_code() -> None:
    client = one_image(_Wrapped(_BadGradient.apply))
    answer = client.attribute(client.scan(1), 0)
    assert answer.of("result") == []
    [failed] = answer.of("failed")
    assert failed.body["error"]["code"] == "nonfinite"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_m8_maps_are_float32_whatever_the_model_computes_in(dtype: torch.dtype) -> None:
    image = pictures(1)[0].to(dtype)
    client = one_image(Net().to(dtype), image)
    [(info, values)] = results(client.attribute(client.scan(1), 0, method="integrated_gradients"))
    exact = attribution_core.IntegratedGradients(Net().double().eval()).attribute(image[None].double(), target=0)
    assert values.dtype is torch.float32
    assert float((values - exact[0]).abs().max()) <= 0.1 * float(exact.abs().max())  # bfloat16 has three digits
    assert info.output is not None


def test_m8_integer_images_are_explained_by_what_needs_no_gradient() -> None:
    class FromBytes(Net):
        def forward(self, x: Tensor) -> Tensor:
            assert x.dtype is torch.uint8
            return super().forward(x / 255)

    image = (pictures(1)[0] * 255).to(torch.uint8)
    client = one_image(FromBytes(), image)
    methods = {method.id: method.unavailable for method in client.runtime.description.methods}
    assert "uint8" in methods["saliency"]["net"][0]
    assert methods["occlusion"] == {}
    [(_, values)] = results(client.attribute(client.scan(1), 0, method="occlusion", baseline="white"))
    expected = attribution_core.Occlusion(FromBytes().eval()).attribute(
        image[None], (3, 2, 2), (3, 1, 1), baselines=255, target=0
    )
    assert torch.allclose(values, expected[0].float(), rtol=0, atol=1e-6)


def test_m4_models_run_in_eval_mode_and_a_live_module_gets_its_flags_back() -> None:
    model = nn.Sequential(Net(), nn.Dropout(0.5), nn.BatchNorm1d(4))
    model.train()
    model[2].eval()
    before = model[2].running_mean.clone()
    client = one_image(model)
    [notice] = client.runtime.description.models[0].notices
    assert notice.message == "The model arrived in train mode; it is run in eval mode."
    model[1].train()  # as a model's own code might
    samples = client.scan(1)
    first, second = results(client.attribute(samples, 0)), results(client.attribute(samples, 0))
    assert torch.equal(first[0][1], second[0][1])
    assert [module.training for module in (model[1], model[2])] == [True, False]
    assert torch.equal(model[2].running_mean, before)


def test_a_submodule_in_train_mode_is_named() -> None:
    model = nn.Sequential(Net(), nn.Dropout(0.5)).eval()
    model[1].train()
    [notice] = one_image(model).runtime.description.models[0].notices
    assert notice.message == "Submodule 1 arrived in train mode; it is run in eval mode."


def test_several_inputs_each_have_a_map() -> None:
    class Two(Net):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(x) + 2 * super().forward(y)

    images, others = pictures(2), pictures(2, seed=1)
    features = [ImageFeature("left"), ImageFeature("right")]
    client = Direct(runtime(models={"net": Two()}, dataset=[Batch((images, others), [0, 1])], features=features))
    [frame] = client.attribute(client.scan(2), 1, target=3).of("result")
    expected = attribution_core.Saliency(Two().eval()).attribute((images[1:], others[1:]), target=3)
    for name, wanted in zip(("left", "right"), expected, strict=True):
        assert torch.allclose(to_tensor(frame.arrays[name]), wanted[0], rtol=0, atol=1e-6)


def test_m7_additional_arguments_reach_the_model() -> None:
    class Scaled(Net):
        def forward(self, x: Tensor, factor: Tensor) -> Tensor:  # type: ignore[override]
            return super().forward(x) * factor[:, None]

    images, factors = pictures(2), torch.tensor([1.0, 3.0])
    client = Direct(runtime(models={"net": Scaled()}, dataset=[Batch(images, [0, 1], additional_args=factors)]))
    found = results(client.attribute(client.scan(2), 0, 1, method="integrated_gradients"))
    expected = attribution_core.IntegratedGradients(Net().eval()).attribute(images, target=0) * factors.view(2, 1, 1, 1)
    for (_, values), wanted in zip(found, expected, strict=True):
        assert torch.allclose(values, wanted, rtol=0, atol=1e-6)


def test_progress_is_told_in_evaluations_and_ends_at_most_at_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute, "_PROGRESS_SECONDS", 0.0)
    client = Direct(runtime())
    samples = client.scan()
    checked = client.check(samples.items(0, 1), method="integrated_gradients").body
    asked = request(method="integrated_gradients", arguments=checked["arguments"])
    answer = client.call("attribute", {"request": asked, "items": checked["items"]}, samples.arrays(0, 1))
    told = [frame.body for frame in answer.of("progress")]
    assert told
    # Input and baseline are evaluated after the loop, for the numbers beside the map.
    assert {body["total"] for body in told} == {2 * (checked["cost"]["forward"] - 2)}
    done = [body["done"] for body in told]
    assert done == sorted(done)
    assert 0 < done[-1] <= told[-1]["total"]


def test_q3_a_cancelled_call_stops_and_sends_no_result() -> None:
    client = Direct(runtime())
    samples = client.scan()
    checked = client.check(samples.items(0)).body
    frames: list[Frame] = []
    body = {"request": request(arguments=checked["arguments"]), "items": checked["items"]}
    client.runtime.handle(Frame("attribute", 9, body, samples.arrays(0)), frames.append, lambda: True)
    assert [(frame.type, frame.body.get("code")) for frame in frames if frame.id] == [("error", "cancelled")]
