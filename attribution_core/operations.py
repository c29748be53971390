"""Which functions of torch are which kind of operation, in all their forms.

A ReLU may be a module, ``F.relu``, ``torch.relu``, ``x.relu()`` or in place; all of them reach `torch.overrides` under
one of the names here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_HOMES = (torch, Tensor, F, torch.special, torch._C._nn)


def _forms(names: str) -> frozenset[Any]:
    """The functions of these names, and their in-place forms, wherever torch keeps them."""
    found = (getattr(home, name + end, None) for home in _HOMES for name in names.split() for end in ("", "_"))
    return frozenset(function for function in found if callable(function))


RELU = _forms("relu")

UNARY = RELU | _forms(
    "leaky_relu prelu rrelu relu6 hardtanh elu selu celu gelu silu mish hardswish hardsigmoid sigmoid expit "
    "special_expit tanh softplus softsign logsigmoid log_sigmoid tanhshrink hardshrink softshrink threshold _threshold "
    "exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal pow __pow__ __rdiv__ __rtruediv__ abs absolute "
    "__abs__ erf erfc sin cos tan arctan atan sinh cosh asinh clamp clip clamp_min clamp_max"
)
"""Functions of one variable, element by element."""

SOFTMAX = _forms("softmax")

HOMOGENEOUS = RELU | _forms(
    "leaky_relu prelu abs absolute __abs__ max min amax amin maximum minimum sort topk norm lp_pool1d lp_pool2d"
)
"""f(λx) = λ f(x) for λ > 0: the gradient times the input adds up to the output."""

_PRODUCTS = _forms(
    "mul multiply div divide true_divide matmul bmm mm mv dot einsum bilinear addcmul baddbmm addmm maximum minimum "
    "__mul__ __rmul__ __truediv__ __matmul__ __rmatmul__ cosine_similarity"
)
_OTHERS = UNARY | _forms(
    "softmax log_softmax softmin gumbel_softmax logsumexp glu layer_norm group_norm instance_norm rms_norm normalize "
    "local_response_norm max min amax amin sort topk norm std var cumprod prod lp_pool1d lp_pool2d "
    "fractional_max_pool2d lstm gru rnn_tanh rnn_relu lstm_cell gru_cell scaled_dot_product_attention "
    "multi_head_attention_forward"
)

_POOLS: dict[Any, tuple[int, Callable[..., tuple[Tensor, Tensor]]]] = {}
for _n in (1, 2, 3):
    for _kind in (f"max_pool{_n}d", f"adaptive_max_pool{_n}d"):
        for _function in _forms(f"{_kind} {_kind}_with_indices"):
            _POOLS[_function] = (_n, getattr(F, f"{_kind}_with_indices"))


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of one activation: its input, and how to evaluate the function elsewhere."""

    function: Any
    input: Tensor
    rest: tuple[Any, ...]
    keywords: Mapping[str, Any]

    @classmethod
    def of(cls, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
        """The call, or None if it takes another tensor than one activation and parameters."""
        keywords = dict(kwargs)
        first = args[0] if args else keywords.pop("input", None)
        others = [v for v in (*args[1:], *keywords.values()) if isinstance(v, Tensor)]
        single = isinstance(first, Tensor) and first.is_floating_point() and "out" not in keywords
        if not single or not all(isinstance(v, nn.Parameter) for v in others):
            return None
        return cls(function, first, args[1:], keywords)

    @property
    def in_place(self) -> bool:
        name = name_of(self.function)
        return bool(self.keywords.get("inplace")) or (name.endswith("_") and not name.endswith("__"))

    def argument(self, name: str, position: int) -> Any:
        """An argument that is given by name or at a position after the input; None if it is not given."""
        return self.keywords.get(name, self.rest[position] if position < len(self.rest) else None)

    def at(self, x: Tensor) -> Tensor:
        """The function's value at ``x``, which is left as it is."""
        result: Tensor = self.function(x.clone() if self.in_place else x, *self.rest, **self.keywords)
        return result

    def slope(self, x: Tensor) -> Tensor:
        """The derivative at ``x``, element by element."""
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.at(leaf).sum(), leaf)
        return gradient

    def put(self, y: Tensor) -> Tensor:
        """``y`` as the call's result: written into the input where the call works in place."""
        return self.input.copy_(y) if self.in_place else y


def max_pool(function: Any) -> tuple[int, Callable[..., tuple[Tensor, Tensor]]] | None:
    """Its number of dimensions and the form of it that returns (values, indices); None if it is no max pool."""
    return _POOLS.get(function)


def name_of(function: Any) -> str:
    """The function's own name: 'relu_'."""
    return str(getattr(function, "__name__", function))


def is_random(function: Any, kwargs: Mapping[str, Any]) -> bool:
    """Whether the operation drops other values each time it is called."""
    return "dropout" in name_of(function) and bool(kwargs.get("training"))


def is_nonlinear(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the operation is not linear in the activations among its arguments."""
    activations = sum(1 for _ in _activations((args, kwargs)))
    if function is F.batch_norm:
        return activations > 0 and bool(kwargs.get("training"))
    return (function in _OTHERS and activations > 0) or (function in _PRODUCTS and activations > 1)


def _activations(value: Any) -> Iterator[Tensor]:
    """The tensors in nested arguments that depend on the model's input."""
    if isinstance(value, Tensor):
        if value.requires_grad and not isinstance(value, nn.Parameter):
            yield value
    elif isinstance(value, (tuple, list, Mapping)):
        parts: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for part in parts:
            yield from _activations(part)
