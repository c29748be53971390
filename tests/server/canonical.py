"""What must hold after every fault: the same web process, a right map from it, and nothing left over."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from attribution_core import IntegratedGradients
from tests.explorers.faulty import Tiny, picture
from tests.live import LiveServer

_steps = itertools.count(60)


def values(server: LiveServer, job: dict[str, Any], item: int = 0) -> np.ndarray:
    """The map of one of the job's samples."""
    answer = server.client.get(f"/api/results/{job['items'][item]['key']}/image.npy")
    answer.raise_for_status()
    return np.load(io.BytesIO(answer.content))


def assert_canonical(server: LiveServer, sample: int = 0) -> None:
    """A map never computed before equals the one that the library alone computes, for the models of `faulty.py`."""
    steps = next(_steps)
    job = server.run(samples=[sample], target=1, method="integrated_gradients", arguments={"n_steps": steps})
    assert job["state"] == "done", job
    method = IntegratedGradients(Tiny())
    expected = method.attribute(picture(sample)[None], target=1, n_steps=steps)[0].detach().numpy()
    np.testing.assert_allclose(values(server, job), expected, atol=1e-5 * float(np.abs(expected).max()))


@contextmanager
def undisturbed(server: LiveServer, *, workers: int | None = 1) -> Iterator[None]:
    """Before and after what happens inside, the server is all right, and afterwards nothing is left over."""
    torch.set_num_threads(1)
    assert_canonical(server)
    web = server.process.pid
    yield
    assert server.process.pid == web
    assert server.process.poll() is None
    server.wait(lambda: server.explorer()["state"] == "ready")
    assert_canonical(server)
    if workers is not None:
        server.wait(lambda: len(server.worker_pids()) == workers)
    assert server.client.get("/readyz").status_code == 200
