from __future__ import annotations

import pytest

from attriscope import TextFeature
from attriscope.features.byte_level import readable


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        (["the", "Ġfilm"], ["the", "Ġfilm"]),
        (["Ġcaf", "Ã", "©"], ["Ġcaf", "", "é"]),
        (["Ġcaf", "Ã©", "<s>"], ["Ġcaf", "é", "<s>"]),
        (["ä½łå¥½", "Ġ"], ["你好", "Ġ"]),
        (["Ġ你"], ["Ġ你"]),
        (["caf", "Ã©"], ["caf", "Ã©"]),
    ],
)
def test_bytes_become_letters(tokens: list[str], wanted: list[str]) -> None:
    assert readable(tokens) == wanted


def test_a_texts_words_are_readable() -> None:
    tokens = ["<s>", "caf", "Ã", "©", "Ġcrème", "</s>"]
    assert TextFeature(vocabulary=tokens).tokens([1, 2, 3]) == ["caf", "Ã", "©"]
    tokens[4] = "ĠcrÃ¨me"
    assert TextFeature(vocabulary=tokens).tokens(list(range(6))) == ["<s>", "caf", "", "é", "Ġcrème", "</s>"]
