"""Texts, tables and several inputs at once through a runtime, against `attribution_core` called directly."""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import registry
from attribution_core.embedding import configure_interpretable_embedding_layer
from attribution_core.noise import Smoothing
from attriscope import Batch, Explorer, TextFeature
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import ResultInfo
from attriscope.workers.runtime import Runtime
from tests.explorers import kinds
from tests.server.workers.toys import Answer, Direct

FACTORIES: dict[str, Callable[[], Explorer]] = {"text": kinds.text, "table": kinds.table, "mixed": kinds.mixed}
NEITHER = {"guided_grad_cam", "layer_grad_cam"}
UNAVAILABLE = {
    "text": {"lrp", "layer_lrp", *NEITHER},
    "table": NEITHER,
    "mixed": {"lrp", "layer_lrp", "shapley_values", "occlusion"},
}
"""The reader multiplies two values, which LRP has no rule for."""


@pytest.fixture(scope="module", params=list(FACTORIES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clients() -> dict[str, Direct]:
    return {name: Direct(Runtime(factory(), "cpu")) for name, factory in FACTORIES.items()}


def model_of(client: Direct) -> str:
    (name,) = client.runtime.loaded.models
    return name


def explained(
    client: Direct, position: int = 0, target: int | None = 0, **asked: Any
) -> tuple[ResultInfo, dict[str, Tensor]]:
    samples = client.scan(8)
    spec = client.runtime.loaded.methods.get(asked["method"])
    distribution = range(3) if "distribution" in spec.needs else ()
    answer: Answer = client.attribute(
        samples, position, target=target, distribution=distribution, model=model_of(client), **asked
    )
    assert answer.last.type == "reply", answer.last.body
    assert not answer.of("failed"), answer.of("failed")[0].body
    (frame,) = answer.of("result")
    return ResultInfo.model_validate(frame.body), {name: to_tensor(array) for name, array in frame.arrays.items()}


def test_what_is_available(kind: str, clients: dict[str, Direct]) -> None:
    told = {method.id for method in clients[kind].runtime.description.methods if method.unavailable}
    assert told == UNAVAILABLE[kind]


@pytest.mark.parametrize("method", [spec.id for spec in registry.methods()])
def test_every_method_draws_a_map_for_each_input(method: str, kind: str, clients: dict[str, Direct]) -> None:
    if method in UNAVAILABLE[kind]:
        pytest.skip("does not apply")
    client = clients[kind]
    spec = registry.get(method)
    layer = {"text": "hidden", "table": "net.0", "mixed": "conv"}[kind] if "layer" in spec.needs else None
    info, maps = explained(client, method=method, layer=layer)
    assert all(bool(torch.isfinite(value).all()) for value in maps.values())
    if spec.space == "layer":
        assert len(maps) == 1
        return
    if method == "guided_grad_cam":  # is for what has height and width
        assert set(maps) == {"image"}
        return
    shapes = {"image": (3, 6, 6), "text": (1, 1, kinds.LENGTH), "table": (1, 1, 6), "extra": (1, 1, 1)}
    assert {name: tuple(value.shape) for name, value in maps.items()} == {
        feature.name: shapes[feature.name] for feature in client.runtime.loaded.explorer.features
    }
    if info.delta is not None and kind != "mixed":
        total = sum(float(value.double().sum()) for value in maps.values())
        assert info.output is not None
        assert info.output_baseline is not None
        assert total - (info.output - info.output_baseline) == pytest.approx(info.delta, abs=1e-5)


# --- parity --------------------------------------------------------------------------------------------


def by_hand(method: str, ids: Tensor, **keywords: Any) -> Tensor:
    """As a program for Captum would do it: an interpretable embedding, and vectors summed."""
    model = kinds.Reader().eval()
    stand_in = configure_interpretable_embedding_layer(model, "embed")
    vectors, baseline = (stand_in.indices_to_embeddings(x) for x in (ids[None], torch.zeros_like(ids)[None]))

    # The model reads the length off the ids' second dimension, which vectors have too.
    if keywords.pop("compared", False):
        keywords["baselines"] = baseline
    found: Tensor = getattr(attribution_core, method)(model).attribute(vectors, target=1, **keywords)
    return found.sum(-1)[0].detach()


@pytest.mark.parametrize(
    ("id", "name", "keywords"),
    [
        ("integrated_gradients", "IntegratedGradients", {"compared": True}),
        ("saliency", "Saliency", {}),
        ("input_x_gradient", "InputXGradient", {}),
        ("deep_lift", "DeepLift", {"compared": True}),
        ("guided_backprop", "GuidedBackprop", {}),
        ("deconvolution", "Deconvolution", {}),
    ],
)
def test_gradients_of_a_text_are_those_at_its_embedding(
    id: str, name: str, keywords: dict[str, Any], clients: dict[str, Direct]
) -> None:
    for position in (0, 3):
        _, maps = explained(clients["text"], position, target=1, method=id)
        expected = by_hand(name, kinds.tokens(position), **keywords)
        scale = float(expected.abs().max())
        torch.testing.assert_close(maps["text"].flatten(), expected, atol=1e-5 * scale, rtol=0)


def test_integrated_gradients_of_a_text_are_those_of_the_layer(clients: dict[str, Direct]) -> None:
    model = kinds.Reader().eval()
    ids = kinds.tokens(2)[None]
    method = attribution_core.LayerIntegratedGradients(model, model.embed)
    expected = method.attribute(ids, torch.zeros_like(ids), target=2).sum(-1)[0].detach()
    info, maps = explained(clients["text"], 2, target=2, method="integrated_gradients")
    torch.testing.assert_close(maps["text"].flatten(), expected, atol=1e-6, rtol=0)
    with torch.no_grad():
        assert info.output == pytest.approx(float(model(ids)[0, 2]), abs=1e-6)
        assert info.output_baseline == pytest.approx(float(model(torch.zeros_like(ids))[0, 2]), abs=1e-6)


def test_perturbations_of_a_text_put_padding_in_the_place_of_tokens(clients: dict[str, Direct]) -> None:
    model, ids = kinds.Reader().eval(), kinds.tokens(1)[None]
    _, maps = explained(clients["text"], 1, target=1, method="feature_ablation")
    with torch.no_grad():
        whole = model(ids)[0, 1]
        for at in range(kinds.LENGTH):
            without = ids.clone()
            without[0, at] = 0
            assert float(maps["text"][0, 0, at]) == pytest.approx(float(whole - model(without)[0, 1]), abs=1e-6)


def test_smoothing_adds_noise_to_the_vectors(clients: dict[str, Direct]) -> None:
    smoothing = {"type": "smoothgrad", "samples": 4, "noise": 0.1, "seed": 3}
    _, maps = explained(clients["text"], 0, target=1, method="saliency", smoothing=smoothing)
    model = kinds.Reader().eval()
    stand_in = configure_interpretable_embedding_layer(model, "embed")
    vectors = stand_in.indices_to_embeddings(kinds.tokens(0)[None])
    found = registry.get("saliency").attribute(
        model,
        model,
        (vectors,),
        target=1,
        arguments=registry.get("saliency").validate({}, registry.InputInfo(((kinds.LENGTH,),))),
        smoothing=Smoothing("smoothgrad", 4, 0.1, 3),
    )
    torch.testing.assert_close(maps["text"].flatten(), found.attributions[0].sum(-1)[0].detach(), atol=1e-6, rtol=0)


def test_a_tables_values_are_the_librarys(clients: dict[str, Direct]) -> None:
    model, background = kinds.Rows().eval(), torch.stack([kinds.row(50 + index) for index in range(8)])
    x = kinds.row(4)[None]
    for baseline, value in (("zero", torch.zeros_like(x)), ("mean", background.mean(0)[None])):
        _, maps = explained(clients["table"], 4, target=1, method="integrated_gradients", baseline=baseline)
        expected = attribution_core.IntegratedGradients(model).attribute(x, value, target=1)[0].detach()
        torch.testing.assert_close(maps["table"].flatten(), expected, atol=1e-6, rtol=0)


def test_m7_several_inputs_are_explained_together(clients: dict[str, Direct]) -> None:
    model = kinds.Mixed().eval()
    inputs = [x[None] for x in (kinds.picture(1), kinds.tokens(1), kinds.row(1), torch.ones(4))]
    stand_in = configure_interpretable_embedding_layer(model, "reader.embed")
    vectors = stand_in.indices_to_embeddings(inputs[1])
    found = attribution_core.Saliency(model).attribute((inputs[0], vectors, *inputs[2:]), target=2)
    _, maps = explained(clients["mixed"], 1, target=2, method="saliency")
    torch.testing.assert_close(maps["image"], found[0][0].detach(), atol=1e-6, rtol=0)
    torch.testing.assert_close(maps["text"].flatten(), found[1].sum(-1)[0].detach(), atol=1e-6, rtol=0)
    torch.testing.assert_close(maps["table"].flatten(), found[2][0].detach(), atol=1e-6, rtol=0)
    assert float(maps["extra"]) == pytest.approx(0.4, abs=1e-6)
    info, maps = explained(clients["mixed"], 1, target=2, method="integrated_gradients", arguments={"n_steps": 200})
    assert info.output is not None
    assert info.output_baseline is not None
    total = sum(float(value.sum()) for value in maps.values())
    assert total == pytest.approx(info.output - info.output_baseline, abs=1e-2)


# --- finding the embedding -----------------------------------------------------------------------------


class Pair(nn.Module):
    """Two texts through one embedding, the second less the first."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.words, self.head = nn.Embedding(12, 4), nn.Linear(4, 2)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        value: Tensor = self.head((2 * self.words(second) - self.words(first)).mean(1))
        return value


class Hidden(nn.Module):
    """An embedding that is given something else than the ids."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(13, 4), nn.Linear(4, 2)

    def forward(self, ids: Tensor) -> Tensor:
        value: Tensor = self.head(self.words(ids + 1).mean(1))
        return value


def texts(model: nn.Module, names: list[str], embedding: str | None = None) -> Direct:
    features = [TextFeature(name, kinds.VOCABULARY, embedding=embedding) for name in names]
    rows = [Batch(tuple(kinds.tokens(index)[None] for _ in names)) for index in range(4)]
    return Direct(Runtime(Explorer({"net": model}, rows, features=features), "cpu"))


def test_one_embedding_may_serve_two_inputs() -> None:
    client = texts(Pair(), ["first", "second"])
    assert client.runtime.loaded.described["net"].embeddings == {0: "words", 1: "words"}
    _, maps = explained(client, 1, method="integrated_gradients")
    torch.testing.assert_close(maps["second"], -2 * maps["first"], atol=1e-6, rtol=0)
    assert maps["first"].abs().max() > 0


def test_an_embedding_that_cannot_be_found_leaves_perturbations() -> None:
    client = texts(Hidden(), ["text"])
    found = {method.id: method.unavailable for method in client.runtime.description.methods}
    assert any("int64 values, which have no gradient" in reason for reason in found["saliency"]["net"])
    assert found["feature_ablation"] == {}
    assert found["layer_integrated_gradients"] == {}


def test_a_name_that_is_no_layer_is_told() -> None:
    client = texts(Hidden(), ["text"], embedding="wrods")
    error = client.runtime.loaded.described["net"].error
    assert error is not None
    assert error.message.startswith("No layer 'wrods'. Nearest: words")


def test_hooks_are_gone_and_the_model_is_as_before(clients: dict[str, Direct]) -> None:
    explained(clients["text"], 0, method="integrated_gradients")
    module = clients["text"].runtime.loaded.model("reader").module
    assert all(not child._forward_hooks and not child._forward_pre_hooks for child in module.modules())
    assert all(parameter.grad is None for parameter in module.parameters())


# --- refusals ------------------------------------------------------------------------------------------


def test_curves_need_images(clients: dict[str, Direct]) -> None:
    client = clients["text"]
    items = client.scan(1).items(0)
    answer = client.check(items, model="reader", evaluation={"type": "curves"})
    assert answer.error["code"] == "not_applicable"
    assert answer.error["field"] == "evaluation"


def test_the_randomisation_check_works_for_texts(clients: dict[str, Direct]) -> None:
    evaluation = {"type": "randomisation", "stages": 2}
    info, _ = explained(clients["text"], 0, method="saliency", evaluation=evaluation)
    assert info.evaluation is not None
    assert len(info.evaluation.steps) == 2  # type: ignore[union-attr]


def test_what_is_for_images_is_refused(clients: dict[str, Direct]) -> None:
    client = clients["text"]
    arrays = client.scan(1).arrays(0)
    answer = client.call("baseline", {"baseline": "padding", "feature": "text"}, arrays)
    assert answer.error["code"] == "no_picture"
    mask = {"width": 7, "height": 1, "bits": base64.b64encode(b"\xff").decode()}
    edit = {"kind": "erase", "feature": "text", "mask": mask, "fill": {"kind": "baseline", "baseline": "padding"}}
    body = {"edit": edit, "sample": 0}
    assert client.call("edit", body, arrays).error["code"] == "edit_unsupported"


def test_a_text_is_shown_with_its_evidence() -> None:
    mask = torch.zeros(2, kinds.LENGTH, dtype=torch.bool)
    mask[:, 2] = True
    ids = torch.stack([kinds.tokens(0), kinds.tokens(1)])
    dataset = [Batch(ids, [0, 1], evidence=mask)]
    feature = TextFeature(vocabulary=kinds.VOCABULARY)
    client = Direct(Runtime(Explorer({"net": kinds.Reader()}, dataset, features=feature), "cpu"))
    first, _ = client.scan(2).frames
    (shown,) = first.body["features"]
    assert (shown["kind"], shown["width"], shown["height"], shown["evidence"]) == ("text", kinds.LENGTH, 1, True)
    assert "display.text" not in first.arrays
    assert torch.equal(to_tensor(first.arrays["evidence.text"]).bool(), mask[:1])


# --- outputs -------------------------------------------------------------------------------------------


class Wrapped(nn.Module):
    """The reader, its output in another form."""

    def __init__(self, wrap: Callable[[Tensor], Any], outputs: int = 3) -> None:
        super().__init__()
        self.reader, self.wrap = kinds.Reader(outputs), wrap

    def forward(self, ids: Tensor) -> Any:
        return self.wrap(self.reader(ids))


def of_text(model: nn.Module, **settings: Any) -> Direct:
    dataset = [(kinds.tokens(index), index % 3) for index in range(8)]
    feature = TextFeature(vocabulary=kinds.VOCABULARY)
    return Direct(Runtime(Explorer({"reader": model}, dataset, features=feature, **settings), "cpu"))


@pytest.mark.parametrize("method", ["integrated_gradients", "feature_ablation", "deep_lift"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda y: (y, None),
        lambda y: [y],
        lambda y: {"logits": y, "loss": y.sum()},
        lambda y: SimpleNamespace(logits=y, hidden_states=(y,)),
    ],
    ids=["tuple", "list", "dict", "object"],
)
def test_m5_outputs_of_a_text_model_in_any_form(
    wrap: Callable[[Tensor], Any], method: str, clients: dict[str, Direct]
) -> None:
    _, maps = explained(of_text(Wrapped(wrap)), 1, target=2, method=method)
    _, expected = explained(clients["text"], 1, target=2, method=method)
    torch.testing.assert_close(maps["text"], expected["text"], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("wrap", [lambda y: y, lambda y: y[:, 0]], ids=["N×1", "N"])
def test_d10_a_regression_of_texts_and_tables_is_explained_without_a_target(wrap: Callable[[Tensor], Any]) -> None:
    client = of_text(Wrapped(wrap, outputs=1))
    assert client.runtime.description.models[0].outputs == 1
    for method, arguments in (("integrated_gradients", {"n_steps": 500}), ("kernel_shap", {})):
        info, maps = explained(client, 0, target=None, method=method, arguments=arguments)
        assert info.target is None
        total = float(maps["text"].sum())
        assert info.output is not None
        if method == "integrated_gradients":
            assert info.output_baseline is not None
            assert total == pytest.approx(info.output - info.output_baseline, abs=1e-3)


def test_sigmoid_scores_of_several_labels_can_be_explained() -> None:
    client = of_text(kinds.Reader(), score_func=nn.Sigmoid(), classes=["a", "b", "c"])
    predictions = client.call("predict", {"model": "reader", "count": 1}, client.scan(1).arrays(0)).body["predictions"]
    assert client.runtime.description.score_name == "probability"
    for found in predictions[0]:
        assert found["score"] == pytest.approx(float(torch.sigmoid(torch.tensor(found["output"]))), abs=1e-6)
    info, maps = explained(
        client, 0, target=1, method="integrated_gradients", quantity="score", arguments={"n_steps": 500}
    )
    assert info.output is not None
    assert info.output_baseline is not None
    assert float(maps["text"].sum()) == pytest.approx(info.output - info.output_baseline, abs=1e-4)
