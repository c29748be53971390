"""Which features are replaced together: the groups that a feature mask describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.tensors import take_rows
from attribution_core.types import Estimate

FeatureMask: TypeAlias = Tensor | tuple[Tensor, ...] | None
"""Whole numbers of the inputs' shapes, or of shapes that broadcast to them; equal numbers form a group."""

MAX_GROUPS = 1 << 24


class FeatureGroups:
    """Groups 0 … count−1 of features; a group may hold features of several inputs, or none.

    Args:
        masks: one for each input, of shape (N, …) or (1, …), where the other dimensions broadcast to the input's.
        count: one more than the largest number in them.
        inputs: what the masks are for.
    """

    def __init__(self, masks: Estimate, count: int, inputs: Estimate) -> None:
        self.count = count
        self.per_example = any(mask.shape[0] > 1 for mask in masks)
        self.masks = masks
        """One for each input, with N rows or one."""
        self._shapes = tuple(tuple(x.shape[1:]) for x in inputs)
        present = torch.zeros(count, dtype=torch.bool, device=inputs[0].device)
        for mask in masks:
            present[mask.flatten().to(present.device)] = True
        self.present: tuple[int, ...] = tuple(present.nonzero().flatten().tolist())
        """The groups that hold a feature, in order."""

    @classmethod
    def of(
        cls, feature_mask: Any, inputs: Estimate, field: str = "feature_mask", lowest: int | None = 0
    ) -> FeatureGroups:
        """The groups of a mask; of None, every feature of every input is a group of its own.

        Masks are brought to their input's device. Numbers may be left out (gaps) and may occur in several inputs. With
        ``lowest`` None the smallest number becomes group 0.

        Raises:
            WrongShape: not one mask for each input, or one that does not broadcast to its input.
            WrongType: no tensor of whole numbers.
            OutOfRange: a number below 0, or beyond 2^24.
        """
        if not any(x.numel() for x in inputs):
            raise errors.WrongShape("inputs hold no feature.", field="inputs", shape=list(inputs[0].shape))
        if feature_mask is None:
            return cls(*_each_alone(inputs), inputs)
        given = feature_mask if isinstance(feature_mask, (tuple, list)) else (feature_mask,)
        if len(given) != len(inputs):
            raise errors.WrongShape(
                f"{field} has {len(given)} entries; it must have one for each of the {len(inputs)} inputs.",
                field=field,
                entries=len(given),
            )
        masks = tuple(_mask(mask, x, field) for mask, x in zip(given, inputs, strict=True))
        filled = [mask for mask in masks if mask.numel()]
        low = min((int(mask.min()) for mask in filled), default=0)
        high = max((int(mask.max()) for mask in filled), default=-1)
        if lowest is None:
            masks, low, high = tuple(mask - low for mask in masks), 0, high - low
        if low < 0 or high >= MAX_GROUPS:
            value = low if low < 0 else high
            raise errors.OutOfRange(
                f"{field} holds {value}; it must be 0 to {MAX_GROUPS - 1}.",
                field=field,
                value=value,
                low=0,
                high=MAX_GROUPS - 1,
            )
        return cls(masks, high + 1, inputs)

    def check_shared(self, field: str = "feature_mask") -> None:
        """Refuse a mask that differs between the examples.

        Raises:
            WrongShape: one of the masks has several rows.
        """
        if self.per_example:
            raise errors.WrongShape(
                f"{field} has a row for each example, but the model returns one row for all of them; it must have one "
                "row.",
                field=field,
            )

    def only(self, example: int, inputs: Estimate) -> FeatureGroups:
        """The same groups for one of the examples, whose inputs are ``inputs``."""
        masks = tuple(mask if mask.shape[0] == 1 else mask[example : example + 1] for mask in self.masks)
        return FeatureGroups(masks, self.count, inputs)

    def mixed(self, inputs: Estimate, others: Estimate, keep: Tensor, rows: Tensor) -> Estimate:
        """The examples ``rows`` with the groups that ``keep`` (m, count) is false for taken from ``others``.

        Both hold N rows or one. The result is made of fresh tensors.
        """
        mixed = []
        for x, other, mask in zip(inputs, others, self.masks, strict=True):
            if mask.shape[0] == 1:
                kept = keep.index_select(1, mask.flatten())
            else:
                kept = keep.gather(1, mask.index_select(0, rows).flatten(1))
            kept = kept.reshape(len(keep), *mask.shape[1:])
            mixed.append(torch.where(kept, take_rows(x, rows), take_rows(other, rows)))
        return tuple(mixed)

    def masked(self, group: int) -> tuple[Tensor, ...]:
        """Where the group is, for each input: true or false, in the mask's shape."""
        return tuple(mask == group for mask in self.masks)

    def spread(self, values: Tensor) -> Estimate:
        """Every feature at its group's value: (E, R, count) becomes (E, R, …) for each input."""
        e, r = values.shape[:2]
        found = []
        for mask, shape in zip(self.masks, self._shapes, strict=True):
            # What a Python number made is in float64 on the host; Apple's devices have no such type.
            single = mask.device.type == "mps" and values.dtype == torch.float64
            own = (values.float() if single else values).to(mask.device)
            if mask.shape[0] == 1:
                each = own.index_select(2, mask.flatten())
            else:
                each = own.gather(2, mask.reshape(e, 1, -1).expand(e, r, -1))
            each = each.reshape(e, r, *mask.shape[1:])
            found.append(each.expand(e, r, *shape).contiguous())
        return tuple(found)


Mask: TypeAlias = FeatureMask | Callable[[Estimate], FeatureMask]


def _each_alone(inputs: Estimate) -> tuple[Estimate, int]:
    masks, count = [], 0
    for x in inputs:
        own = x[:1].numel()
        masks.append(torch.arange(count, count + own, device=x.device).reshape(1, *x.shape[1:]))
        count += own
    return tuple(masks), count


def _mask(mask: Any, x: Tensor, field: str) -> Tensor:
    if not isinstance(mask, Tensor) or mask.is_floating_point() or mask.is_complex():
        kind = f"a tensor of {mask.dtype}" if isinstance(mask, Tensor) else f"a {type(mask).__name__}"
        raise errors.WrongType(f"{field} is {kind}; it must be a tensor of whole numbers.", field=field)
    shape = (1,) * (x.dim() - mask.dim()) + tuple(mask.shape)
    if len(shape) != x.dim() or any(m not in (1, size) for m, size in zip(shape, x.shape, strict=True)):
        raise errors.WrongShape(
            f"{field} has shape {tuple(mask.shape)}; it must be {tuple(x.shape)} or broadcast to it.",
            field=field,
            shape=list(mask.shape),
            expected=list(x.shape),
        )
    return mask.detach().to(device=x.device, dtype=torch.long).reshape(shape)
