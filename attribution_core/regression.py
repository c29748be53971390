"""A surrogate fitted to the model's outputs at random samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from attribution_core import errors, execution
from attribution_core.constancy import mixes_batch
from attribution_core.groups import FeatureGroups
from attribution_core.locks import owner
from attribution_core.problem import Problem
from attribution_core.samples import Masked, Samples
from attribution_core.surrogates import Surrogate
from attribution_core.tensors import one_each, summing_type
from attribution_core.types import Estimate


class Fit:
    """Evaluates y at samples and fits a surrogate to them.

    Args:
        problem: what is explained; all its examples are one input.
        samples: where it is evaluated.
        surrogate: learns y from the samples' vectors.
        together: whether the model is known to return one number for all examples.
        shown: turns the surrogate's representation into attributions for partial results; None for no partial results.
    """

    def __init__(
        self,
        problem: Problem,
        samples: Samples,
        surrogate: Surrogate,
        together: bool,
        shown: Callable[[Any], Estimate] | None = None,
    ) -> None:
        self._problem = problem
        self._samples = samples
        self._surrogate = surrogate
        self._together = together
        self._shown = shown
        self._outputs: list[Tensor] = []
        self._done = 0

    def run(self, count: int, first: int) -> Any:
        """Evaluate ``count`` samples in the loop, ``first`` of them in the first chunk, and return what was learnt.

        Raises:
            WrongShape: the model returns neither a number for each sample nor one for all.
            TargetMissing: it returns several numbers.
        """
        try:
            self._loop(count, first)
        except errors.WrongShape as error:
            if self._together or error.field is not None:
                raise
            # A single example does not tell whether its one row stands for the example or for the batch: for the batch.
            self._together = True
            self._loop(count, 1)
        if not self._done:
            raise errors.OutOfRange("perturb_func gave no sample.", field="perturb_func", value=0, low=1)
        if self._done < count:
            warnings.warn(f"perturb_func ended after {self._done} of {count} samples.", stacklevel=5)
        return self._fitted(self._surrogate)

    def _loop(self, count: int, first: int) -> None:
        n = self._problem.examples
        size = self._problem.chunks(
            "whole batch" if self._together else "forward",
            first=first * n if first > 1 else None,
            most=n if self._together else None,
            multiple=n if self._together else None,
        )
        execution.run(count * n, self._evaluate, self._add, size, lambda inner: self._partial())

    def _evaluate(self, start: int, stop: int) -> Tensor | None:
        n = self._problem.examples
        if stop <= self._done * n:
            return None
        with torch.no_grad():
            inputs = self._samples.inputs(start // n, stop // n)
            if not inputs:
                return None
            if self._together:
                values = self._problem.whole(inputs)
            else:
                values = self._problem.values(inputs, self._problem.rows(start, start + len(inputs[0])))
        return one_each(values)

    def _add(self, start: int, stop: int, values: Tensor | None) -> None:
        if values is not None:
            dtype = summing_type(values.dtype) if values.is_floating_point() else torch.get_default_dtype()
            self._outputs.append(values.to(dtype))
            self._done += len(values)

    def _fitted(self, surrogate: Surrogate) -> Any:
        outputs = torch.cat(self._outputs)
        vectors = torch.cat(self._samples.interpretable[: self._done]).to(outputs)
        weights = torch.cat(self._samples.weights[: self._done]).to(outputs)
        surrogate.fit(DataLoader(TensorDataset(vectors, outputs, weights), batch_size=self._done))
        return surrogate.representation()

    def _partial(self) -> Estimate | None:
        if self._shown is None or self._done < 2:
            return None
        with torch.random.fork_rng(devices=[]):  # a DataLoader draws from the generator that the samples come from
            return self._shown(self._fitted(deepcopy(self._surrogate)))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How groups of features are sampled and what is fitted to the samples.

    Attributes:
        surrogate: learns the outputs from the samples' vectors.
        draw: ``draw(problem, baselines, groups)`` yields vectors (1, G).
        weigh: ``weigh(problem, baselines, groups)`` returns the function that weighs samples; see `Masked`.
        n_samples: how many are drawn.
        first: how many are evaluated in the first chunk.
    """

    surrogate: Surrogate
    draw: Callable[[Problem, Estimate, FeatureGroups], Iterator[Any]]
    weigh: Callable[[Problem, Estimate, FeatureGroups], Callable[[Estimate, Tensor], Tensor]]
    n_samples: int
    first: int

    def fit(self, problem: Problem, baselines: Estimate, groups: FeatureGroups, together: bool, in_shape: bool) -> Any:
        """What is learnt with all examples taken as one input, as the surrogate puts it; see `coefficients`."""
        draw, weigh = self.draw(problem, baselines, groups), self.weigh(problem, baselines, groups)
        samples = Masked(problem, baselines, groups, draw, weigh)

        def shown(found: Any) -> Estimate:
            return shaped(coefficients(found, groups), groups)

        return Fit(problem, samples, self.surrogate, together, shown if in_shape else None).run(
            self.n_samples, self.first
        )


