"""The problem y: what is explained, as a number for each example.

A problem holds the forward function, its inputs, its other arguments and the *readout* that picks the number. It is
open for the duration of one ``attribute`` call, under the model's lock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from attribution_core import errors, execution, precision, probe
from attribution_core.chunks import ChunkSize
from attribution_core.constancy import constant, mixes_batch
from attribution_core.locks import lock_for, owner
from attribution_core.readout import ModelOutput, Readout
from attribution_core.tensors import Extra, Target, checked_inputs, one_each
from attribution_core.types import Estimate, Forward, Inputs, TargetType


@dataclass(frozen=True, slots=True)
class Problem:
    """y(x) for each example; see `opened`."""

    forward: Forward
    inputs: Estimate
    extra: Extra
    target: Target
    readout: Readout
    first: int = 0
    """The number of the first example in the batch that the caller gave."""

    @property
    def examples(self) -> int:
        return self.inputs[0].shape[0]

    @property
    def device(self) -> torch.device:
        return self.inputs[0].device

    def rows(self, start: int, stop: int) -> Tensor:
        """The examples of the pairs start … stop−1, where pair p is (point p // N, example p % N)."""
        return torch.arange(start, stop, device=self.device) % self.examples

    def only(self, example: int) -> Problem:
        """The same problem for one of the examples."""
        row = torch.tensor([example], device=self.device)
        return replace(
            self,
            first=self.first + example,
            inputs=tuple(x[example : example + 1] for x in self.inputs),
            extra=Extra(self.extra.rows(row), 1),
            target=Target.of(self.target.rows(row), 1),
        )

    def raw(self, inputs: Estimate, rows: Tensor) -> Tensor:
        """What the readout reads for the examples ``rows`` at ``inputs``, before the target chooses."""
        return self.readout.read(owner(self.forward), lambda: self.call(inputs, rows), len(rows))

    def call(self, inputs: Estimate, rows: Tensor) -> Any:
        """The forward function's own answer for the examples ``rows`` at ``inputs``."""
        return self.forward(*inputs, *self.extra.rows(rows))

    def values(self, inputs: Estimate, rows: Tensor) -> Tensor:
        """What is explained, as (m, R): R numbers for each of the m examples ``rows`` at ``inputs``.

        Raises:
            WrongShape: the model does not return one row for each example.
            Nonfinite: one of the numbers is NaN or infinite.
        """
        output = self.raw(inputs, rows)
        m = len(rows)
        if output.dim() == 0 and m == 1:
            output = output.reshape(1)
        if output.dim() == 0 or output.shape[0] != m:
            raise errors.WrongShape(
                f"The model returned shape {tuple(output.shape)} for {m} examples; it must return one row for each.",
                shape=list(output.shape),
                examples=m,
            )
        values = self.target.select(output, rows)
        self.check_finite(values, self.readout.words(owner(self.forward)), inputs, rows)
        return values

    def whole(self, inputs: Estimate) -> Tensor:
        """What is explained where the model returns one row for the whole batch, as (1, R); without gradients.

        Raises:
            WrongShape: it returns several rows, but not one for each example.
        """
        with torch.no_grad():
            output = self.raw(inputs, self.rows(0, self.examples))
            if output.dim() and output.shape[0] != 1:
                raise errors.WrongShape(
                    f"The model returned shape {tuple(output.shape)} for {self.examples} examples; it must return one "
                    "row for each, or one for all.",
                    shape=list(output.shape),
                    examples=self.examples,
                )
            values = self.target.select(output.reshape(1, *output.shape[1:]), self.rows(0, 1))
        self.check_finite(values, self.readout.words(owner(self.forward)), inputs, self.rows(0, 1))
        return values

    def single(self, inputs: Estimate, rows: Tensor) -> Tensor:
        """What is explained, as (m,).

        Raises:
            TargetMissing: there are several numbers for an example.
        """
        return one_each(self.values(inputs, rows))

    def check_finite(self, values: Tensor, what: str, inputs: Estimate, rows: Tensor) -> None:
        """Refuse NaN and infinity, saying for which example and in which layer it appears first."""
        if math.isfinite(values.detach().sum().item()):  # one pass; a sum beyond the type's range is looked at closely
            return
        finite = torch.isfinite(values)
        if bool(finite.all()):
            return
        position = int((~finite).reshape(len(rows), -1).any(1).nonzero()[0, 0])
        example = self.first + int(rows[position])
        model = owner(self.forward)
        bad = [f"inputs[{t}]" for t, x in enumerate(inputs) if not bool(torch.isfinite(x).all())]
        place = bad[0] if bad else None
        if place is None and isinstance(model, nn.Module):
            place = probe.first_nonfinite(model, lambda: self.raw(tuple(x.detach() for x in inputs), rows))
        raise errors.Nonfinite(
            f"{what} is not finite for example {example}" + (f"; it appears first in {place}." if place else "."),
            example=example,
            place=place or what,
        )

    def chunks(
        self,
        kind: str,
        *,
        first: int | None = None,
        most: int | None = None,
        multiple: int | None = None,
        together: bool = False,
    ) -> ChunkSize:
        """Chunk sizes for a loop over this problem's pairs.

        ``together`` makes it one chunk. A model that mixes its batch sees one point of all examples at a time, that
        is, the batch that the caller gave.
        """
        mixes = mixes_batch(owner(self.forward))
        if multiple is None:
            multiple = self.examples if mixes or not self.extra.divisible else 1
        return ChunkSize(
            self.forward,
            self.inputs,
            kind,
            first=first,
            most=self.examples if mixes else most,
            multiple=multiple,
            whole=together,
        )

    def outputs(self, at: Estimate, first: int | None = None) -> Tensor:
        """What is explained at ``at`` (one row for each example, or one for all), as (N, R), in a loop of its own.

        The first chunk has ``first`` examples, where given.
        """
        parts: list[Tensor] = []

        def evaluate(start: int, stop: int) -> Tensor:
            rows = self.rows(start, stop)
            with torch.no_grad():
                return self.values(tuple(x.expand(self.examples, *x.shape[1:])[start:stop] for x in at), rows)

        execution.run(
            self.examples, evaluate, lambda start, stop, y: parts.append(y), self.chunks("forward", first=first)
        )
        return torch.cat(parts)

    def reference(self) -> tuple[Tensor, bool]:
        """y at the inputs, as (E, R), and whether the model returns one row for the whole batch (then E is 1).

        The examples are evaluated at once, since a function of the whole batch (a loss) may know their number; only
        where memory runs out, in parts. A single example cannot tell; it counts as an example.
        """
        n = self.examples
        if n == 1:
            return self.outputs(self.inputs), False
        try:
            return self._at_once(lambda: self.values(self.inputs, self.rows(0, n))), False
        except errors.OutOfMemory:
            return self.outputs(self.inputs), False
        except errors.WrongShape:
            return self._at_once(lambda: self.whole(self.inputs)), True

    def _at_once(self, evaluate: Callable[[], Tensor]) -> Tensor:
        """What ``evaluate()`` finds for all examples, as the only chunk of a loop."""
        found: list[Tensor] = []

        def at_once(start: int, stop: int) -> Tensor:
            with torch.no_grad():
                return evaluate()

        size = self.chunks("whole batch", most=self.examples, multiple=self.examples)
        execution.run(self.examples, at_once, lambda start, stop, y: found.append(y), size)
        return found[0]


@contextmanager
def opened(
    forward: Forward,
    inputs: Inputs,
    target: TargetType = None,
    additional_forward_args: Any = None,
    readout: Readout | None = None,
) -> Iterator[Problem]:
    """Hold the model's lock, leave inference mode, and bring the arguments to their one form.

    ``readout`` is the model's output if None; a `HiddenUnit` explains a neuron, without a target.

    Raises:
        WrongType, WrongShape: an argument that cannot be brought to that form.
        NotApplicable: the model cannot be computed at the precision asked for.
    """
    with lock_for(forward), torch.inference_mode(False), constant(owner(forward)):
        tensors = checked_inputs(inputs)
        examples = tensors[0].shape[0]
        extra = Extra.of(additional_forward_args, examples)
        first = torch.zeros(1, dtype=torch.long, device=tensors[0].device)
        trial = tuple(x[:1] for x in tensors)
        with precision.applied(forward, execution.level(), trial, extra.rows(first)) as at_level:
            chosen = Target.of(target, examples)
            yield Problem(at_level, tensors, extra, chosen, readout or ModelOutput(), _first.get())


_first: ContextVar[int] = ContextVar("attribution_core_first_example", default=0)


@contextmanager
def counting_from(example: int) -> Iterator[None]:
    """Problems opened in this block hold the examples from number ``example`` of the caller's batch on."""
    token = _first.set(_first.get() + example)
    try:
        yield
    finally:
        _first.reset(token)
