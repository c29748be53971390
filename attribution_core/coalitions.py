"""Which features are replaced together, point by point: the streams that the perturbation methods evaluate.

A *point* replaces the same features in every example. Pair p is (point p // N, example p % N), as everywhere. What a
method makes of the outputs is a solver's business (`attribution_core.solvers`):

====================  ====================================  =====================================
method                stream                                solver
====================  ====================================  =====================================
Occlusion             `Boxes` (sliding windows)             `DifferenceMean`
FeatureAblation       `OneOut` (each group on its own)      `Difference`
FeaturePermutation    `Shuffles` (a group's examples mixed)  `Difference`
ShapleyValueSampling  `Walks` (groups added one by one)     `MeanMarginal`
ShapleyValues         `Subsets` (all of them)               `WeightedMarginal`
Lime, KernelShap      `attribution_core.samples`            `attribution_core.regression`
====================  ====================================  =====================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import product
from math import ceil, prod
from typing import Protocol

import torch
from torch import Tensor

from attribution_core.groups import FeatureGroups
from attribution_core.problem import Problem
from attribution_core.quadrature import spread
from attribution_core.tensors import rectangles, take_rows
from attribution_core.types import Estimate

Box = tuple[slice, ...]


class Coalitions(Protocol):
    """A stream of points."""

    def __len__(self) -> int:
        """Number of points."""
        ...

    def inputs(self, start: int, stop: int) -> Estimate:
        """Inputs of the pairs start … stop−1, as fresh tensors; the same ones when asked again."""
        ...


class Windows:
    """Boxes of shape ``window`` at every multiple of ``stride``, cut off at the far edge, until all is covered."""

    def __init__(self, shape: Sequence[int], window: Sequence[int], stride: Sequence[int]) -> None:
        self._shape = tuple(shape)
        self._spans = [
            [slice(s * i, min(s * i + w, size)) for i in range(ceil((size - w) / s) + 1)]
            for size, w, s in zip(shape, window, stride, strict=True)
        ]

    def __len__(self) -> int:
        return prod(len(spans) for spans in self._spans)

    def boxes(self) -> list[Box]:
        """All boxes, the last dimension's position changing fastest."""
        return list(product(*self._spans))

    def coverage(self) -> Tensor:
        """How many boxes cover each position."""
        counts = torch.ones(self._shape)
        for axis, (size, spans) in enumerate(zip(self._shape, self._spans, strict=True)):
            along = torch.zeros(size)
            for span in spans:
                along[span] += 1
            counts *= along.reshape(-1, *(1,) * (len(self._shape) - axis - 1))
        return counts


class Boxes:
    """One window after the other is replaced by the baseline, in an order that soon covers everything thinly.

    Args:
        problem: what is explained.
        baselines: one for each input, with N rows or one.
        windows: one for each input.
    """

    def __init__(self, problem: Problem, baselines: Estimate, windows: Sequence[Windows]) -> None:
        boxes = [(t, box) for t, w in enumerate(windows) for box in w.boxes()]
        self.boxes = [boxes[k] for k in spread(len(boxes))]
        """(input, box) of each point."""
        self._problem = problem
        self._baselines = baselines

    def __len__(self) -> int:
        return len(self.boxes)

    def inputs(self, start: int, stop: int) -> Estimate:
        n = self._problem.examples
        rows = self._problem.rows(start, stop)
        inputs = tuple(take_rows(x, rows) for x in self._problem.inputs)
        if n == 1:
            inputs = tuple(x.clone() for x in inputs)
        for k, k_stop, i, i_stop in rectangles(start, stop, n):
            for each in range(k, k_stop):
                t, box = self.boxes[each]
                first = each * n + i - start
                baseline = self._baselines[t]
                part = baseline if baseline.shape[0] == 1 else baseline[i:i_stop]
                inputs[t][(slice(first, first + i_stop - i), *box)] = part[(slice(None), *box)]
        return inputs


