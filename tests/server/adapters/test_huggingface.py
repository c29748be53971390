"""Hugging Face's classifiers as explorers, on small models with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import attribution_core
from attriscope import ExplorerError
from attriscope.adapters.huggingface import image_explorer, text_explorer
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import ResultInfo
from attriscope.workers.runtime import Runtime
from tests.server.workers.toys import Direct

pytest.importorskip("transformers", reason="the extra huggingface is not installed")

from tests.server.adapters import tiny_huggingface as tiny
from tests.server.adapters.tiny_huggingface import LABELS, TEXTS

KINDS: dict[str, tuple[Callable[[], nn.Module], Callable[[], Any]]] = {
    "bert": (tiny.bert, tiny.wordpiece),
    "distilbert": (tiny.distilbert, tiny.wordpiece),
    "roberta": (tiny.roberta, tiny.byte_level),
}
UNWATCHABLE = 1
"""The number of the text that has a word of several pieces, and the most words."""


@pytest.fixture(scope="module", params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clients() -> dict[str, Direct]:
    found = {}
    for name, (make, tokenizer) in KINDS.items():
        found[name] = Direct(Runtime(text_explorer(make(), tokenizer(), TEXTS, [2, "negative", 2, 1, 0, None]), "cpu"))
    return found


def explained(client: Direct, position: int, target: int = 0, **asked: Any) -> tuple[ResultInfo, Tensor]:
    samples = client.scan(len(TEXTS))
    spec = client.runtime.loaded.methods.get(asked["method"])
    distribution = range(3) if "distribution" in spec.needs else ()
    asked = {"model": tiny.model_of(client), **asked}
    answer = client.attribute(samples, position, target=target, distribution=distribution, **asked)
    assert not answer.of("failed"), answer.of("failed")[0].body
    (frame,) = answer.of("result")
    (array,) = frame.arrays.values()
    return ResultInfo.model_validate(frame.body), to_tensor(array)


# --- texts -----------------------------------------------------------------------------------------------


def test_classes_embedding_and_labels_are_found_by_themselves(kind: str, clients: dict[str, Direct]) -> None:
    told = clients[kind].runtime.description
    found = clients[kind].runtime.loaded.described[tiny.model_of(clients[kind])]
    assert found.error is None
    assert found.embeddings == {0: f"model.{kind}.embeddings.word_embeddings"}
    assert told.classes == list(LABELS.values())
    assert told.score_name == "probability"
    labels = [frame.body["label"] for frame in clients[kind].scan(len(TEXTS)).frames]
    assert [label and label["index"] for label in labels] == [2, 0, 2, 1, 0, None]


def test_pieces_are_words_and_what_the_tokenizer_adds_stands_apart(kind: str, clients: dict[str, Direct]) -> None:
    (feature,) = clients[kind].runtime.loaded.explorer.features
    dataset = clients[kind].runtime.loaded.explorer.dataset
    words = [
        [word["text"] for word in feature.display(item.inputs).content["words"] if not word["padding"]]
        for item in (dataset[UNWATCHABLE], dataset[2])
    ]
    first, last = ("<s>", "</s>") if kind == "roberta" else ("[CLS]", "[SEP]")
    assert [words[0][0], words[0][-1]] == [first, last]
    assert any(word.strip(",") == "unwatchable" for word in words[0])
    assert ("café" if kind == "roberta" else "cafe") in words[1]


def test_m5_predictions_are_the_logits_of_the_model_output(kind: str, clients: dict[str, Direct]) -> None:
    """Tokenized apart, without padding and with the masks that the tokenizer gives."""
    client, (make, tokenizer) = clients[kind], KINDS[kind]
    samples = client.scan(len(TEXTS))
    body = {"model": tiny.model_of(client), "count": len(TEXTS)}
    predictions = client.call("predict", body, samples.arrays(*range(len(TEXTS)))).body["predictions"]
    model, names = make(), tokenizer()
    for text, found in zip(TEXTS, predictions, strict=True):
        with torch.no_grad():
            logits = model(**_inputs(names(text, return_tensors="pt"), kind)).logits[0]
        by_class = {entry["index"]: entry for entry in found}
        assert [by_class[at]["output"] for at in range(3)] == pytest.approx(logits.tolist(), abs=1e-4)
        assert [by_class[at]["score"] for at in range(3)] == pytest.approx(logits.softmax(0).tolist(), abs=1e-4)


def _inputs(encoded: Any, kind: str) -> dict[str, Tensor]:
    return {name: value for name, value in encoded.items() if kind == "bert" or name != "token_type_ids"}


def test_m8_integrated_gradients_are_those_of_the_embedding_layer(kind: str, clients: dict[str, Direct]) -> None:
    """Written as for Captum: the reference keeps the special tokens, and the mask is the text's."""
    client, (make, tokenizer) = clients[kind], KINDS[kind]
    info, found = explained(client, UNWATCHABLE, target=2, method="integrated_gradients", arguments={"n_steps": 20})
    model, names = make(), tokenizer()
    encoded = names(TEXTS[UNWATCHABLE], return_tensors="pt")
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    special = torch.isin(ids, torch.tensor([names.cls_token_id, names.sep_token_id]))
    reference = torch.where(special, ids, names.pad_token_id)

    # RoBERTa counts places by what is no padding, so that the text's own are given.
    class Places(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, given: Tensor) -> Tensor:
            places = torch.arange(ids.shape[1])[None].expand_as(given) + (2 if kind == "roberta" else 0)
            more = {} if kind == "distilbert" else {"position_ids": places}
            return self.model(input_ids=given, attention_mask=mask.expand_as(given), **more).logits

    layer = getattr(model, kind).embeddings.word_embeddings
    method = attribution_core.LayerIntegratedGradients(Places().eval(), layer)
    expected = method.attribute(ids, reference, target=2, n_steps=20).sum(-1)[0].detach()
    scale = float(expected.abs().max())
    torch.testing.assert_close(found.flatten()[: len(expected)], expected, atol=1e-4 * scale, rtol=0)
    assert float(found.flatten()[len(expected) :].abs().max()) <= 1e-6 * scale
    assert float(found.flatten()[0]) == float(found.flatten()[len(expected) - 1]) == 0
    assert info.baseline == "padding"


