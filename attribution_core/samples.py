"""Random samples around an input, as LIME and Kernel SHAP draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.groups import FeatureGroups
from attribution_core.problem import Problem
from attribution_core.tensors import as_tuple
from attribution_core.types import Estimate

Similarity = Callable[..., float | Tensor]


class Samples(Protocol):
    """Samples in the order in which they are drawn. The whole batch is one input: its rows are changed together.

    Attributes:
        interpretable: a sample's vector, as (1, G), for each sample drawn so far.
        weights: of each sample, as (1,).
    """

    interpretable: list[Tensor]
    weights: list[Tensor]

    def inputs(self, start: int, stop: int) -> Estimate:
        """The samples start … stop−1 in the input space, one after the other; fewer if drawing came to an end.

        The same ones when asked again; but those before ``start`` are forgotten.
        """
        ...


class Drawn:
    """Samples that functions of the caller's make.

    Args:
        draw: `drawing` of the caller's function.
        convert: ``convert(sample)`` returns (vector, input) of a sample.
        weigh: ``weigh(input, vector)`` is the sample's weight.
        device: of the inputs.
    """

    def __init__(
        self,
        draw: Iterator[Any],
        convert: Callable[[Any], tuple[Tensor, Any]],
        weigh: Callable[[Any, Tensor], float | Tensor],
        device: torch.device,
    ) -> None:
        self.interpretable: list[Tensor] = []
        self.weights: list[Tensor] = []
        self._draw = draw
        self._convert = convert
        self._weigh = weigh
        self._device = device
        self._pending: dict[int, Estimate] = {}

    def inputs(self, start: int, stop: int) -> Estimate:
        for old in [at for at in self._pending if at < start]:
            del self._pending[old]
        while len(self.interpretable) < stop:
            try:
                sample = next(self._draw)
            except StopIteration:
                break
            vector, given = self._convert(sample)
            self._pending[len(self.interpretable)] = as_tuple(given, "the perturbed input")
            self.interpretable.append(row(vector))
            self.weights.append(weight(self._weigh(given, vector), self._device))
        found = [self._pending[at] for at in range(start, min(stop, len(self.interpretable)))]
        return tuple(torch.cat(parts) for parts in zip(*found, strict=True))


class Masked:
    """Samples that keep some groups of features and replace the others by the baselines.

    Args:
        problem: what is explained.
        baselines: one for each input, with N rows or one.
        groups: the features' groups.
        draw: yields vectors (1, G), where zeros are replaced.
        weigh: ``weigh(inputs, vectors)`` returns the weights (m,) of m samples.
    """

    def __init__(
        self,
        problem: Problem,
        baselines: Estimate,
        groups: FeatureGroups,
        draw: Iterator[Any],
        weigh: Callable[[Estimate, Tensor], Tensor],
    ) -> None:
        self.interpretable: list[Tensor] = []
        self.weights: list[Tensor] = []
        self._problem = problem
        self._baselines = baselines
        self._groups = groups
        self._draw = draw
        self._weigh = weigh

    def inputs(self, start: int, stop: int) -> Estimate:
        while len(self.interpretable) < stop:
            try:
                sample = next(self._draw)
            except StopIteration:
                break
            vector = row(sample)
            if vector.shape[1] != self._groups.count:
                raise errors.WrongShape(
                    f"perturb_func returned shape {tuple(vector.shape)}; it must be (1, {self._groups.count}), a "
                    "number for each group.",
                    field="perturb_func",
                    shape=list(vector.shape),
                )
            self.interpretable.append(vector)
        chosen = self.interpretable[start:stop]
        if not chosen:
            return ()
        n, problem = self._problem.examples, self._problem
        vectors = torch.cat(chosen)
        keep = vectors.to(problem.device).bool().repeat_interleave(n, 0)
        inputs = self._groups.mixed(problem.inputs, self._baselines, keep, problem.rows(0, len(keep)))
        fresh = len(self.weights) - start
        if fresh < len(chosen):
            own = tuple(x[fresh * n :] for x in inputs)
            self.weights.extend(torch.split(self._weigh(own, vectors[fresh:]), 1))
        return inputs


def drawing(perturb: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
    """What ``perturb`` returns, call by call; or what its generator yields."""
    while True:
        sample = perturb(*args, **kwargs)
        if isinstance(sample, Iterator):
            yield from sample
            return
        yield sample


def row(vector: Any) -> Tensor:
    """A sample's vector, checked to be (1, G)."""
    if not isinstance(vector, Tensor) or vector.dim() != 2 or vector.shape[0] != 1:
        shape = tuple(vector.shape) if isinstance(vector, Tensor) else type(vector).__name__
        raise errors.WrongShape(
            f"A sample's interpretable vector is {shape}; it must be a tensor of shape (1, features).",
            field="perturb_func",
        )
    return vector.detach()


def weight(value: Any, device: torch.device) -> Tensor:
    """A sample's weight as (1,).

    Raises:
        WrongShape: it is not a single number.
    """
    weights = value if isinstance(value, Tensor) else torch.tensor([value])
    if weights.numel() != 1:
        raise errors.WrongShape(
            f"similarity_func returned shape {tuple(weights.shape)}; it must return one number.",
            field="similarity_func",
            shape=list(weights.shape),
        )
    return weights.detach().to(device).reshape(1)
