"""Σₖ wₖ · contribution(∂y(xₖ)/∂site): the core of the gradient, path and propagation families.

*Points* say where the gradient is taken and with which weight; a *site* says with respect to what. Layer variants
change only the site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from attribution_core import errors, execution, precision, probe
from attribution_core.locks import owner
from attribution_core.notices import tell
from attribution_core.problem import Problem
from attribution_core.quadrature import Quadrature, spread
from attribution_core.tensors import rectangles, spread_weights, summing_type, take_rows
from attribution_core.types import Estimate

Contribution = Callable[[Estimate, Estimate], Estimate]


class Points(Protocol):
    """Where to evaluate: K weighted points for each example, in the order in which they are visited."""

    @property
    def weights(self) -> tuple[float, ...]: ...

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        """Inputs of the pairs start … stop−1, whose examples are ``rows``; fresh tensors."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """One point: the inputs themselves."""

    inputs: Estimate
    weights: tuple[float, ...] = (1.0,)

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        return tuple(x[start:stop].clone() for x in self.inputs)


class StraightPath:
    """The line from the baselines x′ to the inputs x: x′ + αₖ (x − x′).

    Visited so that every beginning covers the whole line, or ``in_order`` from its beginning to its end.
    """

    def __init__(self, baselines: Estimate, inputs: Estimate, rule: Quadrature, *, in_order: bool = False) -> None:
        order = range(len(rule.points)) if in_order else spread(len(rule.points))
        self._baselines = baselines
        self._inputs = inputs
        self._alphas = torch.tensor([rule.points[k] for k in order], dtype=torch.float64)
        self.weights = tuple(rule.weights[k] for k in order)

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        steps = torch.arange(start, stop) // self._inputs[0].shape[0]
        alphas = self._alphas[steps]
        points = []
        for b, x in zip(self._baselines, self._inputs, strict=True):
            base = take_rows(b, rows)
            points.append(base + spread_weights(alphas, x) * (take_rows(x, rows) - base))
        return tuple(points)


class Site(Protocol):
    """What attributions are given to."""

    def gradients(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Estimate]:
        """Value and gradient of y at the site, for the examples ``rows`` at ``inputs`` (fresh tensors)."""
        ...


@dataclass(frozen=True, slots=True)
class InputSite:
    """The model's inputs."""

    grad_kwargs: Mapping[str, Any] | None = None

    def gradients(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Estimate]:
        require_floating(inputs)
        with torch.enable_grad():
            leaves = tuple(x.detach().requires_grad_() for x in inputs)
            y = problem.single(leaves, rows)
            grads = differentiate(y, leaves, "inputs", self.grad_kwargs)
        for position, g in enumerate(grads):
            problem.check_finite(g, f"The gradient by inputs[{position}]", inputs, rows)
        return inputs, grads


@dataclass(frozen=True, slots=True)
class ModuleSite:
    """A module's output, or its positional inputs; the last call's if it is called several times.

    Several modules are one site: the values of all of them, one after the other, ``counts`` of each (known once a
    gradient was taken).
    """

    module: nn.Module | list[nn.Module]
    at_input: bool = False
    grad_kwargs: Mapping[str, Any] | None = None
    counts: list[int] = field(default_factory=list)

    def gradients(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Estimate]:
        modules = self.module if isinstance(self.module, list) else [self.module]
        names = [probe.name_of(owner(problem.forward), module) for module in modules]
        with ExitStack() as stack, torch.enable_grad():
            # one module's value may depend on another's: only a single one may be cut off from what is before it
            single = len(modules) == 1
            taps = [stack.enter_context(probe.leaves(m, at_input=self.at_input, cut=single)) for m in modules]
            y = problem.single(inputs, rows)
            parts = [tap.tensors(name, len(rows)) for tap, name in zip(taps, names, strict=True)]
            values = tuple(v for part in parts for v in part)
            place = f"layer '{', '.join(names)}'"
            grads = differentiate(y, values, place, self.grad_kwargs)
        self.counts[:] = map(len, parts)
        for g in grads:
            problem.check_finite(g, f"The gradient by {place}", inputs, rows)
        return tuple(v.detach() for v in values), grads


def require_floating(inputs: Estimate) -> None:
    """Refuse integer inputs, which have no gradient."""
    for position, x in enumerate(inputs):
        if not x.is_floating_point():
            raise errors.WrongType(
                f"inputs[{position}] is a tensor of {x.dtype}; gradients need floating point. "
                "Attribute at the layer behind an embedding instead.",
                field="inputs",
                value=str(x.dtype),
            )


