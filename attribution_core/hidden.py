"""A model seen from its layers: their values at some inputs, and the output as a function of these values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from attribution_core import execution, probe
from attribution_core.locks import explaining, owner
from attribution_core.problem import Problem
from attribution_core.tensors import grouped
from attribution_core.types import Estimate, Forward


def layer_values(
    problem: Problem, at: Estimate, modules: Sequence[nn.Module], at_input: bool = False
) -> list[Estimate]:
    """Each module's output (or positional inputs) at ``at`` (one row for each example, or one for all).

    Runs in a loop of its own, without gradients; the last call's value if a module is called several times.

    Raises:
        LayerNotCalled, LayerNotTensor, WrongShape: a module's value cannot be attributed to.
        Nonfinite: a value is NaN or infinite.
    """
    parts: list[Estimate] = []
    counts: list[int] = []
    names = [probe.name_of(owner(problem.forward), module) for module in modules]

    def evaluate(start: int, stop: int) -> list[Estimate]:
        rows = problem.rows(start, stop)
        inputs = tuple(x.expand(problem.examples, *x.shape[1:])[start:stop] for x in at)
        with ExitStack() as stack, torch.no_grad():
            taps = [stack.enter_context(probe.tap(module, at_input=at_input)) for module in modules]
            problem.call(inputs, rows)
            found = [tap.tensors(name, len(rows)) for tap, name in zip(taps, names, strict=True)]
        for values, name in zip(found, names, strict=True):
            for v in values:
                problem.check_finite(v, f"The value of layer '{name}'", inputs, rows)
        return found

    def add(start: int, stop: int, found: list[Estimate]) -> None:
        counts[:] = map(len, found)
        parts.append(tuple(v for values in found for v in values))

    execution.run(problem.examples, evaluate, add, problem.chunks("forward"))
    return grouped(tuple(torch.cat(values) for values in zip(*parts, strict=True)), counts)


def from_layers(forward: Forward, modules: Sequence[nn.Module], counts: Sequence[int], at_input: bool) -> Forward:
    """``forward`` as a function of the modules' values.

    Args:
        forward: the forward function.
        modules: whose outputs (or positional inputs) are given, whenever they are called.
        counts: how many tensors each module's value has.
        at_input: whether the values are the modules' positional inputs.

    Returns:
        A function of all the values, one after the other, and then of ``forward``'s own arguments.
    """

    def run(*arguments: Any) -> Any:
        given = grouped(arguments[: sum(counts)], counts)
        with ExitStack() as stack:
            for module, values in zip(modules, given, strict=True):
                stack.enter_context(probe.watch(module, _put(values), at_input=at_input))
            return forward(*arguments[sum(counts) :])

    return explaining(owner(forward), run)


def _put(values: tuple[Tensor, ...]) -> Callable[[Any], Any]:
    def put(value: Any) -> Any:
        copies = probe.copied(values)
        return copies[0] if isinstance(value, Tensor) else copies

    return put
