"""What models return, and what is explained of it, against `attribution_core` called directly: M5, M7, D9, D10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core.errors import AttributionWarning
from attribution_core.registry import InputInfo
from attriscope import Batch, Explorer, ExplorerError, TabularFeature
from attriscope.workers.arrays import to_tensor
from attriscope.workers.choices import FunctionTarget, Region
from attriscope.workers.messages import AttributionRequest, ResultInfo
from attriscope.workers.reading import one_each
from attriscope.workers.runtime import Runtime
from attriscope.workers.sample_info import PREDICTIONS, Prediction
from tests.explorers import faulty, outputs
from tests.server.workers.toys import Answer, Direct, request

REGION = {"left": 0, "top": 1, "right": 3, "bottom": 4}
IN_REGION = {"of": 1, "region": REGION}


def opened(factory: Callable[[], Explorer]) -> Direct:
    return Direct(Runtime(factory(), "cpu"))


@pytest.fixture(scope="module")
def segmentation() -> Direct:
    return opened(outputs.segmentation)


@pytest.fixture(scope="module")
def named() -> Direct:
    return opened(outputs.named)


def explained(client: Direct, sample: int, of: int | None, **asked: Any) -> tuple[ResultInfo, dict[str, Tensor]]:
    model = next(iter(client.runtime.loaded.models))
    asked = {"model": model, "choice": asked.pop("target", "predicted")} | asked
    answer = client.attribute(client.scan(8), sample, target=of, **asked)
    assert not answer.of("failed"), answer.of("failed")[0].body
    (frame,) = answer.of("result")
    values = {name: to_tensor(array) for name, array in frame.arrays.items()}
    return ResultInfo.model_validate(frame.body), values


def predicted(client: Direct, count: int = 4, model: str | None = None) -> tuple[list[list[Prediction]], Answer]:
    name = model or next(iter(client.runtime.loaded.models))
    answer = client.call("predict", {"model": name, "count": count}, client.scan(count).arrays(*range(count)))
    return [PREDICTIONS.validate_python(one) for one in answer.body["predictions"]], answer


def close(found: Tensor, wanted: Tensor) -> None:
    wanted = wanted.detach().float().reshape(found.shape)
    assert float((found - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
    assert bool(wanted.any())


# --- maps ------------------------------------------------------------------------------------------------


def in_region(model: nn.Module, region: dict[str, int]) -> Callable[[Tensor], Tensor]:
    rows, columns = slice(region["top"], region["bottom"]), slice(region["left"], region["right"])
    return lambda x: model(x)[:, :, rows, columns].mean((2, 3))


def test_a_map_is_described_and_predicted_by_shares(segmentation: Direct) -> None:
    (told,) = segmentation.runtime.description.models
    assert (told.outputs, told.map_shape) == (3, [8, 8])
    found, answer = predicted(segmentation)
    for n, predictions in enumerate(found):
        values = outputs.Segmenter()(outputs.patches(n)[None])[0].detach()
        classes = values.argmax(0)
        assert torch.equal(to_tensor(answer.last.arrays[f"{n}.classes"]).long(), classes)
        # A patch of 6×5 pixels covers three rows of two or three whole columns.
        assert {int(value) for value in classes.unique()} == {0, 1, 2}
        shares = {one.index: one.score for one in predictions}
        assert shares == {c: pytest.approx(float((classes == c).sum()) / 64) for c in range(3)}
        for one in predictions:
            assert one.output == pytest.approx(float(values[one.index].mean()), abs=1e-6)
        assert predictions[0].name == "ground"


def test_a_region_of_a_linear_map_is_derived_by_hand(segmentation: Direct) -> None:
    """The region is columns 0–2 and rows 1–3: each of its pixels of the image has the weight over 4 and over 9."""
    info, values = explained(segmentation, 2, 1, method="integrated_gradients", target=IN_REGION, baseline="zero")
    picture = outputs.patches(2)
    wanted = torch.zeros_like(picture)
    weights = torch.tensor([1.0, -0.25, -0.25])[:, None, None]
    wanted[:, 2:8, 0:6] = picture[:, 2:8, 0:6] * weights / 4 / 9
    close(values["image"], wanted)
    assert (info.target, info.target_name, info.region) == (1, "red", Region.model_validate(REGION))
    assert info.output == pytest.approx(float(wanted.sum()) - 0.2, abs=1e-5)
    assert info.output_baseline == pytest.approx(-0.2, abs=1e-6)


@pytest.mark.parametrize("method", ["integrated_gradients", "saliency", "occlusion", "deep_lift", "feature_ablation"])
@pytest.mark.parametrize("region", [REGION, {"left": 7, "top": 0, "right": 8, "bottom": 1}])
def test_a_class_in_a_region_is_its_mean_output_there(
    segmentation: Direct, method: str, region: dict[str, int]
) -> None:
    _, values = explained(segmentation, 1, 2, method=method, target={"of": 2, "region": region})
    spec = segmentation.runtime.loaded.methods.get(method)
    arguments = spec.validate({}, InputInfo(((3, 16, 16),)))
    picture, model = outputs.patches(1)[None], outputs.Segmenter()
    baselines = torch.zeros_like(picture) if "baseline" in spec.needs else None
    forward: Any = in_region(model, region)
    wanted = spec.attribute(
        forward, model, (picture,), target=torch.tensor([2]), arguments=arguments, layer=None,
        baselines=None if baselines is None else (baselines,), smoothing=None, additional_forward_args=None,
    )  # fmt: skip
    close(values["image"], wanted.attributions[0])


def test_captum_explains_a_region_alike(segmentation: Direct) -> None:
    _, values = explained(segmentation, 3, 2, method="integrated_gradients", target={"of": 2, "region": REGION})
    method = captum.attr.IntegratedGradients(in_region(outputs.Segmenter(), REGION))
    close(values["image"], method.attribute(outputs.patches(3)[None], target=2))


def test_without_a_region_the_whole_map_counts_and_one_class_less_another(segmentation: Direct) -> None:
    _, whole = explained(segmentation, 0, 1, method="integrated_gradients")
    method = attribution_core.IntegratedGradients(lambda x: outputs.Segmenter()(x).mean((2, 3)))
    close(whole["image"], method.attribute(outputs.patches(0)[None], target=1))

    choice = {"of": 1, "against": 2, "region": REGION}
    _, contrast = explained(segmentation, 0, 1, against=2, method="integrated_gradients", target=choice)
    of, against = (explained(segmentation, 0, c, method="integrated_gradients", target={"of": c, "region": REGION})
                   for c in (1, 2))  # fmt: skip
    close(contrast["image"], of[1]["image"] - against[1]["image"])


def test_the_score_of_a_region_is_its_mean_probability(segmentation: Direct) -> None:
    info, values = explained(
        segmentation, 0, 1, method="integrated_gradients", target=IN_REGION, quantity="score",
    )  # fmt: skip
    softened = nn.Sequential(outputs.Segmenter(), nn.Softmax(1))
    forward = in_region(softened, REGION)
    close(values["image"], attribution_core.IntegratedGradients(forward).attribute(outputs.patches(0)[None], target=1))
    assert info.output == pytest.approx(float(forward(outputs.patches(0)[None])[0, 1].detach()), abs=1e-6)


def test_every_region_has_a_key_of_its_own(segmentation: Direct) -> None:
    items = segmentation.scan().items(0, target=1)
    targets: list[Any] = [1, IN_REGION, {"of": 1, "region": {**REGION, "right": 4}}]
    keys = {segmentation.check(items, model="segmenter", target=one).body["items"][0]["key"] for one in targets}
    assert len(keys) == 3


def test_curves_follow_the_region(segmentation: Direct) -> None:
    info, _ = explained(
        segmentation, 0, 1, method="integrated_gradients", target=IN_REGION, evaluation={"type": "curves", "orders": 1}
    )
    assert info.evaluation is not None
    assert info.evaluation.type == "curves"
    for reading, model in zip(
        info.evaluation.readings, [outputs.Segmenter(), nn.Sequential(outputs.Segmenter(), nn.Softmax(1))], strict=True
    ):
        whole = float(in_region(model, REGION)(outputs.patches(0)[None])[0, 1].detach())
        assert reading.deletion[0].values[0] == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize(
    ("factory", "target", "code", "message"),
    [
        (
            outputs.segmentation, {"of": 1, "region": {**REGION, "right": 9}}, "region_outside",
            "target reaches to column 9 and row 4; the output is 8 wide and 8 high.",
        ),
        (
            outputs.named, IN_REGION, "region_not_wanted",
            "target is a region; the output of model 'dict' is no map, so leave the region out.",
        ),
        (outputs.depth, IN_REGION, "target_not_wanted", None),
        (outputs.segmentation, {"function": "margin"}, "unknown_target", "No target 'margin'."),
    ],
)  # fmt: skip
def test_a_region_that_is_not_there_is_refused(factory: Any, target: Any, code: str, message: str | None) -> None:
    client = opened(factory)
    model = next(iter(client.runtime.loaded.models))
    error = client.check(client.scan().items(0), model=model, target=target).error
    assert (error["code"], error["field"]) == (code, "target")
    assert message in (None, error["message"])


@pytest.mark.parametrize(
    "region", [{**REGION, "right": 0}, {**REGION, "bottom": 1}, {"left": 0}, {**REGION, "top": -1}]
)
def test_an_empty_region_is_none(region: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="region"):
        AttributionRequest.model_validate(request(target={"of": 1, "region": region}))


def test_a_map_of_one_value_is_explained_in_a_region_of_images_of_any_size() -> None:
    client = opened(outputs.depth)
    (told,) = client.runtime.description.models
    assert (told.outputs, told.map_shape) == (1, [8, 8])
    found, answer = predicted(client, 2)
    assert [len(one) for one in found] == [1, 1]
    assert not answer.last.arrays
    region = {"left": 8, "top": 0, "right": 10, "bottom": 6}
    target = {"of": "predicted", "region": region}
    info, values = explained(client, 4, None, method="integrated_gradients", target=target)
    picture = client.runtime.loaded.samples.get(4)
    assert picture is not None
    model = client.runtime.loaded.models["depth"].module
    forward = in_region(model, region)
    close(values["image"], attribution_core.IntegratedGradients(forward).attribute(picture.inputs[0][None], target=0))
    assert (info.target, info.region) == (None, Region.model_validate(region))
    # The first image's map is smaller.
    assert client.check(client.scan().items(0), model="depth", target=target).error["code"] == "region_outside"


# --- forms of output -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", outputs.FORMS)
def test_m5_scores_are_found_in_every_wrapping(form: str) -> None:
    client = opened(
        lambda: Explorer(models={"net": outputs.Wrapped(form)}, dataset=faulty.Pictures(), classes=faulty.CLASSES)
    )
    found, _ = predicted(client, 3)
    model, pictures = faulty.Tiny(), torch.stack([faulty.picture(n) for n in range(3)])
    wanted = model(pictures).detach()
    for n, predictions in enumerate(found):
        assert predictions[0].index == int(wanted[n].argmax())
        assert predictions[0].output == pytest.approx(float(wanted[n].max()), abs=1e-5)
    _, values = explained(client, 0, 2, method="integrated_gradients")
    close(values["image"], attribution_core.IntegratedGradients(model).attribute(pictures[:1], target=2))


def test_m5_what_has_no_scores_is_refused_by_name() -> None:
    class Odd(faulty.Tiny):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, None, :]

    client = opened(lambda: Explorer(models={"odd": Odd()}, dataset=faulty.Pictures()))
    (told,) = client.runtime.description.models
    assert told.outputs is None
    assert "The model's output has shape (1, 1, 4); it must be N×C" in told.notices[-1].message


@pytest.mark.parametrize("model", ["column", "flat"])
def test_d10_one_value_is_explained_without_a_target(model: str) -> None:
    client = opened(outputs.regression)
    found, _ = predicted(client, 3, model)
    net = outputs.Linear(flat=True)
    rows = torch.stack([outputs.numbers(n) for n in range(3)])
    assert [len(one) for one in found] == [1, 1, 1]
    assert [one[0].output for one in found] == pytest.approx(net(rows).tolist(), abs=1e-6)
    info, values = explained(client, 0, None, method="integrated_gradients", model=model)
    close(values["table"], attribution_core.IntegratedGradients(net).attribute(rows[:1]))
    assert (info.target, info.target_name) == (None, None)
    _, values = explained(
        client, 1, None, method="integrated_gradients", model=model, target={"function": "distance from 2"}
    )
    forward = attribution_core.IntegratedGradients(lambda x: (net(x) - 2).abs())
    close(values["table"], forward.attribute(rows[1:2]))


def test_m7_an_input_that_is_never_used_has_zeros_and_extra_arguments_are_not_expanded() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor, unused: Tensor, factor: Tensor) -> Tensor:
            assert factor.shape == (len(x),)
            return torch.stack([x.square().sum(1) * factor, x.sum(1)], 1)

    rows, others, factor = torch.rand(3, 4) + 0.5, torch.rand(3, 2), torch.tensor([2.0, 3.0, 4.0])
    batch = Batch((rows, others), additional_args=factor)
    features = [TabularFeature("used"), TabularFeature("unused")]
    client = opened(lambda: Explorer(models={"two": Two()}, dataset=[batch], features=features))
    info, values = explained(client, 1, 0, method="integrated_gradients")
    method = attribution_core.IntegratedGradients(Two())
    with pytest.warns(AttributionWarning, match="does not depend on"):
        wanted = method.attribute((rows[1:2], others[1:2]), target=0, additional_forward_args=factor[1:2])
    close(values["used"], wanted[0])
    assert not values["unused"].any()
    assert [notice.code for notice in info.notices] == ["unused"]


def test_d9_two_models_that_disagree_are_each_explained_at_their_own_prediction() -> None:
    client = opened(faulty.disagreeing)
    of = {model: predicted(client, 3, model)[0] for model in ("tiny", "reversed")}
    for n in range(3):
        first, second = (of[model][n][0].index for model in ("tiny", "reversed"))
        assert first != second
        maps = [explained(client, n, c, model=m)[1]["image"] for m, c in (("tiny", first), ("reversed", second))]
        # The reversed model's class is the other's, counted from the end: the same output, so the same map.
        assert (second == 3 - first) is bool(torch.equal(*maps))


# --- named targets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function"), [("margin", outputs.margin), ("energy", outputs.energy)])
@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion", "saliency"])
def test_a_named_target_is_that_function_of_what_the_model_returned(
    named: Direct, name: str, function: Any, method: str
) -> None:
    info, values = explained(named, 1, None, method=method, target={"function": name})
    model = outputs.Wrapped("dict")
    spec = named.runtime.loaded.methods.get(method)
    picture = faulty.picture(1)[None]
    wanted = spec.attribute(
        lambda x: function(model(x)).reshape(-1), model, (picture,), target=None,
        arguments=spec.validate({}, InputInfo(((3, 8, 8),))), layer=None,
        baselines=(torch.zeros_like(picture),) if "baseline" in spec.needs else None,
        smoothing=None, additional_forward_args=None,
    )  # fmt: skip
    close(values["image"], wanted.attributions[0])
    assert (info.target, info.target_name, info.function) == (None, name, name)
    assert info.output == pytest.approx(float(function(model(picture)).reshape(-1)[0].detach()), abs=1e-5)


def test_captum_explains_a_named_target_alike(named: Direct) -> None:
    _, values = explained(named, 2, None, method="integrated_gradients", target={"function": "margin"})
    model = outputs.Wrapped("dict")
    method = captum.attr.IntegratedGradients(lambda x: outputs.margin(model(x)))
    close(values["image"], method.attribute(faulty.picture(2)[None]))


def test_curves_of_a_named_target_follow_it_alone(named: Direct) -> None:
    info, _ = explained(
        named, 1, None, method="saliency", target={"function": "margin"}, evaluation={"type": "curves", "orders": 1}
    )
    assert info.evaluation is not None
    assert info.evaluation.type == "curves"
    (reading,) = info.evaluation.readings
    assert reading.deletion[0].values[0] == pytest.approx(info.output, abs=1e-5)


def test_targets_that_a_model_cannot_be_read_for_are_told_and_refused(named: Direct) -> None:
    by_name = {model.name: model for model in named.runtime.description.models}
    assert (by_name["dict"].targets, by_name["plain"].targets) == (["margin", "energy"], ["margin"])
    (notice,) = [one for one in by_name["plain"].notices if one.code == "target_failed"]
    assert notice.message.startswith("Target 'energy' cannot be explained: ")
    items = named.scan().items(0)
    for settings, code, field in [
        ({"model": "plain", "target": {"function": "energy"}}, "not_applicable", "target"),
        ({"model": "dict", "target": {"function": "margi"}}, "unknown_target", "target"),
        ({"model": "dict", "target": {"function": "margin"}, "quantity": "score"}, "function_of_score", "quantity"),
    ]:
        error = named.check(items, **settings).error
        assert (error["code"], error["field"]) == (code, field)


def test_the_source_of_a_named_target_is_in_the_key() -> None:
    def key(function: Any) -> str:
        client = opened(
            lambda: Explorer(models={"net": faulty.Tiny}, dataset=faulty.Pictures(), targets={"of": function})
        )
        checked = client.check(client.scan(1).items(0), target={"function": "of"}).body
        return str(checked["items"][0]["key"])

    assert key(outputs.margin) == key(outputs.margin)
    assert key(outputs.margin) != key(outputs.energy.__class__(outputs.margin.__code__, globals(), "another"))


@pytest.mark.parametrize("value", [torch.zeros(2, 2), torch.zeros(3), torch.zeros(2).long(), 1.0, None])
def test_a_function_must_return_one_number_for_each(value: Any) -> None:
    with pytest.raises(ExplorerError, match="one floating-point number for each") as refusal:
        one_each("sum", value, 2)
    assert refusal.value.params["target"] == "sum"


@pytest.mark.parametrize(
    ("target", "match"),
    [({"function": ""}, "at least 1 character"), ({"function": "a", "of": 1}, "Extra inputs"), ([1], "it must be")],
)
def test_other_shapes_are_no_target(target: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        AttributionRequest.model_validate(request(target=target))
    assert AttributionRequest.model_validate(request(target={"function": "a"})).target == FunctionTarget(function="a")
