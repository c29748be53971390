"""Awkward forms of outputs, layers, inputs and states (M5, M6, M7, M8, M10, M14, M16, M19), over every method."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, fields
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import Saliency, errors, registry
from attribution_core.constancy import examples_apart
from attribution_core.execution import execution
from attribution_core.notices import Notice, about
from tests.attribution_core.models import TwoInputs, baselines_for, convnet, images, relative_error, state
from tests.attribution_core.models import quickly as attribute

# What a method tells about operations without a rule is tested with the method.
pytestmark = pytest.mark.filterwarnings("ignore::attribution_core.errors.AttributionWarning")
SPECS = registry.methods()
every_method = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
explain_outputs = pytest.mark.parametrize("spec", [s for s in SPECS if s.takes_target], ids=lambda spec: spec.id)
layer_methods = pytest.mark.parametrize("spec", [s for s in SPECS if "layer" in s.needs], ids=lambda spec: spec.id)


def explain(spec: registry.MethodSpec, model: nn.Module, inputs: Any, **settings: Any) -> tuple[Tensor, ...]:
    """The attributions; the test is skipped where the method says beforehand that it cannot explain the model."""
    tensors = inputs if isinstance(inputs, tuple) else (inputs,)
    reasons = spec.applicable(model, tensors, settings.get("additional_forward_args"))
    if reasons:
        pytest.skip(reasons[0])
    return attribute(spec, model, inputs, **settings).attributions


@dataclass
class ModelOutput(OrderedDict):  # type: ignore[type-arg]
    """As Hugging Face's: a dataclass that is a mapping of its fields."""

    logits: Any = None
    hidden_states: Any = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) is not None:
                self[field.name] = getattr(self, field.name)


class Wrapped(nn.Module):
    """A convnet whose output is put into another form."""

    def __init__(self, form: Any) -> None:
        super().__init__()
        self.net = convnet().double()
        self.form = form

    def forward(self, x: Tensor) -> Any:
        return self.form(self.net(x))


FORMS: dict[str, Any] = {
    "tuple": lambda y: (y, None),
    "list": lambda y: [y],
    "dict": lambda y: {"scores": y, "note": "none"},
    "mapping with logits": lambda y: {"logits": y, "hidden": y * 2},
    "ModelOutput": lambda y: ModelOutput(logits=y, hidden_states=(y, y)),
}
OF_ONE: dict[str, Any] = {
    "(N,)": lambda y: y[:, 1],
    "(N, 1)": lambda y: y[:, 1:2],
    "(N, 1, 1, 1)": lambda y: y[:, 1:2, None, None],
    "tuple of (N,)": lambda y: (y[:, 1],),
}


@explain_outputs
@pytest.mark.parametrize("form", FORMS)
def test_m5_outputs_that_hold_the_scores(spec: registry.MethodSpec, form: str) -> None:
    x = images().double()
    (expected,) = explain(spec, convnet().double(), x)
    (found,) = explain(spec, Wrapped(FORMS[form]), x, layer="net.conv2")
    assert relative_error(found, expected) <= 1e-10


@explain_outputs
@pytest.mark.parametrize("form", OF_ONE)
def test_m5_outputs_of_one_number_for_each_example(spec: registry.MethodSpec, form: str) -> None:
    x = images().double()
    (expected,) = explain(spec, convnet().double(), x)
    (found,) = explain(spec, Wrapped(OF_ONE[form]), x, layer="net.conv2", target=None)
    # Shapley values keep the output's dimensions, as in Captum
    assert relative_error(found.reshape(expected.shape), expected) <= 1e-10


@explain_outputs
def test_m5_one_number_for_a_single_example(spec: registry.MethodSpec) -> None:
    x = images(1).double()
    (expected,) = explain(spec, convnet().double(), x)
    try:
        (found,) = explain(spec, Wrapped(lambda y: y[:, 1].sum()), x, layer="net.conv2", target=None)
    except errors.WrongShape as refusal:  # a method that evaluates several points at once
        found = expected
        assert "one row for each" in str(refusal)  # noqa: PT017
    assert relative_error(found, expected) <= 1e-10


@explain_outputs
def test_m5_maps_of_scores(spec: registry.MethodSpec) -> None:
    x = images().double()
    (expected,) = explain(spec, convnet().double(), x)
    model = Wrapped(lambda y: y[:, :, None, None] * torch.tensor([[2.0, 1.0], [3.0, 4.0]], dtype=y.dtype))
    (found,) = explain(spec, model, x, layer="net.conv2", target=(1, 0, 1))
    assert relative_error(found, expected) <= 1e-10


