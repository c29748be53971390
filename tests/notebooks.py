"""A notebook with an explorer of its own, and JupyterLab to open it in."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.live import PATIENCE, ROOT

MODEL = """
import torch
from torch import nn
from attriscope import Explorer

torch.manual_seed(3)
model = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(54, 3))
images = torch.rand(8, 3, 24, 24, generator=torch.Generator().manual_seed(4))
explorer = Explorer(model.eval(), [(image, n % 3) for n, image in enumerate(images)], ["red", "green", "blue"])
"""
RENDER = "explorer.render(height=700)"
FOR_ALL = f"explorer.serve(bind_all=True)\n{RENDER}"
"""Other machines are let in, too."""


def notebook(*cells: str) -> dict[str, Any]:
    """A notebook as a file holds it."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": cell}
        for n, cell in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}


def environment(folder: Path) -> dict[str, str]:
    """Of a Jupyter that knows nothing of whoever runs this."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    workspaces = {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    return {**os.environ, **{name: str(folder / name.lower()) for name in own}, **workspaces, "PYTHONPATH": path}


@contextmanager
def jupyterlab(folder: Path, *, proxy: bool, render: str = RENDER) -> Iterator[str]:
    """JupyterLab over `folder/work`, with jupyter-server-proxy or without; yields the notebook's link."""
    work = folder / "work"
    work.mkdir()
    (work / "explorer.ipynb").write_text(json.dumps(notebook(MODEL, render)), encoding="utf-8")
    settings = folder / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    silent = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(silent), encoding="utf-8")
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}"]
    command += ["--ServerApp.allow_remote_access=True"]
    command += [f"--ServerApp.jpserver_extensions=jupyter_server_proxy={proxy}"]
    process = subprocess.Popen(
        command, cwd=work, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    output: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=output.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/lab", "".join(output))):
            assert process.poll() is None, "".join(output)
            assert time.monotonic() < deadline, "".join(output)
            time.sleep(0.1)
        yield f":{found[1]}/lab/tree/explorer.ipynb?token={token}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)
        process.stdout.close()
