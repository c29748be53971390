"""The one loop over model evaluations, and what a caller may set about it.

`run` evaluates a range of pairs (point, example) in chunks. For every method alike it sizes the chunks, backs off when
memory runs out, counts evaluations, tells partial results when asked, and stops when told to. `plan` counts several
loops as one. Loops nest (a noise tunnel over integrated gradients): what `execution` reports is then
(done + inner fraction × current) / total, and partial results pass from the innermost loop outwards.

The state is a stack in a context variable: it follows the thread and the task, and is not read in autograd hooks,
which CUDA runs on threads of its own.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, get_args

import torch

from attribution_core import errors
from attribution_core.chunks import ChunkSize
from attribution_core.types import Estimate, Precision

T = TypeVar("T")
Blend = Callable[[Estimate | None], Estimate | None]

_MEMORY_MESSAGES = ("out of memory", "can't allocate memory", "_STATUS_ALLOC_FAILED", "failed to allocate")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an attribution has come, in model evaluations: one forward pass of one example each."""

    done: int
    total: int
    _entries: tuple[_Root | _Frame, ...]

    def partial(self) -> Estimate | None:
        """The attributions as estimated so far, computed now; None where there is no estimate yet.

        Meant to be called inside ``on_progress``.
        """
        estimate: Estimate | None = None
        for entry in reversed(self._entries):
            if isinstance(entry, _Frame):
                estimate = entry.blend(estimate)
        return estimate


@dataclass(frozen=True, slots=True)
class _Root:
    """What one `execution` asked for."""

    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    precision: Precision
    on_out_of_memory: Callable[[], bool] | None


@dataclass(slots=True)
class _Frame:
    """A loop, or a plan of loops, in its own units; ``current`` of them are being worked on."""

    total: int  # 0 while it is unknown
    blend: Blend
    is_plan: bool
    done: int = 0
    current: int = 0
    each: int = 1  # evaluations for one unit, where no loop inside tells
    cost: float = field(default=1.0)  # the same; learnt from the loop inside

    def __post_init__(self) -> None:
        self.cost = self.each


_stack: ContextVar[tuple[_Root | _Frame, ...]] = ContextVar("attribution_core_execution", default=())


@contextmanager
def execution(
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    precision: Precision | None = None,
    on_out_of_memory: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Set how attributions inside the block are computed, and hear how far they are.

    Args:
        on_progress: called with a `Progress` after every chunk, on the computing thread.
        should_stop: asked before every chunk; once it returns true, `errors.Cancelled` is raised.
        precision: 'exact' computes in the model's own type, as Captum does; 'fused' in float32 with batch norms folded
            into convolutions and images in channels-last order; 'fast' with autocast to bfloat16 on top. None is the
            enclosing block's level, and 'exact' outside of any.
        on_out_of_memory: called when a chunk does not fit into memory; once it returns true, because it has freed
            some, the same chunk is tried again. Otherwise smaller ones are.

    Blocks nest: the callbacks of all of them are called.

    Raises:
        OutOfRange: ``precision`` is no level.

    Example:
        >>> with execution(on_progress=lambda p: print(p.done, "of", p.total)):
        ...     attributions = IntegratedGradients(model).attribute(image, target=3)
    """
    if precision not in (None, *get_args(Precision)):
        raise errors.OutOfRange(
            f"precision is {precision!r}; it must be exact, fused or fast.", field="precision", value=repr(precision)
        )
    root = _Root(on_progress, should_stop, precision or level(), on_out_of_memory)
    token = _stack.set((*_stack.get(), root))
    try:
        yield
    finally:
        _stack.reset(token)


def level() -> Precision:
    """The precision that the innermost `execution` asked for."""
    roots = (entry for entry in reversed(_stack.get()) if isinstance(entry, _Root))
    return next((root.precision for root in roots), "exact")


class Plan(Protocol):
    """What a `plan` can be told later."""

    total: int


def in_loop() -> bool:
    """Whether this is part of an enclosing loop's evaluation."""
    return any(isinstance(entry, _Frame) and not entry.is_plan for entry in _stack.get())


@contextmanager
def plan(total: int | None, blend: Blend = lambda inner: inner) -> Iterator[Plan]:
    """Count the loops in this block, one after the other, as one of ``total`` evaluations.

    ``blend`` turns the estimate of the loop that is running (None where it has none) into the plan's. Where the total
    is known only after a first loop, it is None, and set on what the block gets; until then nothing is reported.
    """
    with _entered(_Frame(total or 0, blend, is_plan=True)) as frame:
        yield frame


def run(
    total: int,
    evaluate: Callable[[int, int], T],
    add: Callable[[int, int, T], None],
    size: ChunkSize,
    blend: Blend = lambda inner: None,
    each: int = 1,
) -> None:
    """Evaluate units 0 … total−1 in chunks.

    Args:
        total: number of units, usually pairs (point, example).
        evaluate: ``evaluate(start, stop)`` computes a chunk; called again on a smaller chunk when memory runs out,
            so it must change nothing.
        add: ``add(start, stop, value)`` takes in a finished chunk.
        size: how large the chunks are.
        blend: the estimate from the finished chunks and from the estimate of a loop inside the current chunk.
        each: model evaluations for one unit, where no loop inside tells.

    Raises:
        Cancelled: an enclosing `execution` was told to stop.
        OutOfMemory: the smallest possible chunk does not fit.
    """
    size.begin(total)
    with _entered(_Frame(total, blend, is_plan=False, each=each)) as frame:
        while frame.done < total:
            _check_stop()
            start = frame.done
            stop = min(start + size.current, total)
            frame.current = stop - start
            began = time.perf_counter()
            value, out_of_memory = _attempt(evaluate, start, stop)
            if out_of_memory is not None:
                reclaim_memory()
                if not _freed() and not size.shrink(stop - start):
                    raise errors.OutOfMemory(
                        f"A chunk of {stop - start} does not fit into memory: {out_of_memory}", chunk=stop - start
                    )
                continue
            add(start, stop, value)  # type: ignore[arg-type]
            del value
            size.grow(stop - start, time.perf_counter() - began)
            frame.done, frame.current = stop, 0
            _report()
    size.remember()


def _attempt(evaluate: Callable[[int, int], T], start: int, stop: int) -> tuple[T | None, str | None]:
    """The chunk's value, or the message of running out of memory.

    Returning leaves the ``except`` block, whose traceback would keep the chunk's tensors alive.
    """
    try:
        return evaluate(start, stop), None
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, errors.AttributionError) or not is_out_of_memory(error):
            raise
        return None, str(error).partition("\n")[0]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, CUDA, cuBLAS, cuDNN or the allocator says that memory ran out."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _MEMORY_MESSAGES)


