"""What a request is told before anything is queued; the cases of part R."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from attriscope.workers.messages import Checked
from tests.server.workers.toys import CLASSES, Direct, Net, Sampled, runtime


@pytest.fixture(scope="module")
def client() -> Direct:
    return Direct(runtime(models={"net": Net, "single": lambda: Net(outputs=1)}))


@pytest.fixture(scope="module")
def samples(client: Direct) -> Sampled:
    return client.scan()


def test_a_good_request_is_told_its_arguments_keys_and_cost(client: Direct, samples: Sampled) -> None:
    answer = client.check(samples.items(0, 1, target=2), method="integrated_gradients", arguments={"n_steps": 7})
    checked = Checked.model_validate(answer.body)
    assert checked.arguments["n_steps"] == 7
    assert checked.arguments["method"] == "gausslegendre"
    assert [(item.sample, item.target, item.target_name) for item in checked.items] == [(0, 2, "blue"), (1, 2, "blue")]
    assert checked.items[0].key != checked.items[1].key
    assert checked.cost.backward == 7
    assert checked.batchable


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (10**9, "n_steps is 1000000000; it must be 1 to 1000."),
        (-5, "n_steps is -5; it must be 1 to 1000."),
        (0, "n_steps is 0; it must be 1 to 1000."),
        (True, "n_steps is true; it must be a whole number, 1 to 1000."),
    ],
)
def test_r1_a_bad_number_of_steps_is_named_with_its_bounds(
    client: Direct, samples: Sampled, value: Any, message: str
) -> None:
    error = client.check(samples.items(0), method="integrated_gradients", arguments={"n_steps": value}).error
    assert error["field"] == "arguments.n_steps"
    assert error["message"] == message


def test_r1_an_unknown_argument_is_named(client: Direct, samples: Sampled) -> None:
    error = client.check(samples.items(0), method="integrated_gradients", arguments={"steps": 3}).error
    assert error["code"] == "unknown_argument"
    assert error["field"] == "arguments.steps"


@pytest.mark.parametrize(
    ("changes", "field", "code", "message"),
    [
        ({"model": "nett"}, "model", "unknown_model", "No model 'nett'. Nearest: net."),
        ({"method": "salience"}, "method", "unknown_method", "No method 'salience'. Nearest: saliency."),
        ({"baseline": "blak"}, "baseline", "unknown_baseline", "No baseline 'blak'. Nearest: black."),
        ({"layer": "conv"}, "layer", "layer_not_wanted", "Saliency explains the input; leave layer 'conv' out."),
        (
            {"method": "saliency", "precision": "fast"},
            "precision",
            "not_applicable",
            "precision is 'fast'; Saliency offers exact and fused.",
        ),
        ({"samples": []}, "samples", "invalid_request", None),
        ({"colour": 1}, "colour", "invalid_request", None),
        ({"smoothing": {"type": "smoothgrad", "samples": 0}}, "smoothing.samples", "invalid_request", None),
    ],
)
def test_a_bad_field_is_named(
    client: Direct, samples: Sampled, changes: dict[str, Any], field: str, code: str, message: str | None
) -> None:
    error = client.check(samples.items(0), **changes).error
    assert (error["field"], error["code"]) == (field, code)
    if message is not None:
        assert error["message"] == message


@pytest.mark.parametrize(
    ("layer", "code", "message"),
    [
        ("convv", "unknown_layer", "No layer 'convv'. Nearest: conv."),
        ("unused", "layer_not_selectable", "Layer 'unused' cannot be explained: It is not called"),
        ("nowhere", "unknown_layer", "No layer 'nowhere'. There are: conv, head."),
    ],
)
def test_r2_a_bad_layer_is_named_with_its_nearest(
    client: Direct, samples: Sampled, layer: str, code: str, message: str
) -> None:
    error = client.check(samples.items(0), method="layer_grad_cam", layer=layer).error
    assert (error["field"], error["code"]) == ("layer", code)
    assert error["message"].startswith(message)


def test_a_layer_left_out_is_the_default_one_and_has_its_key(client: Direct, samples: Sampled) -> None:
    chosen = client.check(samples.items(0), method="layer_grad_cam", layer="conv").body
    left_out = client.check(samples.items(0), method="layer_grad_cam").body
    assert client.runtime.description.models[0].default_layer == "conv"
    assert left_out["items"] == chosen["items"]


@pytest.mark.parametrize(
    ("model", "asked", "target", "code"),
    [
        ("net", 4, 4, "target_out_of_range"),
        ("net", "label", None, "target_missing"),
        ("net", "predicted", None, "target_missing"),
        ("single", 0, 0, "target_not_wanted"),
    ],
)
def test_r3_a_target_that_does_not_fit_is_refused(
    client: Direct, samples: Sampled, model: str, asked: int | str, target: int | None, code: str
) -> None:
    error = client.check(samples.items(0, target=target), model=model, target=asked).error
    assert (error["field"], error["code"]) == ("target", code)
    assert repr(model) in error["message"]


@pytest.mark.parametrize("target", [None, 0])
def test_d10_a_single_output_has_no_target(client: Direct, samples: Sampled, target: int | None) -> None:
    checked = client.check(samples.items(0, target=target), model="single", target="predicted").body
    assert (checked["items"][0]["target"], checked["items"][0]["target_name"]) == (None, None)


@pytest.mark.parametrize(
    ("arguments", "field", "words"),
    [
        ({"window_height": 9, "window_width": 9}, "window_height", "8"),
        ({"window_height": 2, "window_width": 2, "stride_height": 3}, "stride_height", "2"),
        ({"stride_width": 0}, "stride_width", "1"),
    ],
)
def test_r5_a_window_or_stride_that_does_not_fit_is_refused(
    client: Direct, samples: Sampled, arguments: dict[str, Any], field: str, words: str
) -> None:
    error = client.check(samples.items(0), method="occlusion", arguments=arguments).error
    assert error["field"] == f"arguments.{field}"
    assert words in error["message"]


def test_a_score_cannot_be_explained_where_there_is_none(samples: Sampled) -> None:
    error = Direct(runtime(score_func=None)).check(samples.items(0), quantity="score").error
    assert (error["field"], error["code"]) == ("quantity", "no_score_func")


def test_smoothing_is_refused_where_it_does_not_apply(client: Direct, samples: Sampled) -> None:
    error = client.check(samples.items(0), method="occlusion", smoothing={"type": "vargrad"}).error
    assert (error["field"], error["message"]) == ("smoothing", "Occlusion cannot be smoothed.")


def test_smoothed_samples_run_alone_and_cost_their_copies(client: Direct, samples: Sampled) -> None:
    plain = client.check(samples.items(0)).body
    smoothed = client.check(samples.items(0), smoothing={"type": "smoothgrad", "samples": 5}).body
    assert smoothed["cost"]["backward"] == 5 * plain["cost"]["backward"]
    assert (plain["batchable"], smoothed["batchable"]) == (False, False)


def test_samples_run_together_where_a_map_averages_over_a_path(client: Direct, samples: Sampled) -> None:
    together = {
        method: client.check(samples.items(0), method=method).body["batchable"]
        for method in ("integrated_gradients", "occlusion", "saliency", "input_x_gradient", "deep_lift", "kernel_shap")
    }
    assert [method for method, batchable in together.items() if batchable] == ["integrated_gradients"]


def test_a_method_is_refused_for_a_model_it_cannot_explain(samples: Sampled) -> None:
    linear = runtime(models={"net": lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, len(CLASSES)))})
    method = next(method for method in linear.description.methods if method.id == "layer_grad_cam")
    error = Direct(linear).check(samples.items(0), method="layer_grad_cam").error
    assert (error["field"], error["code"]) == ("method", "not_applicable")
    assert " ".join(method.unavailable["net"]) in error["message"]


def test_an_unknown_call_is_answered(client: Direct) -> None:
    assert client.call("chekc", {}).error["message"] == "No call 'chekc'. Nearest: check."
