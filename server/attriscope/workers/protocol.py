"""Frames on a worker's pipe: a JSON header and raw buffers, so that no side ever unpickles.

    frame = header length (4 bytes, big endian) · header (UTF-8 JSON) · buffers, one after the other

The header is ``{"type", "id", "body", "arrays": [[name, dtype, shape, nbytes], …]}``.

A call is a frame from the web process with a fresh ``id``; the worker answers it with any number of interim frames
of the same id and exactly one ``reply`` or ``error`` frame, which ends it. ``id`` 0 belongs to no call.

================  ==========================================  =================================================
call              body and arrays                              interim frames → reply
================  ==========================================  =================================================
``scan``          start, count                                 ``sample``: SampleInfo; arrays ``input.<i>``,
                                                               ``display.<feature>`` (PNG of an image),
                                                               ``evidence.<feature>`` (uint8 H×W)
                                                               → {exhausted, failure: ErrorBody|null}
``predict``       model, count, classes (optional: always      → {predictions: [[Prediction…]…]}
                  among them); ``<n>.input.<i>``
``check``         request: AttributionRequest, items:          → Checked
                  [{sample, sha256, shapes, target}…]
``attribute``     request (arguments after defaults), items:   ``progress``: {done, total} evaluations; ``result``:
                  [CheckedItem…]; ``<n>.input.<i>``            ResultInfo, arrays by feature name; ``failed``:
                                                               {key, error}; ``partial``: PartialInfo, arrays by
                                                               feature name, every ``partials`` seconds → {}; a
                                                               result's ``evaluation`` may have further arrays, named
                                                               ``<stage>@<feature>``
``upload``        name; ``file`` (uint8: the file's bytes)     → SampleInfo (index -1); arrays as ``sample``'s
``edit``          sample: index, edit: Edit; ``0.input.<i>``   → {info: as ``upload``'s, edited: Edited,
                                                               notices}; arrays as ``sample``'s
``baseline``      baseline, feature; ``0.input.<i>``           → {}; ``display`` (PNG)
``cancel``        call: id                                     none; the call named ends with error ``cancelled``
================  ==========================================  =================================================

On its own a worker sends, with id 0, ``loading`` {stage}, then ``files`` {paths}, those that the explorer was made of,
and ``description`` (Description) or ``load_failed`` (ErrorBody); after every computation ``memory`` {free, total: bytes
of its device, models: the names of those on it}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_LENGTH = 4


@dataclass(frozen=True)
class Array:
    """Raw bytes with their type. ``dtype`` is torch's name without the prefix ('float32', 'bfloat16', …)."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes | memoryview


@dataclass(frozen=True)
class Frame:
    type: str
    id: int = 0
    body: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)


Send = Callable[[Frame], None]
ShouldStop = Callable[[], bool]


def encode(frame: Frame) -> bytes:
    """The frame's bytes. Raises ValueError for a non-finite number in the body, which JSON cannot carry."""
    buffers = [memoryview(array.data).cast("B") for array in frame.arrays.values()]
    table = [
        [name, array.dtype, list(array.shape), buffer.nbytes]
        for (name, array), buffer in zip(frame.arrays.items(), buffers, strict=True)
    ]
    header = json.dumps(
        {"type": frame.type, "id": frame.id, "body": frame.body, "arrays": table}, allow_nan=False
    ).encode()
    return b"".join([len(header).to_bytes(_LENGTH, "big"), header, *buffers])


def decode(data: bytes) -> Frame:
    """The frame in ``data``; its arrays are views, not copies. Raises ValueError for anything but one whole frame."""
    if len(data) < _LENGTH:
        raise ValueError(f"A frame has at least {_LENGTH} bytes; got {len(data)}.")
    start = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    if start > len(data):
        raise ValueError(f"The header ends at byte {start} of a frame of {len(data)}.")
    header = json.loads(data[_LENGTH:start])
    view, arrays = memoryview(data), {}
    for name, dtype, shape, nbytes in header["arrays"]:
        arrays[name] = Array(dtype, tuple(shape), view[start : start + nbytes])
        start += nbytes
    if start != len(data):
        raise ValueError(f"The buffers end at byte {start} of a frame of {len(data)}.")
    return Frame(header["type"], header["id"], header["body"], arrays)


def image(png: bytes) -> Array:
    """An encoded picture as an array of bytes."""
    return Array("uint8", (len(png),), png)