def reclaim_memory() -> None:
    """Give back what torch keeps of the memory that is not in use."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


@contextmanager
def _entered(frame: _Frame) -> Iterator[_Frame]:
    """Push the frame; an enclosing plan counts it as the part that it is working on."""
    stack = _stack.get()
    parent = next((entry for entry in reversed(stack) if isinstance(entry, _Frame)), None)
    part_of_plan = parent is not None and parent.is_plan
    if parent is not None and part_of_plan:
        parent.current = frame.total * frame.each
    token = _stack.set((*stack, frame))
    try:
        yield frame
    finally:
        _stack.reset(token)
    if parent is not None and part_of_plan:
        parent.done += frame.total * frame.each
        parent.current = 0


def _check_stop() -> None:
    for entry in _stack.get():
        if isinstance(entry, _Root) and entry.should_stop is not None and entry.should_stop():
            raise errors.Cancelled("The attribution was cancelled.")


def _freed() -> bool:
    """Whether an enclosing `execution` has made room."""
    asked = (entry.on_out_of_memory for entry in _stack.get() if isinstance(entry, _Root))
    return any(make_room is not None and make_room() for make_room in asked)


def _report() -> None:
    """Tell every enclosing `execution` how far the loops inside it are."""
    stack = _stack.get()
    if any(isinstance(entry, _Frame) and not entry.total for entry in stack):
        return
    done = total = 0.0
    inside = False
    for position in range(len(stack) - 1, -1, -1):
        entry = stack[position]
        if isinstance(entry, _Frame):
            if inside and entry.current:
                entry.cost = total / entry.current
            done = entry.done * entry.cost + (done if inside else 0.0)
            total = entry.total * entry.cost
            inside = True
        elif entry.on_progress is not None:
            entry.on_progress(Progress(round(done), round(total), stack[position:]))


class TextProgress:
    """``on_progress`` for a terminal: one line on standard error, rewritten in place."""

    def __init__(self, title: str) -> None:
        self._title = title

    def __call__(self, progress: Progress) -> None:
        ended = progress.done >= progress.total
        share = progress.done / max(progress.total, 1)
        line = f"\r{self._title}: {share:4.0%} ({progress.done}/{progress.total} evaluations)"
        sys.stderr.write(line + ("\n" if ended else ""))
        sys.stderr.flush()


@contextmanager
def shown(title: str, show_progress: bool) -> Iterator[None]:
    """Write the progress of the attributions in this block to standard error, if ``show_progress``."""
    if not show_progress:
        yield
        return
    with execution(on_progress=TextProgress(title)):
        yield