def refuse_inference_weights(model: Any) -> None:
    """Refuse a model made in inference mode, through which autograd cannot pass."""
    if isinstance(model, nn.Module) and any(p.is_inference() for p in model.parameters()):
        raise errors.NotApplicable(
            "The model's weights were made in torch.inference_mode(), so it has no gradients; load it outside of it."
        )


def differentiate(y: Tensor, leaves: Estimate, site: str, grad_kwargs: Mapping[str, Any] | None = None) -> Estimate:
    """∂(Σ y)/∂leaf for each leaf; zero, with a warning, for a leaf that y does not depend on.

    Raises:
        NoGradient: y depends on none of them.
    """
    wanted = [v for v in leaves if v.requires_grad]
    keywords = {"allow_unused": True, **(grad_kwargs or {})}
    grads = torch.autograd.grad(y.sum(), wanted, **keywords) if wanted and y.requires_grad else ()
    if not any(g is not None for g in grads):
        raise errors.NoGradient(
            f"The output does not depend differentiably on the {site}: it is detached, computed without gradients, "
            "or made of integers.",
            field="layer" if site.startswith("layer") else "inputs",
            site=site,
        )
    found = iter(grads)
    result = []
    for position, leaf in enumerate(leaves):
        gradient = next(found) if leaf.requires_grad else None
        if gradient is None:
            tell("unused", f"The output does not depend on {site}[{position}]; it gets zeros.", stacklevel=2)
            gradient = torch.zeros_like(leaf)
        result.append(gradient.detach())
    return tuple(result)


def integrate(
    problem: Problem,
    points: Points,
    site: Site,
    *,
    contribution: Contribution = lambda values, grads: grads,
    finish: Callable[[Estimate], Estimate] = lambda sums: sums,
    most: int | None = None,
) -> Estimate:
    """``finish``(Σₖ wₖ · ``contribution``(value, gradient at point k)) for every example.

    ``most`` bounds the pairs evaluated at once. The partial result weighs the points visited so far by Σw over the
    weight visited.
    """
    refuse_inference_weights(owner(problem.forward))
    precision.refuse_single_gradient(len(points.weights))
    sums = WeightedSum(points.weights, problem.examples)

    def evaluate(start: int, stop: int) -> Estimate:
        rows = problem.rows(start, stop)
        return contribution(*site.gradients(problem, points.at(start, stop, rows), rows))

    def blend(inner: Estimate | None) -> Estimate | None:
        partial = sums.partial()
        return None if partial is None else finish(partial)

    total = len(points.weights) * problem.examples
    execution.run(total, evaluate, sums.add, problem.chunks("gradient", most=most), blend)
    return finish(sums.result())


class WeightedSum:
    """Σₖ wₖ vₖᵢ for each example i, fed with ranges of pairs (point k, example i)."""

    def __init__(self, weights: tuple[float, ...], examples: int) -> None:
        self._weights = weights
        self._examples = examples
        self._sums: list[Tensor] = []
        self._dtypes: list[torch.dtype] = []
        self._visited = torch.zeros(examples, dtype=torch.float64)

    def add(self, start: int, stop: int, values: Estimate) -> None:
        """Take in the values of the pairs start … stop−1. Half precision is summed in float32."""
        if not self._sums:
            self._dtypes = [v.dtype for v in values]
            self._sums = [
                torch.zeros((self._examples, *v.shape[1:]), dtype=summing_type(v.dtype), device=v.device)
                for v in values
            ]
        for k, stop_k, i, stop_i in rectangles(start, stop, self._examples):
            weights = torch.tensor(self._weights[k:stop_k], dtype=torch.float64)
            self._visited[i:stop_i] += weights.sum()
            first = k * self._examples + i - start
            last = first + (stop_k - k) * (stop_i - i)
            for total, v in zip(self._sums, values, strict=True):
                if stop_k - k == 1:
                    total[i:stop_i].add_(v[first:last].to(total.dtype), alpha=self._weights[k])
                    continue
                block = v[first:last].to(total.dtype).reshape(stop_k - k, stop_i - i, *v.shape[1:])
                total[i:stop_i] += (block * spread_weights(weights, block)).sum(0)

    def result(self) -> Estimate:
        return tuple(s.to(dtype) for s, dtype in zip(self._sums, self._dtypes, strict=True))

    def partial(self) -> Estimate | None:
        """The estimate from the points so far; None until every example has one."""
        if not self._sums or not bool((self._visited > 0).all()):
            return None
        scale = sum(self._weights) / self._visited
        return tuple(
            (s * spread_weights(scale, s)).to(dtype) for s, dtype in zip(self._sums, self._dtypes, strict=True)
        )
