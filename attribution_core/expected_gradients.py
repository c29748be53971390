"""Expected gradients, which the three forms of Gradient SHAP share.

For each noisy copy of an example a baseline x′ and a place α on the line from it are drawn; the copy's attributions
are (s − s′) ⊙ ∂y/∂s at x′ + α(x − x′), where s and s′ are the site's values at x and at x′.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.attribution import GradientAttribution
from attribution_core.distributions import checked_distribution
from attribution_core.gradients import Here, InputSite, ModuleSite, integrate, require_floating
from attribution_core.hidden import layer_values
from attribution_core.noise import DrawnNoise, checked_deviations
from attribution_core.problem import opened
from attribution_core.readout import Readout
from attribution_core.smoothing import Average, NoisyAverage
from attribution_core.tensors import spread_weights
from attribution_core.types import Distribution, Estimate, Forward, Inputs, TargetType


class _Draws(DrawnNoise):
    """Noisy copies, a baseline for each, and the place on the line between the two."""

    def __init__(self, inputs: Estimate, samples: int, deviations: tuple[float, ...], baselines: Estimate) -> None:
        super().__init__(inputs, samples, deviations, baselines)
        self._places = torch.from_numpy(np.random.uniform(0.0, 1.0, len(inputs[0]) * samples))

    def keywords(self, start: int, stop: int) -> dict[str, Any]:
        return {**super().keywords(start, stop), "places": self._places[start:stop]}


@final
class _PointGradient(GradientAttribution):
    """The attributions of one copy."""

    splittable = True

    def __init__(
        self, forward_func: Forward, site: InputSite | ModuleSite, readout: Readout | None, multiply: bool
    ) -> None:
        super().__init__(forward_func)
        self.site = site
        self.readout = readout
        self.multiply = multiply

    def attribute(
        self,
        inputs: Estimate,
        baselines: Estimate,
        places: Tensor,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
    ) -> Estimate | tuple[Estimate, Tensor]:
        """A baseline and a place for each example; attributions as a tuple, and the delta if asked."""
        latest: list[Estimate] = []
        with opened(self.forward_func, inputs, target, additional_forward_args, self.readout) as problem:
            n = problem.examples
            between = tuple(_between(b, x, places) for x, b in zip(problem.inputs, baselines, strict=True))
            reads = self.multiply and isinstance(self.site, ModuleSite)
            with execution.plan(
                n * (1 + 2 * reads + 2 * return_convergence_delta), lambda inner: latest[0] if latest else None
            ):
                result = integrate(problem, Here(between), self.site)
                if self.multiply:
                    ends = [self._values(problem, at) for at in (problem.inputs, baselines)]
                    result = tuple((v - b) * g for v, b, g in zip(*ends, result, strict=True))
                latest.append(result)
                if not return_convergence_delta:
                    return result
                delta = self.compute_convergence_delta(
                    result, baselines, problem.inputs, target, additional_forward_args
                )
        return result, delta

    def _values(self, problem: Any, at: Estimate) -> Estimate:
        if isinstance(self.site, InputSite):
            return at
        modules = self.site.module if isinstance(self.site.module, list) else [self.site.module]
        return tuple(v for found in layer_values(problem, at, modules, self.site.at_input) for v in found)


def _between(baseline: Tensor, x: Tensor, places: Tensor) -> Tensor:
    weights = spread_weights(places, x)
    return (1 - weights) * baseline + weights * x


def expected_gradients(
    forward: Forward,
    inputs: Inputs,
    baselines: Distribution,
    site: InputSite | ModuleSite,
    *,
    readout: Readout | None = None,
    multiply: bool,
    n_samples: int,
    stdevs: float | tuple[float, ...],
    target: TargetType = None,
    additional_forward_args: Any = None,
    return_convergence_delta: bool = False,
) -> Average:
    """The mean over ``n_samples`` copies of each example.

    Raises:
        OutOfRange, WrongType, WrongShape: an argument is not within its bounds.
    """
    errors.whole_number("n_samples", n_samples, 1)
    with opened(forward, inputs, target, additional_forward_args, readout) as problem:
        require_floating(problem.inputs)
        rows = checked_distribution(baselines, inputs, problem.inputs)
        deviations = checked_deviations(stdevs, problem.inputs)
        keywords: dict[str, Any] = {"target": target, "additional_forward_args": additional_forward_args}
        if return_convergence_delta:
            keywords["return_convergence_delta"] = True
        method = _PointGradient(forward, site, readout, multiply)
        average = NoisyAverage(method, problem, "smoothgrad", keywords)
        return average.over([n_samples], lambda samples: _Draws(problem.inputs, samples, deviations, rows))
