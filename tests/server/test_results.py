"""Results through a running server: over restarts, between servers, and from damaged files."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.live import EXPLORERS, LiveServer

FACTORY = f"{EXPLORERS / 'faulty.py'}:explorer"
ASKED = {"method": "integrated_gradients", "samples": [0, 1, 2]}


def on(store: Path) -> LiveServer:
    return LiveServer("serve", FACTORY, env={"ATTRISCOPE_STORE": str(store)})


def fetched(server: LiveServer) -> dict[str, tuple[bytes, bytes]]:
    """Has the samples explained; description and map of each by key."""
    keys = [item["key"] for item in server.run(**ASKED)["items"]]
    found = {}
    for key in keys:
        info = server.client.get(f"/api/results/{key}")
        feature = info.json()["maps"][0]["feature"]
        array = server.client.get(f"/api/results/{key}/{feature}.npy")
        assert (info.status_code, array.status_code) == (200, 200)
        assert "immutable" in info.headers["Cache-Control"]
        assert "immutable" in array.headers["Cache-Control"]
        found[key] = info.content, array.content
    return found


def test_q10_a_repeated_request_is_answered_from_the_store_after_a_kill(tmp_path: Path) -> None:
    with on(tmp_path) as server:
        before = fetched(server)
        server.wait(lambda: len(list(tmp_path.glob("v1/maps/*/*"))) == 3)
        server.process.kill()
        server.process.wait()
    with on(tmp_path) as server:
        server.samples(count=3)
        job = server.submit(**ASKED).json()
        assert job["state"] == "done"
        # Byte for byte, the time it took included: it was not computed again.
        assert fetched(server) == before
        assert server.client.post("/api/jobs/check", json=server.request(**ASKED)).json()["stored"] == 3


def test_s6_a_server_answers_with_what_another_one_has_computed(tmp_path: Path) -> None:
    with on(tmp_path) as one, on(tmp_path) as two:
        before = fetched(one)
        two.wait(lambda: len(list(tmp_path.glob("v1/maps/*/*"))) == 3)
        two.samples(count=3)
        two.wait(lambda: two.client.post("/api/jobs/check", json=two.request(**ASKED)).json()["stored"] == 3)
        assert fetched(two) == before


@pytest.mark.parametrize("target", ["maps", "index"])
def test_s5_what_is_damaged_is_computed_again(tmp_path: Path, target: str) -> None:
    with on(tmp_path) as server:
        before = fetched(server)
    for path in tmp_path.glob("v1/maps/*/*" if target == "maps" else "v1/index.sqlite"):
        path.write_bytes(b"garbage" * 1000)
    with on(tmp_path) as server:
        for key in before:
            assert server.client.get(f"/api/results/{key}").status_code == 404
        after = fetched(server)
    assert after.keys() == before.keys()
    for key, (info, array) in before.items():
        # The time it took tells that it was computed again.
        assert after[key][0] != info
        expected, found = (np.load(io.BytesIO(file), allow_pickle=False) for file in (array, after[key][1]))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert list(tmp_path.glob("quarantine/*/*"))


def test_s4_results_are_delivered_while_the_store_cannot_be_written(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.write_text("no folder")
    with on(store) as server:
        assert len(fetched(server)) == 3
        store.unlink()
        server.wait(lambda: len(list(store.glob("v1/maps/*/*"))) == 3)
        shutil.rmtree(store)
        assert len(fetched(server)) == 3
