"""The call that makes a sample of an image file that somebody has uploaded."""

from __future__ import annotations

import io

from PIL import Image
from torch import Tensor

from attriscope.errors import ExplorerError, user_traceback
from attriscope.features.pictures import open_picture
from attriscope.samples import Example
from attriscope.workers.image_types import NAMES, image_type
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.scan import sample_frame


def upload(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The file as the model's input, drawn as every sample is; index −1, since the caller keeps the numbers.

    Raises ExplorerError: unsupported_type, image_too_large or image_broken; upload_unsupported where the explorer's
    input cannot be made of one picture; upload_failed where the user's own `from_upload` raised.
    """
    content, name = bytes(frame.arrays["file"].data), str(frame.body["name"])
    if image_type(content) is None:
        raise ExplorerError("unsupported_type", f"{name} is no image of a known type ({', '.join(NAMES)}).", name=name)
    like = _first_input(loaded)
    value = _converted(loaded, open_picture(io.BytesIO(content), name), like)
    made = sample_frame(loaded, Example(-1, (value,), None, (None,)), frame.id)
    return Frame("reply", frame.id, made.body, made.arrays)


def _first_input(loaded: LoadedExplorer) -> Tensor:
    features, first = loaded.explorer.features, loaded.first
    if len(features) > 1 or (first is not None and len(first.inputs) > 1):
        count = max(len(features), 0 if first is None else len(first.inputs))
        raise ExplorerError(
            "upload_unsupported",
            f"The model takes {count} inputs; an uploaded image is only one of them.",
            field="file",
            inputs=count,
        )
    if first is None:
        raise ExplorerError(
            "upload_unsupported",
            "The dataset has no first sample that tells how an image becomes the model's input.",
            field="file",
        )
    return first.inputs[0]


def _converted(loaded: LoadedExplorer, picture: Image.Image, like: Tensor) -> Tensor:
    feature = loaded.explorer.features[0]
    try:
        return feature.from_picture(picture, like)
    except ExplorerError:
        raise
    except Exception as error:  # the user's own function
        raise ExplorerError(
            "upload_failed",
            f"from_upload of {feature.name!r} raised {type(error).__name__}: {error}",
            field="file",
            detail=user_traceback(error),
        ) from error
