"""Ablation of a number that is computed over a whole data loader: a metric, a loss, all outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

import torch
from torch import Tensor

from attribution_core import errors, execution
from attribution_core.attribution import Attribution
from attribution_core.chunks import ChunkSize
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.locks import explaining, lock_for, owner
from attribution_core.methods.feature_ablation import FeatureAblation
from attribution_core.tensors import checked_baselines, main_output
from attribution_core.types import Attributions, Baselines, Estimate, Forward

_ATTRIBUTED, _PASSED, _LEFT_OUT = range(3)


@final
class DataLoaderAttribution(Attribution):
    """M(D) − M(D with a group of features replaced by the baseline everywhere), for a metric M of a dataset D.

    Args:
        attr_method: a `FeatureAblation`, whose forward function is called with each batch.

    Raises:
        NotApplicable: ``attr_method`` is another method.

    Reference: Fisher et al. (2019), All Models are Wrong, but Many are Useful, https://arxiv.org/abs/1801.01489
    """

    def __init__(self, attr_method: Attribution) -> None:
        if not isinstance(attr_method, FeatureAblation):
            raise errors.NotApplicable(
                f"attr_method is a {type(attr_method).__name__}; it must be a FeatureAblation.", field="attr_method"
            )
        super().__init__(attr_method.forward_func)
        self.attr_method = attr_method

    def attribute(
        self,
        dataloader: torch.utils.data.DataLoader[Any],
        input_roles: tuple[int, ...] | None = None,
        baselines: Baselines = None,
        feature_mask: FeatureMask = None,
        reduce: Callable[..., Any] | None = None,
        to_metric: Callable[[Any], Tensor] | None = None,
        perturbations_per_pass: int = 1,
        show_progress: bool = False,
        return_input_shape: bool = True,
    ) -> Attributions:
        """Ablation of the metric; it reads the data once, and in part once more for each group.

        Args:
            dataloader: yields tensors or tuples (lists) of equal length; read again for every pass, and once more
                beforehand if it has no length.
            input_roles: for each element: 0, passed to the forward function and attributed to; 1, passed only; 2, not
                passed (a label, for ``reduce``). None means 0 for all. (Captum's documentation exchanges 1 and 2, its
                code does as told here.)
            baselines: for the elements of role 0: numbers, or tensors with one row; None means zero.
            feature_mask: groups of the elements of role 0, as for `FeatureAblation`, with one row each.
            reduce: ``reduce(accum, output, batch)`` returns the new accum, None at first; batch is the tuple of all
                elements as they were evaluated. None means that outputs are joined.
            to_metric: turns the last accum into a tensor; None leaves it as it is.
            perturbations_per_pass: groups in the first pass over the data; later ones grow while time allows.
            show_progress: whether to write progress to standard error.
            return_input_shape: whether every feature gets its group's value.

        Returns:
            For a metric of K numbers, tensors of shape (K, …) shaped like an example otherwise, one for each element
            of role 0 (a tuple if the loader yields tuples); or (K, groups) without ``return_input_shape``.

        Raises:
            WrongShape: roles, baselines or masks that do not fit the batches, or have several rows; no batch.
            OutOfRange: a role that is not 0, 1 or 2; none is 0; ``perturbations_per_pass`` below 1.
            WrongType: the metric is no tensor.
        """
        errors.whole_number("perturbations_per_pass", perturbations_per_pass, 1)
        with lock_for(self.forward_func), torch.inference_mode(False):
            data = _Data.of(dataloader, input_roles)
            start = checked_baselines(baselines, data.attributed)
            for b in start:
                if b.shape[0] > 1:
                    raise errors.WrongShape(
                        f"baselines has {b.shape[0]} rows; it must have one, for batches of any size.",
                        field="baselines",
                        shape=list(b.shape),
                    )
            groups = FeatureGroups.of(feature_mask, data.attributed)
            if groups.per_example:
                raise errors.WrongShape(
                    "feature_mask has several rows; it must have one, for batches of any size.", field="feature_mask"
                )
            passes = _Passes(self.forward_func, data, start, groups, reduce or _joined, to_metric)
            forward = explaining(owner(self.forward_func), passes)
            kept = torch.ones(1, groups.count, device=data.attributed[0].device)
            (found,) = FeatureAblation(forward).attribute(
                (kept,), perturbations_per_eval=perturbations_per_pass, show_progress=show_progress
            )
        if not return_input_shape:
            return found
        shaped = tuple(v[:, 0] for v in groups.spread(found.unsqueeze(1)))
        return shaped if data.tuples else shaped[0]


class _Data:
    """The loader's batches as tuples, with the role of each element."""

    def __init__(self, loader: Any, first: tuple[Any, ...], tuples: bool, roles: tuple[int, ...]) -> None:
        self.tuples = tuples
        self._loader = loader
        self._roles = roles
        self.attributed: Estimate = tuple(x for x, role in zip(first, roles, strict=True) if role == _ATTRIBUTED)

    @classmethod
    def of(cls, loader: Any, roles: tuple[int, ...] | None) -> _Data:
        for batch in loader:
            tuples = isinstance(batch, (tuple, list))
            first = _as_tuple(batch)
            break
        else:
            raise errors.WrongShape("dataloader yields no batch.", field="dataloader")
        chosen = (_ATTRIBUTED,) * len(first) if roles is None else tuple(roles)
        if len(chosen) != len(first):
            raise errors.WrongShape(
                f"input_roles has {len(chosen)} entries; it must have one for each of the {len(first)} elements.",
                field="input_roles",
                entries=len(chosen),
            )
        for role in chosen:
            errors.whole_number("input_roles", role, _ATTRIBUTED, _LEFT_OUT)
        if _ATTRIBUTED not in chosen:
            raise errors.OutOfRange("input_roles has no 0; there is nothing to attribute to.", field="input_roles")
        for x, role in zip(first, chosen, strict=True):
            if role == _ATTRIBUTED and not isinstance(x, Tensor):
                raise errors.WrongType(
                    f"The loader yields a {type(x).__name__}; what is attributed to must be a tensor.",
                    field="dataloader",
                )
        return cls(loader, first, tuples, chosen)

    def __len__(self) -> int:
        try:
            return len(self._loader)
        except TypeError:
            return sum(1 for _ in self._loader)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return map(_as_tuple, self._loader)

    def mixed(self, batch: tuple[Any, ...], others: Estimate, groups: FeatureGroups, keep: Tensor) -> tuple[Any, ...]:
        """The batch with the groups that ``keep`` (1, count) is false for replaced."""
        given = tuple(x for x, role in zip(batch, self._roles, strict=True) if role == _ATTRIBUTED)
        n = len(given[0])
        rows = torch.arange(n, device=given[0].device)
        changed = iter(groups.mixed(given, others, keep.to(given[0].device).expand(n, -1), rows))
        return tuple(next(changed) if role == _ATTRIBUTED else x for x, role in zip(batch, self._roles, strict=True))

    def passed(self, batch: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the forward function gets."""
        return tuple(x for x, role in zip(batch, self._roles, strict=True) if role != _LEFT_OUT)


class _Passes:
    """The metric as a function of which groups are kept: (m, count) zeros and ones to (m, …)."""

    def __init__(
        self,
        forward: Forward,
        data: _Data,
        baselines: Estimate,
        groups: FeatureGroups,
        reduce: Callable[..., Any],
        to_metric: Callable[[Any], Tensor] | None,
    ) -> None:
        self._forward = forward
        self._data = data
        self._baselines = baselines
        self._groups = groups
        self._reduce = reduce
        self._to_metric = to_metric
        self._batches = len(data)

    def __call__(self, kept: Tensor) -> Tensor:
        """One pass over the data, each batch evaluated once for each row of ``kept``."""
        m = len(kept)
        accums: list[Any] = [None] * m
        batches = iter(self._data)
        batch: tuple[int, tuple[Any, ...]] = (-1, ())

        def evaluate(start: int, stop: int) -> tuple[tuple[Any, ...], Tensor]:
            nonlocal batch
            number, row = divmod(start, m)
            if number != batch[0]:
                batch = (number, next(batches))
            changed = self._data.mixed(batch[1], self._baselines, self._groups, kept[row : row + 1].bool())
            return changed, main_output(self._forward(*self._data.passed(changed)))

        def add(start: int, stop: int, value: tuple[tuple[Any, ...], Tensor]) -> None:
            changed, output = value
            accums[start % m] = self._reduce(accums[start % m], output, changed)

        execution.run(self._batches * m, evaluate, add, ChunkSize(self._forward, (kept,), "data loader", most=1))
        metrics = [accum if self._to_metric is None else self._to_metric(accum) for accum in accums]
        for metric in metrics:
            if not isinstance(metric, Tensor):
                raise errors.WrongType(
                    f"The metric is a {type(metric).__name__}; it must be a tensor.", field="to_metric"
                )
        return torch.stack(metrics)


def _as_tuple(batch: Any) -> tuple[Any, ...]:
    return tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)


def _joined(accum: Tensor | None, output: Tensor, batch: tuple[Any, ...]) -> Tensor:
    return output if accum is None else torch.cat([accum, output])
