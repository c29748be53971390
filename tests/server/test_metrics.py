from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from attriscope.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every value by name and labels, as a monitoring system reads it."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_is_told_is_counted() -> None:
    metrics = Metrics()
    metrics.waited("saliency", 0.2)
    metrics.ran("saliency", 3.0, 4)
    metrics.job_ended("done", "saliency")
    metrics.job_ended("done", "saliency")
    metrics.cache(True)
    metrics.restarted("cpu", "deadline")
    metrics.refused("quota")
    found = samples(metrics)
    method = ("method", "saliency")
    assert found["attriscope_wait_seconds_sum", (method,)] == 0.2
    assert found["attriscope_run_seconds_sum", (method,)] == 3.0
    assert found["attriscope_run_seconds_count", (method,)] == 4
    assert found["attriscope_run_seconds_bucket", (("le", "0.5"), method)] == 0
    assert found["attriscope_run_seconds_bucket", (("le", "1.0"), method)] == 4
    assert found["attriscope_jobs_total", (method, ("state", "done"))] == 2
    assert found["attriscope_cache_total", (("result", "hit"),)] == 1
    assert found["attriscope_cache_total", (("result", "miss"),)] == 0
    assert found["attriscope_worker_restarts_total", (("cause", "deadline"), ("device", "cpu"))] == 1
    assert found["attriscope_refused_total", (("code", "quota"),)] == 1


def test_gauges_are_read_when_somebody_asks() -> None:
    queue = {"interactive": 3, "bulk": 0}
    metrics = Metrics(
        queue=lambda: queue,
        workers=lambda: {("cuda:0", "ready"): 2},
        device_memory=lambda: {"cuda:0": (5, 80)},
        store=lambda: (7, 4096),
    )
    found = samples(metrics)
    assert found["attriscope_queue_length", (("priority", "interactive"),)] == 3
    assert found["attriscope_workers", (("device", "cuda:0"), ("state", "ready"))] == 2
    assert found["attriscope_device_memory_bytes", (("device", "cuda:0"), ("kind", "free"))] == 5
    assert found["attriscope_device_memory_bytes", (("device", "cuda:0"), ("kind", "total"))] == 80
    assert found["attriscope_store_results", ()] == 7
    assert found["attriscope_store_bytes", ()] == 4096
    queue["interactive"] = 1
    assert samples(metrics)["attriscope_queue_length", (("priority", "interactive"),)] == 1


def test_two_servers_in_a_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.refused("quota")
    assert ("attriscope_refused_total", (("code", "quota"),)) not in samples(second)
    assert samples(first)["process_resident_memory_bytes", ()] > 0