@explain_outputs
def test_m5_outputs_without_a_score_are_refused(spec: registry.MethodSpec) -> None:
    for form, words in (
        (lambda y: {"a": y, "b": y}, "a mapping with a, b"),
        (lambda y: (y, y), "a tuple of 2"),
        (lambda y: None, "a NoneType"),
        (lambda y: y.sum(0), r"shape \(3,\)"),
    ):
        with pytest.raises((errors.WrongType, errors.WrongShape), match=words):
            explain(spec, Wrapped(form), images().double(), layer="net.conv2")


class Layers(nn.Module):
    """Layers whose values are a tuple of tensors, a tuple with other things, None, and a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.pair, self.mixed, self.nothing, self.named = Returning(0), Returning(1), Returning(2), Returning(3)
        self.relu = nn.ReLU()
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.pair(x)
        a = self.mixed(a)[0]
        self.nothing(b)
        return self.head(self.relu(torch.cat((a, self.named(b)["value"]), 1)))


class Returning(nn.Module):
    def __init__(self, kind: int) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Any:
        return ((x[:, :2] * 2, x[:, 2:] * 3), (x * 1.5, None), None, {"value": x - 0.1})[self.kind]


@layer_methods
@pytest.mark.parametrize(
    ("layer", "words"),
    [("mixed", "a tuple of Tensor, NoneType"), ("nothing", "None"), ("named", "a dict")],
)
def test_m6_layers_without_tensors_are_refused_by_name(spec: registry.MethodSpec, layer: str, words: str) -> None:
    torch.manual_seed(1)
    model = Layers()
    before = state(model)
    with pytest.raises(errors.LayerNotTensor, match=f"Layer '{layer}' has {words} as its value"):
        attribute(spec, model, torch.rand(2, 4), layer=layer)
    assert state(model) == before


@layer_methods
def test_m6_layers_of_several_tensors_are_explained_or_refused(spec: registry.MethodSpec) -> None:
    torch.manual_seed(1)
    model, x = Layers().double(), torch.rand(2, 4, dtype=torch.float64)
    if spec.space == "layer":
        found = attribute(spec, model, x, layer="pair").attributions
        alone = [attribute(spec, model, x[i : i + 1], layer="pair").attributions for i in range(2)]
        assert len(found) == 2
        assert all(len(f) == 2 for f in found)
        assert all(
            relative_error(torch.cat(parts), f) <= 1e-10
            for f, parts in zip(found, zip(*alone, strict=True), strict=True)
        )
    else:
        with pytest.raises(errors.AttributionError, match=r"tensors|single"):
            attribute(spec, model, x, layer="pair")


@every_method
def test_m7_two_inputs_and_arguments_that_are_not_expanded(spec: registry.MethodSpec) -> None:
    torch.manual_seed(3)
    model = TwoInputs().double().eval()
    pair = (torch.rand(3, 2, 6, 6, dtype=torch.float64), torch.rand(3, 1, 5, 5, dtype=torch.float64))
    extra = (torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), 1.5)
    layer = "head" if spec.space == "neuron" else "conv"
    together = explain(spec, model, pair, additional_forward_args=extra, layer=layer)
    rows = baselines_for(spec, pair)
    for i in range(3):
        one = tuple(x[i : i + 1] for x in pair)
        settings = {"additional_forward_args": (extra[0][i : i + 1], 1.5), "layer": layer, "baselines": rows}
        alone = explain(spec, model, one, **settings)
        assert all(relative_error(a, t[i : i + 1]) <= 1e-10 for a, t in zip(alone, together, strict=True))


@every_method
def test_m7_an_unused_input_gets_zeros_and_a_notice(spec: registry.MethodSpec) -> None:
    class Ignores(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = convnet()

        def forward(self, x: Tensor, z: Tensor) -> Tensor:
            return self.net(x)

    model, pair = Ignores().eval(), (images(2), images(2, seed=2))
    if spec.applicable(model, pair):
        pytest.skip(spec.applicable(model, pair)[0])
    enough = {"n_samples": 64} if spec.id == "kernel_shap" else {}  # for a fit of eight groups
    outcome = attribute(spec, model, pair, layer="net.conv2", arguments=enough)
    found = outcome.attributions
    if spec.family not in ("perturbation", "propagation", "cam") and spec.space != "layer":
        assert [notice.code for notice in outcome.notices] == ["unused"]
        assert "does not depend on inputs[1]; it gets zeros" in outcome.notices[0].message
    if spec.space != "layer":
        bound = 0.2 if spec.stochastic else 1e-6  # Kernel SHAP's fit of samples is not exact
        assert found[1].abs().max() <= bound * found[0].abs().max()
        assert spec.stochastic or relative_error(found[0], explain(spec, model.net, pair[0])[0]) <= 1e-5


@every_method
def test_m8_integer_arguments_do_not_make_a_method_unavailable(spec: registry.MethodSpec) -> None:
    class Chosen(nn.Module):
        """Behind the image comes a whole number: which scale to use."""

        def __init__(self) -> None:
            super().__init__()
            self.net = convnet()
            self.scales = nn.Embedding(4, 3)

        def forward(self, x: Tensor, scale: Tensor) -> Tensor:
            return self.net(x) * self.scales(scale)

    torch.manual_seed(0)
    model, scale = Chosen().eval(), torch.tensor([1, 3])
    if "lrp" not in spec.id:  # a product has no rule there
        assert spec.applicable(model, (images(),), scale) == ()
    found = explain(spec, model, images(), additional_forward_args=scale, layer="net.conv2")
    assert found[0].isfinite().all()


class Centred(nn.Module):
    """Mixes its batch otherwise than by batch norm: each example's score is compared with the batch's mean."""

    def __init__(self) -> None:
        super().__init__()
        self.net = convnet().double()

    def forward(self, x: Tensor) -> Tensor:
        y = self.net(x)
        return y - y.mean(0)


@every_method
def test_m10_another_mix_of_the_batch_is_refused(spec: registry.MethodSpec) -> None:
    assert "Its output for an example depends on the other examples of its batch." in spec.applicable(
        Centred(), (images(4).double(),)
    )


def test_m10_what_the_probe_cannot_tell_is_not_refused() -> None:
    class Random(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.rand(len(x), 3)

    class Single(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.reshape(3)[None]

    assert examples_apart(Random(), (images(2),), ())
    assert examples_apart(Single(), (torch.rand(1, 3),), ())
    assert examples_apart(convnet(), (images(2),), ())
    assert not examples_apart(Centred(), (images(1).double(),), ())


@explain_outputs
def test_m14_tiny_maps_are_not_blanked(spec: registry.MethodSpec) -> None:
    model, x = convnet().double(), images().double()
    (expected,) = explain(spec, model, x)
    (found,) = explain(spec, model, x, forward=lambda x: model(x) * 1e-7)
    if spec.id == "lime":
        pytest.skip("Its fit drops what is below a threshold, as is said of it.")
    if spec.id == "guided_grad_cam":
        expected = expected * 1e-7  # a product of two maps
    assert relative_error(found, 1e-7 * expected) <= 1e-8


class Drifting(nn.Module):
    """Changes its weights, or its mode, whenever it runs."""

    def __init__(self, change: str) -> None:
        super().__init__()
        self.net = convnet()
        self.change = change

    def forward(self, x: Tensor) -> Tensor:
        y = self.net(x)
        with torch.no_grad():
            if self.change == "weights":
                self.net.head.bias.add_(0.5)
            else:
                self.net.drop.train(not self.net.drop.training)
        return y


@every_method
@pytest.mark.parametrize(("change", "what"), [("weights", "net.head.bias"), ("mode", "the mode of 'net.drop'")])
def test_m19_a_model_that_changes_while_it_is_explained(spec: registry.MethodSpec, change: str, what: str) -> None:
    model = Drifting(change).eval()
    model.net.drop.p = 0.0
    try:
        with pytest.raises(errors.ModelChanged, match=f"changed while it was explained: {what}"):
            attribute(spec, model, images(1), layer="net.conv2")
    except pytest.fail.Exception:
        if change == "weights":
            raise
        assert not model.net.drop.training  # an even number of passes: it is as it was


def test_m19_a_mode_changed_by_a_callback_stays_and_is_told() -> None:
    """The library itself sets no mode: what a callback changes stays changed."""
    model = convnet()
    with (
        pytest.raises(errors.ModelChanged, match="the mode of 'drop'"),
        execution(on_progress=lambda progress: model.drop.train()),
    ):
        Saliency(model).attribute(images(), target=0)
    assert model.drop.training


def test_m14_maps_that_show_nothing_are_said_so() -> None:
    assert about(torch.zeros(3)) == Notice("all_zero", "Every attribution is exactly 0. Try another baseline or layer.")
    assert about(torch.tensor([0.0, -1e-7])) == Notice(
        "none_positive", "No attribution is positive: nothing speaks for the output."
    )
    assert about(torch.tensor([1e-7, -1.0])) is None
