"""Whether a map is faithful, asked of a running server: like any job it is estimated, stored, cancelled, refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.live import EXPLORERS, LiveServer
from tests.server.canonical import undisturbed

CURVES = {"type": "curves", "orders": 2}
RANDOM = {"type": "randomisation", "stages": 2}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer") as running:
        yield running


def result_of(server: LiveServer, job: dict[str, Any]) -> dict[str, Any]:
    assert job["state"] == "done", job
    found: dict[str, Any] = server.client.get(f"/api/results/{job['items'][0]['key']}").json()
    return found


def array(server: LiveServer, key: str, name: str) -> np.ndarray:
    answer = server.client.get(f"/api/results/{key}/{name}.npy")
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content))


@pytest.mark.parametrize("evaluation", [CURVES, RANDOM])
def test_an_evaluation_is_estimated_computed_once_and_stored_beside_the_map(
    server: LiveServer, evaluation: dict[str, Any]
) -> None:
    server.samples(count=1)
    asked = server.request(method="saliency", evaluation=evaluation)
    estimate = server.client.post("/api/jobs/check", json=asked).json()
    assert estimate["stored"] == 0
    assert estimate["eta_seconds"] > 0
    job = server.run(method="saliency", evaluation=evaluation)
    assert job["total"] == estimate["cost"]["forward"]
    info = result_of(server, job)
    assert info["evaluation"]["type"] == evaluation["type"]
    plain = server.run(method="saliency")
    assert plain["items"][0]["key"] != job["items"][0]["key"]
    assert result_of(server, plain)["evaluation"] is None
    maps = [array(server, made["items"][0]["key"], "image") for made in (job, plain)]
    np.testing.assert_allclose(*maps, atol=1e-6)
    again = server.submit(method="saliency", evaluation=evaluation).json()
    assert again["state"] == "done"
    assert again["items"][0]["key"] == job["items"][0]["key"]
    assert server.client.post("/api/jobs/check", json=asked).json()["stored"] == 1


def test_the_maps_of_the_random_models_can_be_had(server: LiveServer) -> None:
    info = result_of(server, server.run(method="saliency", evaluation=RANDOM))
    for n, step in enumerate(info["evaluation"]["steps"]):
        [told] = step["maps"]
        values = array(server, info["key"], f"{n}@image")
        assert list(values.shape) == told["shape"]
        assert [float(values.min()), float(values.max())] == pytest.approx([told["minimum"], told["maximum"]])
    assert server.client.get(f"/api/results/{info['key']}/9@image.npy").status_code == 404


def test_a_cancelled_evaluation_leaves_the_model_as_it_was() -> None:
    env = {"ATTRISCOPE_TEST_PAUSE": "0.05"}
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:slow_model", env=env) as slow:
        slow.samples(count=1)
        for evaluation in (CURVES, RANDOM):
            settings = {"method": "integrated_gradients", "arguments": {"n_steps": 200}, "evaluation": evaluation}
            job = slow.submit(**settings).json()
            slow.wait(lambda job=job: slow.client.get(f"/api/jobs/{job['id']}").json()["state"] == "running")
            answer = slow.client.delete(f"/api/jobs/{job['id']}").json()
            assert answer["state"] == "cancelled"
        with undisturbed(slow):
            pass


@pytest.mark.parametrize(
    ("evaluation", "field", "words"),
    [
        ({"type": "curves", "orders": 0}, "evaluation.curves.orders", "is 0; it must be greater than or equal to 1"),
        ({"type": "randomisation", "stages": 51}, "evaluation.randomisation.stages", "is 51; it must be less than"),
        ({"type": "magic"}, "evaluation", "'magic'"),
        ({"type": "curves", "fill": "pink"}, "evaluation.fill", "No baseline 'pink'"),
    ],
)
def test_wrong_evaluations_are_refused_with_field_value_and_bound(
    server: LiveServer, evaluation: dict[str, Any], field: str, words: str
) -> None:
    answer = server.submit(evaluation=evaluation)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert words in answer.json()["message"]


def test_the_time_of_curves_is_learnt_from_curves_of_any_map(server: LiveServer) -> None:
    server.run(method="input_x_gradient", evaluation=CURVES)
    asked = server.request(method="deconvolution", evaluation=CURVES)
    estimate = server.client.post("/api/jobs/check", json=asked).json()
    known = server.request(method="input_x_gradient", evaluation={**CURVES, "seed": 1})
    other = server.client.post("/api/jobs/check", json=known).json()
    units = [found["cost"]["forward"] + 2 * found["cost"]["backward"] for found in (estimate, other)]
    assert estimate["eta_seconds"] / units[0] == pytest.approx(other["eta_seconds"] / units[1])
