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
from typing import Literal, TypeVar

import torch

from attribution_core import errors
from attribution_core.chunks import ChunkSize
from attribution_core.types import Estimate

Precision = Literal["exact", "fused", "fast"]
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


@dataclass(slots=True)
class _Frame:
    """A loop, or a plan of loops, in its own units; ``current`` of them are being worked on."""

    total: int
    blend: Blend
    is_plan: bool
    done: int = 0
    current: int = 0
    cost: float = field(default=1.0)  # evaluations for one unit; learnt from the loop inside


_stack: ContextVar[tuple[_Root | _Frame, ...]] = ContextVar("attribution_core_execution", default=())


@contextmanager
def execution(
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    precision: Precision = "exact",
) -> Iterator[None]:
    """Set how attributions inside the block are computed, and hear how far they are.

    Args:
        on_progress: called with a `Progress` after every chunk, on the computing thread.
        should_stop: asked before every chunk; once it returns true, `errors.Cancelled` is raised.
        precision: 'exact' computes in the model's own type, as Captum does. 'fused' and 'fast' are not offered yet.

    Blocks nest: the callbacks of all of them are called.

    Raises:
        NotApplicable: ``precision`` is a level that this version does not offer.
        OutOfRange: ``precision`` is no level.

    Example:
        >>> with execution(on_progress=lambda p: print(p.done, "of", p.total)):
        ...     attributions = IntegratedGradients(model).attribute(image, target=3)
    """
    check_precision(precision)
    token = _stack.set((*_stack.get(), _Root(on_progress, should_stop)))
    try:
        yield
    finally:
        _stack.reset(token)


def check_precision(precision: str) -> None:
    """Refuse a level of precision that cannot be had."""
    if precision in ("fused", "fast"):
        raise errors.NotApplicable(
            f"precision is {precision!r}; this version computes 'exact' only.", field="precision", value=precision
        )
    if precision != "exact":
        raise errors.OutOfRange(
            f"precision is {precision!r}; it must be 'exact'.", field="precision", value=repr(precision)
        )


@contextmanager
def plan(total: int, blend: Blend = lambda inner: inner) -> Iterator[None]:
    """Count the loops in this block, one after the other, as one of ``total`` evaluations.

    ``blend`` turns the estimate of the loop that is running (None where it has none) into the plan's.
    """
    with _entered(_Frame(total, blend, is_plan=True)):
        yield


def run(
    total: int,
    evaluate: Callable[[int, int], T],
    add: Callable[[int, int, T], None],
    size: ChunkSize,
    blend: Blend = lambda inner: None,
) -> None:
    """Evaluate units 0 … total−1 in chunks.

    Args:
        total: number of units, usually pairs (point, example).
        evaluate: ``evaluate(start, stop)`` computes a chunk; called again on a smaller chunk when memory runs out,
            so it must change nothing.
        add: ``add(start, stop, value)`` takes in a finished chunk.
        size: how large the chunks are.
        blend: the estimate from the finished chunks and from the estimate of a loop inside the current chunk.

    Raises:
        Cancelled: an enclosing `execution` was told to stop.
        OutOfMemory: the smallest possible chunk does not fit.
    """
    size.begin(total)
    with _entered(_Frame(total, blend, is_plan=False)) as frame:
        while frame.done < total:
            _check_stop()
            start = frame.done
            stop = min(start + size.current, total)
            frame.current = stop - start
            began = time.perf_counter()
            value, out_of_memory = _attempt(evaluate, start, stop)
            if out_of_memory is not None:
                _reclaim_memory()
                if not size.shrink(stop - start):
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


def _reclaim_memory() -> None:
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
        parent.current = frame.total
    token = _stack.set((*stack, frame))
    try:
        yield frame
    finally:
        _stack.reset(token)
    if parent is not None and part_of_plan:
        parent.done += frame.total
        parent.current = 0


def _check_stop() -> None:
    for entry in _stack.get():
        if isinstance(entry, _Root) and entry.should_stop is not None and entry.should_stop():
            raise errors.Cancelled("The attribution was cancelled.")


def _report() -> None:
    """Tell every enclosing `execution` how far the loops inside it are."""
    stack = _stack.get()
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
