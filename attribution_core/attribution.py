"""The base classes of all methods, with Captum's names.

A method is a subclass that sets its options in ``__init__`` and computes in ``attribute``. Its attributes cannot be set
a second time, so an instance means the same for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attribution_core import errors, execution
from attribution_core.problem import opened
from attribution_core.tensors import as_tuple, checked_baselines, one_each
from attribution_core.types import Attributions, Baselines, Forward, Inputs, TargetType


class Attribution:
    """Base of all methods.

    Args:
        forward_func: the model, or a function of its inputs that returns one row for each example.
    """

    forward_func: Forward
    splittable: ClassVar[bool] = False
    """Whether a batch may be attributed in parts: true of a method that draws no random numbers."""
    takes_distribution: ClassVar[bool] = False
    """Whether ``baselines`` are any number of rows drawn from the data, all of them for every example."""

    def __init__(self, forward_func: Forward) -> None:
        if not callable(forward_func):
            raise errors.WrongType(
                f"forward_func is a {type(forward_func).__name__}; it must be callable.", field="forward_func"
            )
        self.forward_func = forward_func

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:
            raise AttributeError(f"{type(self).__name__}.{name} cannot be changed; make a new {type(self).__name__}.")
        object.__setattr__(self, name, value)

    attribute: Any
    """``attribute(inputs, …)``: attributions shaped like what they are given to. Every method defines its own."""

    @property
    def multiplies_by_inputs(self) -> bool:
        """Whether the input's value is a factor of the attribution (a global method), or not (a local one)."""
        return False

    def has_convergence_delta(self) -> bool:
        """Whether ``attribute`` takes ``return_convergence_delta``."""
        return False


class GradientAttribution(Attribution):
    """Base of the methods that differentiate the forward function."""

    def compute_convergence_delta(
        self,
        attributions: Attributions,
        start_point: Baselines,
        end_point: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
    ) -> Tensor:
        """How far attributions are from completeness: Σ attributions − (F(end) − F(start)), per example.

        Args:
            attributions: as returned by ``attribute`` for ``end_point``.
            start_point: the baselines: tensors of the inputs' shape or with one row, or numbers; None means zero.
            end_point: the inputs, N examples.
            target: the output explained.
            additional_forward_args: further arguments of the forward function.

        Returns:
            Tensor of shape (N,).

        Raises:
            WrongShape: the shapes do not fit together.
            TargetMissing: several outputs and no target.

        Reference: completeness axiom, Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365
        """
        with opened(self.forward_func, end_point, target, additional_forward_args) as problem:
            start = checked_baselines(start_point, problem.inputs, "start_point")
            values = as_tuple(attributions, "attributions")
            for value in values:
                if value.dim() == 0 or value.shape[0] != problem.examples:
                    raise errors.WrongShape(
                        f"attributions has shape {tuple(value.shape)}; it must have {problem.examples} rows.",
                        field="attributions",
                        shape=list(value.shape),
                    )
            with execution.plan(2 * problem.examples):
                difference = one_each(problem.outputs(problem.inputs)) - one_each(problem.outputs(start))
            total = torch.stack([v.detach().reshape(problem.examples, -1).sum(1) for v in values]).sum(0)
            return total - difference


class PerturbationAttribution(Attribution):
    """Base of the methods that change the input and watch the output; they build no autograd graph."""

    @property
    def multiplies_by_inputs(self) -> bool:
        return True


class InternalAttribution(Attribution):
    """Base of the methods that look inside the model.

    Args:
        forward_func: the model, or a function that calls it.
        layer: a module that the forward function calls.
        device_ids: accepted for compatibility; the module's own device is used.
    """

    def __init__(
        self, forward_func: Forward, layer: nn.Module | list[nn.Module], device_ids: list[int] | None = None
    ) -> None:
        super().__init__(forward_func)
        modules = layer if isinstance(layer, list) else [layer]
        if not modules or not all(isinstance(m, nn.Module) for m in modules):
            raise errors.WrongType(
                f"layer is a {type(layer).__name__}; it must be a module of the model.", field="layer"
            )
        self.layer = layer
        self.device_ids = device_ids

    @property
    def module(self) -> nn.Module:
        """The layer, for a method that takes a single one.

        Raises:
            WrongType: several layers were given.
        """
        if isinstance(self.layer, nn.Module):
            return self.layer
        raise errors.WrongType(
            f"layer is a list of {len(self.layer)}; {type(self).__name__} takes a single module.", field="layer"
        )


class LayerAttribution(InternalAttribution):
    """Base of the methods that attribute to a layer's output or input."""

    @staticmethod
    def interpolate(
        layer_attribution: Tensor, interpolate_dims: int | tuple[int, ...], interpolate_mode: str = "nearest"
    ) -> Tensor:
        """Enlarge a layer's attributions, usually to the input's size.

        Args:
            layer_attribution: shape (N, C, …) with one to three spatial dimensions.
            interpolate_dims: the spatial size wanted.
            interpolate_mode: a mode of `torch.nn.functional.interpolate`.

        Returns:
            Tensor of shape (N, C, *interpolate_dims).

        Raises:
            WrongShape: the numbers of dimensions do not fit together.
        """
        spatial = layer_attribution.dim() - 2
        dims = interpolate_dims if isinstance(interpolate_dims, Sequence) else (interpolate_dims,) * max(spatial, 1)
        if spatial not in (1, 2, 3) or len(dims) != spatial:
            raise errors.WrongShape(
                f"interpolate_dims has {len(dims)} sizes for attributions of shape {tuple(layer_attribution.shape)}; "
                "it must have one for each dimension after the second.",
                field="interpolate_dims",
                shape=list(layer_attribution.shape),
            )
        return F.interpolate(layer_attribution, tuple(dims), mode=interpolate_mode)


class NeuronAttribution(InternalAttribution):
    """Base of the methods that explain one hidden unit instead of the output."""
