"""The levels of precision that an `execution.execution` can ask for, applied to a forward function.

- *exact*: the model's own arithmetic.
- *fused*: float32 with batch norms folded into convolutions (`attribution_core.folding`) and images in channels-last
  order: no further from float64 than *exact* is, but not equal to it bit for bit.
- *fast*: *fused*, with autocast to bfloat16 on top; its error averages out over many points, so methods that use a
  single gradient refuse it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map_only

from attribution_core import errors, execution, folding, probe
from attribution_core.locks import explaining, owner
from attribution_core.tensors import main_output
from attribution_core.types import Forward, Precision

_AGREEMENT = 1e-3
"""Largest difference of the folded model's output, as a share of the largest output, for it to be used."""


@contextmanager
def applied(
    forward: Forward, precision: Precision, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]
) -> Iterator[Forward]:
    """The forward function at that level, for the time of the block.

    Args:
        forward: a module, its bound method, or a function that `locks.owner` knows to be a module's.
        precision: the level.
        inputs, extra: one example, for a trial of the model.

    Raises:
        NotApplicable: no module stands behind ``forward``, or its weights are not float32.
    """
    if precision == "exact":
        yield forward
        return
    model = owner(forward)
    require_float32(model, precision)
    pairs = _pairs.get(model)
    if pairs is None:
        pairs = _pairs[model] = _found(model, lambda: forward(*inputs, *extra))
    with folding.folded(pairs):
        yield explaining(model, _Computed(forward, precision))


class _Computed:
    """``forward`` on images in channels-last order, under autocast where the level is 'fast'."""

    def __init__(self, forward: Forward, precision: Precision) -> None:
        self.forward, self.precision = forward, precision

    def __call__(self, *args: Any) -> Any:
        images = tree_map_only(Tensor, _channels_last, args)
        if self.precision == "fused":
            return self.forward(*images)
        device = next((x.device.type for x in args if isinstance(x, Tensor)), "cpu")
        with torch.autocast(device, torch.bfloat16):
            output = self.forward(*images)
        return tree_map_only(Tensor, _single, output)


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 and x.is_floating_point() else x


def _single(x: Tensor) -> Tensor:
    return x.float() if x.dtype == torch.bfloat16 else x


def require_float32(model: Any, precision: Precision) -> None:
    """Refuse a level below 'exact' for what is no module with float32 weights.

    Raises:
        NotApplicable
    """
    if precision == "exact":
        return
    if not isinstance(model, nn.Module):
        raise errors.NotApplicable(
            f"precision is {precision!r}, which needs a torch module as forward_func; it is a "
            f"{type(model).__name__}. Use 'exact'.",
            field="precision",
            value=precision,
        )
    other = next((p.dtype for p in model.parameters() if p.is_floating_point() and p.dtype != torch.float32), None)
    if other is not None:
        raise errors.NotApplicable(
            f"precision is {precision!r}, which computes in float32; the model's weights are {other}. Use 'exact'.",
            field="precision",
            value=precision,
        )


def refuse_single_gradient(points: int) -> None:
    """Refuse 'fast' where one gradient for each example is all there is: nothing averages its error out.

    Raises:
        NotApplicable
    """
    if execution.level() == "fast" and points == 1 and not execution.in_loop():
        raise errors.NotApplicable(
            "precision is 'fast', which is not for methods that use a single gradient; use 'exact' or 'fused'.",
            field="precision",
            value="fast",
        )


_pairs: WeakKeyDictionary[nn.Module, tuple[folding.Pair, ...]] = WeakKeyDictionary()


class _Uses(TorchFunctionMode):
    """Counts, for every tensor, the functions that turn it into another tensor; keeps all alive, so that ids differ."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()
        self._alive: list[Any] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if any(isinstance(leaf, Tensor) for leaf in tree_leaves(result)):
            self._alive.append((args, kwargs, result))
            self.counts.update({id(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)})
        return result


def _found(model: nn.Module, forward: Callable[[], Any]) -> tuple[folding.Pair, ...]:
    """Convolutions called once whose output goes into one batch norm, called once, and nowhere else.

    None if folding them changes the output of ``forward()``, which is watched once and compared once.
    """
    candidates = [m for m in model.modules() if type(m) in (*folding.CONVOLUTIONS, *folding.NORMS)]
    calls: Counter[nn.Module] = Counter()
    made_by: dict[int, Any] = {}
    taken: dict[Any, Tensor] = {}

    def output_of(conv: nn.Module) -> Callable[[Any], None]:
        def see(value: Tensor) -> None:
            calls[conv] += 1
            made_by[id(value)] = conv

        return see

    def input_of(norm: nn.Module) -> Callable[[Any], None]:
        def see(values: tuple[Tensor, ...]) -> None:
            calls[norm] += 1
            taken[norm] = values[0]

        return see

    uses = _Uses()
    with torch.no_grad(), ExitStack() as stack:
        for module in candidates:
            norm = type(module) in folding.NORMS
            stack.enter_context(probe.watch(module, (input_of if norm else output_of)(module), at_input=norm))
        with uses:
            expected = main_output(forward())
    pairs = tuple(
        folding.Pair(conv, norm)
        for norm, value in taken.items()
        if (conv := made_by.get(id(value))) is not None
        and calls[conv] == calls[norm] == 1
        and uses.counts[id(value)] == 1
    )
    with torch.no_grad(), folding.folded(pairs):
        found = main_output(forward())
    agree = (found - expected).abs().max() <= _AGREEMENT * expected.abs().max()
    return pairs if bool(agree) else ()
