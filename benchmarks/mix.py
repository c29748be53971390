"""What the sessions of a load ask for: requests of seven kinds whose arguments vary, so that most are new."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

SEED_RANGE = 2**32 - 1
REPEATED = 0.15
"""Share of requests that somebody asked before."""
_SAMPLES = (1, 1, 1, 2, 2, 4)


@dataclass(frozen=True)
class Host:
    """One explorer of the server: what of it can be asked for."""

    id: str
    models: list[str]
    seconds: dict[str, float]
    """Of one forward pass, by model."""
    samples: int
    classes: int
    side: int
    feature: str


def _saliency(draw: random.Random, host: Host) -> dict[str, Any]:
    return {"method": "saliency", "arguments": {"abs": draw.random() < 0.5}}


def _input_x_gradient(draw: random.Random, host: Host) -> dict[str, Any]:
    return {"method": "input_x_gradient"}


def _integrated_gradients(draw: random.Random, host: Host) -> dict[str, Any]:
    return {"method": "integrated_gradients", "arguments": {"n_steps": draw.randint(15, 60)}}


def _occlusion(draw: random.Random, host: Host) -> dict[str, Any]:
    window = host.side // draw.choice((3, 4, 5))
    height, width = (max(1, window // draw.choice((2, 3))) for _ in range(2))
    sizes = {"window_height": window, "window_width": window, "stride_height": height, "stride_width": width}
    return {"method": "occlusion", "arguments": sizes}


def _grad_cam(draw: random.Random, host: Host) -> dict[str, Any]:
    return {"method": "layer_grad_cam", "arguments": {"relu_attributions": draw.random() < 0.5}}


def _gradient_shap(draw: random.Random, host: Host) -> dict[str, Any]:
    arguments = {"n_samples": draw.randint(5, 30), "stdevs": 0.1, "seed": draw.randint(0, SEED_RANGE)}
    return {"method": "gradient_shap", "arguments": arguments}


def _smoothgrad(draw: random.Random, host: Host) -> dict[str, Any]:
    smoothing = {"type": "smoothgrad", "samples": draw.randint(5, 20), "noise": 0.15, "seed": draw.randint(0, 2**31)}
    return {"method": "saliency", "smoothing": smoothing}


KINDS = {
    _saliency: 2,
    _input_x_gradient: 2,
    _integrated_gradients: 6,
    _occlusion: 4,
    _grad_cam: 2,
    _gradient_shap: 2,
    _smoothgrad: 2,
}


def settings(draw: random.Random, hosts: list[Host]) -> dict[str, Any]:
    """A request without samples and target."""
    host = draw.choice(hosts)
    kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
    return {"explorer": host.id, "model": draw.choice(host.models), **kind(draw, host)}


@dataclass
class Mix:
    """Requests at random, now and then one that was made before."""

    hosts: list[Host]
    draw: random.Random
    made: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=200))

    def next(self, session: int) -> dict[str, Any]:
        if self.made and self.draw.random() < REPEATED:
            return self.draw.choice(self.made)
        request = settings(self.draw, self.hosts)
        host = next(host for host in self.hosts if host.id == request["explorer"])
        request["samples"] = self.draw.sample(range(host.samples), self.draw.choice(_SAMPLES))
        # Often a class of the user's choice, so that a method without arguments has something new to explain too.
        request["target"] = "predicted" if self.draw.random() < 0.3 else self.draw.randrange(host.classes)
        self.made.append(request)
        return request


@dataclass
class Same:
    """Every session gets the same settings in the same order, each for (sample, target) pairs that no other gets.

    The quantity is the score, which the random mix never asks for: nothing is stored already, so that all sessions have
    the same work before them.
    """

    hosts: list[Host]
    sessions: int
    seed: int
    _orders: dict[int, random.Random] = field(default_factory=dict)
    _positions: dict[int, int] = field(default_factory=dict)

    def next(self, session: int) -> dict[str, Any]:
        order = self._orders.setdefault(session, random.Random(self.seed))
        position = self._positions[session] = self._positions.get(session, -1) + 1
        request = settings(order, self.hosts)
        host = next(host for host in self.hosts if host.id == request["explorer"])
        target, sample = divmod(position * self.sessions + session, host.samples)
        return {**request, "samples": [sample], "target": target % host.classes, "quantity": "score"}


@dataclass
class Replay:
    """The requests of a list, each once."""

    requests: deque[dict[str, Any]]

    def next(self, session: int) -> dict[str, Any] | None:
        return self.requests.popleft() if self.requests else None
