"""What is taken for granted of a model: that it does not change while it is explained, and that examples are apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from attribution_core import errors
from attribution_core.locks import lock_for
from attribution_core.tensors import main_output

_TOLERANCE = {torch.float16: 5e-2, torch.bfloat16: 0.2}
_told_apart: WeakKeyDictionary[nn.Module, dict[Any, bool]] = WeakKeyDictionary()


@contextmanager
def constant(model: Any) -> Iterator[None]:
    """Refuse the block's result if the model's parameters or modes changed in it.

    Told by autograd's version counters: writing to ``.data`` escapes it.

    Raises:
        ModelChanged: a parameter was written to, or a module was set to another mode.
    """
    before = _marks(model)
    yield
    after = _marks(model)
    if before != after:
        changed = sorted({name for name, _ in before ^ after})
        raise errors.ModelChanged(
            f"The model changed while it was explained: {', '.join(changed[:3])}. Its attributions mix several models.",
            changed=changed[:3],
        )


def _marks(model: Any) -> set[tuple[str, Any]]:
    if not isinstance(model, nn.Module):
        return set()
    weights = {
        (name, (id(p), None if p.is_inference() else p._version))
        for name, p in model.named_parameters(remove_duplicate=False)
    }
    return weights | {
        (f"the mode of '{name}'" if name else "its mode", m.training) for name, m in model.named_modules()
    }


def mixes_batch(model: Any) -> bool:
    """Whether a batch norm takes its statistics from the batch, so that an example's output depends on its mates."""
    if not isinstance(model, nn.Module):
        return False
    return any(isinstance(m, _NormBase) and _uses_batch_statistics(m) for m in model.modules())


def _uses_batch_statistics(norm: _NormBase) -> bool:
    per_example = isinstance(norm, (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d))
    return not per_example and (norm.training or norm.running_mean is None)


def examples_apart(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> bool:
    """Whether the first example's output is the same alone and with a mate, which is the example rolled by one value.

    Three forward passes, once for a model and the shapes of its inputs. True where it cannot be told: for a batch norm
    that uses batch statistics, which the loop knows how to handle, where outputs are random, and where the model
    cannot take the mate.
    """
    if mixes_batch(model):
        return True
    key = tuple((tuple(x.shape[1:]), x.dtype) for x in inputs)
    known = _told_apart.setdefault(model, {})
    if key not in known:
        with lock_for(model), torch.no_grad():
            known[key] = _apart(model, inputs, extra)
    return known[key]


def _apart(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> bool:
    examples = inputs[0].shape[0]
    one = tuple(x[:1] for x in inputs)
    two = tuple(torch.cat((x, x.roll(1, -1))) for x in one)
    rows = [
        tuple(v[[0] * n] if isinstance(v, Tensor) and v.dim() and len(v) == examples else v for v in extra)
        for n in (1, 2)
    ]
    try:
        alone, again = (main_output(model(*one, *rows[0])) for _ in range(2))
        together = main_output(model(*two, *rows[1]))
    except Exception:  # what the model refuses tells nothing of the batch
        return True
    if not torch.equal(alone, again) or alone.dim() == 0 or len(together) != 2:
        return True
    tolerance = _TOLERANCE.get(alone.dtype, 1e-3) * float(together.abs().max())
    return float((together[:1] - alone).abs().max()) <= tolerance


REASON = "Its output for an example depends on the other examples of its batch."
