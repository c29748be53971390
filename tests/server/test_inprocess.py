"""`Explorer.serve`: the page over an object of this process."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from torch import nn

from attriscope import Explorer, ExplorerError, inprocess
from tests.live import PATIENCE, ROOT, LiveServer, Visitor

SCRIPT = """
import sys
import torch
from torch import nn
from attriscope import Explorer

model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).eval()
explorer = Explorer(model, [(torch.rand(3, 2, 2), 1) for _ in range(4)])
port = explorer.serve({arguments})
print("behind it", port, flush=True)
"""


@pytest.fixture
def made() -> Iterator[list[Explorer]]:
    """Explorers to be closed."""
    explorers: list[Explorer] = []
    yield explorers
    for explorer in explorers:
        explorer.close()


def live(made: list[Explorer], **more: object) -> Explorer:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    made.append(Explorer(model, [(torch.rand(3, 2, 2), 1) for _ in range(4)], **more))  # type: ignore[arg-type]
    return made[-1]


@contextmanager
def visit(output: str, host: str | None = None) -> Iterator[Visitor]:
    """Logged in by the last link in what was printed."""
    *_, (base, token) = re.findall(r"Open (http://\S+/)\?token=(\S+)", output)
    if host is not None:
        base = re.sub(r"//[^:/]+", f"//{host}", base)
    with httpx.Client(base_url=base, timeout=PATIENCE) as client:
        client.get("", params={"token": token}).raise_for_status()
        yield Visitor(client)


def test_it_explains_the_object_as_it_is(made: list[Explorer], capsys: pytest.CaptureFixture[str]) -> None:
    explorer = live(made)
    (model,) = explorer.models.values()
    assert isinstance(model, nn.Module)
    model.train()
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    port = explorer.serve()
    with visit(capsys.readouterr().out) as visitor:
        job = visitor.run(method="gradient_shap")
        assert job["state"] == "done"
        assert visitor.client.get("/readyz").json()["status"] == "ready"
        # There is no file that a script could load.
        answer = visitor.client.get(f"/api/results/{job['items'][0]['key']}/script")
        assert answer.status_code in (404, 422)
    assert model.training
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    explorer.close()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/livez")
    explorer.close()


def test_a_second_call_prints_the_same_link(made: list[Explorer], capsys: pytest.CaptureFixture[str]) -> None:
    explorer = live(made)
    ports = {explorer.serve(), explorer.serve(), explorer.serve(port=explorer.serve())}
    assert len(ports) == 1
    links = set(re.findall(r"Open (\S+)", capsys.readouterr().out))
    assert len(links) == 1


def test_two_explorers_are_two_pages(made: list[Explorer], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = live(made, name="First"), live(made, name="Second")
    assert first.serve() != second.serve()
    links = re.findall(r"Open \S+", capsys.readouterr().out)
    for link, name in zip(links, ("First", "Second"), strict=True):
        with visit(link) as visitor:
            visitor.samples(count=1)
            assert visitor.explorer()["name"] == name


def test_another_explorer_of_this_process_takes_a_port_over(
    made: list[Explorer], capsys: pytest.CaptureFixture[str]
) -> None:
    port = live(made, name="Before").serve()
    assert live(made, name="After").serve(port=port) == port
    with visit(capsys.readouterr().out) as visitor:
        visitor.samples(count=1)
        assert visitor.explorer()["name"] == "After"


def test_another_port_moves_the_page(made: list[Explorer]) -> None:
    explorer = live(made)
    before = explorer.serve()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        wanted = taken.getsockname()[1]
    assert explorer.serve(port=wanted) == wanted != before
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{before}/livez")
    assert httpx.get(f"http://127.0.0.1:{wanted}/livez").json() == {"status": "alive"}


def test_a_port_in_use_is_refused(made: list[Explorer]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ExplorerError, match=f"Port {port} on 127.0.0.1 is in use") as caught:
            live(made).serve(port=port)
        assert caught.value.field == "port"


@pytest.mark.parametrize("port", [-1, 70_000, "8000", True])
def test_a_port_is_a_number(made: list[Explorer], port: object) -> None:
    with pytest.raises(ExplorerError, match="it must be 0 to 65535"):
        live(made).serve(port=port)  # type: ignore[arg-type]


def test_bind_all_lets_other_machines_in_with_the_token(
    made: list[Explorer], capsys: pytest.CaptureFixture[str]
) -> None:
    explorer = live(made)
    port = explorer.serve(bind_all=True)
    output = capsys.readouterr().out
    assert "127.0.0.1" not in output
    with visit(output, "127.0.0.1") as visitor:
        assert visitor.client.get("/api/explorers").json()["mode"] == "team"
        visitor.samples(count=1)
        # A notebook's host name is its own: the frame beside it must be allowed, and its cookie go to no other site.
        policy = visitor.client.get("/").headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' http:")
    token = output.strip().partition("?token=")[2]
    entered = httpx.get(f"http://127.0.0.1:{port}/", params={"token": token}, headers={"host": f"gpu7:{port}"})
    (cookie,) = entered.headers.get_list("set-cookie")
    assert "samesite=strict" in cookie.lower()
    assert httpx.get(f"http://127.0.0.1:{port}/api/explorers").status_code == 401


def test_a_running_event_loop_is_no_hindrance(made: list[Explorer], capsys: pytest.CaptureFixture[str]) -> None:
    import asyncio

    async def cell() -> int:
        return live(made).serve()

    assert asyncio.run(cell()) > 0
    with visit(capsys.readouterr().out) as visitor:
        assert visitor.run(method="saliency")["state"] == "done"


@pytest.mark.parametrize("asked", ["reload", "fetch"])
def test_a_model_trained_further_is_not_shown_with_what_was_before(
    made: list[Explorer], capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    explorer = live(made)
    (model,) = explorer.models.values()
    assert isinstance(model, nn.Module)
    explorer.serve()
    with visit(capsys.readouterr().out) as visitor:

        def score() -> float:
            (predictions,) = visitor.samples(count=1)["items"][0]["predictions"].values()
            return float(next(one["output"] for one in predictions if one["index"] == 0))

        before = score()
        with torch.no_grad():
            model[1].bias[0] += 100  # type: ignore[index, operator]
        if asked == "reload":
            visitor.client.post("/api/explorers/explorer/reload").raise_for_status()
        else:
            visitor.submit()
        visitor.wait(lambda: visitor.explorer()["state"] == "ready")
        visitor.wait(lambda: abs(score() - before - 100) < 1e-3)


def test_a_map_of_a_model_trained_further_is_of_all_its_weights(
    made: list[Explorer], capsys: pytest.CaptureFixture[str]
) -> None:
    explorer = live(made)
    (model,) = explorer.models.values()
    assert isinstance(model, nn.Module)
    explorer.serve()
    with visit(capsys.readouterr().out) as visitor:

        def slopes(job: dict[str, Any]) -> np.ndarray:
            (item,) = job["items"]
            return np.load(io.BytesIO(visitor.client.get(f"/api/results/{item['key']}/image.npy").content))

        asked: dict[str, Any] = {"method": "saliency", "target": 1}
        before = visitor.run(**asked)
        # As the page does before each Fetch.
        visitor.client.post("/api/jobs/check", json=visitor.request(**asked)).raise_for_status()
        with torch.no_grad():
            model[1].weight *= 3  # type: ignore[index, operator]

        def fetched() -> dict[str, Any] | None:
            answer = visitor.submit(**asked)
            job = visitor.finish(answer.json()) if answer.status_code == 201 else None
            return job if job is not None and job["state"] == "done" else None

        after = visitor.wait(fetched)
        assert after["items"][0]["key"] != before["items"][0]["key"]
        np.testing.assert_allclose(slopes(after), 3 * slopes(before), rtol=1e-5)


def test_a_generator_survives_a_reload(made: list[Explorer], capsys: pytest.CaptureFixture[str]) -> None:
    made.append(Explorer(nn.Flatten(), (torch.full((3, 1, 1), n / 8) for n in range(5))))
    made[-1].serve()
    with visit(capsys.readouterr().out) as visitor:
        before = [one["sha256"] for one in visitor.samples(count=5)["items"]]
        visitor.client.post("/api/explorers/explorer/reload").raise_for_status()
        visitor.wait(lambda: visitor.explorer()["state"] == "ready")
        visitor.wait(lambda: [one["sha256"] for one in visitor.samples(count=5)["items"]] == before)


# --- scripts -------------------------------------------------------------------------------------------


def run(arguments: str, folder: Path) -> LiveServer:
    file = folder / "script.py"
    file.write_text(SCRIPT.format(arguments=arguments), encoding="utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    return LiveServer(command=[sys.executable, "-u", str(file)], env={"PYTHONPATH": path})


def ended(server: LiveServer) -> int:
    server.process.send_signal(signal.SIGINT)
    try:
        return server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise AssertionError("".join(server.output)) from None


def test_a_script_stays_for_its_page_until_ctrl_c(tmp_path: Path) -> None:
    with run("", tmp_path) as server:
        server.wait(lambda: "behind it" in "".join(server.output))
        # Executors work, though the script's last line is done.
        assert server.run(method="saliency")["state"] == "done"
        assert ended(server) == 0
        assert "Traceback" not in "".join(server.output)


def test_blocking_returns_with_ctrl_c(tmp_path: Path) -> None:
    with run("blocking=True", tmp_path) as server:
        server.samples(count=1)
        assert "behind it" not in "".join(server.output)
        assert ended(server) != 0
        assert "KeyboardInterrupt" in "".join(server.output)
        assert "behind it" not in "".join(server.output)


def test_no_thread_stays_behind(made: list[Explorer]) -> None:
    before = set(threading.enumerate())
    explorer = live(made)
    explorer.serve()
    explorer.close()
    assert inprocess.current(explorer) is None
    left = [thread for thread in set(threading.enumerate()) - before if thread.name in ("attriscope", "inline worker")]
    assert left == []
