from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import errors, registry
from attribution_core.locks import lock_for, owner
from tests.attribution_core.models import Counting, attribute, convnet, images, layer_for, relative_error

SPECS = registry.methods()
SHAPES = [((2, 8, 8),), ((3, 224, 224),), ((1, 1, 1),), ((3, 500, 7),)]
every_method = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
layer_methods = pytest.mark.parametrize("spec", [s for s in SPECS if "layer" in s.needs], ids=lambda s: s.id)
baseline_methods = pytest.mark.parametrize(
    "spec", [s for s in SPECS if "baseline" in s.needs], ids=lambda spec: spec.id
)


def test_the_menu_begins_with_integrated_gradients_and_ids_are_unique() -> None:
    assert SPECS[0].id == "integrated_gradients"
    assert len({spec.id for spec in SPECS}) == len(SPECS) == len({spec.name for spec in SPECS})
    assert all(registry.get(spec.id) is spec for spec in SPECS)


def test_unknown_method_names_the_nearest() -> None:
    with pytest.raises(errors.UnknownMethod, match=r"No method 'oclusion'. Nearest: occlusion.") as caught:
        registry.get("oclusion")
    assert caught.value.field == "method"


@every_method
def test_specs_are_complete(spec: registry.MethodSpec) -> None:
    assert getattr(attribution_core, spec.class_name) is spec.method
    assert spec.method.__module__.startswith("attribution_core.methods.")
    assert spec.summary.endswith(".")
    assert spec.limitations
    assert all("http" in reference for reference in spec.references)
    assert spec.needs <= {"layer", "positions", "baseline", "distribution"}
    assert "layer" in spec.needs or spec.space not in ("layer", "neuron")
    assert ("distribution" in spec.needs) == (spec.distribution > 0) == spec.method.takes_distribution
    fields = spec.arguments(registry.InputInfo(((3, 8, 8),))).model_fields
    assert ("seed" in fields) == spec.stochastic
    assert ("unit" in fields) == (spec.space == "neuron")
    assert not (spec.stochastic and (spec.smoothing or spec.method.splittable))


@every_method
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_schemas_are_flat_bounded_and_explained(spec: registry.MethodSpec, shapes: tuple[tuple[int, ...], ...]) -> None:
    info = registry.InputInfo(shapes)
    schema = spec.arguments(info).model_json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert "$defs" not in schema
    for name, field in schema["properties"].items():
        assert field["title"]
        assert field["description"].endswith("."), name
        assert "default" in field
        if field["type"] in ("integer", "number"):
            assert field["minimum"] <= field["default"] <= field["maximum"], name
        else:
            assert field["type"] == "boolean" or field["default"] in field["enum"]
    defaults = spec.validate({}, info)
    assert spec.validate(defaults.model_dump(), info) == defaults


@every_method
@pytest.mark.parametrize("samples", [None, 3])
def test_cost_is_what_the_model_is_asked(spec: registry.MethodSpec, samples: int | None) -> None:
    if samples is not None and not spec.smoothing:
        with pytest.raises(errors.NotApplicable, match="cannot be smoothed"):
            attribute(spec, convnet(), images(), smoothing=registry.Smoothing(samples=samples))
        return
    model = Counting(convnet())
    smoothing = None if samples is None else registry.Smoothing(samples=samples)
    rows = (torch.rand(spec.distribution, 2, 8, 8),) if spec.distribution else None
    attribute(spec, model, images(2), layer="model.conv2", smoothing=smoothing, baselines=rows)
    info = registry.InputInfo(((2, 8, 8),), layer=(5, 8, 8) if spec.space == "layer" else None)
    cost = spec.cost(spec.validate({}, info), info, samples)
    assert model.forwards == 2 * cost.forward
    if spec.takes_target:  # the backward passes from a unit inside do not pass the output, where they are counted
        assert model.backwards == 2 * cost.backward


