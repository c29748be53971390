"""Random numbers that depend on a seed alone, and leave the caller's generators as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from attribution_core import execution
from attribution_core.attribution import Attribution
from attribution_core.constancy import mixes_batch
from attribution_core.locks import owner
from attribution_core.problem import counting_from, opened
from attribution_core.tensors import as_tuple, checked_baselines, rows_of
from attribution_core.types import Estimate


def global_generator(device: torch.device) -> torch.Generator:
    """The generator that torch draws from on ``device`` where none is given."""
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return torch.cuda.default_generators[index]
    if device.type == "mps":
        return torch.mps._get_default_mps_generator()
    return torch.default_generator


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators (of the CPU and of ``device``) and numpy's; restore them afterwards."""
    generators = {torch.default_generator, global_generator(device)}
    states = [(generator, generator.get_state()) for generator in generators]
    numpy_state = np.random.get_state()
    for generator in generators:
        generator.manual_seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        for generator, state in states:
            generator.set_state(state)


def one_by_one(method: Attribution, inputs: Estimate, seed: int, keywords: Mapping[str, Any]) -> Estimate:
    """``method``'s attributions of each example alone, each under freshly seeded generators.

    So a result does not depend on batch-mates. A model that mixes its batch, or extra arguments that cannot be split,
    get the whole batch at once.
    """
    with opened(
        method.forward_func, inputs, keywords.get("target"), keywords.get("additional_forward_args")
    ) as problem:
        n = problem.examples
        if "baselines" in keywords and not method.takes_distribution:
            checked_baselines(keywords["baselines"], problem.inputs)
        whole = mixes_batch(owner(problem.forward)) or not problem.extra.divisible
        size = problem.chunks("seeded", most=n if whole else 1, multiple=n if whole else 1)
        found: list[Estimate] = []

        def evaluate(start: int, stop: int) -> Estimate:
            rows = problem.rows(start, stop)
            own = {name: _own(method, name, value, rows, n) for name, value in keywords.items()}
            if "target" in own:
                own["target"] = problem.target.rows(rows)
            if "additional_forward_args" in own:
                own["additional_forward_args"] = problem.extra.rows(rows) or None
            with seeded(seed, problem.device), counting_from(start):
                return as_tuple(method.attribute(tuple(x[start:stop] for x in problem.inputs), **own), "attributions")

        def blend(inner: Estimate | None) -> Estimate | None:
            parts = [*found, inner] if inner is not None else found
            return _joined(parts) if sum(len(part[0]) for part in parts) == n else None

        execution.run(n, evaluate, lambda start, stop, value: found.append(value), size, blend)
    return _joined(found)


def _own(method: Attribution, name: str, value: Any, rows: Tensor, examples: int) -> Any:
    return value if name == "baselines" and method.takes_distribution else rows_of(value, rows, examples)


def _joined(parts: list[Estimate]) -> Estimate:
    return tuple(torch.cat(values) for values in zip(*parts, strict=True))