def fit_groups(
    problem: Problem, baselines: Estimate, groups: FeatureGroups, recipe: Recipe, in_shape: bool
) -> Estimate | Any:
    """A surrogate's coefficients for each example, fitted example by example.

    Where the model returns one number for the whole batch, there is one surrogate for all examples.

    Returns:
        Attributions of the inputs' shapes; with ``in_shape`` false the coefficients as (N, G), or, where one surrogate
        was fitted, what it learnt as it puts it.

    Raises:
        NotApplicable: several examples, and a model whose batch norm mixes them.
        TargetMissing: several numbers for an example.
    """
    n = problem.examples
    if n == 1:
        found = recipe.fit(problem, baselines, groups, False, in_shape)
        return shaped(coefficients(found, groups), groups) if in_shape else found
    parts: list[Estimate] = []
    tables: list[Tensor] = []

    def blend(inner: Estimate | None) -> Estimate | None:
        """Examples not yet reached are zero."""
        if inner is None or not in_shape or len(inner[0]) != 1:
            return inner
        left = n - len(parts) - 1
        blank = [tuple(torch.zeros_like(v) for v in inner)] * max(left, 0)
        return tuple(torch.cat(values) for values in zip(*parts, inner, *blank, strict=True))

    with execution.plan(n * (1 + recipe.n_samples), blend):
        reference, together = problem.reference()
        one_each(reference)
        if together:
            groups.check_shared()
            found = recipe.fit(problem, baselines, groups, True, False)
            return shaped(coefficients(found, groups), groups) if in_shape else found
        if mixes_batch(owner(problem.forward)):
            raise errors.NotApplicable(
                "The model's batch norm takes its statistics from the batch, and this method evaluates examples one by "
                "one; put the model into eval mode, or explain one example at a time."
            )
        for i in range(n):
            one = problem.only(i)
            start = tuple(b if b.shape[0] == 1 else b[i : i + 1] for b in baselines)
            own = groups.only(i, one.inputs)
            tables.append(coefficients(recipe.fit(one, start, own, False, in_shape), own))
            parts.append(shaped(tables[-1], own))
    return tuple(torch.cat(values) for values in zip(*parts, strict=True)) if in_shape else torch.cat(tables)


def coefficients(found: Any, groups: FeatureGroups) -> Tensor:
    """A linear surrogate's representation as (1, G).

    Raises:
        WrongShape: it is not a tensor of one number for each group.
    """
    if not isinstance(found, Tensor) or found.numel() != groups.count:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise errors.WrongShape(
            f"interpretable_model learnt {shape}; it must represent itself by {groups.count} numbers, one for each "
            "group of features.",
            field="interpretable_model",
        )
    return found.detach().reshape(1, -1)


def shaped(table: Tensor, groups: FeatureGroups) -> Estimate:
    """Every feature of one example at its group's coefficient."""
    return tuple(v.flatten(0, 1) for v in groups.spread(table.to(groups.masks[0].device).unsqueeze(1)))
