"""What layers a model has, and which one Grad-CAM takes by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from attribution_core import probe
from attribution_core.locks import lock_for


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
    for name, _, output in _trace(model, inputs):
        outputs.setdefault(name, []).append(output)
    return tuple(
        _info(name, module, outputs.get(name, []), inputs[0].shape[0]) for name, module in model.named_modules() if name
    )


def default_cam_layer(model: nn.Module, inputs: tuple[Tensor, ...]) -> str | None:
    """The outermost submodule that contains the last-called convolution and keeps its spatial size.

    ResNet: ``layer4``. None where no convolution yields a map of positions, or where attention follows the last
    convolution (in a vision transformer it only cuts the image into patches, and tokens are not yet supported).

    Reference: Selvaraju et al. (2017), Grad-CAM, https://arxiv.org/abs/1610.02391
    """
    calls = _trace(model, inputs)
    shapes = {name: output for name, _, output in calls if isinstance(output, tuple)}
    last = None
    for name, module, output in calls:
        if name and isinstance(module, _ConvNd) and isinstance(output, tuple) and len(output) > 2:
            last = name
        elif last is not None and "attention" in type(module).__name__.lower() and not _contains(name, last):
            last = None
    if last is None:
        return None
    parts = last.split(".")
    for depth in range(1, len(parts) + 1):
        outer = ".".join(parts[:depth])
        if len(shapes.get(outer, ())) > 2 and shapes[outer][2:] == shapes[last][2:]:
            return outer
    return last


def _contains(outer: str, inner: str) -> bool:
    return not outer or inner == outer or inner.startswith(outer + ".")


def _trace(model: nn.Module, inputs: tuple[Tensor, ...]) -> list[tuple[str, nn.Module, Any]]:
    """(name, module, shape of the output tensor or a few words on what it is instead) of every call, in order."""

    def keep(output: Any) -> tuple[int, ...] | str:
        return tuple(output.shape) if isinstance(output, Tensor) else probe.describe(output)

    with lock_for(model), probe.trace(model, keep) as seen, torch.no_grad():
        model(*inputs)
    return [(call.name, call.module, call.output) for call in seen.calls]


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
