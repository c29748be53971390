"""Every method of the registry through a running server, at the arguments that the page starts with."""

from __future__ import annotations

import io

import numpy as np
import pytest

from attribution_core import registry
from tests.live import LiveServer

METHODS = [spec.id for spec in registry.methods()]


@pytest.mark.parametrize("method", METHODS)
def test_it_explains_from_the_request_to_the_map(tiny: LiveServer, method: str) -> None:
    told = {found["id"]: found for found in tiny.explorer()["description"]["methods"]}[method]
    assert told["unavailable"] == {}
    job = tiny.run(method=method, samples=[0, 1])
    assert job["state"] == "done", job["error"]
    maps = []
    for item in job["items"]:
        info = tiny.client.get(f"/api/results/{item['key']}").json()
        (drawn,) = info["maps"]
        maps.append(np.load(io.BytesIO(tiny.client.get(f"/api/results/{item['key']}/image.npy").content)))
        assert list(maps[-1].shape) == drawn["shape"]
        assert np.isfinite(maps[-1]).all()
        assert info["precision"] == "exact"
        if told["space"] != "layer":
            assert drawn["shape"] == [3, 8, 8]
    notices = [notice["code"] for notice in info["notices"]]
    assert (np.abs(maps[-1]).max() == 0) == ("all_zero" in notices)
    # A unit behind one layer may be linear in the image, and its gradient then the same for all.
    assert told["space"] == "neuron" or not np.array_equal(maps[0], maps[1])


@pytest.mark.parametrize("method", METHODS)
def test_each_sample_is_explained_as_it_would_be_alone(tiny: LiveServer, method: str) -> None:
    together = tiny.run(method=method, samples=[2, 3])
    assert together["state"] == "done", together["error"]
    alone = tiny.run(method=method, samples=[3], precision="fused")
    assert alone["items"][0]["key"] != together["items"][1]["key"]
    first, second = (
        np.load(io.BytesIO(tiny.client.get(f"/api/results/{key}/image.npy").content))
        for key in (together["items"][1]["key"], alone["items"][0]["key"])
    )
    assert np.abs(first - second).max() <= 1e-3 * np.abs(first).max()
