"""From a text to token ids, by whatever the user's vocabulary is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_UNKNOWN = ("<unk>", "[UNK]", "<UNK>", "unk", "UNK", "<oov>", "[OOV]")
CONTINUES = "##"
"""WordPiece marks the pieces that go on a word; the others mark those that begin one."""
BEGINS = ("▁", "Ġ")
ENDS = "</w>"
_PART = re.compile(r"\w+|[^\w\s]")
ENDLESS = 1_000_000
"""Tokenizers say 'no end' with a number of tokens beyond any text."""
_LONGEST_PIECED = 100
"""Longer words are not looked for in pieces: that takes time by their length squared."""
_MOST_SAID = 20


@dataclass(frozen=True)
class Encoded:
    """unknown: the words that no token stands for; replaced: whether the vocabulary's token for those takes their
    place, or nothing does.
    """

    ids: list[int]
    unknown: tuple[str, ...] = ()
    replaced: bool = True


Encoder = Callable[[str], Encoded]


def encoder_of(vocabulary: Any, known: Mapping[str, int]) -> Encoder | None:
    """What makes tokens of a text; None where the vocabulary cannot.

    A tokenizer does it itself (`encode`). A vocabulary of words and WordPieces (`known`: the ids of its strings) is
    looked up: what stands between spaces as it is, else in lower case, else its letters and punctuation apart, else in
    the longest pieces. Pieces that mark where words begin or end need their tokenizer.
    """
    if callable(encode := getattr(vocabulary, "encode", None)):
        return lambda text: _by_tokenizer(vocabulary, encode, text)
    if not known or any(token.startswith(BEGINS) or token.endswith(ENDS) for token in known if len(token) > 1):
        return None
    pieced = any(token.startswith(CONTINUES) for token in known)
    return lambda text: _by_words(known, text, pieced=pieced)


def most_tokens(vocabulary: Any) -> int | None:
    """What a tokenizer says that its model takes."""
    found = getattr(vocabulary, "model_max_length", None)
    return found if isinstance(found, int) and 0 < found < ENDLESS else None


def frame_of(vocabulary: Any, padding: int) -> frozenset[int] | None:
    """What a tokenizer puts around texts ('[CLS]', '</s>'); None where it does not tell."""
    special = getattr(vocabulary, "all_special_ids", None)
    if not isinstance(special, list | tuple | set | frozenset):
        return None
    stand_ins = {getattr(vocabulary, name, None) for name in ("unk_token_id", "mask_token_id")}
    return frozenset(special) - stand_ins - {padding}


def _by_tokenizer(tokenizer: Any, encode: Callable[[str], Any], text: str) -> Encoded:
    found = encode(text)
    ids = [int(token) for token in cast("Sequence[int]", getattr(found, "ids", found))]
    unknown = getattr(tokenizer, "unk_token_id", None)
    if unknown is None or unknown not in ids:
        return Encoded(ids)
    words = dict.fromkeys(text.split())
    return Encoded(ids, tuple(word for word in words if unknown in encode(word))[:_MOST_SAID])


def _by_words(known: Mapping[str, int], text: str, *, pieced: bool) -> Encoded:
    stands_in = next((known[token] for token in _UNKNOWN if token in known), None)
    ids: list[int] = []
    unknown: dict[str, None] = {}
    for word in _split(known, text):
        found = _looked_up(known, word, pieced=pieced)
        if found is None:
            unknown[word] = None
            found = [] if stands_in is None else [stands_in]
        ids += found
    return Encoded(ids, tuple(unknown)[:_MOST_SAID], stands_in is not None)


def _split(known: Mapping[str, int], text: str) -> Iterator[str]:
    for word in text.split():
        if word in known or word.lower() in known:
            yield word
        else:
            yield from _PART.findall(word)


def _looked_up(known: Mapping[str, int], word: str, *, pieced: bool) -> list[int] | None:
    for form in (word, word.lower()):
        if form in known:
            return [known[form]]
    return (_pieces(known, word) or _pieces(known, word.lower())) if pieced else None


def _pieces(known: Mapping[str, int], word: str) -> list[int] | None:
    """The longest piece first, and so on; None where something is left over."""
    if len(word) > _LONGEST_PIECED:
        return None
    ids: list[int] = []
    start = 0
    while start < len(word):
        prefix = CONTINUES if start else ""
        stop = next((at for at in range(len(word), start, -1) if prefix + word[start:at] in known), None)
        if stop is None:
            return None
        ids.append(known[prefix + word[start:stop]])
        start = stop
    return ids
