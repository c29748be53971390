"""What a worker tells of an explorer, and what a scan sends."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from attriscope import Batch, ImageFeature, TabularFeature
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import Description
from attriscope.workers.sample_info import SampleInfo
from tests.server.workers.toys import CLASSES, Direct, Net, pictures, runtime


def test_the_description_tells_what_can_be_asked() -> None:
    presets = {"Squares": {"method": "saliency", "outlier": 10}}
    settings = runtime(defaults={"method": "occlusion", "k": 3}, presets=presets)
    told = Description.model_validate(settings.description.model_dump())
    assert (told.name, told.classes, told.score_name, told.has_score) == ("Toy", list(CLASSES), "probability", True)
    assert (told.device, told.dataset_length) == ("cpu", 1)
    assert told.defaults == {"method": "occlusion", "k": 3}
    assert [(preset.name, preset.settings) for preset in told.presets] == [("Squares", presets["Squares"])]
    assert [(feature.name, feature.shape) for feature in told.features] == [("image", [3, 8, 8])]
    [model] = told.models
    assert (model.class_name, model.outputs, model.default_layer) == ("Net", 4, "conv")
    assert model.parameters == sum(p.numel() for p in Net().parameters())
    layers = {layer.name: (layer.output_shape, layer.selectable) for layer in model.layers}
    assert layers == {"conv": ([4, 8, 8], True), "unused": (None, False), "head": ([4], True)}
    assert [baseline.id for baseline in told.baselines] == ["zero", "black", "white", "blurred", "mean", "noise"]


def test_the_forms_bounds_follow_the_inputs_size() -> None:
    methods = {method.id: method for method in runtime().description.methods}
    window = methods["occlusion"].arguments["properties"]["window_height"]
    assert (window["maximum"], window["default"]) == (8, 2)
    steps = methods["integrated_gradients"].arguments["properties"]["n_steps"]
    assert (steps["minimum"], steps["maximum"], steps["default"]) == (1, 1000, 50)
    assert methods["layer_grad_cam"].needs == ["layer", "positions"]
    # the toy has tanh: only what rectifies gradients has nothing to do
    reasons = {why for method in methods.values() for found in method.unavailable.values() for why in found}
    assert all("calls no ReLU" in why for why in reasons)
    assert methods["saliency"].unavailable == {}


def test_the_forms_bounds_follow_what_the_model_takes() -> None:
    feature = ImageFeature(input_transforms=[lambda image: image[:, ::3, ::3]])
    told = runtime(features=feature, dataset=[Batch(pictures(2, 96))]).description
    window = next(one for one in told.methods if one.id == "occlusion").arguments["properties"]["window_height"]
    assert (window["maximum"], window["default"]) == (32, 6)
    assert told.features[0].shape == [3, 96, 96]


def test_d4_an_empty_dataset_is_described_and_scanned() -> None:
    client = Direct(runtime(dataset=[]))
    told = client.runtime.description
    assert [notice.message for notice in told.notices] == ["The dataset is empty."]
    assert (told.features[0].shape, told.models[0].outputs) == ([], None)
    assert told.methods
    answer = client.call("scan", {"start": 0, "count": 8})
    assert (answer.interim, answer.body) == ([], {"exhausted": True, "failure": None})


def test_d1_a_dataset_that_raises_at_once_is_described_and_fails_to_scan() -> None:
    def items() -> Iterator[Tensor]:
        raise OSError("disk on fire")
        yield torch.zeros(1)

    client = Direct(runtime(dataset=items()))
    [notice] = client.runtime.description.notices
    assert "disk on fire" in notice.message
    failure = client.call("scan", {"start": 0, "count": 8}).body["failure"]
    assert (failure["code"], failure["params"]["index"]) == ("dataset_error", 0)


def test_d1_a_scan_keeps_what_came_before_an_error() -> None:
    def items() -> Iterator[tuple[Tensor, int]]:
        yield from ((image, 0) for image in pictures(3))
        raise OSError("disk on fire")

    answer = Direct(runtime(dataset=items())).call("scan", {"start": 0, "count": 8})
    assert [frame.body["index"] for frame in answer.of("sample")] == [0, 1, 2]
    failure = answer.body["failure"]
    assert failure["message"] == "Sample 3 could not be read: OSError: disk on fire"
    assert failure["params"]["index"] == 3
    assert "in items" in failure["detail"]


def test_a_model_that_raises_on_the_first_sample_leaves_the_others_usable() -> None:
    images = pictures(2)
    images[0, 0, 0, 0] = 0.25
    client = Direct(runtime(models={"net": Net, "flat": _flat}, dataset=[Batch(images, [0, 1])]))
    bad, good = client.runtime.description.models
    assert "On the first sample: The model raised RuntimeError: a pixel is 0.25" in [n.message for n in bad.notices]
    assert (bad.outputs, good.outputs) == (None, 4)
    saliency = next(method for method in client.runtime.description.methods if method.id == "saliency")
    assert list(saliency.unavailable) == ["net"]


def _flat() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 4)).eval()


def test_a_score_function_that_changes_the_shape_is_named() -> None:
    described = runtime(score_func=lambda output: output.max(1).values).description
    assert any("score_func turned shape (1, 4) into (1,)" in notice.message for notice in described.models[0].notices)


# --- samples -------------------------------------------------------------------------------------------


def test_a_sample_has_its_input_picture_label_and_evidence() -> None:
    [_, frame] = Direct(runtime()).scan(2).frames
    info = SampleInfo.model_validate(frame.body)
    image = pictures()[1]
    assert (info.index, info.label.model_dump() if info.label else None) == (1, {"index": 1, "name": "green"})
    assert info.shapes == [[3, 8, 8]]
    [feature] = info.features
    assert (feature.name, feature.width, feature.height, feature.evidence) == ("image", 8, 8, True)
    assert torch.equal(to_tensor(frame.arrays["input.0"]), image)
    drawn = np.asarray(Image.open(io.BytesIO(frame.arrays["display.image"].data)))
    assert np.array_equal(drawn, (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
    assert torch.equal(to_tensor(frame.arrays["evidence.image"]), (image[0] > 0.5).to(torch.uint8))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (2, {"index": 2, "name": "blue"}),
        (torch.tensor(2), {"index": 2, "name": "blue"}),
        (np.int64(2), {"index": 2, "name": "blue"}),
        (True, {"index": 1, "name": "green"}),
        ("blue", {"index": 2, "name": "blue"}),
        ("purple", {"index": None, "name": "purple"}),
        (7, {"index": None, "name": "7"}),
        (-1, {"index": None, "name": "-1"}),
        (0.25, {"index": None, "name": "0.25"}),
        (torch.tensor([0, 1]), {"index": None, "name": "[0, 1]"}),
        (None, None),
    ],
)
def test_d11_labels_of_every_kind_are_named(label: Any, expected: dict[str, Any] | None) -> None:
    [frame] = Direct(runtime(dataset=[(pictures()[0], label)])).scan(1).frames
    assert frame.body["label"] == expected


def test_d11_a_label_beyond_the_names_is_numbered() -> None:
    [frame] = Direct(runtime(dataset=[(pictures()[0], 3)], classes=["red", "green"])).scan(1).frames
    assert frame.body["label"] == {"index": 3, "name": "class 3"}


def test_d10_the_label_of_a_regression_is_no_class() -> None:
    changes: dict[str, Any] = {"models": {"net": lambda: Net(outputs=1)}, "classes": None}
    [frame] = Direct(runtime(dataset=[(pictures()[0], 0)], **changes)).scan(1).frames
    assert frame.body["label"]["index"] is None


def test_an_image_that_cannot_be_drawn_fails_with_its_index_and_the_remedy() -> None:
    images = pictures(3)
    images[1] *= 3
    answer = Direct(runtime(dataset=[Batch(images)])).call("scan", {"start": 0, "count": 3})
    assert len(answer.of("sample")) == 1
    failure = answer.body["failure"]
    assert (failure["code"], failure["params"]["index"]) == ("not_displayable", 1)
    assert "ImageFeature(mean=…, std=…)" in failure["message"]


# --- baselines -----------------------------------------------------------------------------------------


def test_a_baseline_is_drawn() -> None:
    client = Direct(runtime(features=ImageFeature(mean=0.5, std=0.25)))
    samples = client.scan(1)
    answer = client.call("baseline", {"baseline": "zero", "feature": "image"}, samples.arrays(0))
    assert answer.body == {}
    drawn = np.asarray(Image.open(io.BytesIO(answer.last.arrays["display"].data)))
    assert drawn.shape == (8, 8, 3)
    assert set(drawn.flatten().tolist()) == {128}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"baseline": "pink", "feature": "image"}, "unknown_baseline"),
        ({"baseline": "zero", "feature": "sound"}, "unknown_feature"),
    ],
)
def test_an_unknown_baseline_or_feature_is_named(body: dict[str, str], code: str) -> None:
    client = Direct(runtime())
    assert client.call("baseline", body, client.scan(1).arrays(0)).error["code"] == code


def test_methods_tell_their_own_deviations_from_captum() -> None:
    told = {method.id: method.deviations for method in runtime().description.methods}
    assert any("residual connection" in text for text in told["guided_backprop"])
    assert any("duality gap" in text for text in told["lime"])
    assert all(told[method] for method in told if method.startswith("neuron_"))
    # What is true of every method is not repeated for each.
    assert not any("NaN and infinity pass through" in text for texts in told.values() for text in texts)
    assert told["layer_activation"] == []


def test_a_row_that_cannot_be_shown_has_no_form_and_stops_nothing() -> None:
    broken = torch.tensor([float("nan"), 1.0])
    rows = runtime(features=TabularFeature(columns=["a", "b"]), dataset=[broken], models=torch.nn.Linear(2, 2))
    (feature,) = rows.description.features
    assert feature.form is None