class Replaced(ABC):
    """Base of the streams that keep some groups and take the others from the baselines.

    Args:
        problem: what is explained.
        baselines: one for each input, with N rows or one.
        groups: the features' groups.
    """

    def __init__(self, problem: Problem, baselines: Estimate, groups: FeatureGroups) -> None:
        self.problem = problem
        self.groups = groups
        self._baselines = baselines

    @abstractmethod
    def keep(self, points: Tensor) -> Tensor:
        """Which groups are kept, as (m, count), at the m points."""

    def inputs(self, start: int, stop: int) -> Estimate:
        n = self.problem.examples
        points = torch.arange(start // n, -(-stop // n))
        keep = self.keep(points).to(self.problem.device)
        if n > 1:
            keep = keep.index_select(0, torch.arange(start, stop, device=keep.device) // n - start // n)
        return self.groups.mixed(self.problem.inputs, self._baselines, keep, self.problem.rows(start, stop))


class OneOut(Replaced):
    """Each group that holds a feature is replaced on its own, in an order that soon covers everything thinly."""

    def __init__(self, problem: Problem, baselines: Estimate, groups: FeatureGroups) -> None:
        super().__init__(problem, baselines, groups)
        self.order = _thinly(groups)

    def __len__(self) -> int:
        return len(self.order)

    def keep(self, points: Tensor) -> Tensor:
        keep = torch.ones(len(points), self.groups.count, dtype=torch.bool)
        return keep.scatter_(1, self.order[points].unsqueeze(1), False)


class Shuffles:
    """Each group's values are exchanged between the examples.

    Args:
        problem: what is explained.
        groups: the features' groups.
        permute: ``permute(x, mask)`` returns the batch x with the features that the mask is true for exchanged. It is
            called once for each group and input that holds some of it, in order.
    """

    def __init__(self, problem: Problem, groups: FeatureGroups, permute: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.order = torch.tensor(groups.present)
        self._problem = problem
        self._groups = groups
        self._permute = permute
        self._drawn: dict[int, Estimate] = {}

    def __len__(self) -> int:
        return len(self.order)

    def inputs(self, start: int, stop: int) -> Estimate:
        """Whole points only: ``start`` and ``stop`` are multiples of N."""
        n = self._problem.examples
        points = range(start // n, stop // n)
        self._drawn = {k: self._drawn[k] if k in self._drawn else self._shuffled(k) for k in points}
        return tuple(torch.cat(parts) for parts in zip(*self._drawn.values(), strict=True))

    def _shuffled(self, point: int) -> Estimate:
        masks = self._groups.masked(int(self.order[point]))
        return tuple(
            self._permute(x, mask) if bool(mask.any()) else x
            for x, mask in zip(self._problem.inputs, masks, strict=True)
        )


class Walks(Replaced):
    """From the baselines to the inputs, one group after the other, in ``n_samples`` random orders.

    Point 0 keeps nothing. Then follow, for each order, all steps but the last, which is the input itself. Orders are
    drawn from torch's global generator when they are needed: ``randperm`` of all group numbers, as Captum draws them.
    """

    def __init__(self, problem: Problem, baselines: Estimate, groups: FeatureGroups, n_samples: int) -> None:
        super().__init__(problem, baselines, groups)
        self.steps = max(len(groups.present) - 1, 0)
        """Points of an order."""
        self._samples = n_samples
        self._orders: dict[int, Tensor] = {}
        self._drawn = 0
        self._holds = torch.zeros(groups.count, dtype=torch.bool)
        self._holds[list(groups.present)] = True

    def __len__(self) -> int:
        return 1 + self._samples * self.steps

    def order(self, sample: int) -> Tensor:
        """The groups in the order of that sample. Orders are forgotten once a later one was asked for here."""
        for old in [s for s in self._orders if s < sample]:
            del self._orders[old]
        return self._orders[sample]

    def keep(self, points: Tensor) -> Tensor:
        keep = torch.zeros(len(points), self.groups.count, dtype=torch.bool)
        for at, point in enumerate(points.tolist()):
            if point:
                sample, step = divmod(point - 1, self.steps)
                while self._drawn <= sample:
                    drawn = torch.randperm(self.groups.count)
                    self._orders[self._drawn] = drawn[self._holds[drawn]]
                    self._drawn += 1
                keep[at, self._orders[sample][: step + 1]] = True
        return keep


class Subsets(Replaced):
    """Every subset of the groups but the whole: point k keeps the groups whose bits are set in k."""

    def __len__(self) -> int:
        return (1 << len(self.groups.present)) - 1

    def keep(self, points: Tensor) -> Tensor:
        held = torch.tensor(self.groups.present)
        bits = (points.unsqueeze(1) >> torch.arange(len(held))) & 1
        return torch.zeros(len(points), self.groups.count, dtype=torch.bool).scatter_(
            1, held.expand(len(points), -1), bits.bool()
        )


def _thinly(groups: FeatureGroups) -> Tensor:
    return torch.tensor([groups.present[k] for k in spread(len(groups.present))], dtype=torch.long)
