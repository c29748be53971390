"""What a person does on the page, in a person's words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

from tests.live import LiveServer

READ_CANVAS = """canvas => {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return { width, height, data: Array.from(data) };
}"""


class ExplorerPage:
    """The explorer's page, opened by the printed link."""

    def __init__(self, page: Page, server: LiveServer, query: str = "") -> None:
        self.page, self.server = page, server
        page.goto(server.url)
        page.wait_for_url(lambda url: "token" not in url)
        if query:
            page.goto(f"{server.base}/?{query}")
        self.fetch_button = page.get_by_test_id("fetch")
        self.samples = page.get_by_test_id("sample")
        self.controls = page.get_by_test_id("controls")

    def ready(self, count: int = 8) -> ExplorerPage:
        """Waits until the samples are there, predicted."""
        expect(self.samples).to_have_count(count)
        expect(self.samples.last.get_by_test_id("prediction").first).to_be_visible()
        return self

    def sample(self, index: int) -> Locator:
        return self.page.locator(f'[data-testid="sample"][data-sample="{index}"]')

    def fetch(self) -> ExplorerPage:
        """Presses Fetch and waits until everything asked for is there."""
        expect(self.fetch_button).to_be_enabled()
        self.fetch_button.click()
        return self.finished()

    def finished(self) -> ExplorerPage:
        expect(self.controls.get_by_text("All maps are up to date")).to_be_visible()
        # An estimate stays on screen until the finished map has been read from the server.
        expect(self.page.get_by_test_id("partial")).to_have_count(0)
        return self

    def choose_method(self, name: str) -> ExplorerPage:
        self.choose("Method", name)
        return self

    def choose(self, label: str, option: str, within: Locator | None = None) -> None:
        """Picks an option of a drop-down."""
        box = (within or self.page).get_by_role("combobox", name=label, exact=True)
        box.click()
        self.page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.click()

    def argument(self, title: str) -> Locator:
        return self.controls.get_by_label(title, exact=True)

    def show(self, *panels: str) -> None:
        """Ticks exactly these panels."""
        region = self.page.get_by_role("region", name="Display")
        expect(region.get_by_role("checkbox", name="Original", exact=True)).to_be_attached()
        for name in ("Original", "Overlay", "Attribution", "Heat map", "Positive", "Negative", "Masked"):
            chip = region.get_by_role("checkbox", name=name, exact=True)
            # Words and lines are painted in one way only.
            if chip.count() and chip.is_checked() != (name in panels):
                region.get_by_text(name, exact=True).click()

    def panel(self, sample: int, kind: str, place: int = 0) -> Locator:
        return self.sample(sample).locator(f'canvas[data-panel="{kind}"]').nth(place)

    def pixels(self, canvas: Locator) -> np.ndarray:
        """The canvas as uint8 (H, W, RGBA)."""
        expect(canvas).to_be_visible()
        read: dict[str, Any] = canvas.evaluate(READ_CANVAS)
        return np.array(read["data"], dtype=np.uint8).reshape(read["height"], read["width"], 4)

    def caption(self, sample: int) -> Locator:
        return self.sample(sample).get_by_test_id("caption")
