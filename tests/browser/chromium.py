"""Chromium for the browser tests: the one on PATH, else Playwright's own download, else Debian's package.

python -m tests.browser.chromium        makes sure that there is one
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium: PATH's, else Playwright's."""
    return playwright.chromium.launch(executable_path=on_path(), args=FLAGS)


def downloaded() -> bool:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def ensure() -> None:
    """Installs a Chromium where there is none. Exits with what to do where that fails."""
    if on_path() or downloaded():
        return
    tried = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        tried += [["apt-get", "update", "--quiet"], ["apt-get", "install", "--yes", "--quiet", "chromium"]]
    for command in tried:
        subprocess.run(command, check=False)
        if on_path() or downloaded():
            return
    sys.exit("The browser tests need Chromium: install it so that `chromium` is on PATH, and run this again.")


if __name__ == "__main__":
    ensure()
