"""Rewrite the backward pass: ReLU gates, and DeepLIFT's multipliers.

Operations are caught where they are called, by `torch.overrides`, so that a ReLU is found in each of its forms: as a
module (used once or several times), as a function, as a method, in place. What runs backward holds its own tensors and
reads no state: CUDA runs it on threads of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from attribution_core import errors
from attribution_core.operations import RELU, SOFTMAX, UNARY, Call, is_nonlinear, is_random, max_pool, name_of

PullBack = Callable[[Tensor], Tensor]
Make = Callable[[Tensor], tuple[Tensor, PullBack]]


class Rewritten(torch.autograd.Function):
    """y = f(x) with a backward pass of one's own: ``make(x)`` gives a new tensor y, and how a gradient goes back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, make: Make) -> Tensor:
        y, ctx.pull_back = make(x)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.pull_back(gradients[0]), None


def rewritten(x: Tensor, make: Make) -> Tensor:
    """``make(x)``'s y, differentiable in its way."""
    y: Tensor = Rewritten.apply(x, make)
    return y


@contextmanager
def after(module: nn.Module, replace: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Let ``replace(input, output)`` take the place of the module's output whenever it is called, unless it is None.

    The input is the first argument, None where there is none.
    """

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        return replace(next(iter((*args, *kwargs.values())), None), output)

    handle = module.register_forward_hook(hook, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


class Gates(TorchFunctionMode):
    """ReLUs that let only positive gradients back.

    Deconvolution: R_in = R⁺. Guided backprop: R_in = R⁺ · 1[x > 0].

    Args:
        guided: whether the ReLU's own gradient is a factor too.

    References: Zeiler and Fergus (2013), https://arxiv.org/abs/1311.2901; Springenberg et al. (2014),
    https://arxiv.org/abs/1412.6806
    """

    def __init__(self, guided: bool) -> None:
        super().__init__()
        self._guided = guided
        self.relus = 0
        """How many ReLUs were called."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        call = Call.of(func, args, kwargs or {}) if func in RELU else None
        if call is None:
            return func(*args, **(kwargs or {}))
        self.relus += 1
        return call.put(rewritten(call.input, self._make))

    def _make(self, x: Tensor) -> tuple[Tensor, PullBack]:
        y = x.clamp(min=0)
        if not self._guided:
            return y, partial(torch.clamp, min=0)
        passed = x > 0
        return y, lambda gradient: gradient.clamp(min=0) * passed


@dataclass(frozen=True, slots=True)
class Activation:
    """What an operation got at the baseline."""

    function: Any
    input: Tensor


class Recorder(TorchFunctionMode):
    """Keeps the inputs of all operations with a DeepLIFT rule, in the order of their calls."""

    def __init__(self) -> None:
        super().__init__()
        self.activations: list[Activation] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        call = _with_rule(func, args, kwargs or {})
        if call is not None:
            # A copy: what comes next may work in place.
            self.activations.append(Activation(func, call.input.detach().clone()))
        return func(*args, **(kwargs or {}))


class Rescaled(TorchFunctionMode):
    """DeepLIFT: gradients become multipliers, which compare the input x with a baseline x′.

    Function of one variable: m(x) = m(y) · Δy/Δx, or m(y) · f′(x) where |Δx| < eps (the rescale rule).
    Max pool: a window's m(y) · Δy goes to where x, or x′, has its maximum: to the one whose maximum is larger.
    Softmax: the rescale rule, then less its mean along the softmax.
    Any other operation: its gradient, which is exact where it is linear; the others' names are kept.

    Args:
        activations: of the same model at the baseline, by a `Recorder`.
        eps: the smallest difference that is divided by.

    Reference: Shrikumar et al. (2017), Learning Important Features Through Propagating Activation Differences,
    https://arxiv.org/abs/1704.02685
    """

    def __init__(self, activations: list[Activation], eps: float) -> None:
        super().__init__()
        self._activations = activations[::-1]
        self._eps = eps
        self._mismatch: errors.NotApplicable | None = None
        self.without_rule: set[str] = set()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        call = _with_rule(func, args, kwargs)
        if is_random(func, kwargs) or ((call is None or func in SOFTMAX) and is_nonlinear(func, args, kwargs)):
            self.without_rule.add(name_of(func).strip("_"))
        if call is None:
            return func(*args, **kwargs)
        reference = self._reference(call)
        if reference is None or not (call.input.requires_grad and torch.is_grad_enabled()):
            return func(*args, **kwargs)
        pool = max_pool(func)
        if pool is not None:
            return self._pooled(call, reference, *pool)
        rule = self._softmax if func in SOFTMAX else self._rescale
        return call.put(rewritten(call.input, partial(rule, call, reference)))

    def finish(self) -> None:
        """Refuse a model that called other operations at the baseline than at the input."""
        if self._mismatch is None and self._activations:
            self._mismatch = _another_path(name_of(self._activations[-1].function), "nothing")
        if self._mismatch is not None:
            raise self._mismatch

    def _reference(self, call: Call) -> Tensor | None:
        """What the same operation got at the baseline; None, from the first difference on, where there is no same."""
        found = self._activations.pop() if self._activations else None
        if found is not None and found.function == call.function and found.input.shape == call.input.shape:
            return found.input
        if self._mismatch is None:
            self._mismatch = _another_path(
                "nothing" if found is None else name_of(found.function), name_of(call.function)
            )
        self._activations.clear()
        return None

    def _near(self, difference: Tensor) -> Tensor:
        return (difference.abs() < self._eps) | (difference == 0)

    def _rescale(self, call: Call, reference: Tensor, x: Tensor) -> tuple[Tensor, PullBack]:
        y = call.at(x)
        difference = x - reference
        near = self._near(difference)
        multiplier = (y - call.at(reference)) / difference
        if bool(near.any()):
            multiplier = torch.where(near, call.slope(x), multiplier)
        return y, lambda m: m * multiplier

    def _softmax(self, call: Call, reference: Tensor, x: Tensor) -> tuple[Tensor, PullBack]:
        y = call.at(x)
        dim = call.argument("dim", 0)
        along = dim if dim is not None else (0 if x.dim() in (0, 1, 3) else 1)  # as torch chooses
        difference = x - reference
        near = self._near(difference)
        multiplier = (y - call.at(reference)) / difference
        kept = y.clone()  # what comes next may work in place

        def pull_back(m: Tensor) -> Tensor:
            local = torch.where(near, kept * (m - (m * kept).sum(along, keepdim=True)), m * multiplier)
            return local - local.mean(along, keepdim=True)

        return y, pull_back

    def _pooled(
        self, call: Call, reference: Tensor, dimensions: int, pool: Callable[..., tuple[Tensor, Tensor]]
    ) -> Any:
        indices: list[Tensor] = []

        def make(x: Tensor) -> tuple[Tensor, PullBack]:
            y, at = pool(x, *call.rest, **call.keywords)
            y_reference, at_reference = pool(reference, *call.rest, **call.keywords)
            indices.append(at)
            larger = torch.maximum(y, y_reference)
            rise, fall = larger - y_reference, y - larger
            difference = x - reference
            near = self._near(difference)

            def pull_back(m: Tensor) -> Tensor:
                change = _spread(m * rise, at, difference, dimensions)
                change += _spread(m * fall, at_reference, difference, dimensions)
                return torch.where(near, _spread(m, at, difference, dimensions), change / difference)

            return y, pull_back

        y = rewritten(call.input, make)
        asked = name_of(call.function).endswith("with_indices") or call.keywords.get("return_indices")
        return (y, indices[0]) if asked else y


def _with_rule(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    if function in UNARY or function in SOFTMAX or max_pool(function) is not None:
        return Call.of(function, args, kwargs)
    return None


def _spread(values: Tensor, indices: Tensor, like: Tensor, dimensions: int) -> Tensor:
    """Each value added at its index into the last dimensions of a tensor shaped like ``like``."""
    whole = torch.zeros_like(like, memory_format=torch.contiguous_format).flatten(-dimensions)
    return whole.scatter_add_(-1, indices.flatten(-dimensions), values.flatten(-dimensions)).reshape(like.shape)


def _another_path(at_baseline: str, at_input: str) -> errors.NotApplicable:
    return errors.NotApplicable(
        f"The model does something else at the baseline ({at_baseline}) than at the input ({at_input}), so that their "
        "activations cannot be compared.",
        at_baseline=at_baseline,
        at_input=at_input,
    )