def test_a_token_that_is_ablated_is_one_that_is_not_attended_to(clients: dict[str, Direct]) -> None:
    _, found = explained(clients["bert"], 0, target=1, method="feature_ablation")
    model, names = tiny.bert(), tiny.wordpiece()
    encoded = names(TEXTS[0], return_tensors="pt")
    with torch.no_grad():
        whole = model(**encoded).logits[0, 1]
        for at in (1, 4):
            ids, mask = encoded["input_ids"].clone(), encoded["attention_mask"].clone()
            ids[0, at], mask[0, at] = names.pad_token_id, 0
            changed = model(input_ids=ids, attention_mask=mask).logits[0, 1]
            assert float(found[0, 0, at]) == pytest.approx(float(whole - changed), abs=1e-5)
    # [CLS] stays, so that nothing is changed but the size of the batch.
    assert abs(float(found[0, 0, 0])) <= 1e-6


WITHOUT_RELU = {f"{space}{name}" for space in ("", "neuron_") for name in ("guided_backprop", "deconvolution")}
NEVER = {"lrp", "layer_lrp", "layer_grad_cam", "guided_grad_cam", "shapley_values"}
"""Layer norms have no rule, texts no positions of an image, and 18 tokens too many orders to try all."""
METHODS = sorted(spec.id for spec in attribution_core.registry.methods())


def test_methods_that_do_not_apply_say_why(kind: str, clients: dict[str, Direct]) -> None:
    told = {method.id: method.unavailable for method in clients[kind].runtime.description.methods}
    refused = {id for id, reasons in told.items() if reasons}
    # DistilBERT has a ReLU before its last layer.
    assert refused == NEVER | (set() if kind == "distilbert" else WITHOUT_RELU)
    assert all(sentence.endswith(".") for reasons in told.values() for all in reasons.values() for sentence in all)


