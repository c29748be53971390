"""The grammar: review → remarks, one opinion, remarks. Words that begin with ## are pieces of the word before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PADDING = "<pad>"
LENGTH = 28

_GOOD = ("good", "great", "wonderful", "moving", "funny", "brilliant", "charming", "un ##forget ##table")
_BAD = ("bad", "dull", "awful", "boring", "clumsy", "shallow", "tedious", "un ##watch ##able")
_NEGATIONS = ("not", "never", "hardly", "by no means", "anything but")
_DEGREES = ("", "very", "really", "all that", "quite")
_SUBJECTS = ("the film", "the plot", "the acting", "the ending", "the music", "this story")
_VERBS = ("is", "was", "seemed", "felt")
_REMARKS = (
    "we saw it on a tuesday",
    "it was not long",
    "my sister came along",
    "the seats were red",
    "i have not read the book",
    "it runs for two hours",
    "nobody else was there",
    "it never rains here",
    "they filmed it in the north",
    "there were two songs",
)


@dataclass(frozen=True)
class Review:
    """Tokens without padding, which of them decide, and whether the opinion is good (1) or bad (0)."""

    tokens: tuple[str, ...]
    evidence: tuple[bool, ...]
    label: int


def write(seed: tuple[int, ...], label: int) -> Review:
    """A review of that label; half of all opinions are negated."""
    draw = np.random.default_rng(seed)
    negated = bool(draw.integers(2))
    word = str(draw.choice(_GOOD if bool(label) != negated else _BAD))
    negation = str(draw.choice(_NEGATIONS)) if negated else ""
    opinion = [
        (str(draw.choice(_SUBJECTS)), False),
        (str(draw.choice(_VERBS)), False),
        (negation, True),
        (str(draw.choice(_DEGREES)), False),
        (word, True),
    ]
    first, second = draw.choice(_REMARKS, 2, replace=False)
    before = int(draw.integers(3))
    parts = [*([(str(first), False), (".", False)] if before else []), *opinion, (".", False)]
    parts += [(str(second), False), (".", False)] if before < 2 else []
    pairs = [(token, decides) for words, decides in parts for token in words.split()]
    return Review(tuple(token for token, _ in pairs), tuple(decides for _, decides in pairs), label)


def _all_tokens() -> tuple[str, ...]:
    sources = (*_GOOD, *_BAD, *_NEGATIONS, *_DEGREES, *_SUBJECTS, *_VERBS, *_REMARKS, ".")
    return (PADDING, *sorted({token for words in sources for token in words.split()}))


VOCABULARY = _all_tokens()
IDS = {token: index for index, token in enumerate(VOCABULARY)}
