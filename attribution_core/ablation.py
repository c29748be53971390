"""Ablation and permutation of feature groups, of any problem: the model's inputs, a layer's value, a hidden unit."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from attribution_core.coalitions import OneOut, Shuffles
from attribution_core.groups import FeatureGroups
from attribution_core.problem import Problem
from attribution_core.solvers import Difference, solve
from attribution_core.types import Estimate


def ablate(problem: Problem, baselines: Estimate, groups: FeatureGroups, first: int) -> Estimate:
    """y(x) − y(x with the group replaced by the baseline) for each group; the first chunk has ``first`` of them."""
    stream = OneOut(problem, baselines, groups)

    def build(reference: Tensor, together: bool) -> Difference:
        return Difference(problem, stream, groups, reference, together)

    return solve(problem, len(stream), first, build)


def permute(
    problem: Problem, groups: FeatureGroups, exchange: Callable[[Tensor, Tensor], Tensor], first: int
) -> Estimate:
    """y(x) − y(x with the group exchanged between the examples) for each group."""
    stream = Shuffles(problem, groups, exchange)

    def build(reference: Tensor, together: bool) -> Difference:
        return Difference(problem, stream, groups, reference, together, whole=True)

    return solve(problem, len(stream), first, build)
