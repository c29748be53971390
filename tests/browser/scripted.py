"""A server whose queue does what a test says: jobs, events and estimates are scripted, everything else is real."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route

STREAM = """(() => {
  const real = window.fetch.bind(window);
  const streams = new Set();
  const queue = [];
  const encode = (text) => new TextEncoder().encode(text);
  window.scriptEvent = (id, data) => {
    const text = `id: ${id}\\nevent: ${JSON.parse(data).type}\\ndata: ${data}\\n\\n`;
    if (streams.size === 0) queue.push(text);
    for (const stream of streams) stream.enqueue(encode(text));
  };
  window.fetch = (input, init) => {
    const url = typeof input === "string" ? input : (input.url ?? String(input));
    if (!url.endsWith("/api/events")) return real(input, init);
    const body = new ReadableStream({
      start(stream) {
        streams.add(stream);
        for (const text of queue.splice(0)) stream.enqueue(encode(text));
        init?.signal?.addEventListener("abort", () => streams.delete(stream));
      },
    });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  };
})();"""


def npy(values: np.ndarray) -> bytes:
    """The `.npy` file of float32 `values`."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values, dtype=np.float32))
    return buffer.getvalue()


class ScriptedQueue:
    """Takes the page's jobs in the server's stead. To be made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.jobs: dict[str, dict[str, Any]] = {}
        self.partials: dict[str, bytes] = {}
        """By `<job>/<key>`; what is not here is answered with 404."""
        self.refusals: list[tuple[int, dict[str, Any], int | None]] = []
        """Answers to the next requests for a job: status, ErrorBody and Retry-After."""
        self._events = 0
        page.add_init_script(STREAM)
        page.route("**/api/jobs", self._start)
        page.route("**/api/jobs/s*", self._one)
        page.route("**/api/jobs/s*/partials/**", self._partial)

    def send(self, **event: Any) -> None:
        """An event on the page's stream."""
        self._events += 1
        self.page.evaluate("([id, data]) => window.scriptEvent(id, data)", [f"s-{self._events}", json.dumps(event)])

    def tell(self, job: dict[str, Any], **changes: Any) -> None:
        """Changes a job, its items too where `item_state` is given, and says so."""
        state = changes.pop("item_state", None)
        job.update(changes)
        if state is not None:
            job["items"] = [{**item, "state": state} for item in job["items"]]
        self.send(type="job", job=job)

    def estimate(self, job: dict[str, Any], sample: int, share: float, values: np.ndarray) -> None:
        """A better estimate of one sample's map, (C, H, W)."""
        key = f"key-{job['id']}-{sample}"
        self.partials[f"{job['id']}/{key}"] = npy(values)
        map_info = {
            "feature": "image",
            "shape": list(values.shape),
            "interpolation": "nearest",
            "minimum": float(values.min()),
            "maximum": float(values.max()),
        }
        self.send(type="partial", job=job["id"], sample=sample, key=key, share=share, maps=[map_info])

    def newest(self, number: int = 1) -> dict[str, Any]:
        """The job asked for last, once there were `number`."""
        for _ in range(200):
            if len(self.jobs) >= number:
                return list(self.jobs.values())[-1]
            self.page.wait_for_timeout(50)
        raise AssertionError("no job was asked for")

    def _start(self, route: Route) -> None:
        if self.refusals:
            status, body, wait = self.refusals.pop(0)
            headers = {} if wait is None else {"Retry-After": str(wait)}
            route.fulfill(status=status, json=body, headers=headers)
            return
        request = route.request.post_data_json
        name = f"s{len(self.jobs) + 1}"
        items = [
            {"sample": sample, "target": 0, "target_name": "red", "key": f"key-{name}-{sample}", "state": "queued"}
            for sample in request["samples"]
        ]
        job = {
            "id": name,
            "state": "queued",
            "request": request,
            "items": [{**item, "error": None} for item in items],
            "cost": {"forward": 50, "backward": 50},
            "done": 0,
            "total": 100 * len(items),
            "eta_seconds": None,
            "position": None,
            "wait_seconds": None,
            "error": None,
        }
        self.jobs[name] = job
        route.fulfill(status=201, json=job)

    def _one(self, route: Route) -> None:
        job = self.jobs[route.request.url.rpartition("/")[2]]
        if route.request.method == "DELETE":
            job["state"] = "cancelled"
            ended = ("done", "failed")
            job["items"] = [i if i["state"] in ended else {**i, "state": "cancelled"} for i in job["items"]]
        route.fulfill(json=job)

    def _partial(self, route: Route) -> None:
        _, job, _, key, _ = route.request.url.rsplit("/", 4)
        body = self.partials.get(f"{job}/{key}")
        if body is None:
            route.fulfill(status=404, json={"code": "not_found", "message": "There is no estimate.", "params": {}})
        else:
            route.fulfill(body=body, content_type="application/x-npy")
