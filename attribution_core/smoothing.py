"""Averages over noisy copies of the input: what NoiseTunnel and the smoothing modifier share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.attribution import Attribution
from attribution_core.constancy import mixes_batch
from attribution_core.locks import owner
from attribution_core.noise import Partition, SeededNoise, Smoothing, require_noisy
from attribution_core.problem import Problem, opened
from attribution_core.tensors import rows_of, spread_weights, summing_type
from attribution_core.types import Estimate, NoiseType


class Moments:
    """Mean, mean of squares or variance of the attributions of each example's noisy copies.

    The variance is taken of the differences to the first copy, which loses no digits where the mean is large.
    """

    def __init__(self, kind: NoiseType, examples: int) -> None:
        self._kind = kind
        self._examples = examples
        self._counts = [0] * examples
        self._dtypes: tuple[torch.dtype, ...] = ()
        self._shift: Estimate = ()
        self._sums: Estimate = ()
        self._squares: Estimate = ()

    def add(self, start: int, stop: int, samples: int, values: Estimate) -> None:
        """Take in the attributions of the pairs start … stop−1 of a partition."""
        if not self._sums:
            self._dtypes = tuple(v.dtype for v in values)
            blank = [
                torch.zeros(
                    (self._examples, *v.shape[1:]),
                    dtype=summing_type(v.dtype),
                    device=v.device,
                )
                for v in values
            ]
            self._sums = tuple(blank)
            self._squares = tuple(b.clone() for b in blank)
            self._shift = tuple(b.clone() for b in blank)
        pair = start
        while pair < stop:
            example = pair // samples
            end = min(stop, (example + 1) * samples)
            for v, shift, total, squares in zip(values, self._shift, self._sums, self._squares, strict=True):
                block = v[pair - start : end - start].to(total.dtype)
                if self._kind == "vargrad":
                    if not self._counts[example]:
                        shift[example] = block[0]
                    block = block - shift[example]
                total[example] += block.sum(0)
                if self._kind != "smoothgrad":
                    squares[example] += (block * block).sum(0)
            self._counts[example] += end - pair
            pair = end

    def result(self) -> Estimate | None:
        """The statistic over the copies so far; None until every example has one."""
        if not all(self._counts):
            return None
        results = []
        for total, squares, dtype in zip(self._sums, self._squares, self._dtypes, strict=True):
            counts = spread_weights(torch.tensor(self._counts), total)
            if self._kind == "smoothgrad":
                value = total / counts
            elif self._kind == "smoothgrad_sq":
                value = squares / counts
            else:
                value = (squares / counts - (total / counts) ** 2).clamp_min(0)
            results.append(value.to(dtype))
        return tuple(results)

    def copy(self) -> Moments:
        other = Moments(self._kind, self._examples)
        other._counts, other._dtypes = list(self._counts), self._dtypes
        other._sums, other._squares, other._shift = (
            tuple(t.clone() for t in group) for group in (self._sums, self._squares, self._shift)
        )
        return other


@dataclass(frozen=True, slots=True)
class Average:
    """The statistic, whether the method returned a tuple, and the delta of every copy where it was asked."""

    values: Estimate
    is_tuple: bool
    delta: Tensor | None


class NoisyAverage:
    """The statistic ``kind`` of a method's attributions over noisy copies of a problem's inputs.

    Args:
        method: whose attributions are averaged.
        problem: holds inputs, target and further arguments.
        kind: see `Smoothing`.
        keywords: of ``method.attribute``; a tensor with a row for each example is split with the inputs.
        as_given: puts inputs into the form (tensor or tuple) that ``method.attribute`` shall get.
    """

    def __init__(
        self,
        method: Attribution,
        problem: Problem,
        kind: NoiseType,
        keywords: Mapping[str, Any],
        as_given: Callable[[Estimate], Any] = lambda copies: copies,
    ) -> None:
        self._method = method
        self._problem = problem
        self._keywords = keywords
        self._as_given = as_given
        self._moments = Moments(kind, problem.examples)
        self._deltas: list[Tensor] = []
        self._is_tuple = False
        self._at = (0, 0)
        self._partition: Partition

    def over(self, counts: Sequence[int], partition: Callable[[int], Partition]) -> Average:
        """Average over partitions of so many copies of each example; ``partition(samples)`` draws one."""
        n = self._problem.examples
        splittable = getattr(self._method, "splittable", False) and self._problem.extra.divisible
        splittable = splittable and not mixes_batch(owner(self._problem.forward))
        with execution.plan(n * sum(counts)):
            for samples in counts:
                self._partition = partition(samples)
                size = self._problem.chunks(f"noise {type(self._method).__name__}", together=not splittable)
                execution.run(n * samples, self._evaluate, self._add, size, self._blend)
        values = self._moments.result()
        if values is None:
            raise errors.OutOfRange("There must be at least one noisy copy of each example.", field="nt_samples")
        return Average(values, self._is_tuple, torch.cat(self._deltas) if self._deltas else None)

    def _evaluate(self, start: int, stop: int) -> Any:
        self._at = (start, stop)
        problem = self._problem
        rows = torch.arange(start, stop, device=problem.device) // self._partition.samples
        keywords = {
            name: value
            if name == "baselines" and getattr(self._method, "takes_distribution", False)
            else rows_of(value, rows, problem.examples)
            for name, value in self._keywords.items()
        }
        if "target" in keywords:
            keywords["target"] = problem.target.rows(rows)
        if "additional_forward_args" in keywords:
            keywords["additional_forward_args"] = problem.extra.rows(rows) or None
        keywords |= self._partition.keywords(start, stop)
        return self._method.attribute(self._as_given(self._partition.noisy(start, stop)), **keywords)

    def _add(self, start: int, stop: int, found: Any) -> None:
        if self._keywords.get("return_convergence_delta"):
            found, delta = found
            self._deltas.append(delta)
        self._is_tuple = isinstance(found, tuple)
        values = found if self._is_tuple else (found,)
        for v in values:
            if len(v) != stop - start:
                raise errors.WrongShape(
                    f"{type(self._method).__name__} returned {len(v)} rows for {stop - start} examples; a noise "
                    "tunnel needs one row for each.",
                    shape=list(v.shape),
                )
        self._moments.add(start, stop, self._partition.samples, tuple(v.detach() for v in values))

    def _blend(self, inner: Estimate | None) -> Estimate | None:
        """The statistic so far, the copies being worked on taken at their own partial results."""
        start, stop = self._at
        if inner is None or any(len(v) != stop - start for v in inner):
            return self._moments.result()
        moments = self._moments.copy()
        moments.add(start, stop, self._partition.samples, inner)
        return moments.result()


def smoothed(method: Attribution, inputs: Estimate, smoothing: Smoothing, keywords: dict[str, Any]) -> Estimate:
    """``method``'s attributions under the modifier; ``keywords`` are those of ``method.attribute``.

    Raises:
        OutOfRange, WrongType: ``smoothing`` is not within its bounds.
    """
    check_kind(smoothing.type, "smoothing.type")
    errors.whole_number("smoothing.samples", smoothing.samples, 1)
    with opened(
        method.forward_func, inputs, keywords.get("target"), keywords.get("additional_forward_args")
    ) as problem:
        require_noisy(problem.inputs)
        noise = SeededNoise(problem.inputs, smoothing)
        return NoisyAverage(method, problem, smoothing.type, keywords).over([smoothing.samples], lambda _: noise).values


def check_kind(kind: str, field: str) -> None:
    """Refuse an unknown statistic."""
    if kind not in ("smoothgrad", "smoothgrad_sq", "vargrad"):
        raise errors.OutOfRange(
            f"{field} is {kind!r}; it must be smoothgrad, smoothgrad_sq or vargrad.", field=field, value=repr(kind)
        )
