"""What layers a model has, and which one Grad-CAM takes by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from attribution_core import probe
from attribution_core.layout import layout_of
from attribution_core.locks import lock_for

_Call = tuple[str, nn.Module, "tuple[int, ...] | str"]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One submodule.

    Attributes:
        name: path in the model, as in ``named_modules``.
        type: class name.
        output_shape: of one example, without the batch dimension; None unless the output is a tensor.
        called: how often a forward pass calls it.
        tensor: whether its output is one tensor with a row for each example.
        reason: why nothing can be attributed to it; None if it can.
    """

    name: str
    type: str
    output_shape: tuple[int, ...] | None
    called: int
    tensor: bool
    reason: str | None


def describe_layers(model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[LayerInfo, ...]:
    """All submodules in the model's order, seen in one forward pass of ``inputs`` (and any further arguments)."""
    outputs: dict[str, list[Any]] = {}
    for name, _, output in trace(model, inputs):
        outputs.setdefault(name, []).append(output)
    return tuple(
        _info(name, module, outputs.get(name, []), inputs[0].shape[0]) for name, module in model.named_modules() if name
    )


@dataclass(frozen=True, slots=True)
class CamLayer:
    """A layer for Grad-CAM.

    Attributes:
        name: path in the model.
        holds: what the last one of the model is in it.
    """

    name: str
    holds: Literal["convolution", "attention"]


def default_cam_layer(model: nn.Module, inputs: tuple[Tensor, ...]) -> str | None:
    """The name of `find_cam_layer`."""
    found = find_cam_layer(model, inputs)
    return None if found is None else found.name


def find_cam_layer(model: nn.Module, inputs: tuple[Tensor, ...]) -> CamLayer | None:
    """The layer that Grad-CAM takes by default; None where none has a map of positions.

    Convolutional networks: the outermost submodule that contains the last-called convolution and keeps its spatial
    size (ResNet: ``layer4``). Where attention follows the last convolution: the outermost submodule that contains the
    last attention and keeps its grid (Swin: ``features``); with class or register tokens (ViT) what goes into the last
    attention, since behind it only the class token may act on the output.

    Args:
        model: the model.
        inputs: for one forward pass; further arguments behind them.

    Reference: Selvaraju et al. (2017), Grad-CAM, https://arxiv.org/abs/1610.02391
    """
    calls = trace(model, inputs)
    last = attention = None
    for position, (name, module, output) in enumerate(calls):
        if name and isinstance(module, _ConvNd) and isinstance(output, tuple) and len(output) > 2:
            last, attention = name, None
        elif last is not None and "attention" in type(module).__name__.lower() and not _contains(name, last):
            attention = position
    if last is None:
        return None
    if attention is not None:
        into = _token_layer(calls, attention, inputs[0].shape[0])
        return None if into is None else CamLayer(into, "attention")
    shapes = {name: output for name, _, output in calls if isinstance(output, tuple)}
    name = _outermost(last, shapes, lambda shape: len(shape) > 2 and shape[2:] == shapes[last][2:]) or last
    return CamLayer(name, "convolution")


def _token_layer(calls: list[_Call], attention: int, examples: int) -> str | None:
    """The layer with the tokens of the last attention, the one called at place ``attention``."""
    name = calls[attention][0]
    before = [
        (at, shape)
        for at, _, shape in calls[:attention]
        if at and not _contains(name, at) and isinstance(shape, tuple) and len(shape) > 2 and shape[0] == examples
    ]
    if not before:
        return None
    into, wanted = before[-1]
    found = layout_of(wanted, [(module, output) for _, module, output in calls], images=True)
    if not found.channels_last:
        return None
    if found.special:
        return into
    shapes = {at: shape for at, _, shape in calls if isinstance(shape, tuple)}
    return _outermost(name, shapes, lambda shape: shape == wanted) or into


def _outermost(name: str, shapes: dict[str, tuple[int, ...]], fits: Callable[[tuple[int, ...]], bool]) -> str | None:
    """The shortest path to the submodule ``name`` whose output's shape fits."""
    parts = name.split(".")
    paths = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return next((path for path in paths if path in shapes and fits(shapes[path])), None)


def _contains(outer: str, inner: str) -> bool:
    return not outer or inner == outer or inner.startswith(outer + ".")


def trace(model: nn.Module, inputs: tuple[Tensor, ...]) -> list[_Call]:
    """(name, module, shape of the output tensor or a few words on what it is instead) of every call, in order."""

    with lock_for(model), probe.trace(model, shape_or_words) as seen, torch.no_grad():
        model(*inputs)
    return [(call.name, call.module, call.output) for call in seen.calls]


def shape_or_words(output: Any) -> tuple[int, ...] | str:
    """The shape of an output tensor, or a few words on what it is instead."""
    return tuple(output.shape) if isinstance(output, Tensor) else probe.describe(output)


def _info(name: str, module: nn.Module, outputs: list[Any], examples: int) -> LayerInfo:
    last = outputs[-1] if outputs else None
    shape = last if isinstance(last, tuple) else None
    by_example = shape is not None and len(shape) > 1 and shape[0] == examples
    if not outputs:
        reason: str | None = "It is not called in the forward pass."
    elif shape is None:
        reason = f"Its output is {last}, not a tensor."
    elif not by_example:
        reason = f"Its output has shape {shape}: no row for each example."
    else:
        reason = None
    return LayerInfo(
        name=name,
        type=type(module).__name__,
        output_shape=shape[1:] if shape is not None else None,
        called=len(outputs),
        tensor=by_example,
        reason=reason,
    )
