"""Texts: N×L token ids, shown as words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from attriscope.errors import ExplorerError, user_traceback
from attriscope.features.base import Baseline, Display, Feature, TypedInput, checked_name
from attriscope.features.byte_level import readable
from attriscope.features.tokens import BEGINS, CONTINUES, ENDS, Encoded, encoder_of, frame_of, most_tokens
from attriscope.features.transforms import Transforms
from attriscope.workers.messages import LONGEST_TEXT, Notice, TextForm

ToStrings = Callable[[list[int]], Sequence[str]]
FromTyped = Callable[[str], Any]

_PADDINGS = ("<pad>", "[PAD]", "<PAD>", "pad", "PAD", "<|endoftext|>")
_STAND_INS = (
    ("mask", "mask_token_id", ("<mask>", "[MASK]", "<MASK>")),
    ("unknown", "unk_token_id", ("<unk>", "[UNK]", "<UNK>")),
)


class TextFeature(Feature):
    """A text input, L token ids for one example.

    name: heading of its panel. vocabulary: how ids become strings: a list of strings by id, a dict of id → string or
    string → id, a tokenizer or vocabulary (`convert_ids_to_tokens` or `lookup_tokens`), or a function of a list of ids
    that returns a list of strings. Sub-word pieces (##ing, ▁word, Ġword) are shown as whole words, each with the sum of
    its pieces. padding: the id of the token that stands for nothing, the baseline; by default the tokenizer's or
    vocabulary's own ('<pad>', '[PAD]', …), else 0. embedding: the name of the layer that makes vectors of the ids,
    where it cannot be found by itself: it is called with the ids alone.
    length: how many tokens the model takes, where it takes no other number: a text that is typed in the page is padded
    to it, and a longer one refused. Without it a text is padded as the sample that it was made from, and may be as long
    as that or as the tokenizer says (`model_max_length`). from_typed: a function that makes a list of token ids of such
    a text; by default a tokenizer's own `encode`, or else a vocabulary's words and ##pieces are looked up. With a mere
    function of ids as the vocabulary, texts cannot be typed without it.

    input_transforms: functions that make what the model takes of the ids, e.g. vectors, where the model's embedding has
    been replaced by one that takes them; then gradients are taken by what they make. baseline_transforms: functions of
    that, each one baseline. visualization_transform: a function of a batch of one text that returns its words, in the
    place of a vocabulary; padding may be left off at the end. All three are as in Captum Insights, in whose order they
    may be given by position too.

    Where the tokenizer or vocabulary has a mask token or one for unknown words, either is a baseline, too.
    Gradients are taken at the embedding and summed over each token's vector; perturbation methods put the padding token
    in the place of tokens.
    Raises ExplorerError for a vocabulary of no such kind, a padding that is no id, or a length below 1.
    """

    kind: Final = "text"  # type: ignore[misc]
    unit: Final = "tokens"  # type: ignore[misc]
    dimensions: Final = 1  # type: ignore[misc]
    axes: Final = "L"  # type: ignore[misc]
    usual: Final = (64,)  # type: ignore[misc]

    def __init__(
        self,
        name: str = "text",
        vocabulary: Any = None,
        input_transforms: Any = None,
        visualization_transform: Any = None,
        *,
        baseline_transforms: Any = None,
        padding: int | None = None,
        embedding: str | None = None,
        length: int | None = None,
        from_typed: FromTyped | None = None,
    ) -> None:
        self.name = checked_name(name)
        if visualization_transform is not None and baseline_transforms is None:
            # It makes the words itself: what stands in the vocabulary's place is Captum Insights' second argument.
            vocabulary, baseline_transforms = None, vocabulary
        self.transforms = Transforms(baseline_transforms, input_transforms, visualization_transform)
        self._strings: ToStrings | None
        self._strings, known = (
            _reader(vocabulary) if vocabulary is not None or not self.transforms.shows else (None, {})
        )
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
        if length is not None and (isinstance(length, bool) or not isinstance(length, int) or length < 1):
            raise ExplorerError("out_of_range", f"length is {length!r}; it must be at least 1.", field="length")
        if from_typed is not None and not callable(from_typed):
            raise ExplorerError(
                "wrong_type",
                f"from_typed is of type {type(from_typed).__name__}; it must be a function of a text.",
                field="from_typed",
            )
        self.padding, self.embedding = padding, embedding
        self._stand_ins = {
            name: token
            for name, attribute, strings in _STAND_INS
            if (token := _token(vocabulary, attribute, strings, known)) not in (None, padding)
        }
        self._length, self._most = length, length or most_tokens(vocabulary)
        self._encoder = encoder_of(vocabulary, known) if from_typed is None else _by_user(from_typed)
        self._decode, self.frame = getattr(vocabulary, "decode", None), frame_of(vocabulary, padding)

    def __repr__(self) -> str:
        return f"TextFeature({self.describe()})"

    def describe(self) -> str:
        tokens = "".join(f", {name}={token}" for name, token in self._stand_ins.items())
        return (
            f"{self.name!r}, padding={self.padding}, embedding={self.embedding!r}{tokens}{self.transforms.describe()}"
        )

    def places(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """A place for each token, which may be a vector already."""
        return 1, shape[0]

    def batched(self, value: Tensor, index: int) -> bool | None:
        """Vectors of the tokens, L×E, are examples too."""
        return super().batched(value[..., 0] if value.is_floating_point() and value.dim() > 1 else value, index)

    def display(self, example: Tensor) -> Display:
        if self.transforms.shows:
            strings = self._made_strings(example)
            words = _words(strings, [token in _PADDINGS for token in strings])
            return Display(width=len(example), height=1, content={"words": words, "text": self._text((), words)})
        ids = self._ids(example)
        words = _words(self.tokens(ids), [token == self.padding for token in ids])
        return Display(width=len(ids), height=1, content={"words": words, "text": self._text(ids, words)})

    def _made_strings(self, example: Tensor) -> list[str]:
        """The words that visualization_transform makes, one for each token, with padding where it made none."""
        made = self.transforms.shown(example)
        while isinstance(made, list | tuple) and len(made) == 1 and isinstance(made[0], list | tuple):
            (made,) = made
        if not isinstance(made, list | tuple) or not all(isinstance(word, str) for word in made):
            raise self._unreadable(f"returned {type(made).__name__}; it must return a list of strings")
        if len(made) > len(example):
            raise self._unreadable(f"returned {len(made)} words for {len(example)} tokens; it must return one for each")
        return [*made, *[_PADDINGS[0]] * (len(example) - len(made))]

    def _unreadable(self, why: str) -> ExplorerError:
        message = f"visualization_transform of {self.name!r} {why}."
        return ExplorerError("unknown_token", message, field="features", feature=self.name)

    def tokens(self, ids: list[int]) -> list[str]:
        """The strings of token ids, one each. Raises ExplorerError where the vocabulary does not give them."""
        if self._strings is None:
            return self._made_strings(torch.tensor(ids))
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
        return readable(strings)

    def _ids(self, example: Tensor) -> list[int]:
        if example.dtype.is_floating_point or example.dtype.is_complex or example.dtype is torch.bool:
            raise ExplorerError(
                "wrong_type",
                f"{self.name!r} holds {str(example.dtype).removeprefix('torch.')} values; token ids are whole numbers.",
                field="features",
                feature=self.name,
            )
        return [int(token) for token in example.tolist()]

    # --- typed -------------------------------------------------------------------------------------

    def untyped(self) -> ExplorerError | None:
        if self._encoder is not None:
            return None
        return ExplorerError(
            "no_tokenizer",
            f"The vocabulary of {self.name!r} tells strings of token ids, not ids of a text. Declare a tokenizer, or "
            "TextFeature(from_typed=…).",
            field="text",
            feature=self.name,
        )

    def form(self, like: Tensor | None) -> TextForm | None:
        if self._encoder is None:
            return None
        return TextForm(kind="text", tokens=self._most if like is None else self._bound(like))

    def from_typed(self, typed: TypedInput, like: Tensor) -> tuple[Tensor, list[Notice]]:
        """Token ids of the text, padded; words without a token are told.

        Raises ExplorerError: no_tokenizer, text_empty, text_too_long, text_unknown where no token was made of it,
        typed_failed where the user's tokenizer raises.
        """
        if self._encoder is None or not isinstance(typed, str):
            raise self.untyped() or ExplorerError("wrong_type", f"{self.name!r} is a text.", field="text")
        if len(typed) > LONGEST_TEXT:
            raise ExplorerError(
                "text_too_long",
                f"The text has {len(typed)} characters; at most {LONGEST_TEXT} are taken.",
                field="text",
                characters=len(typed),
                bound=LONGEST_TEXT,
            )
        if not typed.strip():
            raise ExplorerError("text_empty", "The text is empty; type at least one word.", field="text")
        try:
            found = self._encoder(typed)
        except ExplorerError:
            raise
        except Exception as error:  # the user's own function
            raise ExplorerError(
                "typed_failed",
                f"The tokenizer of {self.name!r} raised {type(error).__name__}: {error}",
                field="text",
                detail=user_traceback(error),
            ) from error
        if not found.ids:
            raise ExplorerError("text_unknown", "None of the words is in the vocabulary; type another.", field="text")
        most = self._bound(like)
        if most is not None and len(found.ids) > most:
            raise ExplorerError(
                "text_too_long",
                f"The text has {len(found.ids)} tokens; at most {most} are taken.",
                field="text",
                tokens=len(found.ids),
                bound=most,
            )
        wanted = self._length or (len(like) if self._is_padded(like) else 0)
        ids = found.ids + [self.padding] * (wanted - len(found.ids))
        return torch.tensor(ids, dtype=like.dtype), _unknown(found)

    def _bound(self, like: Tensor) -> int | None:
        return self._most or (len(like) if self._is_padded(like) else None)

    def _is_padded(self, like: Tensor) -> bool:
        return len(like) > 0 and int(like[-1]) == self.padding

    def _text(self, ids: Sequence[int], words: Sequence[Mapping[str, Any]]) -> str | None:
        """As it would be typed."""
        if self._encoder is None:
            return None
        if callable(self._decode):
            with contextlib.suppress(Exception):  # the user's own; the words do as well
                return str(self._decode(self._unframed(ids), skip_special_tokens=self.frame is None))
        shown = list(words)
        while shown and shown[-1]["padding"]:
            shown.pop()
        return " ".join(word["text"] for word in shown)

    def _unframed(self, ids: Sequence[int]) -> list[int]:
        """Without what encoding puts there again. In between nothing is left out: an unknown word, a separator."""
        around, kept = {self.padding, *(self.frame or ())}, list(ids)
        while kept and kept[-1] in around:
            kept.pop()
        while kept and kept[0] in around:
            kept.pop(0)
        return kept

    # --- maps and baselines ------------------------------------------------------------------------

    def layer_drawn(self, value: Tensor, shape: tuple[int, ...]) -> Tensor:
        """As every layer's, but a vector for each token (L×C) is drawn along the tokens."""
        by_token = value.dim() == 2 and value.shape[0] == shape[-1]
        return super().layer_drawn(value.T if by_token else value, shape)

    def baselines(self) -> tuple[Baseline, ...]:
        if self.transforms.changes_inputs:
            return (*self.own_baselines(), Baseline("zero", "Zero", "every value 0 behind input_transforms"))
        found = [*self.own_baselines(), Baseline("padding", "Padding", "every token is padding")]
        if "mask" in self._stand_ins:
            found.append(Baseline("mask", "Mask token", "every token but padding is the mask token"))
        if "unknown" in self._stand_ins:
            found.append(Baseline("unknown", "Unknown token", "every token but padding is the token of unknown words"))
        return tuple(found)

    def baseline(self, baseline: str, example: Tensor) -> Tensor:
        if (own := self.transforms.baseline(baseline, example)) is not None:
            return own
        if baseline == "zero" and self.transforms.changes_inputs:
            return torch.zeros_like(example)
        if baseline == "padding" and not self.transforms.changes_inputs:
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


def _unknown(found: Encoded) -> list[Notice]:
    """What is said of words that the model does not get as they are."""
    said, words = list(found.unknown), ", ".join(found.unknown)
    if not said:
        return []
    if found.replaced:
        message = f"Not in the vocabulary, and read as unknown: {words}."
        return [Notice(code="words_unknown", message=message, params={"words": said})]
    message = f"Not in the vocabulary, and left out: {words}."
    return [Notice(code="words_left_out", message=message, params={"words": said})]


def _by_user(from_typed: FromTyped) -> Callable[[str], Encoded]:
    """Of what it returns, the ids as a list, whether it gave a tensor, an array or a batch of one."""
    return lambda text: Encoded([int(token) for token in torch.as_tensor(from_typed(text)).reshape(-1).tolist()])


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
            ids = getattr(vocabulary, "get_stoi", dict)
            return found, ids()
    if callable(vocabulary):
        return vocabulary, {}
    raise ExplorerError(
        "wrong_type",
        f"vocabulary is of type {type(vocabulary).__name__}; it must be a list of strings, a dict, a tokenizer or a "
        "function that turns a list of ids into strings; a visualization_transform can stand in for it.",
        field="vocabulary",
    )


def _words(tokens: Sequence[str], padding: Sequence[bool]) -> list[dict[str, Any]]:
    """The words and which tokens, from start to stop, each is made of."""
    marked = next((mark for mark in BEGINS if any(token.startswith(mark) for token in tokens)), None)
    ended = any(token.endswith(ENDS) for token in tokens)
    words: list[dict[str, Any]] = []
    joins = False
    for at, (token, pad) in enumerate(zip(tokens, padding, strict=True)):
        whole = pad or _is_special(token)
        continued = (
            token.startswith(CONTINUES) or (marked is not None and not token.startswith(marked)) or (ended and joins)
        )
        text = token.removeprefix(CONTINUES).removesuffix(ENDS)
        text = text if marked is None else text.removeprefix(marked)
        if words and continued and not whole and not words[-1]["whole"]:
            words[-1]["text"] += text
            words[-1]["stop"] = at + 1
        else:
            words.append({"text": text, "start": at, "stop": at + 1, "padding": pad, "whole": whole})
        joins = not token.endswith(ENDS)
    return [{key: value for key, value in word.items() if key != "whole"} for word in words]


def _is_special(token: str) -> bool:
    """'[CLS]', '<s>', '</s>', '<|endoftext|>': no part of a word."""
    return len(token) > 2 and (token[0], token[-1]) in {("[", "]"), ("<", ">")}
