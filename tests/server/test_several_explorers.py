"""Several files on one command line: explorers that share devices and never each other's modules."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.live import EXPLORERS, LiveServer
from tests.server.canonical import values

FILE = """
import torch
from attriscope import Explorer
from helper import FACTOR


class Scaled(torch.nn.Module):
    def forward(self, x):
        return FACTOR * x.flatten(1)[:, :2]


def explorer():
    data = [torch.full((1, 2, 2), 0.25 * (n + 1)) for n in range(3)]
    return Explorer(models=Scaled(), dataset=data, name="Factor %g" % FACTOR)
"""


def write(folder: Path, factor: float) -> str:
    """An explorer whose helper module has the same name as every other's."""
    folder.mkdir()
    (folder / "helper.py").write_text(f"FACTOR = {factor}\n", encoding="utf-8")
    (folder / "mine.py").write_text(FILE, encoding="utf-8")
    return str(folder / "mine.py")


def names(server: LiveServer) -> dict[str, dict[str, Any]]:
    return {found["id"]: found for found in server.client.get("/api/explorers").json()["explorers"]}


def first_sample(server: LiveServer, explorer: str) -> dict[str, Any]:
    path = f"/api/explorers/{explorer}/samples"

    def predicted() -> Any:
        answer = server.client.get(path, params={"count": 1})
        items = answer.json().get("items") if answer.status_code == 200 else None
        return items and items[0]["predictions"] and items[0]

    found: dict[str, Any] = server.wait(predicted)
    return found


def explain(server: LiveServer, explorer: str, client: httpx.Client | None = None, **settings: Any) -> dict[str, Any]:
    client = client or server.client
    detail = server.client.get(f"/api/explorers/{explorer}").json()
    model = detail["description"]["models"][0]["name"]
    request = {"explorer": explorer, "model": model, "samples": [0], "method": "saliency", "target": 0, **settings}
    answer = client.post("/api/jobs", json=request)
    assert answer.status_code == 201, answer.text
    path = f"/api/jobs/{answer.json()['id']}"
    found: dict[str, Any] = server.wait(lambda: (job := client.get(path).json())["state"] in ("done", "failed") and job)
    return found


def test_each_explorer_has_its_own_modules_and_starts_when_it_is_opened(tmp_path: Path) -> None:
    files = [write(tmp_path / name, factor) for name, factor in (("one", 2.0), ("two", 5.0))]
    with LiveServer("serve", *files) as server:
        first, second = names(server)
        assert first != second
        assert names(server)[second]["state"] == "unloaded"
        assert len(server.worker_pids()) == 1
        assert server.client.get("/readyz").status_code == 200
        outputs = [first_sample(server, name)["predictions"] for name in (first, second)]
        assert [next(iter(found.values()))[0]["output"] for found in outputs] == [0.5, 1.25]
        assert {found["name"] for found in names(server).values()} == {"Factor 2", "Factor 5"}
        assert len(server.worker_pids()) == 2
        for name, factor in ((first, 2.0), (second, 5.0)):
            np.testing.assert_array_equal(
                values(server, explain(server, name)), np.array([[[factor, 0], [0, 0]]], dtype=np.float32)
            )


def test_explorers_share_the_seats_of_a_device_and_the_turns(tmp_path: Path) -> None:
    faulty = EXPLORERS / "faulty.py"
    env = {"ATTRISCOPE_TEST_PAUSE": "0.1"}
    with LiveServer("serve", f"{faulty}:slow_model", f"{faulty}:explorer", workers=1, env=env) as server:
        _, quick = names(server)
        server.samples(count=8)
        first_sample(server, quick)
        request = {"samples": list(range(8)), "method": "integrated_gradients", "arguments": {"n_steps": 1000}}
        job = server.submit(**request).json()
        server.wait(lambda: server.client.get(f"/api/jobs/{job['id']}").json()["done"] > 0)
        metrics = server.client.get("/metrics").text
        assert 'attriscope_workers{device="cpu",state="computing"} 1.0' in metrics
        # Another session's job on the other explorer gets its turn between two samples of the first.
        with closing(server.new_session()) as other:
            assert explain(server, quick, client=other)["state"] == "done"
        assert server.client.get(f"/api/jobs/{job['id']}").json()["state"] == "running"
        assert server.finish(job)["state"] == "done"


def test_one_explorer_that_cannot_be_loaded_leaves_the_other_alone(tmp_path: Path) -> None:
    faulty = EXPLORERS / "faulty.py"
    with LiveServer("serve", f"{faulty}:explorer", f"{faulty}:not_loading") as server:
        good, bad = names(server)
        server.client.get(f"/api/explorers/{bad}")
        server.wait(lambda: names(server)[bad]["state"] == "failed")
        first_sample(server, good)
        assert explain(server, good)["state"] == "done"
        ready = server.client.get("/readyz")
        assert ready.status_code == 200
        assert list(ready.json()["reasons"]) == [bad]
