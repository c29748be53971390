from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import EXPLORERS, ROOT, LiveServer

_SETTLING = 500
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands; a button just being enabled, say, is looked at again."""
    if not _found(page):
        return []
    page.wait_for_timeout(_SETTLING)
    return _found(page)


def _found(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {violation['help']} {[node['target'] for node in violation['nodes']]}"
        for violation in found["violations"]
    ]


def open_filter(page: Page) -> None:
    page.get_by_role("button", name="Filter", exact=True).click()


def open_methods(page: Page) -> None:
    page.get_by_role("combobox", name="Method", exact=True).click()


def open_drawing(page: Page) -> None:
    page.get_by_role("button", name="Drawing").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_axe_before_and_after_fetch_and_with_everything_open(
    page: Page, scenes: LiveServer, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    explorer = ExplorerPage(page, scenes, "count=2&panels=original,overlay,heat,positive,negative,masked").ready(2)
    assert violations(page) == []
    explorer.fetch()
    assert violations(page) == []
    steps: list[Callable[[Page], None]] = [open_filter, open_methods, open_drawing]
    for step in steps:
        step(page)
        page.wait_for_timeout(300)
        assert violations(page) == [], step.__name__
        page.keyboard.press("Escape")
    explorer.argument("Steps").fill("0")
    expect(explorer.controls.get_by_text("n_steps is 0").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_narrow_page_passes_axe_and_fetches(page: Page, scenes: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    assert violations(page) == []
    explorer.fetch_button.click()
    expect(explorer.panel(0, "overlay")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.get_by_role("button", name="Settings").click()
    page.wait_for_timeout(400)
    assert violations(page) == []


def test_the_door_passes_axe(page: Page, scenes: LiveServer) -> None:
    page.goto(scenes.base)
    expect(page.get_by_label("Token")).to_be_visible()
    assert violations(page) == []


def test_a_failed_start_passes_axe(page: Page) -> None:
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:not_loading", wait_ready=False) as server:
        ExplorerPage(page, server)
        expect(page.get_by_role("button", name="Retry")).to_be_visible()
        assert violations(page) == []


def test_the_whole_first_fetch_works_by_keyboard(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement?.getAttribute('data-testid')"))
        if reached[-1] == "fetch":
            break
    assert reached[-1] == "fetch", reached
    page.keyboard.press("Enter")
    explorer.finished()
