"""Every view of the page, as `docs/gallery` shows it: `make gallery` takes the pictures again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.pictures import take
from tests.browser.test_erase import drag, open_editor
from tests.browser.test_faithfulness import Faithfulness
from tests.live import LiveServer

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
COLUMNS = "columns=1,2,3&method=integrated_gradients&c2.method=layer_grad_cam&c3.method=occlusion&together=false"


def explorer(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server).ready()
    fetched(opened)
    expect(opened.sample(7).locator("canvas[data-panel=overlay]")).to_be_visible()


def fetched(opened: ExplorerPage) -> None:
    """Also where the words beside Fetch are in another language, or in a drawer."""
    opened.fetch_button.click()
    expect(opened.page.get_by_test_id("caption")).to_have_count(opened.samples.count())
    expect(opened.page.get_by_test_id("partial")).to_have_count(0)


def evidence(page: Page, server: LiveServer) -> None:
    query = "method=occlusion&evidence=true&panels=original,overlay,heat&count=4"
    opened = ExplorerPage(page, server, query).ready(4).fetch()
    expect(page.get_by_test_id("evidence-outline").first).to_be_visible()
    expect(opened.sample(0).locator("canvas[data-panel=overlay]")).to_be_visible()


def columns(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, f"{COLUMNS}&count=4&panels=overlay").ready(4)
    expect(page.get_by_test_id("column")).to_have_count(3)
    opened.fetch_button.click()
    expect(page.locator("canvas[data-panel=overlay]")).to_have_count(12)
    expect(page.get_by_test_id("partial")).to_have_count(0)


def layers(page: Page, server: LiveServer) -> None:
    ExplorerPage(page, server, "method=layer_grad_cam&count=4").ready(4).fetch()
    page.get_by_role("combobox", name="Layer of scenes_cnn").click()
    expect(page.get_by_role("tree", name="Layers of scenes_cnn")).to_be_visible()


def rather(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, "target=predicted~runner_up&count=4").ready(4).fetch()
    expect(opened.caption(0)).to_contain_text("rather than")


def detail(page: Page, server: LiveServer) -> None:
    ExplorerPage(page, server, "count=8").ready().fetch()
    page.get_by_role("button", name="Look closely at sample 2").click()
    expect(page.get_by_test_id("histogram").first).to_be_visible()


def faithfulness(page: Page, server: LiveServer) -> None:
    found = Faithfulness(ExplorerPage(page, server, "count=1").ready(1).fetch())
    found.run(found.curves)
    expect(found.curves.get_by_test_id("chart")).to_have_count(2)


def erase(page: Page, server: LiveServer) -> None:
    dialog = open_editor(page, ExplorerPage(page, server, "count=2").ready(2), 0)
    drag(page, dialog.get_by_test_id("edit-surface"), (0.3, 0.3, 0.6, 0.6))
    expect(dialog.locator("table[data-stale=false]")).to_be_visible()


def present(page: Page, server: LiveServer) -> None:
    ExplorerPage(page, server, "count=4").ready(4).fetch()
    page.keyboard.press("p")
    expect(page.get_by_test_id("sentence")).to_contain_text("raised the score")


def chinese(page: Page, server: LiveServer) -> None:
    fetched(ExplorerPage(page, server, "lang=zh&count=4").ready(4))


View = Callable[[Page, LiveServer], None]
VIEWS: dict[str, tuple[View, dict[str, Any]]] = {
    "explorer": (explorer, {}),
    "explorer-dark": (explorer, {"color_scheme": "dark"}),
    "explorer-narrow": (explorer, {"viewport": NARROW}),
    "explorer-chinese": (chinese, {}),
    "columns": (columns, {}),
    "columns-narrow": (columns, {"viewport": NARROW}),
    "evidence": (evidence, {"color_scheme": "dark"}),
    "layers": (layers, {}),
    "rather": (rather, {}),
    "detail": (detail, {}),
    "faithfulness": (faithfulness, {}),
    "erase": (erase, {}),
    "present": (present, {"color_scheme": "dark"}),
}


@pytest.mark.parametrize("name", VIEWS)
def test_the_view_is_drawn(browser: Browser, scenes: LiveServer, name: str) -> None:
    view, settings = VIEWS[name]
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **settings})
    try:
        page = context.new_page()
        view(page, scenes)
        take(page, f"gallery/{name}")
    finally:
        context.close()
