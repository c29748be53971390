from __future__ import annotations

from typing import Any

import pytest
import torch

from attriscope import ExplorerError, TextFeature
from tests.explorers.kinds import VOCABULARY

IDS = torch.tensor([5, 8, 9, 10, 4, 2, 0, 0])


def words(vocabulary: Any, ids: list[int]) -> list[tuple[str, int, int]]:
    shown = TextFeature(vocabulary=vocabulary).display(torch.tensor(ids)).content["words"]
    return [(word["text"], word["start"], word["stop"]) for word in shown]


def test_tokens_are_shown_as_words_of_their_pieces() -> None:
    display = TextFeature(vocabulary=VOCABULARY).display(IDS)
    assert (display.width, display.height, display.png) == (8, 1, None)
    found = display.content["words"]
    assert [word["text"] for word in found] == ["the", "unwatchable", "not", "good", "<pad>", "<pad>"]
    assert [(word["start"], word["stop"]) for word in found] == [(0, 1), (1, 4), (4, 5), (5, 6), (6, 7), (7, 8)]
    assert [word["padding"] for word in found] == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        (["[CLS]", "un", "##do", "it", "[SEP]"], ["[CLS]", "undo", "it", "[SEP]"]),
        (["<s>", "▁un", "do", "▁it", "</s>"], ["<s>", "undo", "it", "</s>"]),
        (["un", "do", "Ġit", "Ġis"], ["undo", "it", "is"]),
        (["un", "do</w>", "it</w>"], ["undo", "it"]),
        (["un", "do", "it"], ["un", "do", "it"]),
    ],
)
def test_every_way_of_marking_pieces(tokens: list[str], wanted: list[str]) -> None:
    found = words([*tokens, "<pad>"], list(range(len(tokens))))
    assert [text for text, _, _ in found] == wanted
    assert [start for _, start, _ in found] == [0, *[stop for _, _, stop in found[:-1]]]


class Tokenizer:
    pad_token_id = 2

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [VOCABULARY[token] for token in ids]


class Vocab:
    def lookup_tokens(self, ids: list[int]) -> list[str]:
        return [VOCABULARY[token] for token in ids]


@pytest.mark.parametrize(
    "vocabulary",
    [
        VOCABULARY,
        dict(enumerate(VOCABULARY)),
        {token: index for index, token in enumerate(VOCABULARY)},
        Tokenizer(),
        Vocab(),
        lambda ids: [VOCABULARY[token] for token in ids],
    ],
    ids=["list", "by id", "by string", "tokenizer", "vocab", "function"],
)
def test_a_vocabulary_of_any_kind(vocabulary: Any) -> None:
    assert [text for text, _, _ in words(vocabulary, [5, 6, 7, 2])] == ["the", "film", "is", "good"]


def test_the_baseline_is_padding() -> None:
    for feature, token in (
        (TextFeature(vocabulary=VOCABULARY), 0),
        (TextFeature(vocabulary=["a", "[PAD]"]), 1),
        (TextFeature(vocabulary=Tokenizer()), 2),
        (TextFeature(vocabulary=VOCABULARY, padding=3), 3),
    ):
        assert feature.baselines()[0].id == "padding"
        assert torch.equal(feature.baseline("padding", IDS), torch.full_like(IDS, token))
    assert TextFeature(vocabulary=VOCABULARY).baselines()[0].description == "every token is padding"
    with pytest.raises(ExplorerError, match=r"No baseline 'zero'\. There are: padding, unknown\."):
        TextFeature(vocabulary=VOCABULARY).baseline("zero", IDS)


@pytest.mark.parametrize(
    ("vocabulary", "known"),
    [
        (["<pad>", "a", "<mask>", "<unk>", "b"], {"mask": 2, "unknown": 3}),
        (["[PAD]", "a", "[UNK]"], {"unknown": 2}),
        (["<unk>", "a"], {}),
        (lambda ids: [str(one) for one in ids], {}),
    ],
)
def test_tokens_that_stand_for_others_are_baselines(vocabulary: Any, known: dict[str, int]) -> None:
    feature = TextFeature(vocabulary=vocabulary)
    assert [one.id for one in feature.baselines()] == ["padding", *known]
    ids = torch.tensor([1, 1, feature.padding])
    for name, token in known.items():
        # Padding stays what it is: the masks that the model makes of it are the text's.
        assert feature.baseline(name, ids).tolist() == [token, token, feature.padding]


def test_an_attribution_by_vectors_is_summed_over_each_token() -> None:
    feature, value = TextFeature(vocabulary=VOCABULARY), torch.arange(12.0).reshape(4, 3)
    assert torch.equal(feature.drawn(value, (4,)), value.sum(1).reshape(1, 1, 4))
    assert torch.equal(feature.drawn(value[:, 0], (4,)), value[:, 0].reshape(1, 1, 4))


