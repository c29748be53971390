"""Rules of layer-wise relevance propagation, set on layers as ``layer.rule = GammaRule()``.

With inputs x, weights w, bias b and z_j = Σᵢ xᵢ wᵢⱼ + bⱼ, relevance R_j goes back as Rᵢ = Σⱼ xᵢ w′ᵢⱼ · R_j / z′_j:

======================  =============================================  =============================
rule                    w′                                             z′
======================  =============================================  =============================
`EpsilonRule`           w                                              z + ε · sign z
`GammaRule`             w + γ w⁺                                       Σ x w′ + b
`Alpha1_Beta0_Rule`     w⁺                                             Σ x w′ + b
`ZPlusRule`             w⁺ where x > 0, w⁻ where x < 0                 Σ x w′
`IdentityRule`          relevance passes as it is
======================  =============================================  =============================

z′ is kept 1e-9 away from 0. A bias in z′ keeps its share of the relevance, so relevance is conserved where there is
none (``set_bias_to_zero``, `ZPlusRule`, `IdentityRule`).

A rule of one's own is a subclass that changes a layer's weights in `PropagationRule._manipulate_weights`, as in Captum;
it is given a copy of the layer.

References: Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140; Montavon et al. (2019), Layer-Wise
Relevance Propagation: An Overview, https://doi.org/10.1007/978-3-030-28954-6_10
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.rules import PullBack, rewritten


class PropagationRule(ABC):
    """Base of all rules: relevance goes back through a copy of the layer whose weights were manipulated.

    Reference: Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140
    """

    STABILITY_FACTOR: ClassVar[float] = 1e-9
    """How far from 0 denominators are kept."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @abstractmethod
    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        """Change the parameters of ``module``, a copy of the layer; it is called on the layer's inputs."""

    def through(self, module: nn.Module, x: Tensor, z: Tensor) -> Tensor:
        """The layer's output z as a function of x whose gradient c carries relevance as R = value · c."""
        x_kept, z_kept = x.detach(), z.detach()

        def make(_: Tensor) -> tuple[Tensor, PullBack]:
            return z_kept.clone(), lambda c: self._propagated(module, x_kept, z_kept, c)

        return rewritten(x, make)

    def _propagated(self, module: nn.Module, x: Tensor, z: Tensor, c: Tensor) -> Tensor:
        layer = copy_of(module)
        self._manipulate_weights(layer, x, z)
        return _pulled(layer, x, lambda changed: z * c / self._stable(changed))

    def _stable(self, z: Tensor) -> Tensor:
        return stabilised(z, self.STABILITY_FACTOR)


class EpsilonRule(PropagationRule):
    """Rᵢ = Σⱼ xᵢ wᵢⱼ · R_j / (z_j + ε · sign z_j): contributions in proportion; ε absorbs what is weak.

    Args:
        epsilon: the larger, the sparser and less noisy.

    Raises:
        OutOfRange, WrongType: ``epsilon`` is no positive number.

    Reference: Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140
    """

    def __init__(self, epsilon: float = 1e-9) -> None:
        self.STABILITY_FACTOR = _positive("epsilon", epsilon)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.STABILITY_FACTOR!r})"

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        """The weights stay as they are."""

    def through(self, module: nn.Module, x: Tensor, z: Tensor) -> Tensor:
        """The output itself, whose gradient is only weakened: no second pass through the layer is needed."""

        def make(value: Tensor) -> tuple[Tensor, PullBack]:
            kept = value / self._stable(value)
            return value.clone(), lambda c: c * kept

        return rewritten(z, make)


@final
class IdentityRule(EpsilonRule):
    """Rᵢ = R_i: relevance passes as it is, through a layer whose output has its input's shape.

    Raises:
        WrongShape: the layer's output has another shape than its input.

    Reference: Montavon et al. (2019), https://doi.org/10.1007/978-3-030-28954-6_10
    """

    def through(self, module: nn.Module, x: Tensor, z: Tensor) -> Tensor:
        """The layer's output, through which R = x · c stays the same."""
        if x.shape != z.shape:
            raise errors.WrongShape(
                f"rule is an IdentityRule on a {type(module).__name__} from shape {tuple(x.shape)} to "
                f"{tuple(z.shape)}; they must be the same.",
                field="rule",
                shape=list(x.shape),
            )
        kept = z.detach()

        def make(value: Tensor) -> tuple[Tensor, PullBack]:
            ratio = kept / self._stable(value)
            return kept.clone(), lambda c: c * ratio

        return rewritten(x, make)


