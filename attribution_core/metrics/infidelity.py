"""Infidelity: how far a map is from telling the output's change under perturbations."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.metrics.maps import checked_maps
from attribution_core.metrics.perturbations import at_once, checked_copies, copies, sample_major
from attribution_core.problem import Problem, opened
from attribution_core.tensors import as_tuple, checked_baselines, like, one_each
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType

Perturbing = Callable[..., tuple[Attributions, Attributions]]


def infidelity(
    forward_func: Forward,
    perturb_func: Perturbing,
    inputs: Inputs,
    attributions: Attributions,
    baselines: Baselines = None,
    additional_forward_args: Any = None,
    target: TargetType = None,
    n_perturb_samples: int = 10,
    max_examples_per_batch: int | None = None,
    normalize: bool = False,
) -> Tensor:
    """E over perturbations I of (Iᵀ φ − (y(x) − y(x_I)))², where φ are the attributions and x_I the perturbed input.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.
        perturb_func: ``perturb_func(inputs)``, or ``perturb_func(inputs, baselines)`` where baselines are given,
            returns (I, x_I), each in the inputs' form. It is called with ``n_perturb_samples`` copies of each example,
            those of the first example first, so random numbers are drawn as Captum draws them.
            `infidelity_perturb_func_decorator` derives I from a function that returns x_I alone.
        inputs: tensor or tuple of tensors of shape (N, …).
        attributions: of the inputs' shapes.
        baselines: for ``perturb_func`` only: tensors of the inputs' shape or with one row, or numbers.
        additional_forward_args: further arguments of the forward function; a tensor with N rows is split.
        target: the output explained.
        n_perturb_samples: perturbations of each example.
        max_examples_per_batch: at most that many copies are drawn and evaluated at once (but one of each example); all
            are drawn together if None, and evaluated in chunks chosen automatically.
        normalize: whether Iᵀ φ is scaled by β = E[Iᵀφ (y(x) − y(x_I))] / E[(Iᵀφ)²] (1 where the denominator is 0),
            so that only the map's direction counts.

    Returns:
        Tensor of shape (N,), at least 0, in the output's unit squared; lower is better.

    Raises:
        OutOfRange, WrongType: ``n_perturb_samples`` or ``max_examples_per_batch`` is no whole number of at least 1.
        WrongShape: the attributions' shapes are not the inputs'; ``perturb_func`` returned other shapes.
        TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
        Nonfinite: an output or an attribution is NaN or infinite.

    Reference: Yeh et al. (2019), On the (In)fidelity and Sensitivity of Explanations, https://arxiv.org/abs/1901.09392
    """
    with opened(forward_func, inputs, target, additional_forward_args) as problem:
        n = problem.examples
        draws = at_once(n, n_perturb_samples, max_examples_per_batch)
        maps = _like_inputs(attributions, problem.inputs)
        if baselines is not None:
            checked_baselines(baselines, problem.inputs)
        products, changes = [], []
        with execution.plan(n * (1 + n_perturb_samples)):
            reference = one_each(problem.outputs(problem.inputs))
            for samples in draws:
                originals = copies(problem.inputs, samples)
                given = () if baselines is None else (_copied(baselines, n, samples),)
                pair = perturb_func(like(originals, inputs), *given)
                perturbations, perturbed = _pair(pair, originals)
                products.append(_products(perturbations, maps, samples))
                outputs = _outputs(problem, perturbed, samples, max_examples_per_batch)
                changes.append(reference[:, None] - outputs)
    product, change = torch.cat(products, 1), torch.cat(changes, 1)
    if normalize:
        square = product.square().sum(1, keepdim=True)
        product = product * (product * change).sum(1, keepdim=True) / torch.where(square == 0, 1.0, square)
    return (product - change).square().mean(1)


def infidelity_perturb_func_decorator(
    multiply_by_inputs: bool = True,
) -> Callable[[Callable[..., Inputs]], Callable[..., tuple[Estimate, Estimate]]]:
    """Make a function that returns perturbed inputs x_I into one that returns (I, x_I), for `infidelity`.

    I = x − x_I for maps that do not hold the input as a factor; I = (x − x_I) / (x − x′) for maps that do, where
    a denominator of 0 counts as 1.

    Args:
        multiply_by_inputs: whether the maps hold the input, or its difference to the baseline x′, as a factor.

    Returns:
        The decorator. The decorated function takes the inputs and, optionally, the baselines, which it passes on if
        they are not None; it returns two tuples of tensors.

    Raises:
        WrongType, WrongShape: the function returned no tensors, or other shapes than it was given.

    Reference: Yeh et al. (2019), https://arxiv.org/abs/1901.09392

    Example:
        >>> @infidelity_perturb_func_decorator(multiply_by_inputs=False)
        ... def noisy(inputs):
        ...     return inputs + 0.1 * torch.randn_like(inputs)
    """

    def decorator(function: Callable[..., Inputs]) -> Callable[..., tuple[Estimate, Estimate]]:
        @wraps(function)
        def perturb(inputs: Inputs, baselines: Baselines = None) -> tuple[Estimate, Estimate]:
            perturbed = function(inputs) if baselines is None else function(inputs, baselines)
            originals = as_tuple(inputs)
            moved = checked_copies(perturbed, originals, "perturbed inputs")
            differences = tuple(x - p for x, p in zip(originals, moved, strict=True))
            if not multiply_by_inputs:
                return differences, moved
            starts = checked_baselines(baselines, originals)
            spans = (x - b for x, b in zip(originals, starts, strict=True))
            return tuple(d / torch.where(s == 0, 1, s) for d, s in zip(differences, spans, strict=True)), moved

        return perturb

    return decorator


def _like_inputs(attributions: Attributions, inputs: Estimate) -> Estimate:
    maps = checked_maps(attributions)
    shapes, wanted = [tuple(a.shape) for a in maps], [tuple(x.shape) for x in inputs]
    if shapes != wanted:
        raise errors.WrongShape(
            f"attributions have shape {shapes}; they must be {wanted}, as the inputs.", field="attributions"
        )
    return maps


def _copied(baselines: Any, examples: int, samples: int) -> Any:
    """Baselines with a row for each example, copied as the inputs are; others as they are."""
    if isinstance(baselines, tuple):
        return tuple(_copied(b, examples, samples) for b in baselines)
    by_row = isinstance(baselines, Tensor) and len(baselines) == examples > 1
    return baselines.repeat_interleave(samples, 0) if by_row else baselines


def _pair(found: Any, originals: Estimate) -> tuple[Estimate, Estimate]:
    if not isinstance(found, tuple) or len(found) != 2:
        kind = f"{type(found).__name__} of {len(found)}" if isinstance(found, tuple) else type(found).__name__
        raise errors.WrongType(
            f"perturb_func returned a {kind}; it must return (perturbations, perturbed inputs). Where it returns "
            "perturbed inputs alone, decorate it with infidelity_perturb_func_decorator.",
            field="perturb_func",
        )
    return (
        checked_copies(found[0], originals, "perturbations"),
        checked_copies(found[1], originals, "perturbed inputs"),
    )


def _products(perturbations: Estimate, maps: Estimate, samples: int) -> Tensor:
    """Iᵀ φ of every copy, as (N, samples)."""
    parts = [
        (p.reshape(len(a), samples, -1) * a.reshape(len(a), 1, -1).to(p.device)).sum(2)
        for p, a in zip(perturbations, maps, strict=True)
    ]
    return torch.stack(parts).sum(0)


def _outputs(problem: Problem, perturbed: Estimate, samples: int, most: int | None) -> Tensor:
    """y of every copy, as (N, samples). Evaluated draw by draw, so that a chunk can be the caller's batch."""
    n = problem.examples
    parts: list[Tensor] = []

    def evaluate(start: int, stop: int) -> Tensor:
        rows = problem.rows(start, stop)
        draws = torch.arange(start, stop, device=problem.device) // n
        with torch.no_grad():
            return problem.single(sample_major(perturbed, rows, draws, samples), rows)

    execution.run(
        n * samples,
        evaluate,
        lambda start, stop, y: parts.append(y),
        problem.chunks("forward", most=most),
    )
    return torch.cat(parts).reshape(samples, n).T