def test_a_layers_map_lies_along_the_tokens() -> None:
    feature, value = TextFeature(vocabulary=VOCABULARY), torch.arange(12.0).reshape(4, 3)
    assert torch.equal(feature.layer_drawn(value, (4,)), value.T.reshape(3, 1, 4))
    assert feature.layer_drawn(value.T, (4,)).shape == (3, 1, 4)
    assert feature.layer_drawn(value[0], (4,)).shape == (3, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "vocabulary is of type NoneType; it must be a list of strings, a dict, a tokenizer or a function"),
        ({"vocabulary": 3}, "vocabulary is of type int"),
        ({"vocabulary": ["a"], "padding": "a"}, "padding is 'a'; it must be a token id."),
        ({"vocabulary": ["a"], "padding": True}, "padding is True"),
        ({"vocabulary": ["a"], "padding": -1}, "padding is -1"),
        ({"vocabulary": ["a"], "embedding": 3}, "embedding is 3; it must be the name of a layer."),
        ({"vocabulary": ["a"], "name": ""}, "name is ''"),
        ({"vocabulary": ["a"], "length": 0}, "length is 0; it must be at least 1."),
        ({"vocabulary": ["a"], "from_typed": "split"}, "from_typed is of type str; it must be a function of a text."),
    ],
)
def test_a_wrong_declaration_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ExplorerError, match=f"^{message}"):
        TextFeature(**arguments)


def test_tokens_that_cannot_be_shown_are_refused() -> None:
    feature = TextFeature(vocabulary=VOCABULARY)
    with pytest.raises(ExplorerError, match="no string for one of its tokens: IndexError"):
        feature.display(torch.tensor([2, 99]))
    with pytest.raises(ExplorerError, match="gave 1 strings for 2 tokens"):
        TextFeature(vocabulary=lambda ids: ["a"]).display(torch.tensor([0, 0]))
    with pytest.raises(ExplorerError, match="holds float32 values; token ids are whole numbers"):
        feature.display(torch.rand(4))
    with pytest.raises(ExplorerError, match="one example is L, a batch N×L"):
        feature.batched(torch.zeros(2, 3, 4, dtype=torch.long), 5)


def typed(feature: TextFeature, text: str, like: list[int]) -> list[int]:
    found, _ = feature.from_typed(text, torch.tensor(like, dtype=torch.int32))
    assert found.dtype is torch.int32
    return [int(token) for token in found]


def test_a_typed_text_is_padded_to_the_length_declared_or_as_its_sample_is() -> None:
    declared = TextFeature(vocabulary=VOCABULARY, length=6)
    assert typed(declared, "the film", [2, 3]) == [5, 6, 0, 0, 0, 0]
    free = TextFeature(vocabulary=VOCABULARY)
    assert typed(free, "the film", [2, 3, 4, 0]) == [5, 6, 0, 0]
    assert typed(free, "the film", [2, 3, 4, 4]) == [5, 6]
    assert typed(free, "the film is not unwatchable", [2, 3]) == [5, 6, 7, 4, 8, 9, 10]


def test_the_bound_of_a_text_is_the_length_declared_the_tokenizers_or_the_padded_samples() -> None:
    padded, full = torch.tensor([2, 3, 0]), torch.tensor([2, 3])
    for feature, like, bound in (
        (TextFeature(vocabulary=VOCABULARY, length=6), padded, 6),
        (TextFeature(vocabulary=VOCABULARY), padded, 3),
        (TextFeature(vocabulary=VOCABULARY), full, None),
    ):
        form = feature.form(like)
        assert form is not None
        assert form.tokens == bound
    with pytest.raises(ExplorerError, match="The text has 4 tokens; at most 3 are taken") as refused:
        TextFeature(vocabulary=VOCABULARY).from_typed("the film is good", padded)
    assert refused.value.params == {"tokens": 4, "bound": 3}


def test_a_users_own_tokenizer() -> None:
    feature = TextFeature(
        vocabulary=lambda ids: ["w"] * len(ids), from_typed=lambda text: torch.tensor([[3, len(text)]])
    )
    assert typed(feature, "abcd", [1, 1]) == [3, 4]
    assert feature.untyped() is None

    def broken(text: str) -> list[int]:
        raise RuntimeError("no such language")

    with pytest.raises(ExplorerError, match="The tokenizer of 'text' raised RuntimeError: no such language"):
        TextFeature(vocabulary=VOCABULARY, from_typed=broken).from_typed("a", IDS)


def test_a_text_is_told_as_it_would_be_typed() -> None:
    def said(feature: TextFeature, ids: list[int]) -> Any:
        return feature.display(torch.tensor(ids)).content["text"]

    assert said(TextFeature(vocabulary=VOCABULARY), [5, 8, 9, 10, 0, 6, 0, 0]) == "the unwatchable <pad> film"
    assert said(TextFeature(vocabulary=lambda ids: ["w"] * len(ids)), [1, 2]) is None

    class Decoding(Tokenizer):
        def encode(self, text: str) -> list[int]:
            return [1]

        def decode(self, ids: list[int], skip_special_tokens: bool) -> str:
            assert skip_special_tokens
            return f"{len(ids)} tokens"

    assert said(TextFeature(vocabulary=Decoding()), [5, 6, 2, 2]) == "2 tokens"
