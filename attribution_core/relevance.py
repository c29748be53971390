"""Layer-wise relevance propagation as a rewritten backward pass.

Relevance R of a value v travels as c = R / v, which starts as 1 at the output and takes the gradient's place. Where an
operation is linear without a bias, or positively homogeneous (ReLU, max pool), the gradient itself conserves relevance,
so that sums, residual connections, reshaping, padding and averages need no rule. Layers with a rule get it from
`lrp_rules`; other functions of one variable with f(0) = 0 pass relevance on by c_in = c · f(x)/x.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.modules.pooling import _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd, _AvgPoolNd, _MaxPoolNd
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights
from torch.overrides import TorchFunctionMode

from attribution_core import errors, probe
from attribution_core.lrp_rules import EpsilonRule, PropagationRule, copy_of
from attribution_core.operations import HOMOGENEOUS, UNARY, Call, is_nonlinear, max_pool, name_of
from attribution_core.rules import PullBack, after, rewritten

_WEIGHTED = (nn.Linear, _ConvNd)
_PLAIN = (_MaxPoolNd, _AvgPoolNd, _AdaptiveAvgPoolNd, _AdaptiveMaxPoolNd)


def rule_of(module: nn.Module, name: str, default: PropagationRule | None) -> PropagationRule | None:
    """The rule set on the layer as ``rule``, or the one that its kind has by default; None for other kinds.

    Raises:
        NotApplicable: a batch norm that takes its statistics from the batch.
        WrongType: what is set is no rule.
    """
    rule = getattr(module, "rule", None)
    if rule is not None:
        if not isinstance(rule, PropagationRule):
            raise errors.WrongType(
                f"rule of layer '{name}' is a {type(rule).__name__}; it must be a PropagationRule.",
                field="rule",
                layer=name,
            )
        return rule
    if isinstance(module, _WEIGHTED):
        return default or EpsilonRule()
    if isinstance(module, _BatchNorm) and (module.training or module.running_mean is None):
        raise errors.NotApplicable(
            f"Layer '{name}' ({type(module).__name__}) takes its statistics from the batch, which has no LRP rule; "
            "call model.eval() first.",
            field="layer",
            layer=name,
        )
    return EpsilonRule() if isinstance(module, (_BatchNorm, *_PLAIN)) else None


@contextmanager
def propagating(model: nn.Module, default: PropagationRule | None = None, verbose: bool = False) -> Iterator[None]:
    """Make gradients carry relevance while the block runs.

    Args:
        model: whose layers' rules count.
        default: the rule of linear layers and convolutions that have none. A batch norm behind such a layer is then
            merged into it; without a default it is a layer of its own, with the epsilon rule, as in Captum.
        verbose: whether to write which rule is applied where.

    Raises:
        NotApplicable: the model calls an operation that neither has a rule nor conserves relevance.
        WrongType: a layer's ``rule`` is no rule.
    """
    walk = _Walk(default is not None, verbose)
    with ExitStack() as stack:
        for name, module in model.named_modules():
            place = _Layer(name, module, rule_of(module, name, default))
            if place.rule is not None and getattr(module, "inplace", False):
                # The rule needs the input.
                stack.enter_context(_not_in_place(module))
            stack.enter_context(probe.watch(module, partial(walk.enter, place), at_input=True))
            stack.enter_context(after(module, partial(walk.leave, place)))
        stack.enter_context(_Operations(walk))
        yield


@contextmanager
def _not_in_place(module: Any) -> Iterator[None]:
    module.inplace = False
    try:
        yield
    finally:
        module.inplace = True


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    module: nn.Module
    rule: PropagationRule | None


class _Walk:
    """Where in the model the forward pass is, and what its layers with rules put out."""

    def __init__(self, merge: bool, verbose: bool) -> None:
        self._merge = merge
        self._verbose = verbose
        self._told: set[_Layer] = set()
        self._path: list[_Layer] = []
        # A layer's input, by the identity of its output, which is kept so that no other tensor takes its place.
        self._behind: dict[int, tuple[_Layer, Tensor, Tensor]] = {}

    @property
    def place(self) -> _Layer | None:
        return self._path[-1] if self._path else None

    @property
    def in_rule(self) -> bool:
        """Whether a layer with a rule is being called: the rule stands for all that happens inside."""
        return any(layer.rule is not None for layer in self._path)

    def enter(self, layer: _Layer, _: Any) -> None:
        if not self._path:
            self._behind.clear()
        self._path.append(layer)

    def leave(self, layer: _Layer, x: Any, output: Any) -> Any:
        """What takes the output's place: the same values, with the rule as their backward pass."""
        # The layer stays on the path meanwhile: what its rule calls is the rule's business.
        nested = any(outer.rule is not None for outer in self._path[:-1])
        found = None if layer.rule is None or nested else self._ruled(layer, layer.rule, x, output)
        self._path.pop()
        return found

    def _ruled(self, layer: _Layer, rule: PropagationRule, x: Any, output: Any) -> Any:
        if not isinstance(x, Tensor) or not isinstance(output, Tensor):
            raise errors.NotApplicable(
                f"Layer '{layer.name}' has a rule, but its value is {probe.describe(output)}; a rule needs a tensor.",
                field="layer",
                layer=layer.name,
            )
        if not output.requires_grad:
            return None
        if self._verbose and layer not in self._told:
            self._told.add(layer)
            sys.stdout.write(f"Applied {type(rule).__name__} on layer {layer.name}\n")
        before = self._behind.get(id(x))
        if before is not None and isinstance(layer.module, _BatchNorm) and not hasattr(layer.module, "rule"):
            first, x, _ = before
            merged = _merged(first.module, layer.module)
            return (first.rule or rule).through(merged, x, merged.forward(x))
        found = rule.through(layer.module, x, output)
        if self._merge and isinstance(layer.module, _WEIGHTED):
            self._behind[id(found)] = (layer, x, found)
        return found


