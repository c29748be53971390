"""Sets of features that are replaced by the baseline together, and what a solver makes of the outputs.

Occlusion: `Windows` × `DifferenceMean` (difference to the output at the input, averaged where windows overlap).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, prod

import torch
from torch import Tensor

from attribution_core.problem import Problem
from attribution_core.quadrature import spread
from attribution_core.tensors import rectangles, summing_type, take_rows
from attribution_core.types import Estimate

Box = tuple[slice, ...]


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


class DifferenceMean:
    """For each feature, the mean over the boxes that cover it of y(x) − y(x with the box replaced).

    Pairs are (box, example); the boxes are those of all inputs, visited in an order that soon covers everything
    thinly, so that the partial result is a coarse map.

    Args:
        problem: what is explained.
        baselines: one for each input, with N rows or one.
        windows: one for each input.
        reference: y(x), of shape (E, R): R numbers for each of E examples. E is 1 for a model that returns one row
            for the whole batch; all examples are then replaced at once.
    """

    def __init__(self, problem: Problem, baselines: Estimate, windows: Sequence[Windows], reference: Tensor) -> None:
        boxes = [(t, box) for t, w in enumerate(windows) for box in w.boxes()]
        self._boxes = [boxes[k] for k in spread(len(boxes))]
        self._problem = problem
        self._baselines = baselines
        self._windows = windows
        self._reference = reference
        self._together = reference.shape[0] != problem.examples
        self._done = 0
        dtype = summing_type(reference.dtype) if reference.is_floating_point() else torch.get_default_dtype()
        self._sums = [
            torch.zeros((*reference.shape, *x.shape[1:]), dtype=dtype, device=reference.device) for x in problem.inputs
        ]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self._boxes) * self._problem.examples

    def evaluate(self, start: int, stop: int) -> Tensor:
        """y with boxes replaced, for the pairs start … stop−1, as (m, R)."""
        n = self._problem.examples
        rows = self._problem.rows(start, stop)
        with torch.no_grad():
            inputs = tuple(take_rows(x, rows) for x in self._problem.inputs)
            if n == 1:
                inputs = tuple(x.clone() for x in inputs)
            for k, k_stop, i, i_stop in rectangles(start, stop, n):
                for each in range(k, k_stop):
                    t, box = self._boxes[each]
                    first = each * n + i - start
                    baseline = self._baselines[t]
                    part = baseline if baseline.shape[0] == 1 else baseline[i:i_stop]
                    inputs[t][(slice(first, first + i_stop - i), *box)] = part[(slice(None), *box)]
            if self._together:
                return self._problem.whole(inputs)
            return self._problem.values(inputs, rows)

    def add(self, start: int, stop: int, values: Tensor) -> None:
        """Take in what `evaluate` gave."""
        n = self._problem.examples
        for k, k_stop, i, i_stop in rectangles(start, stop, n):
            for each in range(k, k_stop):
                t, box = self._boxes[each]
                first = each * n + i - start
                examples = slice(None) if self._together else slice(i, i_stop)
                of_box = values if self._together else values[first : first + i_stop - i]
                difference = self._reference[examples] - of_box
                sums = self._sums[t]
                sums[(examples, slice(None), *box)] += difference.to(sums.dtype).reshape(
                    *difference.shape, *(1,) * len(box)
                )
        self._done = stop

    def result(self) -> Estimate:
        """Attributions of shape (E·R, …) for each input."""
        return self._means([w.coverage() for w in self._windows])

    def partial(self) -> Estimate | None:
        """The means over the boxes so far; zero where there was none. None before any."""
        visited = self._done // self._problem.examples
        if not visited:
            return None
        counts = [torch.zeros(x.shape[1:]) for x in self._problem.inputs]
        for t, box in self._boxes[:visited]:
            counts[t][box] += 1
        return self._means([c.clamp_min(1) for c in counts])

    def _means(self, counts: list[Tensor]) -> Estimate:
        return tuple(
            (sums / count.to(device=sums.device, dtype=sums.dtype)).flatten(0, 1)
            for sums, count in zip(self._sums, counts, strict=True)
        )
