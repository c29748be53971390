"""How much a sample counts when a surrogate is fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from attribution_core import errors
from attribution_core.problem import Problem
from attribution_core.samples import weight
from attribution_core.tensors import as_tuple, summing_type
from attribution_core.types import Estimate, Inputs

DistanceMode = Literal["cosine", "euclidean"]
Weigh = Callable[[Estimate, Tensor], Tensor]


class ExponentialKernel:
    """exp(−d²/(2 σ²)), where d is the distance between the flattened input and the flattened sample.

    Args:
        distance_mode: 'cosine' (one less the cosine of the angle) or 'euclidean'.
        kernel_width: σ.
    """

    def __init__(self, distance_mode: DistanceMode = "cosine", kernel_width: float = 1.0) -> None:
        if distance_mode not in ("cosine", "euclidean"):
            raise errors.OutOfRange(
                f"distance_mode is {distance_mode!r}; it must be cosine or euclidean.",
                field="distance_mode",
                value=repr(distance_mode),
            )
        if not kernel_width > 0:
            raise errors.OutOfRange(
                f"kernel_width is {kernel_width}; it must be above 0.", field="kernel_width", value=repr(kernel_width)
            )
        self.distance_mode = distance_mode
        self.kernel_width = kernel_width

    def __call__(self, original: Inputs, perturbed: Inputs, interpretable: Tensor, **kwargs: Any) -> Tensor:
        """The weight of one sample, as (1,): Captum's ``similarity_func``."""
        return self.of_samples(as_tuple(original), as_tuple(perturbed, "the perturbed input"), 1)

    def of_samples(self, original: Estimate, perturbed: Estimate, samples: int) -> Tensor:
        """The weights (m,) of m samples, whose rows follow one another."""
        dtype = summing_type(original[0].dtype) if original[0].is_floating_point() else torch.get_default_dtype()
        here = torch.cat([x.reshape(1, -1).to(dtype) for x in original], 1)
        there = torch.cat([x.reshape(samples, -1).to(dtype) for x in perturbed], 1)
        if self.distance_mode == "cosine":
            distance = 1 - F.cosine_similarity(here, there, dim=1)
        else:
            distance = torch.linalg.vector_norm(there - here, dim=1)
        return torch.exp(-(distance**2) / (2 * self.kernel_width**2))


def weighing(similarity: Any, problem: Problem, original: Inputs, keywords: dict[str, Any]) -> Weigh:
    """A similarity function as a function that weighs samples that follow one another."""
    if isinstance(similarity, ExponentialKernel):
        return lambda inputs, vectors: similarity.of_samples(problem.inputs, inputs, len(vectors))

    def one_by_one(inputs: Estimate, vectors: Tensor) -> Tensor:
        weights = []
        for vector, *sample in zip(
            torch.split(vectors, 1), *(torch.split(x, problem.examples) for x in inputs), strict=True
        ):
            given = sample[0] if isinstance(original, Tensor) else tuple(sample)
            weights.append(weight(similarity(original, given, vector, **keywords), problem.device))
        return torch.cat(weights)

    return one_by_one
