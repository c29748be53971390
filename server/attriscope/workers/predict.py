"""The call that predicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from attribution_core.chunks import ChunkSize
from attribution_core.errors import Cancelled, Nonfinite
from attribution_core.execution import run
from attriscope.workers.arrays import to_array
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import MAX_K
from attriscope.workers.protocol import Array, Frame, Send, ShouldStop
from attriscope.workers.sample_info import PREDICTIONS, Prediction


def predict(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The best classes of each item by score, at most `MAX_K`, then those asked for.

    With a threshold, all classes that reach it go with them by number, as 'reaching', however many there are. Where the
    output is a map, the class of each place (H×W) goes with them, as the array '<item>.classes'.
    Raises Nonfinite for a NaN or infinite output.
    """
    name = frame.body["model"]
    items = loaded.inputs_of(frame.arrays, int(frame.body["count"]))
    classes = [int(index) for index in frame.body.get("classes", ())]
    found: dict[int, list[Prediction]] = {}
    threshold = loaded.explorer.threshold
    reaching: dict[int, list[int]] = {}
    maps: dict[str, Array] = {}
    for group in same_shapes(items):
        if should_stop():
            raise Cancelled
        with loaded.computing(name, should_stop=should_stop) as model:
            inputs = stack([items[n] for n in group], loaded.device)
            outputs, scores, *places = in_parts(model.output, inputs, model.predict)
        maps |= {f"{n}.classes": to_array(of) for values in places for n, of in zip(group, values, strict=True)}
        for n, output, score in zip(group, outputs, scores, strict=True):
            found[n] = _best(loaded, name, output, score, classes)
            if threshold is not None:
                reaching[n] = [index for index, value in enumerate(score.tolist()) if value >= threshold]
    predictions = [PREDICTIONS.dump_python(found[n], mode="json") for n in range(len(items))]
    body = {"predictions": predictions, "reaching": [reaching.get(n) for n in range(len(items))]}
    return Frame("reply", body=body, arrays=maps)


def in_parts(
    forward: Callable[..., Any], inputs: tuple[Tensor, ...], compute: Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]
) -> tuple[Tensor, ...]:
    """What `compute` makes of all examples at once; of some after the others where memory does not do for all.

    Raises OutOfMemory where it does not do for a single one, Cancelled where the enclosing `execution` is to stop.
    """
    parts: list[tuple[Tensor, ...]] = []
    count = len(inputs[0])
    size = ChunkSize(forward, inputs, "predict", first=count)
    run(
        count,
        lambda start, stop: compute(tuple(x[start:stop] for x in inputs)),
        lambda start, stop, found: parts.append(found),
        size,
    )
    return tuple(torch.cat(found) for found in zip(*parts, strict=True))


def same_shapes(items: list[tuple[Tensor, ...]]) -> list[list[int]]:
    """Positions of the items that can be stacked with each other."""
    groups: dict[object, list[int]] = {}
    for n, inputs in enumerate(items):
        groups.setdefault(tuple((tuple(x.shape), x.dtype) for x in inputs), []).append(n)
    return list(groups.values())


def stack(items: list[tuple[Tensor, ...]], device: torch.device) -> tuple[Tensor, ...]:
    return tuple(torch.stack(parts).to(device) for parts in zip(*items, strict=True))


def _best(loaded: LoadedExplorer, model: str, output: Tensor, score: Tensor, classes: list[int]) -> list[Prediction]:
    for what, values in (("output", output), ("score", score)):
        if not bool(torch.isfinite(values).all()):
            at = int((~torch.isfinite(values)).nonzero()[0])
            raise Nonfinite(
                f"The model's {what} for {loaded.class_name(model, at)!r} is {values[at].item()}.",
                place=what,
                index=at,
            )
    order = torch.argsort(score, descending=True, stable=True)[:MAX_K].tolist()
    order += [index for index in classes if index not in order and index < len(score)]
    return [
        Prediction(index=i, name=loaded.class_name(model, i), score=score[i].item(), output=output[i].item())
        for i in order
    ]
