"""Part R of the cases, through a running server: refused with a reason, before anything is queued."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.live import LiveServer

OCCLUSION = {"method": "occlusion"}
GRAD_CAM = {"method": "layer_grad_cam"}


@pytest.fixture(scope="module", autouse=True)
def read(tiny: LiveServer) -> None:
    tiny.samples(count=4)


@pytest.mark.parametrize(
    ("settings", "field", "parts"),
    [
        # R1
        ({"method": "integrated_gradients", "arguments": {"n_steps": 10**9}}, "arguments.n_steps", "1000000000 1 1000"),
        ({"method": "integrated_gradients", "arguments": {"n_steps": -5}}, "arguments.n_steps", "-5 1 1000"),
        ({"method": "integrated_gradients", "arguments": {"n_steps": 0}}, "arguments.n_steps", "0 1 1000"),
        ({"method": "integrated_gradients", "arguments": {"n_steps": True}}, "arguments.n_steps", "n_steps"),
        ({"method": "integrated_gradients", "arguments": {"n_steps": "9"}}, "arguments.n_steps", "n_steps"),
        ({"method": "integrated_gradients", "arguments": {"steps": 9}}, "arguments.steps", "steps"),
        ({"method": "integrated_gradients", "arguments": {"method": "simpson"}}, "arguments.method", "simpson"),
        ({"method": "integrated_gradient"}, "method", "integrated_gradients"),
        ({"model": "tyni"}, "model", "tiny"),
        ({"baseline": "pink", "method": "integrated_gradients"}, "baseline", "pink"),
        ({"precision": "quick"}, "precision", "quick"),
        ({"smoothing": {"type": "smoothgrad", "samples": 0}}, "smoothing.samples", "0 1"),
        # R2
        ({**GRAD_CAM, "layer": "conv3"}, "layer", "conv3 conv2 conv1"),
        ({**GRAD_CAM, "layer": ""}, "layer", "layer"),
        # R3
        ({"target": 4}, "target", "4"),
        ({"target": 10**12}, "target", "1000000000000"),
        # R5
        ({**OCCLUSION, "arguments": {"window_height": 9}}, "arguments.window_height", "9 8"),
        ({**OCCLUSION, "arguments": {"window_height": 64, "window_width": 64}}, "arguments.window_height", "64×64 8×8"),
        ({**OCCLUSION, "arguments": {"stride_width": 0}}, "arguments.stride_width", "0 1"),
        (
            {**OCCLUSION, "arguments": {"window_width": 2, "stride_width": 3}},
            "arguments.stride_width",
            "3 2",
        ),
        ({"samples": [0, 4000]}, "samples.1", "4000"),
    ],
)
def test_r1_r2_r3_r5_bad_requests_name_the_field_the_value_and_the_bound(
    tiny: LiveServer, settings: dict, field: str, parts: str
) -> None:
    for path in ("/api/jobs", "/api/jobs/check"):
        answer = tiny.client.post(path, json=tiny.request(**settings))
        error = answer.json()
        assert answer.status_code in (404, 422), error
        assert error["field"] == field, error
        for part in parts.split():
            assert part in error["message"], error


def test_r1_the_wording_of_the_product(tiny: LiveServer) -> None:
    error = tiny.submit(method="integrated_gradients", arguments={"n_steps": 10**9}).json()
    assert error["message"] == "n_steps is 1000000000; it must be 1 to 1000."
    error = tiny.submit(**OCCLUSION, arguments={"window_height": 64, "window_width": 64}).json()
    assert error["message"] == "Window 64×64 exceeds the 8×8 image; use at most 8."


def test_unknown_explorers_jobs_results_and_samples_are_404(tiny: LiveServer) -> None:
    name = tiny.explorer()["id"]
    paths = [
        "/api/explorers/none",
        "/api/explorers/none/samples",
        f"/api/explorers/{name}/models/none/layers",
        f"/api/explorers/{name}/samples/9999",
        f"/api/explorers/{name}/samples/0/sound/image.png",
        "/api/jobs/none",
        "/api/results/none",
        "/api/results/none/image.npy",
    ]
    for path in paths:
        answer = tiny.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert tiny.submit(explorer="none").status_code == 404


def test_a_check_queues_nothing_and_tells_the_cost(tiny: LiveServer) -> None:
    request = tiny.request(method="integrated_gradients", arguments={"n_steps": 7}, samples=[1, 2])
    estimate = tiny.client.post("/api/jobs/check", json=request).json()
    assert estimate["arguments"]["n_steps"] == 7
    assert estimate["cost"]["backward"] == 7
    assert [item["sample"] for item in estimate["items"]] == [1, 2]
    assert estimate["stored"] == 0
    done = tiny.run(**{key: request[key] for key in ("method", "arguments", "samples")})
    again = tiny.client.post("/api/jobs/check", json=request).json()
    assert again["stored"] == 2
    assert [item["key"] for item in again["items"]] == [item["key"] for item in done["items"]]


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "saliency"},
        {"method": "input_x_gradient", "target": 2},
        {"method": "integrated_gradients", "target": "label", "baseline": "white"},
        {"method": "occlusion"},
        {"method": "layer_grad_cam", "layer": "conv1"},
        {"method": "saliency", "smoothing": {"type": "smoothgrad", "samples": 3}},
        {"method": "saliency", "quantity": "score"},
    ],
)
def test_every_method_answers_with_a_finite_map(tiny: LiveServer, settings: dict) -> None:
    job = tiny.run(samples=[0, 1, 2], **settings)
    assert job["state"] == "done", job
    assert job["done"] == job["total"] > 0
    for item in job["items"]:
        info = tiny.client.get(f"/api/results/{item['key']}").json()
        values = np.load(io.BytesIO(tiny.client.get(f"/api/results/{item['key']}/image.npy").content))
        assert values.dtype == np.float32
        assert list(values.shape) == info["maps"][0]["shape"]
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0
        assert info["target"] == item["target"]


def test_a_single_output_has_no_target(serve: object) -> None:
    server = serve("one_output")  # type: ignore[operator]
    job = server.run(samples=[0])
    assert job["state"] == "done", job
    assert job["items"][0]["target"] is None
    assert server.submit(target=1).status_code == 422
