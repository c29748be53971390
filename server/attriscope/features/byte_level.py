"""Tokens of byte-level vocabularies (GPT-2, RoBERTa) as they are read: 'cafÃ©' is 'café'."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

SPACE = "Ġ"


def _letters() -> dict[str, int]:
    """Such vocabularies write each byte as a letter: its own where that is printed, else one from U+0100 on."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return {chr(byte): byte for byte in printed} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTES = _letters()


def readable(tokens: Sequence[str]) -> list[str]:
    """The tokens in letters, the mark of a space kept in front; as they are where no token has one.

    A letter whose bytes are in several tokens stands in the last of them.
    """
    if not any(token.startswith(SPACE) for token in tokens):
        return list(tokens)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found = []
    for token in tokens:
        mark = SPACE if token.startswith(SPACE) else ""
        rest = token.removeprefix(SPACE)
        whole = all(letter in _BYTES for letter in rest)
        found.append(mark + (decoder.decode(bytes(_BYTES[letter] for letter in rest)) if whole else rest))
    return found
