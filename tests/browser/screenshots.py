"""Takes README's pictures: `python -m tests.browser.screenshots docs/images`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import chromium
from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer

WIDE = {"width": 1440, "height": 900}


def explorer(page: Page, server: LiveServer) -> None:
    """Integrated Gradients on scenes, as after the first Fetch."""
    ExplorerPage(page, server).ready().fetch()


def evidence(page: Page, server: LiveServer) -> None:
    """Occlusion and the true evidence, in the dark theme."""
    page.emulate_media(color_scheme="dark")
    ExplorerPage(page, server, "method=occlusion&evidence=true&panels=original,overlay,heat&count=4").ready(4).fetch()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with LiveServer("demo", workers=None) as server, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for take in (explorer, evidence):
            page = browser.new_page(viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
            take(page, server)
            page.wait_for_timeout(1000)
            page.screenshot(path=folder / f"{take.__name__}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
