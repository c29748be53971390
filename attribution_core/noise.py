"""Noisy copies of the inputs: drawn as Captum draws them, or from a generator of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from attribution_core import errors
from attribution_core.seeding import global_generator
from attribution_core.tensors import take_rows
from attribution_core.types import Estimate, NoiseType

PIECE = 1 << 22  # random numbers that are held at a time; a multiple of 16


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A noise tunnel as a modifier of a method.

    Attributes:
        type: 'smoothgrad' (mean), 'smoothgrad_sq' (mean of squares) or 'vargrad' (variance).
        samples: noisy copies of each example.
        noise: standard deviation as a share of the example's range, max − min.
        seed: of the generator that draws the noise; no other random state is used or changed.

    Reference: Smilkov et al. (2017), SmoothGrad, https://arxiv.org/abs/1706.03825
    """

    type: NoiseType = "smoothgrad"
    samples: int = 20
    noise: float = 0.15
    seed: int = 0


class Partition(Protocol):
    """Noisy copies that are drawn together: pair p is copy p % samples of example p // samples."""

    @property
    def samples(self) -> int: ...

    def noisy(self, start: int, stop: int) -> Estimate:
        """The copies start … stop−1; the same ones when asked again for the same start."""
        ...

    def keywords(self, start: int, stop: int) -> dict[str, Any]:
        """Keywords of the method that are drawn too."""
        ...


class SeededNoise:
    """Noise from a generator of its own, drawn copy by copy: the same for any chunking and on any device."""

    def __init__(self, inputs: Estimate, smoothing: Smoothing) -> None:
        self.samples = smoothing.samples
        self._inputs = inputs
        self._deviations = [
            smoothing.noise * (x.reshape(len(x), -1).amax(1) - x.reshape(len(x), -1).amin(1)) for x in inputs
        ]
        self._generator = torch.Generator().manual_seed(smoothing.seed)
        self._last = (0, self._generator.get_state())

    def noisy(self, start: int, stop: int) -> Estimate:
        if start == self._last[0]:
            self._generator.set_state(self._last[1])
        else:
            self._last = (start, self._generator.get_state())
        copies: list[list[Tensor]] = [[] for _ in self._inputs]
        for pair in range(start, stop):
            example = pair // self.samples
            for x, deviation, into in zip(self._inputs, self._deviations, copies, strict=True):
                noise = torch.randn(x.shape[1:], generator=self._generator).to(device=x.device, dtype=x.dtype)
                into.append(x[example] + deviation[example] * noise)
        return tuple(torch.stack(part) for part in copies)

    def keywords(self, start: int, stop: int) -> dict[str, Any]:
        return {}


class NormalStream:
    """``count`` standard normal numbers from torch's global generator, drawn again piece by piece as they are read.

    On the CPU they are those of a single draw of ``count`` numbers, and so is the generator's state afterwards; on
    other devices so if there is one piece only.
    """

    def __init__(self, count: int, device: torch.device) -> None:
        self._device = device
        generator = global_generator(device)
        # A draw of less than 16 numbers, or of what is left of 16, goes another way: the last piece takes the rest.
        starts = range(0, max(count - count % PIECE, 1), PIECE) if count % PIECE < 16 else range(0, count, PIECE)
        self._spans = [*zip(starts, [*starts[1:], count], strict=True)]
        self._states: list[Tensor] = []
        for start, stop in self._spans:
            self._states.append(generator.get_state())
            self._piece = (len(self._states) - 1, torch.randn(stop - start, device=device))

    def read(self, start: int, stop: int) -> Tensor:
        """The numbers start … stop−1."""
        first, last = (min(at // PIECE, len(self._spans) - 1) for at in (start, max(stop - 1, start)))
        parts = []
        for number in range(first, last + 1):
            begin, end = self._spans[number]
            parts.append(self._drawn(number)[max(start, begin) - begin : min(stop, end) - begin])
        return torch.cat(parts)

    def _drawn(self, number: int) -> Tensor:
        if self._piece[0] != number:
            generator = torch.Generator(self._device)
            generator.set_state(self._states[number])
            begin, end = self._spans[number]
            self._piece = (number, torch.randn(end - begin, generator=generator, device=self._device))
        return self._piece[1]


class DrawnNoise:
    """Noise from torch's global generator, baselines from numpy's, in the order in which Captum draws a partition.

    Memory does not depend on the number of copies: noise is drawn in float32, a piece at a time.
    """

    def __init__(self, inputs: Estimate, samples: int, deviations: tuple[float, ...], distributions: Any) -> None:
        self.samples = samples
        self._inputs = inputs
        self._deviations = deviations
        self._streams = [NormalStream(samples * x.numel(), x.device) for x in inputs]
        self._distributions = distributions
        several = distributions if isinstance(distributions, tuple) else (distributions,)
        pairs = len(inputs[0]) * samples
        self._drawn = [
            torch.from_numpy(np.random.randint(0, len(b), pairs)) if isinstance(b, Tensor) else None for b in several
        ]

    def noisy(self, start: int, stop: int) -> Estimate:
        rows = torch.arange(start, stop) // self.samples
        copies = []
        for x, deviation, stream in zip(self._inputs, self._deviations, self._streams, strict=True):
            each = x[0].numel()
            noise = (stream.read(start * each, stop * each) * deviation).to(x.dtype)
            copies.append(take_rows(x, rows) + noise.reshape(stop - start, *x.shape[1:]))
        return tuple(copies)

    def keywords(self, start: int, stop: int) -> dict[str, Any]:
        if self._distributions is None:
            return {}
        several = isinstance(self._distributions, tuple)
        given = self._distributions if several else (self._distributions,)
        rows = tuple(
            b if drawn is None else b[drawn[start:stop].to(b.device)]
            for b, drawn in zip(given, self._drawn, strict=True)
        )
        return {"baselines": rows if several else rows[0]}


def checked_deviations(stdevs: Any, inputs: Estimate) -> tuple[float, ...]:
    """One standard deviation for each input.

    Raises:
        WrongType: no number, or an input that cannot bear noise.
        WrongShape: not one for each input.
        OutOfRange: it is negative or not finite.
    """
    each = stdevs if isinstance(stdevs, tuple) else (stdevs,) * len(inputs)
    if len(each) != len(inputs):
        raise errors.WrongShape(
            f"stdevs has {len(each)} entries; it must have one for each of the {len(inputs)} inputs.",
            field="stdevs",
            entries=len(each),
        )
    for value in each:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise errors.WrongType(f"stdevs is {value!r}; it must be a number.", field="stdevs", value=repr(value))
        if not 0 <= value < float("inf"):
            raise errors.OutOfRange(f"stdevs is {value}; it must be at least 0.", field="stdevs", value=repr(value))
    require_noisy(inputs)
    return tuple(float(value) for value in each)


def require_noisy(inputs: Estimate) -> None:
    """Refuse integer inputs, to which no noise can be added."""
    for position, x in enumerate(inputs):
        if not x.is_floating_point():
            raise errors.WrongType(
                f"inputs[{position}] is a tensor of {x.dtype}; noise needs floating point.", field="inputs"
            )
