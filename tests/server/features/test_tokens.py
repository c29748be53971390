from __future__ import annotations

from typing import Any

import pytest

from attriscope.features.tokens import Encoded, encoder_of, most_tokens

WORDS = {
    word: index for index, word in enumerate(["<pad>", "the", "Film", "good", "not", ".", "un", "##watch", "##able"])
}
WITH_UNKNOWN = {**WORDS, "[UNK]": 99}


def encoded(known: dict[str, int], text: str) -> Encoded:
    encode = encoder_of(known, known)
    assert encode is not None
    return encode(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the Film", [1, 2]),
        ("THE good", [1, 3]),
        ("not good.", [4, 3, 5]),
        ("unwatchable .", [6, 7, 8, 5]),
        ("Unwatchable", [6, 7, 8]),
        ("<pad> the", [0, 1]),
        ("  the\t\ngood ", [1, 3]),
    ],
)
def test_words_are_looked_up_then_their_pieces(text: str, ids: list[int]) -> None:
    assert encoded(WORDS, text) == Encoded(ids, (), False)


def test_unknown_words_are_said_once_and_replaced_or_left_out() -> None:
    text = "the zebra and the zebra , good"
    assert encoded(WORDS, text) == Encoded([1, 1, 3], ("zebra", "and", ","), False)
    assert encoded(WITH_UNKNOWN, text) == Encoded([1, 99, 99, 1, 99, 99, 3], ("zebra", "and", ","), True)
    assert len(encoded(WORDS, " ".join(f"w{n}" for n in range(100))).unknown) == 20


def test_a_word_without_end_takes_no_time() -> None:
    assert encoded(WORDS, "un" + "watch" * 3000).ids == []


@pytest.mark.parametrize("token", ["▁film", "Ġfilm", "film</w>"])
def test_pieces_that_say_where_words_begin_or_end_need_their_tokenizer(token: str) -> None:
    known = {"film": 0, token: 1}
    assert encoder_of(known, known) is None
    assert encoder_of(lambda ids: ids, {}) is None


class Tokenizer:
    """As Hugging Face's: marks around the text, and a number for what it does not know."""

    unk_token_id, model_max_length = 7, 512

    def encode(self, text: str) -> list[int]:
        return [1, *(len(word) if len(word) < 7 else 7 for word in text.split()), 2]


def test_a_tokenizer_does_it_itself() -> None:
    encode = encoder_of(Tokenizer(), {})
    assert encode is not None
    assert encode("the film") == Encoded([1, 3, 4, 2])
    assert encode("the unwatchable film") == Encoded([1, 3, 7, 4, 2], ("unwatchable",))


@pytest.mark.parametrize(("said", "most"), [(512, 512), (10**30, None), (None, None), (0, None)])
def test_how_long_a_tokenizer_says_that_texts_may_be(said: Any, most: int | None) -> None:
    tokenizer = Tokenizer()
    tokenizer.model_max_length = said
    assert most_tokens(tokenizer) == most