def test_defaults_are_the_products() -> None:
    occlusion = registry.get("occlusion")
    for size, window, stride, evaluations in ((32, 6, 2, 196), (96, 19, 7, 144), (224, 45, 15, 169)):
        info = registry.InputInfo(((3, size, size),))
        values = occlusion.validate({}, info)
        assert values.model_dump() == {
            "window_height": window,
            "window_width": window,
            "stride_height": stride,
            "stride_width": stride,
        }
        assert occlusion.cost(values, info).forward == evaluations + 1
    assert registry.get("integrated_gradients").validate({}, registry.InputInfo(((3, 9, 9),))).model_dump() == {
        "n_steps": 50,
        "method": "gausslegendre",
        "multiply_by_inputs": True,
    }
    assert registry.get("saliency").sign == "absolute"
    assert registry.get("layer_grad_cam").sign == "positive"


R1: list[tuple[str, dict[str, Any], str, str, str]] = [
    (
        "integrated_gradients",
        {"n_steps": 10**9},
        "n_steps is 1000000000; it must be 1 to 1000.",
        "out_of_range",
        "n_steps",
    ),
    ("integrated_gradients", {"n_steps": -5}, "n_steps is -5; it must be 1 to 1000.", "out_of_range", "n_steps"),
    ("integrated_gradients", {"n_steps": 0}, "n_steps is 0; it must be 1 to 1000.", "out_of_range", "n_steps"),
    (
        "integrated_gradients",
        {"n_steps": True},
        "n_steps is true; it must be a whole number, 1 to 1000.",
        "wrong_type",
        "n_steps",
    ),
    (
        "integrated_gradients",
        {"n_steps": float("nan")},
        "n_steps is NaN; it must be a whole number, 1 to 1000.",
        "wrong_type",
        "n_steps",
    ),
    (
        "integrated_gradients",
        {"n_steps": "50"},
        'n_steps is "50"; it must be a whole number, 1 to 1000.',
        "wrong_type",
        "n_steps",
    ),
    (
        "integrated_gradients",
        {"steps": 5},
        "Unknown argument 'steps'. Nearest: n_steps.",
        "unknown_argument",
        "steps",
    ),
    (
        "integrated_gradients",
        {"method": "simpson"},
        'method is "simpson"; it must be one of riemann_trapezoid, riemann_left, riemann_middle, riemann_right, '
        "gausslegendre.",
        "out_of_range",
        "method",
    ),
    (
        "integrated_gradients",
        {"method": "riemann_trapezoid", "n_steps": 1},
        "n_steps is 1; it must be 2 to 1000 for riemann_trapezoid.",
        "out_of_range",
        "n_steps",
    ),
    ("saliency", {"abs": 1}, "abs is 1; it must be true or false.", "wrong_type", "abs"),
    ("input_x_gradient", {"abs": True}, "Unknown argument 'abs'.", "unknown_argument", "abs"),
]
R5: list[tuple[dict[str, Any], str, str]] = [
    (
        {"window_height": 64, "window_width": 64},
        "Window 64×64 exceeds the 32×32 image; use at most 32.",
        "window_height",
    ),
    ({"window_width": 33}, "Window 6×33 exceeds the 32×32 image; use at most 32.", "window_width"),
    ({"stride_height": 0}, "stride_height is 0; it must be 1 to 32.", "stride_height"),
    ({"stride_width": -1}, "stride_width is -1; it must be 1 to 32.", "stride_width"),
    ({"stride_width": 7}, "stride_width is 7; it must be 1 to 6, the window's width.", "stride_width"),
    ({"stride_width": False}, "stride_width is false; it must be a whole number, 1 to 32.", "stride_width"),
    (
        {"window_height": float("inf")},
        "window_height is Infinity; it must be a whole number, 1 to 32.",
        "window_height",
    ),
]


@pytest.mark.parametrize(("method", "arguments", "message", "code", "field"), R1)
def test_r1_arguments_out_of_bounds(
    method: str, arguments: dict[str, Any], message: str, code: str, field: str
) -> None:
    with pytest.raises(errors.AttributionError) as caught:
        registry.get(method).validate(arguments, registry.InputInfo(((3, 32, 32),)))
    assert str(caught.value) == message
    assert (caught.value.code, caught.value.field) == (code, field)
    assert isinstance(caught.value, (TypeError if code in ("wrong_type", "unknown_argument") else ValueError))
    json.dumps(caught.value.params, allow_nan=False)


