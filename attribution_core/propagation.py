"""DeepLIFT: the input against a baseline, their difference propagated through the model.

Every pair (baseline, example) is two forward passes, at x′ and at x, and one backward pass at x whose gradients are
multipliers (see `rules.Rescaled`). Pairs go through the one loop, so memory does not depend on the number of baselines.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from attribution_core import errors, execution, precision, probe, rules
from attribution_core.gradients import (
    InputSite,
    ModuleSite,
    Site,
    WeightedSum,
    refuse_inference_weights,
    require_floating,
)
from attribution_core.locks import owner
from attribution_core.notices import tell
from attribution_core.problem import Problem
from attribution_core.readout import Readout
from attribution_core.tensors import one_each, take_rows
from attribution_core.types import Estimate

Contribution = Callable[[Estimate, Estimate, Estimate], Estimate]
"""``contribution(multipliers, values, references)``: attributions of the pairs, from what is at the site."""

CustomAttribution = Callable[..., tuple[Tensor, ...]]
"""``custom_attribution_func`` of Captum: takes multipliers, multipliers and inputs, or these and baselines."""

EPS = 1e-10
"""Where |Δin| is smaller, a function's derivative takes the place of Δout/Δin, unless the caller says otherwise."""

_TOLERATED = 0.01
"""A gap below this share of the output's change is not worth a warning."""


class References(Protocol):
    """K baselines for each example."""

    @property
    def count(self) -> int: ...

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        """The baselines of the pairs start … stop−1, whose examples are ``rows``."""
        ...


@dataclass(frozen=True, slots=True)
class Single:
    """One baseline for each example: tensors of shape (N, …) or (1, …)."""

    baselines: Estimate
    count: int = 1

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        return tuple(take_rows(b, rows) for b in self.baselines)


class Drawn:
    """All rows of tensors of shape (K, …), for every one of N examples.

    Raises:
        WrongShape: the tensors of several inputs have not as many rows.
    """

    def __init__(self, rows: Estimate, examples: int) -> None:
        self.count = len(rows[0])
        self._rows = rows
        self._examples = examples
        if any(len(b) != self.count for b in rows):
            counts = ", ".join(str(len(b)) for b in rows)
            raise errors.WrongShape(
                f"baselines has {counts} rows for the inputs; it must have as many for each.", field="baselines"
            )

    def at(self, start: int, stop: int, rows: Tensor) -> Estimate:
        which = torch.arange(start, stop) // self._examples
        return tuple(b.index_select(0, which.to(b.device)) for b in self._rows)


class Place(Protocol):
    """Where differences are attributed to: a site whose value can be read at the baseline too."""

    @property
    def site(self) -> Site: ...

    @property
    def complete(self) -> bool:
        """Whether the output depends on nothing but this place, so that its attributions add up to the change."""
        ...

    def read(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Tensor]:
        """The place's value, and y, at ``inputs``."""
        ...


class AtInputs:
    """The model's inputs."""

    site: Site = InputSite()
    complete = True

    def read(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Tensor]:
        require_floating(inputs)
        return inputs, problem.single(inputs, rows)


class AtModule:
    """A module's output or positional input. The output may depend on the input by other ways too."""

    complete = False

    def __init__(self, module: nn.Module, at_input: bool, grad_kwargs: dict[str, Any] | None = None) -> None:
        self._module = module
        self._at_input = at_input
        self.site: Site = ModuleSite(module, at_input, grad_kwargs)

    def read(self, problem: Problem, inputs: Estimate, rows: Tensor) -> tuple[Estimate, Tensor]:
        name = probe.name_of(owner(problem.forward), self._module)
        with probe.leaves(self._module, at_input=self._at_input) as tap:
            y = problem.single(inputs, rows)
        return tuple(v.detach() for v in tap.tensors(name, len(rows))), y


@dataclass(frozen=True, slots=True)
class _Heard:
    """A readout that remembers what it read last."""

    readout: Readout
    last: list[Tensor]

    def words(self, model: Any) -> str:
        return self.readout.words(model)

    def read(self, model: Any, call: Callable[[], Any], examples: int) -> Tensor:
        value = self.readout.read(model, call, examples)
        self.last[:] = [value.detach()]
        return value


