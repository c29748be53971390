"""Max-sensitivity: how far a map moves when the input moves a little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.chunks import ChunkSize
from attribution_core.constancy import mixes_batch
from attribution_core.locks import lock_for, owner
from attribution_core.metrics.maps import values_of
from attribution_core.metrics.perturbations import at_once, checked_copies, copies, sample_major, takes_a_second
from attribution_core.tensors import Extra, Target, checked_inputs, like, rows_of
from attribution_core.types import Attributions, Estimate, Inputs


def default_perturb_func(inputs: Inputs, perturb_radius: float = 0.02) -> Estimate:
    """x + u, with u uniform in the L∞ ball of radius ``perturb_radius``, from torch's global generator.

    Args:
        inputs: tensor or tuple of tensors.
        perturb_radius: at least 0, in the inputs' unit.

    Returns:
        Tuple of tensors of the inputs' shapes.

    Reference: Yeh et al. (2019), https://arxiv.org/abs/1901.09392
    """
    return tuple(
        x + torch.empty(x.shape, device=x.device).uniform_(-perturb_radius, perturb_radius).to(x.dtype)
        for x in (inputs if isinstance(inputs, tuple) else (inputs,))
    )


def sensitivity_max(
    explanation_func: Callable[..., Attributions],
    inputs: Inputs,
    perturb_func: Callable[..., Inputs] = default_perturb_func,
    perturb_radius: float = 0.02,
    n_perturb_samples: int = 10,
    norm_ord: float | str = "fro",
    max_examples_per_batch: int | None = None,
    **kwargs: Any,
) -> Tensor:
    """max over perturbed inputs x_r of ‖φ(x_r) − φ(x)‖ / ‖φ(x)‖, where φ is the explanation (a norm of 0 counts as 1).

    Args:
        explanation_func: ``attribute`` of a method, or any function that returns attributions with a row for each
            example.
        inputs: tensor or tuple of tensors of shape (N, …).
        perturb_func: ``perturb_func(inputs)``, or ``perturb_func(inputs, perturb_radius)`` where it takes two
            arguments, returns perturbed inputs. It is called with ``n_perturb_samples`` copies of each example, those
            of the first example first, so random numbers are drawn as Captum draws them.
        perturb_radius: how far the input is moved, in its own unit.
        n_perturb_samples: perturbations of each example.
        norm_ord: order p of the vector norm over all of an example's attributions: a number (infinity too), or 'fro',
            which is 2.
        max_examples_per_batch: at most that many copies are drawn and explained at once (but one of each example); all
            are drawn together if None.
        **kwargs: for ``explanation_func``: target, additional arguments and other tensors with N rows are copied with
            the inputs.

    Returns:
        Tensor of shape (N,), at least 0, without unit; lower is better.

    Raises:
        OutOfRange, WrongType: ``n_perturb_samples`` or ``max_examples_per_batch`` is no whole number of at least 1;
            ``norm_ord`` is no order of a vector norm.
        WrongShape: ``perturb_func`` returned other shapes; the explanation has not one row for each example.
        AttributionError: whatever the method refuses.

    Reference: Yeh et al. (2019), On the (In)fidelity and Sensitivity of Explanations, https://arxiv.org/abs/1901.09392
    """
    order = _order(norm_ord)
    method = getattr(explanation_func, "__self__", None)
    forward = getattr(method, "forward_func", explanation_func)
    with lock_for(forward), torch.inference_mode(False):
        tensors = checked_inputs(inputs)
        n = len(tensors[0])
        draws = at_once(n, n_perturb_samples, max_examples_per_batch)
        explain = _Explaining(explanation_func, inputs, n, kwargs)
        splittable = getattr(method, "splittable", False) and explain.extra.divisible
        splittable = splittable and not mixes_batch(owner(forward))

        def explained(values: Estimate, samples: int) -> Tensor:
            """Attributions of the copies, sample by sample, as (samples, N, F)."""
            parts: list[Tensor] = []

            def evaluate(start: int, stop: int) -> Tensor:
                pairs = torch.arange(start, stop, device=values[0].device)
                if not splittable:
                    return explain(values, pairs // samples)
                return explain(sample_major(values, pairs % n, pairs // n, samples), pairs % n)

            size = ChunkSize(
                forward,
                tensors,
                f"sensitivity {getattr(explanation_func, '__qualname__', '')}",
                most=max_examples_per_batch,
                whole=not splittable,
            )
            execution.run(n * samples, evaluate, lambda start, stop, found: parts.append(found), size)
            found = torch.cat(parts)
            if splittable:
                return found.reshape(samples, n, -1)
            return found.reshape(n, samples, -1).transpose(0, 1)

        largest: list[Tensor] = []
        with execution.plan(n * (1 + n_perturb_samples)):
            reference = explained(tensors, 1)[0]
            scale = torch.linalg.vector_norm(reference, order, dim=1)
            for samples in draws:
                originals = copies(tensors, samples)
                radius = (perturb_radius,) if takes_a_second(perturb_func) else ()
                moved = checked_copies(perturb_func(like(originals, inputs), *radius), originals, "perturbed inputs")
                distance = torch.linalg.vector_norm(explained(moved, samples) - reference, order, dim=2)
                largest.append(distance.amax(0))
    return torch.stack(largest).amax(0) / torch.where(scale == 0, 1.0, scale)


class _Explaining:
    """The explanation of chosen examples at given inputs, as (m, F)."""

    def __init__(
        self, function: Callable[..., Attributions], inputs: Inputs, examples: int, keywords: dict[str, Any]
    ) -> None:
        self._function = function
        self._inputs = inputs
        self._examples = examples
        self._keywords = keywords
        self._target = Target.of(keywords.get("target"), examples)
        self._whole_baselines = getattr(getattr(function, "__self__", None), "takes_distribution", False)
        self.extra = Extra.of(keywords.get("additional_forward_args"), examples)

    def __call__(self, values: Estimate, rows: Tensor) -> Tensor:
        own = {
            name: value if name == "baselines" and self._whole_baselines else rows_of(value, rows, self._examples)
            for name, value in self._keywords.items()
        }
        if "target" in own:
            own["target"] = self._target.rows(rows)
        if "additional_forward_args" in own:
            own["additional_forward_args"] = self.extra.rows(rows) or None
        found = values_of(self._function(like(values, self._inputs), **own), "the explanation")
        if len(found) != len(rows):
            raise errors.WrongShape(
                f"explanation_func returned {len(found)} rows for {len(rows)} examples; it must return one for each.",
                field="explanation_func",
                rows=len(found),
            )
        return found


def _order(norm_ord: float | str) -> float:
    if norm_ord == "fro":
        return 2.0
    if isinstance(norm_ord, bool) or not isinstance(norm_ord, (int, float)):
        raise errors.OutOfRange(
            f"norm_ord is {norm_ord!r}; it must be 'fro' or a number.", field="norm_ord", value=repr(norm_ord)
        )
    return float(norm_ord)