@pytest.mark.parametrize("method", [id for id in METHODS if id not in NEVER])
def test_every_other_method_explains_a_text(method: str, kind: str, clients: dict[str, Direct]) -> None:
    if method in WITHOUT_RELU and kind != "distilbert":
        pytest.skip("does not apply")
    client, spec = clients[kind], attribution_core.registry.get(method)
    layer = f"model.{kind}.{'transformer.layer.1.ffn.lin1' if kind == 'distilbert' else 'encoder.layer.1.intermediate'}"
    info, found = explained(client, 0, method=method, layer=layer if "layer" in spec.needs else None)
    assert bool(torch.isfinite(found).all())
    assert found.abs().max() > 0
    length = client.scan(1).frames[0].body["shapes"][0][0]
    assert tuple(found.shape) == ((20, 1, length) if spec.space == "layer" else (1, 1, length))
    assert info.method == method


def test_m7_pairs_of_texts_bring_their_token_types() -> None:
    names, model = tiny.wordpiece(), tiny.bert()
    pairs = [("The film is good.", "bad film"), ("bad film", "A dull film")]
    client = Direct(Runtime(text_explorer(model, names, pairs), "cpu"))
    samples = client.scan(2)
    asked = {"model": tiny.model_of(client), "count": 1}
    found = client.call("predict", asked, samples.arrays(0)).body["predictions"][0]
    with torch.no_grad():
        logits = tiny.bert()(**names(*pairs[0], return_tensors="pt")).logits[0]
    assert {entry["index"]: entry["output"] for entry in found} == pytest.approx(
        dict(enumerate(logits.tolist())), abs=1e-4
    )
    answer = client.attribute(samples, 0, model=tiny.model_of(client), method="integrated_gradients")
    assert answer.of("result")


def test_the_text_offered_for_editing_is_the_samples_with_its_unknown_words(kind: str) -> None:
    make, tokenizer = KINDS[kind]
    names = tokenizer()
    if kind == "roberta":
        texts = [*TEXTS, f"bad {names.mask_token} film"]
    else:
        texts = [*TEXTS, "The zeppelin film is good.", "good [SEP] bad film"]
    found = text_explorer(make(), names, texts)
    (feature,) = found.features
    for at, text in enumerate(texts):
        ids = found.dataset[at].inputs
        offered = feature.display(ids).content["text"]
        made, _ = feature.from_typed(offered, ids)
        assert made.tolist() == ids.tolist(), (text, offered)


def test_a_pair_of_texts_cannot_be_typed_and_says_why(kind: str) -> None:
    make, tokenizer = KINDS[kind]
    found = text_explorer(make(), tokenizer(), [("The film is good.", "bad film"), ("bad film", "A dull film")])
    (feature,), ids = found.features, found.dataset[0].inputs
    untyped = feature.untyped()
    assert untyped is not None
    assert (untyped.code, untyped.field) == ("pairs_untyped", "text")
    assert feature.form(ids) is None
    assert feature.display(ids).content["text"] is None
    with pytest.raises(ExplorerError, match="holds pairs of texts"):
        feature.from_typed("The film is good.", ids)


def test_a_typed_text_is_bounded_by_the_model_where_the_tokenizer_says_nothing(kind: str) -> None:
    make, tokenizer = KINDS[kind]
    names = tokenizer()
    names.model_max_length = 10**30
    found = text_explorer(make(), names, ["bad film"])
    (feature,), ids = found.features, found.dataset[0].inputs
    form = feature.form(ids)
    assert form is not None
    most = 64 if kind == "roberta" else 32
    assert form.tokens == most
    with pytest.raises(ExplorerError, match=f"tokens; at most {most} are taken") as refused:
        feature.from_typed("film " * 100, ids)
    assert refused.value.code == "text_too_long"
    longest = next(text for text in ("film" + " film" * n for n in range(most)) if len(names(text).input_ids) == most)
    made, _ = feature.from_typed(longest, ids)
    client = Direct(Runtime(found, "cpu"))
    assert torch.isfinite(client.runtime.loaded.model(tiny.model_of(client)).module(made[None]).logits).all()