def contributing(multiply_by_inputs: bool, custom: CustomAttribution | None) -> Contribution:
    """How multipliers become attributions: m ⊙ (x − x′), m alone, or by a function of the caller's.

    Raises:
        WrongType: ``custom`` is no function of one to three arguments.
    """
    if custom is None:
        if not multiply_by_inputs:
            return lambda multipliers, values, references: multipliers
        return lambda multipliers, values, references: tuple(
            m * (v - b) for m, v, b in zip(multipliers, values, references, strict=True)
        )
    count = len(inspect.signature(custom).parameters) if callable(custom) else 0
    if not 1 <= count <= 3:
        raise errors.WrongType(
            f"custom_attribution_func takes {count} arguments; it must be a function of 1 to 3: multipliers, inputs "
            "and baselines.",
            field="custom_attribution_func",
        )

    def asked(multipliers: Estimate, values: Estimate, references: Estimate) -> Estimate:
        found = custom(*(multipliers, values, references)[:count])
        if not isinstance(found, tuple) or len(found) != len(multipliers):
            raise errors.WrongType(
                f"custom_attribution_func returned {probe.describe(found)}; it must return a tuple of "
                f"{len(multipliers)} tensors.",
                field="custom_attribution_func",
            )
        return tuple(v.detach() for v in found)

    return asked


def contrast(
    problem: Problem, references: References, place: Place, contribution: Contribution, eps: float
) -> tuple[Estimate, Tensor]:
    """DeepLIFT's attributions, the mean over K baselines, and Σ attributions − (y(x) − y(x′)) of every pair.

    Deltas have shape (N·K,); those of the first example come first.

    Raises:
        NotApplicable: the model calls other operations at a baseline than at the input.
    """
    refuse_inference_weights(owner(problem.forward))
    n, k = problem.examples, references.count
    precision.refuse_single_gradient(k)
    sums = WeightedSum((1 / k,) * k, n)
    deltas: list[Tensor] = []
    completeness = _Completeness()

    def evaluate(start: int, stop: int) -> tuple[Estimate, Tensor]:
        rows = problem.rows(start, stop)
        heard = _Heard(problem.readout, [])
        with rules.Recorder() as recorder, torch.no_grad():
            before, y_before = place.read(problem, references.at(start, stop, rows), rows)
        with rules.Rescaled(recorder.activations, eps) as rescaled:
            inputs = tuple(take_rows(x, rows) for x in problem.inputs)
            values, multipliers = place.site.gradients(replace(problem, readout=heard), inputs, rows)
        rescaled.finish()
        output = heard.last[0]
        y = one_each(problem.target.select(output.reshape(len(rows), *output.shape[1:]), rows))
        change = y - y_before
        if place.complete:
            parts = tuple(m * (v - b) for m, v, b in zip(multipliers, values, before, strict=True))
            completeness.see(parts, y, y_before, rows, rescaled.without_rule)
        attributions = contribution(multipliers, values, before)
        return attributions, _total(attributions) - change

    def add(start: int, stop: int, found: tuple[Estimate, Tensor]) -> None:
        sums.add(start, stop, found[0])
        deltas.append(found[1])

    execution.run(k * n, evaluate, add, problem.chunks("contrast"), lambda inner: sums.partial(), each=2)
    completeness.tell()
    return sums.result(), torch.cat(deltas).reshape(k, n).T.reshape(-1)


def _total(values: Estimate) -> Tensor:
    return torch.stack([v.reshape(len(v), -1).sum(1) for v in values]).sum(0)


class _Completeness:
    """The largest gap between attributions and the change of the output, and what may be behind it."""

    def __init__(self) -> None:
        self._excess = 0.0
        self._words = ""
        self._operations: set[str] = set()

    def see(self, parts: Estimate, y: Tensor, y_before: Tensor, rows: Tensor, without_rule: set[str]) -> None:
        change = y - y_before
        gap = (_total(parts) - change).abs()
        # Differences as large as rounding makes them are no gap.
        size = _total(tuple(p.abs() for p in parts)) + y.abs() + y_before.abs()
        excess = gap - _TOLERATED * change.abs() - 1000 * torch.finfo(gap.dtype).eps * size
        self._operations |= without_rule
        worst = int(excess.argmax())
        if float(excess[worst]) > self._excess:
            self._excess = float(excess[worst])
            self._words = (
                f"The attributions of example {int(rows[worst])} miss the output's change of "
                f"{float(change[worst]):.3g} by {float(gap[worst]):.3g}"
            )

    def tell(self) -> None:
        if not self._words:
            return
        names = sorted(self._operations)
        why = (
            f"there is no complete DeepLIFT rule for {', '.join(names)}"
            if names
            else "some operation has no DeepLIFT rule"
        )
        tell("incomplete", f"{self._words}: {why}.", stacklevel=4)
