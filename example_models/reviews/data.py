"""Reviews as the network takes them: numbered, balanced, padded, never stored."""

from __future__ import annotations

from operator import index as as_index
from typing import Literal

import torch
from torch.utils.data import Dataset

from attriscope import Batch
from example_models.reviews.grammar import IDS, LENGTH, PADDING, Review, write

CLASSES = ("bad", "good")
SPLITS = {"train": 1, "held-out": 2}
Split = Literal["train", "held-out"]


def review(split: Split, number: int) -> Review:
    """Review ``number`` of a split, the same whenever it is asked for; two in a row have the two labels."""
    pair, place = divmod(number, 2)
    first = _first_label(split, pair)
    return write((SPLITS[split], number), label=first if place == 0 else 1 - first)


def _first_label(split: Split, pair: int) -> int:
    """Which label comes first in a pair, by a hash that mixes its bits."""
    mixed = (pair * 2654435761 + SPLITS[split] * 40503) & 0xFFFFFFFF
    return (mixed >> 16) & 1


def encode(found: Review) -> Batch:
    """Token ids, label and evidence, padded to `grammar.LENGTH`."""
    ids = torch.full((LENGTH,), IDS[PADDING])
    evidence = torch.zeros(LENGTH, dtype=torch.bool)
    ids[: len(found.tokens)] = torch.tensor([IDS[token] for token in found.tokens])
    evidence[: len(found.evidence)] = torch.tensor(found.evidence)
    return Batch(ids, found.label, evidence=evidence)


class Reviews(Dataset[Batch]):
    """Reviews by number. Raises IndexError outside ``0 … len − 1``, which also ends iteration."""

    def __init__(self, length: int = 1000, split: Split = "held-out") -> None:
        self._length = length
        self._split = split

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> Batch:
        number = as_index(number)
        if not 0 <= number < self._length:
            raise IndexError(f"Review {number} is not among 0 to {self._length - 1}.")
        return encode(review(self._split, number))
