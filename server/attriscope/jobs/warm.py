"""Makes the maps that the page asks for at first before anybody asks: a presenter's first Fetch finds them stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from attriscope.jobs.board import JobBoard
from attriscope.jobs.errors import Refused
from attriscope.jobs.samples import Query
from attriscope.workers.messages import AttributionRequest, Description, MethodDescription, ModelDescription

_SESSION = "warm-up"
_FIRST_METHOD, _COUNT = "integrated_gradients", 8
"""What the page starts with where the explorer says nothing else."""
_POLL = 0.1
_SAY_EVERY = 1.0


async def warm(board: JobBoard, samples: int | None, say: Callable[[str], None]) -> None:
    """Explains the first `samples` of the first explorer, or as many as its page shows, and says how it goes."""
    host = next(iter(board.hosts.values()))
    try:
        with host.pool.held():
            while (description := host.pool.description) is None:
                if host.state == "failed":
                    say("Nothing is warmed up: the explorer could not be loaded.")
                    return
                host.pool.wake()
                await asyncio.sleep(_POLL)
            count = samples or description.defaults.get("count", _COUNT)
            while await host.look(Query(), 0, count, count) == "scanning":
                pass
            found = list(range(min(count, len(host.table))))
            for request in first_requests(host.id, description, found) if found else []:
                await _finish(board, request, say)
    except Refused as refused:
        say(f"Nothing more is warmed up: {refused.body.message}")


def first_requests(explorer: str, description: Description, samples: list[int]) -> list[AttributionRequest]:
    """What Fetch on a page without any choices sends, as bulk."""
    defaults = description.defaults
    methods = {method.id: method for method in description.methods}
    method = methods.get(defaults.get("method", "")) or methods.get(_FIRST_METHOD) or next(iter(methods.values()), None)
    if method is None:
        return []
    wanted = defaults.get("models") or ([defaults["model"]] if "model" in defaults else None)
    models = [model for model in description.models if wanted is None or model.name in wanted]
    return [
        AttributionRequest(
            explorer=explorer, model=model.name, samples=samples, method=method.id, **_settings(method, model, defaults)
        )
        for model in models
        if model.name not in method.unavailable
    ]


def _settings(method: MethodDescription, model: ModelDescription, defaults: dict[str, Any]) -> dict[str, Any]:
    names = ("target", "baseline", "quantity") + (("smoothing",) if method.smoothing else ())
    settings: dict[str, Any] = {name: defaults[name] for name in names if name in defaults}
    if method.id == defaults.get("method"):
        settings["arguments"] = defaults.get("arguments", {})
    if "layer" in method.needs:
        settings["layer"] = defaults.get("layer", model.default_layer)
    if defaults.get("precision") in method.precisions:
        settings["precision"] = defaults["precision"]
    return {**settings, "priority": "bulk"}


async def _finish(board: JobBoard, request: AttributionRequest, say: Callable[[str], None]) -> None:
    job = await board.submit(_SESSION, request)
    said = time.monotonic()
    while not job.terminal:
        await asyncio.sleep(_POLL)
        if time.monotonic() - said >= _SAY_EVERY and not job.terminal:
            said = time.monotonic()
            say(f"Warming up {request.model}: {job.finished} of {len(job.items)} maps")
    done = sum(item.state == "done" for item in job.items)
    say(f"Warmed up {request.model}: {done} of {len(job.items)} maps are stored.")
