"""The weight-randomisation check: a map that stays as it is when the model forgets what it learnt shows the input."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from attribution_core import errors
from attribution_core.execution import is_out_of_memory
from attribution_core.layers import trace
from attribution_core.locks import lock_for
from attribution_core.metrics.maps import precise


@dataclass(frozen=True, slots=True)
class RandomStage:
    """The model after one more group of layers has lost its weights.

    Attributes:
        model: a copy, the same one at every stage.
        layers: the names of the modules whose weights became random at this stage, the last one of the model first.
    """

    model: nn.Module
    layers: tuple[str, ...]


def random_stages(
    model: nn.Module, inputs: tuple[Tensor, ...], stages: int = 5, seed: int = 0
) -> Iterator[RandomStage]:
    """Replace the weights of a copy of the model by random ones, from its last layer to its first.

    A module without others inside is set back by its own ``reset_parameters`` where it has one (a batch norm forgets
    its running statistics too); weights that this leaves as they are, such as those of a module without one, are drawn
    from a normal distribution with their mean and standard deviation. The model itself is never written to.

    Args:
        model: the model; nothing of it is changed.
        inputs: for one forward pass, which tells the order of the layers; further arguments behind them.
        stages: how many groups the modules with weights are divided into; at most one for each module.
        seed: of the random weights, which do not depend on ``stages``; the global generators are left alone.

    Returns:
        An iterator; a stage's model is good until the next stage is asked for.

    Raises:
        OutOfRange, WrongType: ``stages`` is no whole number of at least 1.
        NotApplicable: the model has no weights, or cannot be copied.

    Reference: Adebayo et al. (2018), Sanity Checks for Saliency Maps, https://arxiv.org/abs/1810.03292
    """
    errors.whole_number("stages", stages, 1)
    names = weighted_layers(model, inputs)
    if not names:
        raise errors.NotApplicable("The model has no weights that could be made random.", field="model")
    return _stages(_copied(model), names, min(stages, len(names)), seed)


def weighted_layers(model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
    """The names of the modules that have weights of their own, the one called last first; '' is the model itself.

    Args:
        model: the model.
        inputs: for one forward pass; further arguments behind them.
    """
    calls = [name for name, _, _ in trace(model, inputs)]
    own = [name for name, module in model.named_modules() if _weights(module)]
    # The sort is stable: what is called with its parent alone follows the order of definition.
    return tuple(sorted(own, key=lambda name: _place(name, calls)))[::-1]


def count_weighted(model: nn.Module) -> int:
    """How many modules have weights of their own: the most stages that there can be."""
    return sum(bool(_weights(module)) for module in model.modules())


def _place(name: str, calls: list[str]) -> int:
    """When a module is first at work: with the first call inside it, else with the parent that does its work."""
    prefix = f"{name}." if name else ""
    inside = [at for at, call in enumerate(calls) if call == name or call.startswith(prefix)]
    if inside:
        return inside[0]
    return _place(name.rpartition(".")[0], calls) if name else 0


def _stages(model: nn.Module, names: tuple[str, ...], stages: int, seed: int) -> Iterator[RandomStage]:
    forgotten: set[int] = set()
    for stage in range(stages):
        first, last = (len(names) * k // stages for k in (stage, stage + 1))
        for place in range(first, last):
            _forget(model.get_submodule(names[place]), seed + place, forgotten)
        yield RandomStage(model, names[first:last])


def _copied(model: nn.Module) -> nn.Module:
    try:
        with lock_for(model):
            return copy.deepcopy(model)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise errors.NotApplicable(
            f"The model cannot be copied ({type(error).__name__}: {error}), and its own weights are left alone.",
            field="model",
        ) from None


@torch.no_grad()
def _forget(module: nn.Module, seed: int, forgotten: set[int]) -> None:
    """Random weights for one module; those that it shares with a module that forgot already stay."""
    before = [(p, p.detach().clone()) for p in _weights(module)]
    with torch.random.fork_rng(devices=sorted({p.device.index or 0 for p, _ in before if p.is_cuda})):
        torch.manual_seed(seed)
        _reset(module)
        for p, old in before:
            if id(p) in forgotten:
                p.copy_(old)
                continue
            mean, spread = (float(f) for f in (precise(old).mean(), precise(old).std(correction=0)))
            if torch.equal(p, old) and spread > 0:
                p.normal_(mean, spread)
    forgotten.update(id(p) for p, _ in before)


def _reset(module: nn.Module) -> None:
    reset: Any = getattr(module, "reset_parameters", None)
    # A container's may set back what is inside it, too.
    if callable(reset) and not any(True for _ in module.children()):
        try:
            reset()
        except Exception as error:  # one that wants arguments, say
            if is_out_of_memory(error):
                raise


def _weights(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters(recurse=False) if not is_lazy(p) and p.is_floating_point()]
