"""Occlusion: what is lost when a window is covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, prod
from typing import Any, ClassVar, TypeAlias, final

from pydantic import model_validator
from torch import Tensor, nn

from attribution_core import errors, execution
from attribution_core.attribution import PerturbationAttribution
from attribution_core.coalitions import Boxes, Windows
from attribution_core.problem import Problem, opened
from attribution_core.solvers import DifferenceMean, solve
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec, arguments, whole
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType

Window: TypeAlias = tuple[int, ...]
Stride: TypeAlias = int | tuple[int, ...]


@final
class Occlusion(PerturbationAttribution):
    """y(x) − y(x with a window replaced by the baseline), averaged over the windows that cover a feature.

    Windows start at every multiple of the stride, until everything is covered; the last ones may be cut off.

    Args:
        forward_func: the model, or a function of its inputs. It may return several numbers for each example, or one
            row for the whole batch; then every window covers all examples at once.

    Reference: Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks,
    https://arxiv.org/abs/1311.2901
    """

    splittable = True

    def __init__(self, forward_func: Forward) -> None:
        super().__init__(forward_func)

    def attribute(
        self,
        inputs: Inputs,
        sliding_window_shapes: Window | tuple[Window, ...],
        strides: Stride | tuple[Stride, ...] | None = None,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        perturbations_per_eval: int = 1,
        show_progress: bool = False,
    ) -> Attributions:
        """Occlusion of the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            sliding_window_shapes: the window's size in each dimension after the first; a tuple of them for a tuple of
                inputs.
            strides: the windows' distance, in each dimension or in all; None means 1. At most the window's size,
                unless the window spans the dimension.
            baselines: what a window is filled with: tensors of the inputs' shape or with one row, or numbers; None
                means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None for
                all numbers that the model returns.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            perturbations_per_eval: windows in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one). Where R numbers are explained for each
            example, N·R rows: those of the first example come first.

        Raises:
            WindowTooLarge: a window larger than its input.
            OutOfRange: a stride larger than the window; a size, stride or ``perturbations_per_eval`` below 1.
            WrongShape: windows, strides or baselines that do not fit the inputs.
            TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            Nonfinite: an output is NaN or infinite.
        """
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            windows = _windows(problem.inputs, inputs, sliding_window_shapes, strides)
            with execution.shown("Occlusion", show_progress):
                return like(_occlude(problem, start, windows, perturbations_per_eval), inputs)


def _occlude(problem: Problem, baselines: Estimate, windows: list[Windows], first: int) -> Estimate:
    stream = Boxes(problem, baselines, windows)

    def build(reference: Tensor, together: bool) -> DifferenceMean:
        return DifferenceMean(problem, stream, windows, reference, together)

    return solve(problem, len(stream), first, build)


def _windows(tensors: Estimate, inputs: Inputs, shapes: Any, strides: Any) -> list[Windows]:
    """The sliding windows of each input, checked."""
    several = not isinstance(inputs, Tensor)
    if not isinstance(shapes, Sequence):
        raise errors.WrongType(
            f"sliding_window_shapes is {shapes!r}; it must be a tuple.", field="sliding_window_shapes"
        )
    nested = several and all(isinstance(s, Sequence) for s in shapes)
    shapes = shapes if nested else (shapes,)
    strides = strides if isinstance(strides, Sequence) and several else (strides,) * len(tensors)
    for name, given in (("sliding_window_shapes", shapes), ("strides", strides)):
        if len(given) != len(tensors):
            raise errors.WrongShape(
                f"{name} has {len(given)} entries; it must have one for each of the {len(tensors)} inputs.",
                field=name,
                entries=len(given),
            )
    return [_windows_of(x.shape[1:], w, s) for x, w, s in zip(tensors, shapes, strides, strict=True)]


def _windows_of(shape: Sequence[int], window: Sequence[int], stride: Any) -> Windows:
    stride = (1,) * len(shape) if stride is None else stride
    stride = stride if isinstance(stride, Sequence) else (stride,) * len(shape)
    for name, sizes in (("sliding_window_shapes", window), ("strides", stride)):
        if len(sizes) != len(shape):
            raise errors.WrongShape(
                f"{name} is {tuple(sizes)}; it must have {len(shape)} sizes for an input of {tuple(shape)}.",
                field=name,
                value=list(sizes),
            )
        for size in sizes:
            errors.whole_number(name, size, 1)
    if any(w > size for w, size in zip(window, shape, strict=True)):
        raise too_large(window, shape, "sliding_window_shapes")
    for w, s, size in zip(window, stride, shape, strict=True):
        if s > w and w < size:
            raise errors.OutOfRange(
                f"strides is {s}; it must be at most {w}, the window's size, so that everything is covered.",
                field="strides",
                value=s,
                low=1,
                high=w,
            )
    return Windows(shape, window, stride)


def too_large(window: Sequence[int], shape: Sequence[int], field: str) -> errors.WindowTooLarge:
    """The refusal of a window larger than the input."""
    if len(shape) == 3 and window[0] <= shape[0]:
        window, shape = window[1:], shape[1:]
    limits = sorted({size for w, size in zip(window, shape, strict=True) if w > size})
    sizes, bounds = ("×".join(map(str, s)) for s in (window, shape))
    return errors.WindowTooLarge(
        f"Window {sizes} exceeds the {bounds} {'image' if len(shape) == 2 else 'input'}; "
        f"use at most {' and '.join(map(str, limits))}.",
        field=field,
        window=list(window),
        shape=list(shape),
    )


# --- for the registry: one window and stride for the positions of all inputs, all channels at once ---------------

_AXES: dict[int, tuple[str, ...]] = {1: ("length",), 2: ("length",), 3: ("height", "width")}


def _positions(shape: Sequence[int]) -> Sequence[int]:
    """The dimensions that windows slide along: not the channels."""
    return shape[1:] if len(shape) > 1 else shape


def _default_window(limits: Mapping[str, int], info: InputInfo) -> int:
    """A fifth of the shorter side; of a vector, whose neighbours need have nothing to do with each other, one value."""
    if all(len(shape) == 1 for shape in info.shapes):
        return 1
    return max(1, int(min(limits.values(), default=1) / 5 + 0.5))


class _Arguments(Arguments):
    limits: ClassVar[dict[str, int]] = {}
    side: ClassVar[int] = 1

    @model_validator(mode="before")
    @classmethod
    def _window_fits(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse a window larger than the input, naming both; let a stride left out follow the window given."""
        values = dict(values)
        window = [values.get(f"window_{axis}", min(cls.side, limit)) for axis, limit in cls.limits.items()]
        if all(type(w) is int and w.bit_length() < 32 for w in window):
            for axis, w, limit in zip(cls.limits, window, cls.limits.values(), strict=True):
                if w > limit:
                    raise too_large(window, list(cls.limits.values()), f"window_{axis}")
                values.setdefault(f"stride_{axis}", max(1, -(-w // 3)))
        return values

    @model_validator(mode="after")
    def _stride_fits(self) -> _Arguments:
        for axis, limit in self.limits.items():
            stride, w = getattr(self, f"stride_{axis}"), getattr(self, f"window_{axis}")
            if stride > w and w < limit:
                raise errors.OutOfRange(
                    f"stride_{axis} is {stride}; it must be 1 to {w}, the window's {axis}.",
                    field=f"stride_{axis}",
                    value=stride,
                    low=1,
                    high=w,
                )
        return self


def _axes(info: InputInfo) -> tuple[str, ...]:
    """What windows slide along; nothing where the inputs have no axes in common."""
    ranks = {len(shape) for shape in info.shapes}
    return _AXES.get(ranks.pop(), ()) if len(ranks) == 1 else ()


def _arguments(info: InputInfo) -> type[Arguments]:
    axes = _axes(info)
    limits = {axis: min(_positions(shape)[at] for shape in info.shapes) for at, axis in enumerate(axes)}
    side = _default_window(limits, info)
    fields = {}
    unit = "px" if len(axes) > 1 else info.unit
    for axis, limit in limits.items():
        w = min(side, limit)
        fields[f"window_{axis}"] = whole(
            w, 1, limit, f"Window {axis}", f"{axis.capitalize()} of the window that is covered.", unit=unit
        )
    for axis, limit in limits.items():
        s = max(1, ceil(min(side, limit) / 3))
        fields[f"stride_{axis}"] = whole(
            s, 1, limit, f"Stride, {axis}", f"How far the window moves along the {axis} each time.", unit=unit
        )
    base = type("_OcclusionArguments", (_Arguments,), {"limits": limits, "side": side, "__module__": __name__})
    return arguments("OcclusionArguments", base, **fields)


def _keywords(values: dict[str, Any], info: InputInfo) -> dict[str, Any]:
    axes = _axes(info)
    channels = [shape[:1] if len(shape) > 1 else () for shape in info.shapes]
    window = tuple(values[f"window_{axis}"] for axis in axes)
    stride = tuple(values[f"stride_{axis}"] for axis in axes)
    return {
        "sliding_window_shapes": tuple((*c, *window) for c in channels),
        "strides": tuple((*c, *stride) for c in channels),
    }


def _evaluations(values: Arguments, info: InputInfo) -> Cost:
    keywords = _keywords(values.model_dump(), info)
    each = zip(info.shapes, keywords["sliding_window_shapes"], keywords["strides"], strict=True)
    windows = sum(prod(ceil((size - w) / s) + 1 for size, w, s in zip(*sizes, strict=True)) for sizes in each)
    return Cost(1 + windows, 0)


def _against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    ranks = {x.dim() - 1 for x in inputs}
    if len(ranks) > 1 or not ranks <= set(_AXES):
        return ("Windows need inputs that are all images (C×H×W), all sequences (C×L), or all vectors.",)
    return ()


SPEC = MethodSpec(
    id="occlusion",
    name="Occlusion",
    method=Occlusion,
    family="perturbation",
    space="feature",
    summary="Covers one window of the input after the other and notes how far the score falls.",
    limitations=(
        "What is seen depends on the window: evidence larger than it, or present twice, is missed.",
        "A covered input is unlike any the model was trained on (Hooker et al. 2019, https://arxiv.org/abs/1806.10758).",
    ),
    references=("Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901",),
    build=_arguments,
    evaluations=_evaluations,
    translate=_keywords,
    against=_against,
    anytime=True,
    needs=frozenset({"baseline"}),
)
