"""The grammar of the questions: a courtesy, what is asked about which thing, a courtesy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from example_models.scenes.objects import CLASSES

PADDING = "<pad>"
LENGTH = 20

COLOURS = {"red": "#e63946", "yellow": "#f2c14e", "green": "#7cb518", "blue": "#4361ee", "violet": "#9b5de5"}
SIDES = ("left", "right")
ANSWERS = (*CLASSES, *COLOURS)

Kind = Literal["colour of a thing", "colour on a side", "thing on a side", "thing of a colour"]
KINDS: tuple[Kind, ...] = ("colour of a thing", "colour on a side", "thing on a side", "thing of a colour")

_SAYINGS: dict[Kind, tuple[str, ...]] = {
    "colour of a thing": (
        "what *colour is the {}",
        "which *colour does the {} have",
        "tell me the *colour of the {}",
        "the {} has what *colour",
    ),
    "colour on a side": (
        "what *colour is the thing on the {}",
        "which *colour do you see on the {}",
        "tell me the *colour of the thing to the {}",
        "on the {} there is what *colour",
    ),
    "thing on a side": (
        "what is on the {}",
        "which thing do you see on the {}",
        "tell me what is to the {}",
        "on the {} there is what",
    ),
    "thing of a colour": (
        "what is {}",
        "which thing is the {} one",
        "tell me what you see in {}",
        "the {} thing is what",
    ),
}
"""The place of the word that names the thing is {}; a word behind * decides what is asked."""
_BEFORE = ("", "", "so ,", "look closely :", "now", "in this picture ,")
_AFTER = ("?", "?", ", please ?", ", if you can ?", "today ?")


@dataclass(frozen=True)
class Question:
    """Its tokens without padding, and which of them decide the answer."""

    tokens: tuple[str, ...]
    evidence: tuple[bool, ...]


def ask(random: np.random.Generator, kind: Kind, which: str) -> Question:
    """A question about the thing that the word `which` names: a class, a side or a colour."""
    saying = str(random.choice(_SAYINGS[kind])).format(f"*{which}")
    words = f"{random.choice(_BEFORE)} {saying} {random.choice(_AFTER)}".split()
    return Question(tuple(word.removeprefix("*") for word in words), tuple(word.startswith("*") for word in words))


def _all_tokens() -> tuple[str, ...]:
    sources = (*(saying for sayings in _SAYINGS.values() for saying in sayings), *_BEFORE, *_AFTER, *ANSWERS, *SIDES)
    words = {word.removeprefix("*") for saying in sources for word in saying.split()}
    return (PADDING, *sorted(words - {"{}"}))


VOCABULARY = _all_tokens()
IDS = {token: index for index, token in enumerate(VOCABULARY)}
