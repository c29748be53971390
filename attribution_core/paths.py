"""Integrals along the straight line from the baselines to the inputs: what several path methods share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.gradients import InputSite, ModuleSite, Site, StraightPath, integrate, refuse_inference_weights
from attribution_core.locks import owner
from attribution_core.problem import Problem
from attribution_core.quadrature import Quadrature, quadrature
from attribution_core.tensors import rectangles, summing_type
from attribution_core.types import Estimate


def checked_rule(method: str, n_steps: int, internal_batch_size: int | None) -> Quadrature:
    """The quadrature, after a check of the batch size as well.

    Raises:
        OutOfRange, WrongType: one of them is not within its bounds.
    """
    if internal_batch_size is not None:
        errors.whole_number("internal_batch_size", internal_batch_size, 1)
    return quadrature(method, n_steps)


def averaged(
    problem: Problem,
    start: Estimate,
    rule: Quadrature,
    site: Site | None = None,
    *,
    multiply: bool = False,
    most: int | None = None,
) -> Estimate:
    """∫₀¹ ∂y(x′ + α(x − x′))/∂site dα; times x − x′ if ``multiply``, where the site is the inputs."""

    def finish(averages: Estimate) -> Estimate:
        if not multiply:
            return averages
        return tuple((x - b) * g for x, b, g in zip(problem.inputs, start, averages, strict=True))

    path = StraightPath(start, problem.inputs, rule)
    return integrate(problem, path, InputSite() if site is None else site, finish=finish, most=most)


def with_delta(
    total: int, attribute: Callable[[], Estimate], delta: Callable[[Estimate], Tensor] | None, examples: int
) -> tuple[Estimate, Tensor | None]:
    """Attributions of ``total`` evaluations, and their convergence delta (two more for each example) if asked.

    While the delta is computed the attributions are the partial result.
    """
    latest: list[Estimate] = []

    def blend(inner: Estimate | None) -> Estimate | None:
        return latest[0] if latest else inner

    with execution.plan(total + (2 * examples if delta is not None else 0), blend):
        latest.append(attribute())
        return latest[0], None if delta is None else delta(latest[0])


class Conductance:
    """Σₖ gₖ ⊙ (hₖ₊₁ − hₖ) for each example, fed with ranges of pairs (point k, example i) in order.

    hₖ and gₖ are a layer's value and the gradient by it at point k. Only the last point of each example is kept.
    """

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._sums: list[Tensor] = []
        self._last: list[tuple[Tensor, Tensor]] = []
        self._dtypes: list[torch.dtype] = []

    def add(self, start: int, stop: int, found: tuple[Estimate, Estimate]) -> None:
        """Take in values and gradients of the pairs start … stop−1."""
        n = self._examples
        for t, (value, gradient) in enumerate(zip(*found, strict=True)):
            if start == 0:
                self._dtypes.append(value.dtype)
                self._sums.append(
                    torch.zeros((n, *value.shape[1:]), dtype=summing_type(value.dtype), device=value.device)
                )
                self._last.append((value[:0], gradient[:0]))
            before = min(start, n)
            values = torch.cat((self._last[t][0], value))
            gradients = torch.cat((self._last[t][1], gradient))
            first = start - before + n  # the first pair whose predecessor is known
            fresh = max(stop - first, 0)
            products = gradients[:fresh] * (values[n:] - values[:fresh])
            for k, stop_k, i, stop_i in rectangles(first, first + fresh, n):
                place = k * n + i - first
                block = products[place : place + (stop_k - k) * (stop_i - i)].to(self._sums[t].dtype)
                self._sums[t][i:stop_i] += block.reshape(stop_k - k, stop_i - i, *value.shape[1:]).sum(0)
            self._last[t] = (values[-n:].clone(), gradients[-n:].clone())

    def result(self) -> Estimate:
        return tuple(total.to(dtype) for total, dtype in zip(self._sums, self._dtypes, strict=True))


def conductance(
    problem: Problem, start: Estimate, rule: Quadrature, site: ModuleSite, most: int | None = None
) -> Estimate:
    """Σₖ ∂y/∂h(xₖ) ⊙ (h(xₖ₊₁) − h(xₖ)) over the points of the rule, whose weights are not used."""
    refuse_inference_weights(owner(problem.forward))
    points = StraightPath(start, problem.inputs, rule, in_order=True)
    sums = Conductance(problem.examples)

    def evaluate(first: int, stop: int) -> tuple[Estimate, Estimate]:
        rows = problem.rows(first, stop)
        return site.gradients(problem, points.at(first, stop, rows), rows)

    total = len(rule.points) * problem.examples
    execution.run(total, evaluate, sums.add, problem.chunks("gradient", most=most))
    return sums.result()
