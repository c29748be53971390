"""The call that makes another sample of one: on the model's own input, so that all that is not changed stays as it is,
bit for bit.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Feature
from attriscope.samples import Example
from attriscope.workers.arrays import inputs_of
from attriscope.workers.edits import (
    EDIT,
    BaselineFill,
    BlurFill,
    ColourFill,
    Edit,
    Edited,
    Erased,
    Erasure,
    Fill,
    Mask,
    Retyped,
    Revalued,
    Typed,
)
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import Notice
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.scan import sample_frame


def edit(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The sample with one input changed; its own index is −1, since the caller keeps the numbers.

    Raises ExplorerError where there is no such input, or it cannot be changed so: see `changed`.
    """
    asked, features = EDIT.validate_python(frame.body["edit"]), loaded.explorer.features
    inputs = inputs_of(frame.arrays, 1)[0]
    position = position_of([feature.name for feature in features], asked.feature)
    if isinstance(asked, Typed):
        _refuse_stale(inputs[position], inputs[len(features) :])
    value, notices = changed(features[position], inputs[position], asked)
    values = (*inputs[:position], value, *inputs[position + 1 :])
    made = sample_frame(loaded, Example(-1, values, None, (None,) * len(values)), frame.id)
    told = _told(asked, int(frame.body["sample"]))
    body = {
        "info": made.body,
        "edited": told.model_dump(mode="json"),
        "notices": [notice.model_dump(mode="json") for notice in notices],
    }
    return Frame("reply", frame.id, body, made.arrays)


def changed(feature: Feature, example: Tensor, asked: Edit) -> tuple[Tensor, list[Notice]]:
    """The example as it was asked for, and what should be known of it.

    Raises ExplorerError: mask_size, mask_bits, mask_empty or unknown_baseline for pixels; edit_unsupported for another
    kind of input; what `feature.from_typed` raises.
    """
    if isinstance(asked, Erasure):
        if feature.kind != "image":
            message = f"{feature.name!r} is no image; no pixels can be filled."
            raise ExplorerError("edit_unsupported", message, field="feature", feature=feature.name)
        return torch.where(_pixels(asked.mask, example), _filling(feature, example, asked.fill), example), []
    return feature.from_typed(asked.text if isinstance(asked, Typed) else asked.values, example)


def position_of(names: list[str], wanted: str) -> int:
    """Raises ExplorerError for an unknown name."""
    if wanted not in names:
        raise ExplorerError("unknown_feature", f"No feature {wanted!r}.{nearest(wanted, names)}", field="feature")
    return names.index(wanted)


def _told(asked: Edit, sample: int) -> Edited:
    base: Mapping[str, Any] = {"sample": sample, "feature": asked.feature}
    if isinstance(asked, Typed):
        return Retyped(kind="text", **base)
    if isinstance(asked, Erasure):
        mask = asked.mask
        return Erased(kind="erase", share=_count(mask) / (mask.width * mask.height), fill=asked.fill, **base)
    return Revalued(kind="row", values=asked.values, **base)


def _refuse_stale(tokens: Tensor, additional: tuple[Tensor, ...]) -> None:
    """Such as an attention mask, which says where the tokens of the sample's own text are."""
    if any(x.dim() and len(x) == len(tokens) for x in additional):
        raise ExplorerError(
            "edit_unsupported",
            "The sample brings additional arguments of its text's length, such as a mask, which would not fit another "
            "text. A model that makes its mask of the token ids takes any.",
            field="text",
        )


# --- pixels ----------------------------------------------------------------------------------------


def _pixels(mask: Mask, example: Tensor) -> Tensor:
    if tuple(example.shape[-2:]) != (mask.height, mask.width):
        height, width = example.shape[-2:]
        raise ExplorerError(
            "mask_size",
            f"The mask is {mask.width}×{mask.height} pixels; the image is {width}×{height}.",
            field="mask",
            size=[mask.width, mask.height],
            bound=[width, height],
        )
    if _count(mask) == 0:
        raise ExplorerError("mask_empty", "The mask fills 0 pixels; it must fill at least 1.", field="mask.bits")
    return torch.from_numpy(_bits(mask).reshape(mask.height, mask.width).astype(bool))


def _count(mask: Mask) -> int:
    return int(_bits(mask).sum())


def _bits(mask: Mask) -> np.ndarray[Any, np.dtype[np.uint8]]:
    wanted = -(-mask.width * mask.height // 8)
    try:
        bits = base64.b64decode(mask.bits, validate=True)
    except (binascii.Error, ValueError):
        raise ExplorerError("mask_bits", "mask.bits is no base64.", field="mask.bits") from None
    if len(bits) != wanted:
        raise ExplorerError(
            "mask_bits",
            f"mask.bits has {len(bits)} bytes; {mask.width}×{mask.height} pixels have {wanted}.",
            field="mask.bits",
            bytes=len(bits),
            bound=wanted,
        )
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=mask.width * mask.height)


def _filling(feature: Feature, example: Tensor, fill: Fill) -> Tensor:
    if isinstance(fill, BlurFill):
        return feature.baseline("blurred", example)
    if isinstance(fill, BaselineFill):
        return feature.from_model(feature.baseline(fill.baseline, feature.to_model(example)))
    red, green, blue = fill.colour
    return feature.plain((red, green, blue), example)


# --- as scripts write them -------------------------------------------------------------------------


def packed(mask: Mask) -> str:
    """The mask in few letters; `unpacked` reads them."""
    return base64.b64encode(zlib.compress(base64.b64decode(mask.bits), 9)).decode()


def unpacked(letters: str, width: int, height: int) -> Mask:
    """Raises ExplorerError for what `packed` has not written."""
    try:
        bits = zlib.decompress(base64.b64decode(letters, validate=True))
    except (binascii.Error, ValueError, zlib.error):
        raise ExplorerError("mask_bits", "The mask is none that a script was written with.", field="mask") from None
    return Mask(width=width, height=height, bits=base64.b64encode(bits).decode())


def fill_word(fill: Fill) -> str:
    """A baseline's name, or '#rrggbb'."""
    if isinstance(fill, ColourFill):
        return "#" + "".join(f"{part:02x}" for part in fill.colour)
    return "blurred" if isinstance(fill, BlurFill) else fill.baseline


def fill_named(word: str) -> Fill:
    """The inverse of `fill_word`. Raises ExplorerError for a colour that is none."""
    if not word.startswith("#"):
        return BaselineFill(kind="baseline", baseline=word)
    try:
        return ColourFill(kind="colour", colour=list(bytes.fromhex(word[1:])))
    except ValueError:
        raise ExplorerError("wrong_type", f"fill is {word!r}; a colour is '#rrggbb'.", field="fill") from None