def _merged(layer: nn.Module, norm: Any) -> nn.Module:
    """The linear layer or convolution with the batch norm behind it, as one layer."""
    merged: Any = copy_of(layer)
    statistics = (norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias)
    if isinstance(layer, nn.Linear):
        weight, bias = fuse_linear_bn_weights(layer.weight, layer.bias, *statistics)
    else:
        given: Any = layer
        weight, bias = fuse_conv_bn_weights(given.weight, given.bias, *statistics, isinstance(layer, _ConvTransposeNd))
    merged._parameters["weight"], merged._parameters["bias"] = weight.detach(), bias.detach()
    return copy_of(merged)


class _Operations(TorchFunctionMode):
    """Functions that are no layers with rules: passed, factored, or refused."""

    def __init__(self, walk: _Walk) -> None:
        super().__init__()
        self._walk = walk

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        conserves = func in HOMOGENEOUS or max_pool(func) is not None
        if conserves or self._walk.in_rule or not is_nonlinear(func, args, kwargs):
            return func(*args, **kwargs)
        call = Call.of(func, args, kwargs) if func in UNARY else None
        if call is None or bool(call.at(torch.zeros_like(call.input[:1])).any()):
            raise self._refusal(func)
        return call.put(rewritten(call.input, partial(_factored, call)))

    def _refusal(self, function: Any) -> errors.NotApplicable:
        place = self._walk.place
        name = place.name if place is not None and place.name else ""
        where = f"Layer '{name}' ({type(place.module).__name__})" if place is not None and name else "The model"
        return errors.NotApplicable(
            f"{where} calls {name_of(function).strip('_')}, which has no LRP rule"
            + ("; set one on the layer, such as IdentityRule(), or choose another method." if name else "."),
            field="layer",
            layer=name,
            operation=name_of(function).strip("_"),
        )


def _factored(call: Call, x: Tensor) -> tuple[Tensor, PullBack]:
    y = call.at(x)
    at_zero = x == 0
    factor = y / x
    if bool(at_zero.any()):
        factor = torch.where(at_zero, call.slope(x), factor)
    return y, lambda c: c * factor
