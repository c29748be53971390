"""Texts: N×L token ids, shown as words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from attriscope.errors import ExplorerError
from attriscope.features.base import Baseline, Display, Feature, checked_name

ToStrings = Callable[[list[int]], Sequence[str]]

_PADDINGS = ("<pad>", "[PAD]", "<PAD>", "pad", "PAD", "<|endoftext|>")
_STAND_INS = (
    ("mask", "mask_token_id", ("<mask>", "[MASK]", "<MASK>")),
    ("unknown", "unk_token_id", ("<unk>", "[UNK]", "<UNK>")),
)
_CONTINUES = "##"
"""WordPiece marks the pieces that go on a word; the others mark those that begin one."""
_BEGINS = ("▁", "Ġ")
_ENDS = "</w>"


class TextFeature(Feature):
    """A text input, L token ids for one example.

    name: heading of its panel. vocabulary: how ids become strings: a list of strings by id, a dict of id → string or
    string → id, a tokenizer or vocabulary (`convert_ids_to_tokens` or `lookup_tokens`), or a function of a list of ids
    that returns a list of strings. Sub-word pieces (##ing, ▁word, Ġword) are shown as whole words, each with the sum of
    its pieces. padding: the id of the token that stands for nothing, the baseline; by default the tokenizer's or
    vocabulary's own ('<pad>', '[PAD]', …), else 0. embedding: the name of the layer that makes vectors of the ids,
    where it cannot be found by itself: it is called with the ids alone.

    Where the tokenizer or vocabulary has a mask token or one for unknown words, either is a baseline, too.
    Gradients are taken at the embedding and summed over each token's vector; perturbation methods put the padding token
    in the place of tokens.
    Raises ExplorerError for a vocabulary of no such kind, or a padding that is no id.
    """

    kind: Final = "text"  # type: ignore[misc]
    dimensions: Final = 1  # type: ignore[misc]
    axes: Final = "L"  # type: ignore[misc]
    usual: Final = (64,)  # type: ignore[misc]

    def __init__(
        self, name: str = "text", vocabulary: Any = None, *, padding: int | None = None, embedding: str | None = None
    ) -> None:
        self.name = checked_name(name)
        self._strings, known = _reader(vocabulary)
        if padding is None:
            padding = getattr(vocabulary, "pad_token_id", None)
        if padding is None:
            padding = next((known[token] for token in _PADDINGS if token in known), 0)
        if isinstance(padding, bool) or not isinstance(padding, int) or padding < 0:
            raise ExplorerError("wrong_type", f"padding is {padding!r}; it must be a token id.", field="padding")
        if embedding is not None and (not isinstance(embedding, str) or not embedding):
            raise ExplorerError(
                "wrong_type", f"embedding is {embedding!r}; it must be the name of a layer.", field="embedding"
            )
        self.padding, self.embedding = padding, embedding
        self._stand_ins = {
            name: token
            for name, attribute, strings in _STAND_INS
            if (token := _token(vocabulary, attribute, strings, known)) not in (None, padding)
        }

    def __repr__(self) -> str:
        return f"TextFeature({self.describe()})"

    def describe(self) -> str:
        tokens = "".join(f", {name}={token}" for name, token in self._stand_ins.items())
        return f"{self.name!r}, padding={self.padding}, embedding={self.embedding!r}{tokens}"

    def display(self, example: Tensor) -> Display:
        ids = self._ids(example)
        words = _words(self.tokens(ids), [token == self.padding for token in ids])
        return Display(width=len(ids), height=1, content={"words": words})

    def tokens(self, ids: list[int]) -> list[str]:
        """The strings of token ids, one each. Raises ExplorerError where the vocabulary does not give them."""
        try:
            strings = list(self._strings(ids))
        except (LookupError, ValueError, TypeError) as error:
            raise ExplorerError(
                "unknown_token",
                f"The vocabulary of {self.name!r} has no string for one of its tokens: {type(error).__name__}: {error}",
                field="features",
                feature=self.name,
            ) from error
        if len(strings) != len(ids) or not all(isinstance(token, str) for token in strings):
            raise ExplorerError(
                "unknown_token",
                f"The vocabulary of {self.name!r} gave {len(strings)} strings for {len(ids)} tokens; it must give one "
                "for each.",
                field="features",
                feature=self.name,
            )
        return strings

    def _ids(self, example: Tensor) -> list[int]:
        if example.dtype.is_floating_point or example.dtype.is_complex or example.dtype is torch.bool:
            raise ExplorerError(
                "wrong_type",
                f"{self.name!r} holds {str(example.dtype).removeprefix('torch.')} values; token ids are whole numbers.",
                field="features",
                feature=self.name,
            )
        return [int(token) for token in example.tolist()]

    def layer_drawn(self, value: Tensor, shape: tuple[int, ...]) -> Tensor:
        """As every layer's, but a vector for each token (L×C) is drawn along the tokens."""
        by_token = value.dim() == 2 and value.shape[0] == shape[-1]
        return super().layer_drawn(value.T if by_token else value, shape)

    def baselines(self) -> tuple[Baseline, ...]:
        found = [Baseline("padding", "Padding", "every token is padding")]
        if "mask" in self._stand_ins:
            found.append(Baseline("mask", "Mask token", "every token but padding is the mask token"))
        if "unknown" in self._stand_ins:
            found.append(Baseline("unknown", "Unknown token", "every token but padding is the token of unknown words"))
        return tuple(found)

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        if baseline == "padding":
            return torch.full_like(example, self.padding)
        if baseline not in self._stand_ins:
            raise self.unknown_baseline(baseline)
        token = torch.full_like(example, self._stand_ins[baseline])
        return torch.where(example == self.padding, example, token)


def _token(vocabulary: Any, attribute: str, strings: Sequence[str], known: Mapping[str, int]) -> Any:
    """The id of a token that stands for others: as a tokenizer says, or by its usual string."""
    token = getattr(vocabulary, attribute, None)
    if isinstance(token, int) and not isinstance(token, bool):
        return token
    return next((known[string] for string in strings if string in known), None)


def _reader(vocabulary: Any) -> tuple[ToStrings, Mapping[str, int]]:
    """A function of ids, and the ids of the strings, where they are known."""
    if isinstance(vocabulary, Mapping):
        by_id = dict(vocabulary)
        if all(isinstance(key, str) for key in by_id):
            by_id = {index: token for token, index in by_id.items()}
        return lambda ids: [by_id[token] for token in ids], {token: index for index, token in by_id.items()}
    if isinstance(vocabulary, list | tuple):
        listed = list(vocabulary)
        return lambda ids: [listed[token] for token in ids], {token: index for index, token in enumerate(listed)}
    for method in ("convert_ids_to_tokens", "lookup_tokens"):
        if callable(found := getattr(vocabulary, method, None)):
            return found, {}
    if callable(vocabulary):
        return vocabulary, {}
    raise ExplorerError(
        "wrong_type",
        f"vocabulary is of type {type(vocabulary).__name__}; it must be a list of strings, a dict, a tokenizer or a "
        "function that turns a list of ids into strings.",
        field="vocabulary",
    )


def _words(tokens: Sequence[str], padding: Sequence[bool]) -> list[dict[str, Any]]:
    """The words and which tokens, from start to stop, each is made of."""
    marked = next((mark for mark in _BEGINS if any(token.startswith(mark) for token in tokens)), None)
    ended = any(token.endswith(_ENDS) for token in tokens)
    words: list[dict[str, Any]] = []
    joins = False
    for at, (token, pad) in enumerate(zip(tokens, padding, strict=True)):
        whole = pad or _is_special(token)
        continued = (
            token.startswith(_CONTINUES) or (marked is not None and not token.startswith(marked)) or (ended and joins)
        )
        text = token.removeprefix(_CONTINUES).removesuffix(_ENDS)
        text = text if marked is None else text.removeprefix(marked)
        if words and continued and not whole and not words[-1]["whole"]:
            words[-1]["text"] += text
            words[-1]["stop"] = at + 1
        else:
            words.append({"text": text, "start": at, "stop": at + 1, "padding": pad, "whole": whole})
        joins = not token.endswith(_ENDS)
    return [{key: value for key, value in word.items() if key != "whole"} for word in words]


def _is_special(token: str) -> bool:
    """'[CLS]', '<s>', '</s>', '<|endoftext|>': no part of a word."""
    return len(token) > 2 and (token[0], token[-1]) in {("[", "]"), ("<", ">")}
