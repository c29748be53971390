"""What the perturbation methods make of the outputs at a stream of points (see `attribution_core.coalitions`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import comb
from typing import Protocol

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.coalitions import Boxes, Coalitions, OneOut, Shuffles, Subsets, Walks, Windows
from attribution_core.groups import FeatureGroups
from attribution_core.problem import Problem
from attribution_core.tensors import rectangles, summing_type
from attribution_core.types import Estimate


class Solver(ABC):
    """Base: evaluates y at the points of a stream and takes the values in.

    Args:
        problem: what is explained.
        stream: where it is evaluated.
        together: whether the model returns one row for the whole batch; all examples of a point are then evaluated at
            once. Otherwise chunks are any range of pairs.
        whole: whether a point's examples have to be evaluated at once anyway.
    """

    def __init__(self, problem: Problem, stream: Coalitions, together: bool, *, whole: bool = False) -> None:
        self.problem = problem
        self.together = together
        self.done = 0
        """Pairs taken in."""
        self._stream = stream
        self._whole = whole

    def run(self, first: int) -> Estimate:
        """Evaluate all points, in the loop, and return the result; the first chunk has ``first`` points.

        Raises:
            WrongShape: the model returns neither one row for each example nor one for all.
        """
        n = self.problem.examples
        try:
            self._loop(first)
        except errors.WrongShape:
            if n > 1 or self.together:
                raise
            # A single example does not tell whether its one row stands for the example or for the batch: for the batch.
            self.together = True
            self._loop(1)
        return self.result()

    def _loop(self, first: int) -> None:
        n = self.problem.examples
        most = n if self.together else None
        size = self.problem.chunks(
            "whole batch" if self.together else "forward",
            first=first * n if first > 1 else None,
            most=most,
            multiple=n if self.together or self._whole else None,
        )
        execution.run(len(self._stream) * n, self._evaluate, self._add, size, lambda inner: self.partial())

    def _evaluate(self, start: int, stop: int) -> Tensor | None:
        """What is explained at the pairs start … stop−1, as (m, R), or (1, R) for all examples together.

        None where it is known from a loop that was given up, or where the stream ended early.
        """
        if stop <= self.done:
            return None
        with torch.no_grad():
            inputs = self._stream.inputs(start, stop)
            if self.together:
                return self.problem.whole(inputs)
            return self.problem.values(inputs, self.problem.rows(start, stop))

    def _add(self, start: int, stop: int, values: Tensor | None) -> None:
        if values is not None:
            self.take(start, stop, values)
            self.done = stop

    @abstractmethod
    def take(self, start: int, stop: int, values: Tensor) -> None:
        """Take in what was found at the pairs start … stop−1."""

    @abstractmethod
    def result(self) -> Estimate:
        """Attributions of shape (E, R, …) for each input."""

    @abstractmethod
    def partial(self) -> Estimate | None:
        """The result as estimated from the points so far; None where nothing can be said yet."""


class Build(Protocol):
    """Makes a solver once y at the inputs is known, as (E, R): R numbers for each of E examples."""

    def __call__(self, reference: Tensor, together: bool) -> Solver: ...


def solve(
    problem: Problem,
    points: int,
    first: int,
    build: Build,
    form: Callable[[Tensor], Tensor] = lambda found: found.flatten(0, 1),
) -> Estimate:
    """Evaluate y at the inputs and then at the ``points`` of the solver that ``build`` makes.

    Attributions are (E, R, …) for each input, where E is N, or 1 for a model that returns one row for the whole batch.

    Returns:
        What ``form`` makes of them: (E·R, …) if not told otherwise.
    """

    def formed(found: Estimate | None) -> Estimate | None:
        return None if found is None else tuple(map(form, found))

    with execution.plan(problem.examples * (1 + points), formed):
        reference, together = problem.reference()
        return tuple(map(form, build(reference, together).run(first)))


class DifferenceMean(Solver):
    """For each feature, the mean over the boxes that cover it of y(x) − y(x with the box replaced)."""

    def __init__(
        self, problem: Problem, stream: Boxes, windows: list[Windows], reference: Tensor, together: bool
    ) -> None:
        super().__init__(problem, stream, together)
        self._boxes = stream.boxes
        self._windows = windows
        self._reference = reference
        self._sums = [
            torch.zeros((*reference.shape, *x.shape[1:]), dtype=_summing(reference), device=reference.device)
            for x in problem.inputs
        ]

    def take(self, start: int, stop: int, values: Tensor) -> None:
        n = self.problem.examples
        for k, k_stop, i, i_stop in rectangles(start, stop, n):
            for each in range(k, k_stop):
                t, box = self._boxes[each]
                first = each * n + i - start
                examples = slice(None) if self.together else slice(i, i_stop)
                of_box = values if self.together else values[first : first + i_stop - i]
                difference = self._reference[examples] - of_box
                sums = self._sums[t]
                sums[(examples, slice(None), *box)] += difference.to(sums.dtype).reshape(
                    *difference.shape, *(1,) * len(box)
                )

    def result(self) -> Estimate:
        return self._means([w.coverage() for w in self._windows])

    def partial(self) -> Estimate | None:
        visited = self.done // self.problem.examples
        if not visited:
            return None
        counts = [torch.zeros(x.shape[1:]) for x in self.problem.inputs]
        for t, box in self._boxes[:visited]:
            counts[t][box] += 1
        return self._means([c.clamp_min(1) for c in counts])

    def _means(self, counts: list[Tensor]) -> Estimate:
        return tuple(
            sums / count.to(device=sums.device, dtype=sums.dtype)
            for sums, count in zip(self._sums, counts, strict=True)
        )


class _OfPoints(Solver):
    """Base of the solvers that see whole points: `point` gets the values of all examples, one point after another."""

    def __init__(
        self,
        problem: Problem,
        stream: Coalitions,
        groups: FeatureGroups,
        reference: Tensor,
        together: bool,
        *,
        whole: bool = False,
    ) -> None:
        super().__init__(problem, stream, together, whole=whole)
        if together and problem.examples > 1:
            groups.check_shared()
        self.groups = groups
        self.reference = reference.to(_summing(reference))
        self._current = torch.empty_like(self.reference)

    def take(self, start: int, stop: int, values: Tensor) -> None:
        n = self.problem.examples
        values = values.to(self.reference.dtype)
        if self.together:
            self.points(start // n, values.unsqueeze(0))
            return
        at = 0
        for k, k_stop, i, i_stop in rectangles(start, stop, n):
            block = values[at : at + (k_stop - k) * (i_stop - i)].reshape(k_stop - k, i_stop - i, -1)
            at += (k_stop - k) * (i_stop - i)
            if i == 0 and i_stop == n:
                self.points(k, block)
            else:
                self._current[i:i_stop] = block[0]
                if i_stop == n:
                    self.points(k, self._current.unsqueeze(0).clone())

    @abstractmethod
    def points(self, first: int, values: Tensor) -> None:
        """Take in the values (k, E, R) of the points first … first+k−1."""

    def zeros(self) -> Tensor:
        """Room for a value of each group: (count, E, R)."""
        return self.reference.new_zeros((self.groups.count, *self.reference.shape))

    def spread(self, of_groups: Tensor) -> Estimate:
        return self.groups.spread(of_groups.permute(1, 2, 0))


class Difference(_OfPoints):
    """y(x) − y(x with the group changed), for each group; groups not yet visited are zero."""

    def __init__(
        self,
        problem: Problem,
        stream: OneOut | Shuffles,
        groups: FeatureGroups,
        reference: Tensor,
        together: bool,
        *,
        whole: bool = False,
    ) -> None:
        super().__init__(problem, stream, groups, reference, together, whole=whole)
        self._order = stream.order.to(reference.device)
        self._found = self.zeros()

    def points(self, first: int, values: Tensor) -> None:
        self._found[self._order[first : first + len(values)]] = self.reference - values

    def result(self) -> Estimate:
        return self.spread(self._found)

    def partial(self) -> Estimate | None:
        return self.result() if self.done >= self.problem.examples else None


class MeanMarginal(_OfPoints):
    """What each group adds to y when its turn comes, averaged over the orders."""

    def __init__(
        self, problem: Problem, stream: Walks, groups: FeatureGroups, reference: Tensor, together: bool
    ) -> None:
        super().__init__(problem, stream, groups, reference, together)
        self._walks = stream
        self._totals = self.zeros()
        self._orders = 0
        self._walk = reference.new_zeros((stream.steps + 2, *reference.shape), dtype=self.reference.dtype)
        self._walk[-1] = self.reference

    def points(self, first: int, values: Tensor) -> None:
        steps = self._walks.steps
        if first == 0:
            self._walk[0] = values[0]
            if not steps:
                self._totals[list(self.groups.present)] = self._walk[1] - self._walk[0]
                self._orders = 1
            first, values = 1, values[1:]
        while len(values):
            sample, step = divmod(first - 1, steps)
            taken = min(steps - step, len(values))
            self._walk[step + 1 : step + 1 + taken] = values[:taken]
            if step + taken == steps:
                order = self._walks.order(sample).to(self._totals.device)
                self._totals[order] += self._walk[1:] - self._walk[:-1]
                self._orders += 1
            first, values = first + taken, values[taken:]

    def result(self) -> Estimate:
        return self.spread(self._totals / max(self._orders, 1))

    def partial(self) -> Estimate | None:
        return self.result() if self._orders else None


class WeightedMarginal(_OfPoints):
    """Σ_S |S|! (n−|S|−1)!/n! · (y(S ∪ g) − y(S)) over the subsets S of the other groups, for each group g of n."""

    def __init__(
        self, problem: Problem, stream: Subsets, groups: FeatureGroups, reference: Tensor, together: bool
    ) -> None:
        super().__init__(problem, stream, groups, reference, together)
        self._values = self.reference.new_empty((len(stream) + 1, *reference.shape))
        self._values[-1] = self.reference

    def points(self, first: int, values: Tensor) -> None:
        self._values[first : first + len(values)] = values

    def result(self) -> Estimate:
        n = len(self.groups.present)
        found = self.zeros()
        size = (torch.arange(2 ** (n - 1)).unsqueeze(1) >> torch.arange(n) & 1).sum(1)
        of_size = torch.tensor([1 / (n * comb(n - 1, s)) for s in range(n)], dtype=torch.float64)
        weights = of_size[size].to(found)
        for bit, group in enumerate(self.groups.present):
            # Axis 1 tells whether the group is in the subset, whose number counts through axes 0, 1 and 2.
            table = self._values.reshape(2 ** (n - bit - 1), 2, 2**bit, *self.reference.shape)
            marginal = (table[:, 1] - table[:, 0]).flatten(0, 1)
            found[group] = (weights.reshape(-1, 1, 1) * marginal).sum(0)
        return self.spread(found)

    def partial(self) -> Estimate | None:
        return None


def _summing(reference: Tensor) -> torch.dtype:
    return summing_type(reference.dtype) if reference.is_floating_point() else torch.get_default_dtype()
