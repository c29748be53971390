"""ViT, Swin and ConvNeXt through a running server, in every method at the arguments that the page starts with."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest

from attribution_core import registry
from tests.attribution_core.test_transformers import MODELS, REFUSED
from tests.live import EXPLORERS, LiveServer

GRIDS = {"vit": (4, 4), "swin": (8, 8), "convnext": (4, 4)}


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer("serve", str(EXPLORERS / "transformers.py")) as running:
        yield running


@pytest.mark.parametrize("method", [spec.id for spec in registry.methods()])
def test_m9_it_is_explained_or_refused_with_the_reason(server: LiveServer, method: str) -> None:
    told = {found["id"]: found for found in server.explorer()["description"]["methods"]}[method]
    assert set(told["unavailable"]) == (set(MODELS) if method in REFUSED else set())
    server.samples(count=1)
    for model in MODELS:
        if method in REFUSED:
            refused = server.submit(model=model, method=method)
            assert refused.status_code == 422
            assert REFUSED[method] in refused.json()["message"]
            continue
        job = server.run(model=model, method=method)
        assert job["state"] == "done", job["error"]
        (item,) = job["items"]
        values = np.load(io.BytesIO(server.client.get(f"/api/results/{item['key']}/image.npy").content))
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0
        if method == "layer_grad_cam":
            assert values.shape == (1, *GRIDS[model])
        elif told["space"] != "layer":
            assert values.shape == (3, 32, 32)