@final
class GammaRule(PropagationRule):
    """Rᵢ = Σⱼ xᵢ w′ᵢⱼ · R_j / (Σᵢ xᵢ w′ᵢⱼ + bⱼ) with w′ = w + γ w⁺: what speaks for the output weighs more.

    Args:
        gamma: how much more.
        set_bias_to_zero: whether to leave b out, so that relevance is conserved.

    Raises:
        OutOfRange, WrongType: ``gamma`` is no positive number.

    Reference: Montavon et al. (2019), https://doi.org/10.1007/978-3-030-28954-6_10
    """

    def __init__(self, gamma: float = 0.25, set_bias_to_zero: bool = False) -> None:
        self.gamma = _positive("gamma", gamma)
        self.set_bias_to_zero = set_bias_to_zero

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.gamma!r}, set_bias_to_zero={self.set_bias_to_zero})"

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor):
            weight.data = weight.data + self.gamma * weight.data.clamp(min=0)
        if self.set_bias_to_zero:
            without_bias(module)


@final
class Alpha1_Beta0_Rule(PropagationRule):  # noqa: N801 - Captum's name
    """Rᵢ = Σⱼ xᵢ w⁺ᵢⱼ · R_j / (Σᵢ xᵢ w⁺ᵢⱼ + bⱼ): only positive weights count.

    For inputs that are not negative, as after a ReLU; elsewhere `ZPlusRule` takes the inputs' signs into account.

    Args:
        set_bias_to_zero: whether to leave b out, so that relevance is conserved.

    Reference: Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140
    """

    def __init__(self, set_bias_to_zero: bool = False) -> None:
        self.set_bias_to_zero = set_bias_to_zero

    def __repr__(self) -> str:
        return f"{type(self).__name__}(set_bias_to_zero={self.set_bias_to_zero})"

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor):
            weight.data = weight.data.clamp(min=0)
        if self.set_bias_to_zero:
            without_bias(module)


@final
class ZPlusRule(PropagationRule):
    """Rᵢ = Σⱼ (xᵢ wᵢⱼ)⁺ · R_j / Σᵢ (xᵢ wᵢⱼ)⁺: only positive contributions count, and relevance is conserved.

    Reference: Montavon et al. (2017), Deep Taylor Decomposition, https://doi.org/10.1016/j.patcog.2016.11.008
    """

    def _manipulate_weights(self, module: nn.Module, inputs: Any, outputs: Any) -> None:
        without_bias(module)

    def _propagated(self, module: nn.Module, x: Tensor, z: Tensor, c: Tensor) -> Tensor:
        parts = []
        for bounds in ({"min": 0.0}, {"max": 0.0}):
            layer = copy_of(module)
            without_bias(layer)
            weight = getattr(layer, "weight", None)
            if isinstance(weight, Tensor):
                weight.data = weight.data.clamp(**bounds)
            parts.append((layer, x.clamp(**bounds)))
        with torch.no_grad():
            total = torch.stack([layer.forward(part) for layer, part in parts]).sum(0)
        share = z * c / self._stable(total)
        above, below = (_pulled(layer, part, lambda _: share) for layer, part in parts)
        return torch.where(x > 0, above, below)


def stabilised(z: Tensor, epsilon: float) -> Tensor:
    """z + ε · sign z, where 0 counts as positive. In half precision ε is at least the smallest normal number."""
    epsilon = max(epsilon, torch.finfo(z.dtype).tiny)
    return torch.where(z < 0, z - epsilon, z + epsilon)


def copy_of(module: nn.Module) -> nn.Module:
    """The layer with parameters of its own; everything else is shared."""
    layer = copy.copy(module)
    layer._parameters = {
        name: None if p is None else nn.Parameter(p.detach().clone(), requires_grad=False)
        for name, p in module._parameters.items()
    }
    return layer


def without_bias(module: nn.Module) -> None:
    """Set the bias, if there is one, to zero."""
    bias = getattr(module, "bias", None)
    if isinstance(bias, Tensor):
        bias.data = torch.zeros_like(bias.data)


def _pulled(layer: nn.Module, x: Tensor, share: Any) -> Tensor:
    """``share(z)`` back through the layer at x."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        z = layer.forward(leaf)
        (gradient,) = torch.autograd.grad(z, leaf, share(z.detach()))
    return gradient


def _positive(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise errors.WrongType(f"{field} is {value!r}; it must be a number above 0.", field=field, value=repr(value))
    if not 0 < value < float("inf"):
        raise errors.OutOfRange(f"{field} is {value}; it must be above 0.", field=field, value=repr(value), low=0)
    return float(value)
