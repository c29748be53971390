"""Several explorers on one server, chosen in the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.scripted import ScriptedQueue
from tests.browser.test_accessibility import violations
from tests.live import EXPLORERS, LiveServer

FAULTY = EXPLORERS / "faulty.py"


def beside(page: Page, server: LiveServer, **others: str) -> None:
    """Explorers by name, each in a state, beside the server's own and made of the same samples."""
    own = server.explorer()["id"]

    def listed(route: Route) -> None:
        body = route.fetch().json()
        first = body["explorers"][0]
        body["explorers"] += [
            {**first, "id": name, "name": name.title(), "state": state, "stage": None} for name, state in others.items()
        ]
        route.fulfill(json=body)

    def detail(name: str, state: str) -> Callable[[Route], None]:
        def answer(route: Route) -> None:
            url = route.request.url.replace(f"/explorers/{name}", f"/explorers/{own}")
            reply = route.fetch(url=url)
            if not route.request.url.endswith(f"/explorers/{name}"):
                route.fulfill(response=reply)
                return
            body: dict[str, Any] = reply.json()
            description = {**body["description"], "name": name.title()} if state == "ready" else None
            route.fulfill(json={**body, "id": name, "name": name.title(), "state": state, "description": description})

        return answer

    page.route("**/api/explorers", listed)
    for name, state in others.items():
        page.route(re.compile(rf"/api/explorers/{name}(/|\?|$)"), detail(name, state))


def chooser(page: Page) -> Any:
    return page.get_by_role("combobox", name="Explorer")


def test_one_explorer_needs_no_chooser(page: Page, tiny: LiveServer) -> None:
    ExplorerPage(page, tiny, "count=1").ready(1)
    expect(chooser(page)).to_have_count(0)


def test_the_chooser_tells_each_ones_state(page: Page, tiny: LiveServer) -> None:
    beside(page, tiny, resting="unloaded", coming="loading", broken="failed")
    ExplorerPage(page, tiny, "count=1").ready(1)
    chooser(page).click()
    for name, state in (
        ("Tiny", "ready"),
        ("Resting", "starts when opened"),
        ("Coming", "loading"),
        ("Broken", "failed"),
    ):
        expect(page.get_by_role("option", name=re.compile(f"{name}.*{state}"))).to_be_visible()
    page.wait_for_timeout(300)
    assert violations(page) == []


def test_each_explorer_keeps_its_settings_and_its_maps(page: Page, tiny: LiveServer) -> None:
    beside(page, tiny, other="ready")
    explorer = ExplorerPage(page, tiny, "count=2&method=saliency").ready(2)
    explorer.fetch()
    explorer.choose("Explorer", "Other")
    expect(page).to_have_url(re.compile("explorer=other"))
    explorer.ready(8)
    expect(page.get_by_test_id("panel").and_(page.locator('[data-panel="overlay"]'))).to_have_count(0)
    expect(page.get_by_role("combobox", name="Method", exact=True)).to_have_value("Integrated Gradients")
    explorer.choose("Explorer", "Tiny")
    explorer.ready(2)
    expect(page.get_by_role("combobox", name="Method", exact=True)).to_have_value("Saliency")
    expect(explorer.panel(1, "overlay")).to_be_visible()
    page.go_back()
    expect(chooser(page)).to_have_value("Other")
    explorer.ready(8)


def test_what_runs_in_one_explorer_is_not_anothers_progress(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    beside(page, tiny, other="ready")
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    explorer.fetch_button.click()
    queue.tell(queue.newest(), state="running", item_state="running")
    explorer.choose("Explorer", "Other")
    explorer.ready(8)
    expect(page.get_by_test_id("progress")).to_have_count(0)
    expect(explorer.fetch_button).to_be_enabled()
    chooser(page).click()
    expect(page.get_by_role("option", name=re.compile("Tiny.*making maps"))).to_be_visible()


def test_an_explorer_that_rests_is_opened_with_its_loading_screen(page: Page, tiny: LiveServer) -> None:
    beside(page, tiny, other="unloaded")
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    explorer.choose("Explorer", "Other")
    expect(page.get_by_text("Loading model…")).to_be_visible()
    page.unroute(re.compile(r"/api/explorers/other(/|\?|$)"))
    beside(page, tiny, other="ready")
    explorer.ready(8)


def test_an_unknown_explorer_is_not_taken_for_another(page: Page, tiny: LiveServer) -> None:
    beside(page, tiny, other="ready")
    explorer = ExplorerPage(page, tiny, "explorer=gone&count=1")
    expect(page.get_by_text("This server has no explorer 'gone'.")).to_be_visible()
    explorer.choose("Explorer", "Other")
    explorer.ready(8)


def test_the_chooser_works_by_keyboard_on_a_narrow_screen(page: Page, tiny: LiveServer) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    beside(page, tiny, other="ready")
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    chooser(page).focus()
    # Opened by an arrow, the list marks what is open already; by Enter it would know that only a moment later.
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Tiny")).to_have_attribute("data-combobox-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Other")).to_have_attribute("data-combobox-selected", "true")
    page.wait_for_timeout(300)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Enter")
    expect(chooser(page)).to_have_value("Other")
    explorer.ready(8)


def test_several_files_are_several_explorers(page: Page) -> None:
    with LiveServer("serve", f"{FAULTY}:explorer", f"{FAULTY}:disagreeing", wait_ready=False) as server:
        explorer = ExplorerPage(page, server, "count=1").ready(1)
        # Known by its file's name until it has been loaded.
        explorer.choose("Explorer", "faulty-2")
        explorer.ready(8)
        expect(chooser(page)).to_have_value("Disagreeing")
        explorer.choose_method("Saliency").fetch()
        explorer.choose("Explorer", "Tiny")
        explorer.ready(1)
        expect(page.locator('canvas[data-panel="overlay"]')).to_have_count(0)
