"""Scripts for Captum Insights run by it and by us, and what both say of their first samples."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.insights import CACHE, installed
from tests.live import PATIENCE, ROOT, LiveServer

SCRIPTS = Path(__file__).parent / "scripts"
STEPS = 25
IMPORTS = {
    "captum.insights.attr_vis.features": "attriscope.features",
    "captum.insights": "attriscope",
    "captum.attr": "attribution_core",
}
"""What a script's author changes: the modules that it imports from."""


@dataclass(frozen=True)
class Told:
    """Of one sample. scores: by class. contributions and bars by feature, as Insights defines them."""

    scores: Mapping[str, float]
    contributions: Mapping[str, float]
    bars: Mapping[str, Sequence[float]]


def changed(script: Path) -> str:
    """The script with other import lines, and nothing else."""
    lines = script.read_text(encoding="utf-8").splitlines()
    return "\n".join(_changed(line) if line.startswith("from captum.") else line for line in lines) + "\n"


def _changed(line: str) -> str:
    module = line.split()[1]
    return line.replace(module, IMPORTS[module])


# --- Captum Insights -----------------------------------------------------------------------------------


@contextmanager
def old(script: str, *arguments: str) -> Iterator[httpx.Client]:
    """Insights, serving the script; skips the test where it cannot be installed."""
    import pytest

    try:
        folders = installed(CACHE)
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"Captum Insights 0.8.0 cannot be installed here: {error}")
    command = [sys.executable, "-u", str(ROOT / "tests/insights/run_old.py"), *map(str, folders)]
    command += [str(SCRIPTS / f"{script}.py"), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=os.environ
    )
    output: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=output.extend, args=(process.stdout,), daemon=True)
    try:
        found = None
        for line in process.stdout:
            output.append(line)
            if found := re.search(r"at http://localhost:(\d+)/", line):
                break
        assert found, "".join(output)
        # Whatever else it prints must not fill the pipe.
        reader.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{found[1]}", timeout=PATIENCE) as client:
            _await(client, process, output)
            yield client
    finally:
        process.kill()
        process.wait()
        if reader.ident is not None:
            reader.join()
        process.stdout.close()


def _await(client: httpx.Client, process: subprocess.Popen[str], output: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.get("/init").raise_for_status()
        except httpx.TransportError:
            assert process.poll() is None, "".join(output)
            assert time.monotonic() < deadline, "".join(output)
            time.sleep(0.1)
        else:
            return


def old_says(client: httpx.Client) -> list[Told]:
    """Of the first batches, by Integrated Gradients."""
    arguments = {"n_steps": STEPS, "method": "gausslegendre"}
    body = {"attribution_method": "Integrated Gradients", "arguments": arguments, "prediction": "all", "classes": []}
    return [_old(outputs[0]) for outputs in client.post("/fetch", json=body).raise_for_status().json()]


def _old(output: Mapping[str, Any]) -> Told:
    features = output["feature_outputs"]
    return Told(
        scores={one["label"]: one["score"] for one in output["predicted"]},
        contributions={one["name"]: one["contribution"] for one in features},
        bars={one["name"]: one["modified"] for one in features if one["type"] in ("text", "general")},
    )


# --- ours ----------------------------------------------------------------------------------------------


@contextmanager
def new(script: str, folder: Path, *arguments: str) -> Iterator[LiveServer]:
    """The same script with its import lines changed, serving our page."""
    file = folder / f"{script}.py"
    file.write_text(changed(SCRIPTS / file.name), encoding="utf-8")
    path = os.pathsep.join([str(ROOT), str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-u", str(file), *arguments]
    with LiveServer(command=command, env={"PYTHONPATH": path}) as server:
        yield server


def new_says(server: LiveServer, count: int) -> list[Told]:
    """Of the first samples, by Integrated Gradients."""
    samples = server.samples(count=count)["items"]
    job = server.run(samples=list(range(count)), method="integrated_gradients", arguments={"n_steps": STEPS})
    assert job["state"] == "done", job
    kinds = {one["name"]: one["kind"] for one in server.explorer()["description"]["features"]}
    return [_new(server, kinds, sample, item) for sample, item in zip(samples, job["items"], strict=True)]


def _new(server: LiveServer, kinds: Mapping[str, str], sample: Mapping[str, Any], item: Mapping[str, Any]) -> Told:
    (predictions,) = sample["predictions"].values()
    maps = {name: _map(server, item["key"], name) for name in kinds}
    sums = {name: float(values.sum(dtype=np.float64)) for name, values in maps.items()}
    total = sum(map(abs, sums.values()))
    bars = {name: _bars(kinds[name], values) for name, values in maps.items() if kinds[name] in ("text", "table")}
    return Told(
        scores={one["name"]: one["score"] for one in predictions},
        contributions={name: value / total if total else 0.0 for name, value in sums.items()},
        bars=bars,
    )


def _map(server: LiveServer, key: str, feature: str) -> np.ndarray[Any, Any]:
    content = server.client.get(f"/api/results/{key}/{feature}.npy").raise_for_status().content
    values: np.ndarray[Any, Any] = np.load(io.BytesIO(content))
    return values


def _bars(kind: str, values: np.ndarray[Any, Any]) -> list[float]:
    """Percent of the largest word, and of the Euclidean length of a row, as Insights scales its bars."""
    flat = values.reshape(-1).astype(np.float64)
    return list(100 * flat / (np.abs(flat).max() if kind == "text" else np.linalg.norm(flat)))
