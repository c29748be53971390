"""The call that fills some pixels of a sample: on the model's own input, so that all others stay bit for bit."""

from __future__ import annotations

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Feature
from attriscope.samples import Example
from attriscope.workers.arrays import inputs_of
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import BaselineFill, BlurFill, Fill
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.scan import sample_frame

_FILL: TypeAdapter[Fill] = TypeAdapter(Fill)


def edit(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The sample with the masked pixels filled; index −1, since the caller keeps the numbers.

    Raises ExplorerError: unknown_feature, unknown_baseline, mask_size, or edit_unsupported where the feature cannot
    be filled so.
    """
    inputs = inputs_of(frame.arrays, 1)[0]
    names = [feature.name for feature in loaded.explorer.features]
    wanted = str(frame.body["feature"])
    if wanted not in names:
        raise ExplorerError("unknown_feature", f"No feature {wanted!r}.{nearest(wanted, names)}", field="feature")
    position = names.index(wanted)
    example = inputs[position]
    if loaded.explorer.features[position].display(example).png is None:
        raise ExplorerError("edit_unsupported", f"{wanted!r} is no image; no pixels can be filled.", field="feature")
    mask = _mask(frame, example)
    filling = _filling(loaded.explorer.features[position], example, _FILL.validate_python(frame.body["fill"]))
    filled = torch.where(mask, filling, example)
    values = (*inputs[:position], filled, *inputs[position + 1 :])
    made = sample_frame(loaded, Example(-1, values, None, (None,) * len(values)), frame.id)
    return Frame("reply", frame.id, made.body, made.arrays)


def _mask(frame: Frame, example: Tensor) -> Tensor:
    width, height = int(frame.body["width"]), int(frame.body["height"])
    if tuple(example.shape[-2:]) != (height, width):
        seen = "×".join(str(side) for side in example.shape[:-3:-1])
        raise ExplorerError(
            "mask_size",
            f"The mask is {width}×{height} pixels; the image is {seen}.",
            field="mask",
            size=[width, height],
        )
    bits = np.unpackbits(np.frombuffer(frame.arrays["mask"].data, np.uint8), count=width * height)
    return torch.from_numpy(bits.reshape(height, width).astype(bool))


def _filling(feature: Feature, example: Tensor, fill: Fill) -> Tensor:
    if isinstance(fill, BlurFill):
        return feature.baseline("blurred", example)
    if isinstance(fill, BaselineFill):
        return feature.from_model(feature.baseline(fill.baseline, feature.to_model(example)))
    red, green, blue = fill.colour
    return feature.plain((red, green, blue), example)
