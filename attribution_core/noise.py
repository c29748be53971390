"""Noisy copies of the inputs: drawn as Captum draws them, or from a generator of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from attribution_core.types import Estimate, NoiseType


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


class DrawnNoise:
    """Noise from torch's global generator, in the order in which Captum draws it: a partition at once, in float32."""

    def __init__(self, inputs: Estimate, samples: int, deviations: tuple[float, ...], distributions: Any) -> None:
        self.samples = samples
        self._copies = tuple(
            x.repeat_interleave(samples, 0) + _noise((len(x) * samples, *x.shape[1:]), deviation, x)
            for x, deviation in zip(inputs, deviations, strict=True)
        )
        self._baselines = None
        if distributions is not None:
            pairs = len(inputs[0]) * samples
            drawn = tuple(
                b[torch.from_numpy(np.random.randint(0, len(b), pairs))] if isinstance(b, Tensor) else b
                for b in (distributions if isinstance(distributions, tuple) else (distributions,))
            )
            self._baselines = drawn if isinstance(distributions, tuple) else drawn[0]

    def noisy(self, start: int, stop: int) -> Estimate:
        return tuple(x[start:stop] for x in self._copies)

    def keywords(self, start: int, stop: int) -> dict[str, Any]:
        if self._baselines is None:
            return {}
        return {"baselines": _sliced(self._baselines, start, stop)}


def _noise(shape: tuple[int, ...], deviation: float, like: Tensor) -> Tensor:
    return (torch.randn(shape, dtype=torch.float32, device=like.device) * deviation).to(like.dtype)


def _sliced(value: Any, start: int, stop: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_sliced(v, start, stop) for v in value)
    return value[start:stop] if isinstance(value, Tensor) else value
