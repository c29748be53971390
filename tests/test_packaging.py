"""The wheel: what is in it, and that it serves the page away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.live import ROOT, LiveServer


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=280)
    (built,) = folder.glob("attriscope-*.whl")
    return built


def test_the_wheel_holds_the_packages_the_page_and_the_checkpoint_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "attribution_core",
        "attriscope",
        "example_models",
    }
    assert "attriscope/static/index.html" in names
    assert [name for name in names if name.startswith("attriscope/static/assets/") and name.endswith(".js")]
    assert "attribution_core/py.typed" in names
    assert "example_models/scenes/scenes_cnn.safetensors" in names
    assert [name for name in names if "test" in name.lower() or "node_modules" in name] == []


def test_an_installed_wheel_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True, timeout=120)
    # PYTHONPATH comes before the checkout, which is installed editable where the tests run.
    env = {"PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import attriscope; print(attriscope.__file__)"],
        env={**os.environ, **env},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(site)
    with LiveServer("demo", workers=None, env=env, cwd=tmp_path) as server:
        page = server.client.get("/")
        assert '<div id="root">' in page.text
        scripts = [part.split('"')[0] for part in page.text.split('src="')[1:]]
        assert scripts
        for script in scripts:
            assert server.client.get(script.removeprefix(".")).status_code == 200
        assert server.run(samples=[0])["state"] == "done"