@pytest.mark.parametrize(
    ("settings", "score", "outputs"),
    [
        ({"num_labels": 1, "id2label": {0: "LABEL_0"}}, None, 1),
        ({"problem_type": "multi_label_classification"}, "Sigmoid", 3),
    ],
)
def test_d10_regressions_and_several_labels(settings: dict[str, Any], score: str | None, outputs: int) -> None:
    found = text_explorer(tiny.bert(**settings), tiny.wordpiece(), TEXTS)
    assert (None if found.score_func is None else type(found.score_func).__name__) == score
    client = Direct(Runtime(found, "cpu"))
    assert client.runtime.description.models[0].outputs == outputs
    assert (found.classes is None) == (outputs == 1)


def test_a_length_pads_and_cuts() -> None:
    found = text_explorer(tiny.bert(), tiny.wordpiece(), TEXTS, length=6)
    assert found.dataset[0].inputs.shape == (6,)
    assert found.dataset[UNWATCHABLE].inputs[-1] == tiny.wordpiece().sep_token_id


def _without_padding() -> Any:
    names = tiny.wordpiece()
    names.pad_token = None
    return names


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"texts": []}, "texts_broken", "texts is empty"),
        ({"texts": ["a", 3]}, "texts_broken", "texts[1] is of type int"),
        ({"texts": ["a", ("a", "b")]}, "texts_broken", "texts[1] is of type tuple"),
        ({"labels": [0]}, "labels_broken", "1 labels for 6 texts"),
        ({"length": 33}, "out_of_range", "length is 33; it must be 1 to 32."),
        ({"length": 0}, "out_of_range", "length is 0"),
        ({"tokenizer": _without_padding}, "padding_missing", "tokenizer.pad_token = tokenizer.eos_token"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], code: str, words: str) -> None:
    tokenizer = changes.pop("tokenizer", tiny.wordpiece)()
    with pytest.raises(ExplorerError) as caught:
        text_explorer(tiny.bert(), tokenizer, **{"texts": TEXTS, **changes})
    assert caught.value.code == code
    assert words in caught.value.message


# --- images ----------------------------------------------------------------------------------------------


def test_m9_an_image_classifier_is_explained_on_pictures_as_its_processor_makes_them(tmp_path: Path) -> None:
    tiny.pictures()[2].save(tmp_path / "third.png")
    images = [*tiny.pictures()[:2], tmp_path / "third.png"]
    client = Direct(Runtime(image_explorer(tiny.vit(), tiny.processor(), images, ["neutral", 2, None]), "cpu"))
    told = client.runtime.description
    assert told.classes == list(LABELS.values())
    samples = client.scan(3)
    assert [frame.body["label"] and frame.body["label"]["index"] for frame in samples.frames] == [1, 2, None]
    name = tiny.model_of(client)
    predictions = client.call("predict", {"model": name, "count": 3}, samples.arrays(0, 1, 2)).body["predictions"]
    batch = tiny.processor()(images=tiny.pictures(), return_tensors="pt")
    with torch.no_grad():
        logits = tiny.vit()(**batch).logits
    for found, expected in zip(predictions, logits, strict=True):
        assert [found[0]["index"], found[0]["output"]] == [
            int(expected.argmax()),
            pytest.approx(float(expected.max()), abs=1e-4),
        ]
    (feature,) = client.runtime.loaded.explorer.features
    shown = feature.pixels(client.runtime.loaded.samples.get(0).inputs[0])
    small = np.array(tiny.pictures()[0].resize((32, 32), Image.Resampling.BILINEAR))
    resized = torch.from_numpy(small).permute(2, 0, 1)
    torch.testing.assert_close(shown, resized / 255, atol=0.02, rtol=0)
    for method in ("layer_grad_cam", "integrated_gradients", "occlusion"):
        answer = client.attribute(samples, 0, model=name, method=method)
        assert answer.of("result"), answer.of("failed")[0].body
        (drawn,) = answer.of("result")[0].body["maps"]
        assert drawn["shape"] == ([1, 4, 4] if method == "layer_grad_cam" else [3, 32, 32])


def test_labels_beside_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExplorerError, match="the names of the subfolders"):
        image_explorer(tiny.vit(), tiny.processor(), tmp_path, [1])
