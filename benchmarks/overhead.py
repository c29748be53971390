"""What the server adds to a job, and how soon it answers what is stored: measured alone, on a server that idles.

The same model, method, image and target, one image a job, in alternating blocks: asked of the server one after the
other, from sending the POST until the stream says done (and until the map is an array); and `attribution_core` called
in this process. Each job is new.
"""

from __future__ import annotations

import asyncio
import io
import os
import time
from typing import Any

import numpy as np
import torch

import attribution_core
from benchmarks.client import Connection, log_in, stream
from benchmarks.hosting import Hosting
from benchmarks.table import Table, median, percentile

HOST, MODEL = "cifar10", "Small CNN"
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "saliency": ("Saliency", {}),
    "input_x_gradient": ("InputXGradient", {}),
    "integrated_gradients": ("IntegratedGradients", {"n_steps": 25}),
}
WARM = 5
BLOCK = 10
PAUSE = 0.2
"""Between blocks: OpenMP's threads wait busily after a computation, on the cores that the other side needs."""
_PATIENCE = 30.0


class _Client:
    """One session with one stream."""

    async def start(self, hosting: Hosting) -> None:
        assert hosting.server.port is not None
        place = await log_in(hosting.server.port, hosting.server.token)
        self._connection, self._ends = Connection(place), asyncio.Queue[tuple[float, dict[str, Any]]]()
        opened = asyncio.Event()

        async def listen() -> None:
            async for _, event in stream(place, None):
                opened.set()
                if event["type"] == "job" and event["job"]["state"] in ("done", "failed"):
                    self._ends.put_nowait((time.perf_counter(), event["job"]))

        self._listener = asyncio.create_task(listen())
        await opened.wait()

    async def close(self) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        self._connection.close()

    async def ask(self, request: dict[str, Any], feature: str) -> tuple[float, float, float, np.ndarray[Any, Any]]:
        """Seconds until the stream said done, until the map was an array, those the worker computed; and the map."""
        began = time.perf_counter()
        reply = await self._connection.request("POST", "/api/jobs", request)
        if reply.status != 201:
            raise SystemExit(f"An idle server answered {reply.status}: {reply.body!r}")
        async with asyncio.timeout(_PATIENCE):
            ended, job = await self._ends.get()
        if job["state"] != "done":
            raise SystemExit(f"A job failed on an idle server: {job['error']}")
        path = f"/api/results/{job['items'][0]['key']}"
        asked = time.perf_counter()
        values = np.load(io.BytesIO((await self._connection.request("GET", f"{path}/{feature}.npy")).body))
        read = time.perf_counter() - asked
        info = (await self._connection.request("GET", path)).json()
        return ended - began, ended - began + read, info["seconds"], values

    async def repeat(self, request: dict[str, Any]) -> float:
        """Seconds until a reply that says done."""
        reply = await self._connection.request("POST", "/api/jobs", request)
        if reply.status != 201 or reply.json()["state"] != "done":
            raise SystemExit(f"What was stored was not answered: {reply.status} {reply.body!r}")
        await self._ends.get()
        return reply.seconds


def measure(hosting: Hosting, table: Table, jobs: int) -> None:
    """Adds the rows; nothing where CIFAR-10 is not served."""
    host = next((host for host in hosting.hosts if host.id == HOST), None)
    if host is None:
        return
    table.heading(f"Idle server, {MODEL} on one CIFAR-10 image a job, {jobs} jobs of each method")
    asyncio.run(_measure(hosting, host.feature, table, jobs))


async def _measure(hosting: Hosting, feature: str, table: Table, jobs: int) -> None:
    from benchmarks.explorers.cifar10 import explorer, images

    model, pictures = explorer().models[MODEL](), images()
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    client = _Client()
    await client.start(hosting)
    try:
        requests = []
        for method, (name, arguments) in METHODS.items():
            attribution = getattr(attribution_core, name)(model)
            to_event, to_map, computed, alone, worst = [], [], [], [], 0.0
            for first in range(0, WARM + jobs, BLOCK):
                asked, direct = [], []
                for number in range(first, first + BLOCK):
                    index, target = number % hosting.hosts[0].samples, number // hosting.hosts[0].samples
                    request = {
                        "explorer": HOST, "model": MODEL, "samples": [index], "method": method,
                        "arguments": arguments, "target": target,
                    }  # fmt: skip
                    requests.append(request)
                    asked.append((index, target, await client.ask(request, feature)))
                await asyncio.sleep(PAUSE)
                for index, target, (*_, served) in asked:
                    x = pictures[index][0][None].clone()
                    began = time.perf_counter()
                    found = attribution.attribute(x, target=target, **arguments)
                    direct.append(time.perf_counter() - began)
                    own = found[0].detach().numpy()
                    worst = max(worst, float(np.abs(served - own).max() / max(np.abs(own).max(), 1e-30)))
                await asyncio.sleep(PAUSE)
                if first >= WARM:
                    # The first of a block wakes threads and caches up, on both sides.
                    for (*_, (told, read, inside, _)), spent in list(zip(asked, direct, strict=True))[1:]:
                        to_event.append(told - spent)
                        to_map.append(read - spent)
                        computed.append(inside - spent)
                        alone.append(spent)
            note = f"attribution_core alone: {median(alone) * 1e3:.2f} ms"
            table.add(f"{name}: overhead until the stream says done", median(to_event) * 1e3, "ms", "<", 10, note)
            table.add("  until the map is an array", median(to_map) * 1e3, "ms")
            table.add("  the computation itself, in the worker", median(computed) * 1e3, "ms", note="longer than alone")
            table.add(f"{name}: served map against the direct one", worst, "", "≤", 1e-5, "share of the largest value")
        hits = [await client.repeat(request) for request in requests[-200:]]
        table.add("cache hit, POST until answered, median", median(hits) * 1e3, "ms", "<", 10)
        table.add("cache hit, POST until answered, p99", percentile(hits, 0.99) * 1e3, "ms")
    finally:
        await client.close()
