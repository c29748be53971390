"""What a monitoring system may know, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

Cause = Literal["lost", "killed", "deadline", "reload", "unload"]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_WAIT_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800)
_RUN_BUCKETS = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300)


class Metrics:
    """Counts what is told, and reads what is now from the callbacks when it is rendered.

    queue: samples waiting by priority. workers: count by (device, state). device_memory: (free, total) bytes by
    device. store: results and bytes kept.
    """

    def __init__(
        self,
        *,
        queue: Callable[[], Mapping[str, int]] = dict,
        workers: Callable[[], Mapping[tuple[str, str], int]] = dict,
        device_memory: Callable[[], Mapping[str, tuple[int, int]]] = dict,
        store: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self._registry = registry = CollectorRegistry()
        registry.register(_Now(queue, workers, device_memory, store))
        # Memory, processor time and open files of the web process itself.
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self._waited = Histogram(
            "attriscope_wait_seconds",
            "From a request to the start of its work.",
            ["method"],
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self._ran = Histogram(
            "attriscope_run_seconds",
            "Time a worker took for one sample.",
            ["method"],
            buckets=_RUN_BUCKETS,
            registry=registry,
        )
        self._jobs = Counter("attriscope_jobs", "Jobs that ended.", ["state", "method"], registry=registry)
        self._cache = Counter(
            "attriscope_cache", "Results asked for, by whether they were stored.", ["result"], registry=registry
        )
        self._restarts = Counter(
            "attriscope_worker_restarts", "Worker processes that ended.", ["device", "cause"], registry=registry
        )
        self._refused = Counter(
            "attriscope_refused", "Requests refused, by the error's code.", ["code"], registry=registry
        )
        # Shown as 0 from the start: a rate needs a first value.
        for result in ("hit", "miss"):
            self._cache.labels(result)

    def waited(self, method: str, seconds: float) -> None:
        self._waited.labels(method).observe(seconds)

    def ran(self, method: str, seconds: float, samples: int) -> None:
        """`samples` were explained together in `seconds`; each counts with its share."""
        for _ in range(samples):
            self._ran.labels(method).observe(seconds / samples)

    def job_ended(self, state: str, method: str) -> None:
        self._jobs.labels(state, method).inc()

    def cache(self, hit: bool) -> None:
        self._cache.labels("hit" if hit else "miss").inc()

    def restarted(self, device: str, cause: Cause) -> None:
        self._restarts.labels(device, cause).inc()

    def refused(self, code: str) -> None:
        self._refused.labels(code).inc()

    def render(self) -> bytes:
        return generate_latest(self._registry)


class _Now(Collector):
    """Gauges that are read when somebody asks."""

    def __init__(
        self,
        queue: Callable[[], Mapping[str, int]],
        workers: Callable[[], Mapping[tuple[str, str], int]],
        device_memory: Callable[[], Mapping[str, tuple[int, int]]],
        store: Callable[[], tuple[int, int]],
    ) -> None:
        self._queue, self._workers, self._device_memory, self._store = queue, workers, device_memory, store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        queue = GaugeMetricFamily("attriscope_queue_length", "Samples waiting.", labels=["priority"])
        for priority, length in self._queue().items():
            queue.add_metric([priority], length)
        yield queue
        workers = GaugeMetricFamily("attriscope_workers", "Worker processes.", labels=["device", "state"])
        for (device, state), count in self._workers().items():
            workers.add_metric([device, state], count)
        yield workers
        memory = GaugeMetricFamily("attriscope_device_memory_bytes", "Memory of a device.", labels=["device", "kind"])
        for device, (free, total) in self._device_memory().items():
            memory.add_metric([device, "free"], free)
            memory.add_metric([device, "total"], total)
        yield memory
        results, size = self._store()
        yield GaugeMetricFamily("attriscope_store_results", "Results kept.", value=results)
        yield GaugeMetricFamily("attriscope_store_bytes", "Bytes of the results kept.", value=size)