@every_method
@pytest.mark.parametrize(
    "value", [10**400, -(10**5000), 1e308, None, [], {}, "x" * 10_000], ids=lambda v: type(v).__name__
)
def test_r1_any_value_of_any_argument_is_refused_in_a_short_sentence(spec: registry.MethodSpec, value: Any) -> None:
    info = registry.InputInfo(((3, 32, 32),))
    for name in (*spec.arguments(info).model_fields, "unknown"):
        with pytest.raises(errors.AttributionError) as caught:
            spec.validate({name: value}, info)
        assert caught.value.field == name
        assert len(str(caught.value)) < 200
        json.dumps(caught.value.params, allow_nan=False)


@pytest.mark.parametrize(("arguments", "message", "field"), R5)
def test_r5_window_and_stride_arguments(arguments: dict[str, Any], message: str, field: str) -> None:
    with pytest.raises(errors.AttributionError) as caught:
        registry.get("occlusion").validate(arguments, registry.InputInfo(((3, 32, 32),)))
    assert str(caught.value) == message
    assert caught.value.field == field


def test_a_stride_left_out_follows_the_window() -> None:
    values = registry.get("occlusion").validate({"window_height": 1}, registry.InputInfo(((3, 32, 32),)))
    assert values.model_dump() == {"window_height": 1, "window_width": 6, "stride_height": 1, "stride_width": 2}


def test_arguments_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(errors.WrongType, match="arguments is"):
        registry.get("saliency").validate([1], registry.InputInfo(((3, 4, 4),)))  # type: ignore[arg-type]


@layer_methods
@pytest.mark.parametrize("layer", ["conv3", "", "conv2.weight"])
def test_r2_unknown_layer(spec: registry.MethodSpec, layer: str) -> None:
    with pytest.raises(errors.UnknownLayer) as caught:
        attribute(spec, convnet(), images(), layer=layer)
    assert f"No layer '{layer}'." in str(caught.value)
    assert caught.value.field == "layer"
    if layer == "conv3":
        assert str(caught.value) == "No layer 'conv3'. Nearest: conv2, conv1."


@layer_methods
def test_r2_layers_never_called_or_without_a_tensor(spec: registry.MethodSpec) -> None:

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = convnet()
            self.idle = nn.Linear(2, 2)
            self.lstm = nn.LSTM(8, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            self.lstm(x[:, 0])
            return self.net(x)

    with pytest.raises(errors.LayerNotCalled, match="'idle' is not called"):
        attribute(spec, Odd().eval(), images(), layer="idle")
    with pytest.raises(errors.LayerNotTensor, match="'lstm' has a tuple of Tensor, tuple as its value"):
        attribute(spec, Odd().eval(), images(), layer="lstm")
    with pytest.raises(errors.UnknownLayer, match="needs a layer"):
        attribute(spec, Odd().eval(), images(), layer=None)


@pytest.mark.parametrize("spec", [s for s in SPECS if s.takes_target], ids=lambda spec: spec.id)
def test_r3_targets_that_do_not_fit(spec: registry.MethodSpec) -> None:
    model, x = convnet(), images(2)
    for target, kind in (
        (3, errors.TargetOutOfRange),
        (-4, errors.TargetOutOfRange),
        ((0, 1), errors.TargetNotWanted),
        ([0], errors.WrongShape),
        (torch.tensor([0, 1, 2]), errors.WrongShape),
        (torch.zeros(2, 2).long(), errors.WrongShape),
        (torch.tensor([0.0, 1.0]), errors.WrongType),
        (True, errors.WrongType),
        ("cat", errors.WrongType),
        ([0, 5], errors.TargetOutOfRange),
    ):
        with pytest.raises(kind) as caught:
            attribute(spec, model, x, target=target)
        assert caught.value.field == "target"
    if spec.family != "perturbation":
        with pytest.raises(errors.TargetMissing, match="3 outputs"):
            attribute(spec, model, x, target=None)
    one = nn.Sequential(model, nn.Linear(3, 1), nn.Flatten(0))
    with pytest.raises(errors.TargetNotWanted, match="leave the target out"):
        attribute(spec, one, x, target=0, layer="0.conv2")


def test_r3_out_of_range_says_the_bound() -> None:
    with pytest.raises(errors.TargetOutOfRange, match="target is 12; the model has 3 outputs, so it must be 0 to 2"):
        attribute(registry.get("saliency"), convnet(), images(), target=12)


@baseline_methods
def test_r4_wrong_baselines_are_refused_by_every_method_that_takes_one(spec: registry.MethodSpec) -> None:
    x = images(4)
    for shape in ((8, 8), (2, 8, 8), (3, 2, 8, 8), (4, 1, 8, 8), (4, 2, 8, 1)):
        with pytest.raises(errors.WrongShape) as caught:
            attribute(spec, convnet(), x, baselines=(torch.zeros(shape),))
        assert caught.value.field == "baselines"
        assert str(shape) in str(caught.value)
    with pytest.raises(errors.WrongShape, match="one for each of the 1 inputs"):
        attribute(spec, convnet(), x, baselines=(torch.zeros_like(x), torch.zeros_like(x)))


@every_method
def test_a_function_of_the_output_is_explained(spec: registry.MethodSpec) -> None:
    """forward = softmax ∘ model gives what a model that ends in softmax gives."""
    model, x = convnet().double(), images(2).double()
    whole = nn.Sequential(model, nn.Softmax(1))
    if spec.applicable(whole, (x,)):
        pytest.skip(f"{spec.name} cannot explain a softmax.")
    through = attribute(spec, model, x, forward=lambda x: torch.softmax(model(x), 1)).attributions
    direct = attribute(spec, whole, x, layer=None if layer_for(spec) is None else "0.conv2").attributions
    assert relative_error(through, direct) <= 1e-12


def test_a_function_of_the_model_is_owned_by_it() -> None:
    from attribution_core.locks import explaining

    model = convnet()
    forward = explaining(model, lambda x: model(x) * 2)
    assert owner(forward) is model
    assert lock_for(forward) is lock_for(model) is lock_for(model.forward)
    assert explaining(model, model) is model


@every_method
def test_applicability(spec: registry.MethodSpec) -> None:
    assert spec.applicable(convnet(), (images(),)) == ()
    mlp = nn.Sequential(nn.Flatten(), nn.Linear(128, 4), nn.ReLU(), nn.Linear(4, 3))
    reasons = spec.applicable(mlp, (images(),))
    assert bool(reasons) == (spec.family == "cam")
    assert all(reason.endswith(".") for reason in reasons)


def test_integer_inputs_are_for_methods_that_do_not_differentiate_them() -> None:
    model = nn.Sequential(nn.Embedding(9, 4), nn.Conv1d(5, 5, 1), nn.Flatten(), nn.Linear(20, 3))
    tokens = torch.randint(0, 9, (2, 5))
    for spec in SPECS:
        reasons = spec.applicable(model, (tokens,))
        assert bool(reasons) == (not spec.integers and spec.family not in ("perturbation", "activation")), spec.id
    found = attribute(registry.get("occlusion"), model, tokens)
    assert found.attributions[0].shape == (2, 5)


def test_occlusion_needs_positions_of_one_kind() -> None:
    reasons = registry.get("occlusion").applicable(convnet(), (images(), torch.zeros(2, 5)))
    assert reasons == ("Windows need inputs that are all images (C×H×W), all sequences (C×L), or all vectors.",)


def test_a_window_over_a_vector_is_one_value_in_the_unit_of_the_input() -> None:
    occlusion = registry.get("occlusion")
    for shape, window, stride in (((40,), 1, 1), ((4, 40), 8, 3)):
        values = occlusion.validate({}, registry.InputInfo((shape,))).model_dump()
        assert (values["window_length"], values["stride_length"]) == (window, stride)
    assert occlusion.validate({"window_length": 6}, registry.InputInfo(((40,),))).model_dump()["stride_length"] == 2
    schema = occlusion.arguments(registry.InputInfo(((40,),), unit="tokens")).model_json_schema()
    assert schema["properties"]["window_length"]["unit"] == "tokens"


def test_methods_speak_of_inputs_and_not_of_images() -> None:
    for spec in registry.methods():
        for said in (spec.summary, *spec.limitations):
            assert not {"image", "images", "pixel", "pixels", "cell", "cells"} & set(
                said.lower().replace("'s", "").split()
            )
