"""The way through a wrong prediction that `docs/tour.md` tells: each step is done here, and its picture taken."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.pictures import take
from tests.browser.test_erase import drag, open_editor, settled
from tests.browser.test_faithfulness import Faithfulness
from tests.browser.test_gallery import WIDE
from tests.live import LiveServer

SAMPLE, LABEL, PREDICTED = 221, "butterfly", "umbrella"
AT = f"start={SAMPLE}&count=1&target=predicted~label"
COLUMNS = "columns=1,2,3&method=integrated_gradients&c2.method=layer_grad_cam&c3.method=occlusion&together=false"
COLUMNS += "&c2.target=predicted~label&c3.target=predicted~label"
UPPER_WING = (75.5 / 96, 63.5 / 96, 90.5 / 96, 78.5 / 96)
"""Left, top, right and bottom as shares of the image."""


def find(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, "order=mistakes&scan=256&count=4").ready(4)
    expect(opened.sample(SAMPLE)).to_contain_text(PREDICTED)
    expect(opened.sample(SAMPLE)).to_contain_text(LABEL)
    take(page, "tour/1-find")


def ask(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, f"{AT}&method=integrated_gradients").ready(1).fetch()
    expect(opened.caption(SAMPLE)).to_contain_text(f"'{PREDICTED}' rather than '{LABEL}'")
    page.get_by_role("button", name=f"Look closely at sample {SAMPLE}").click()
    expect(page.get_by_test_id("histogram").first).to_be_visible()
    take(page, "tour/2-ask")


def compare(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, f"{AT}&{COLUMNS}&panels=overlay").ready(1).fetch()
    expect(opened.sample(SAMPLE).locator("canvas[data-panel=overlay]")).to_have_count(3)
    expect(page.get_by_test_id("agreement").first).to_be_visible()
    take(page, "tour/3-compare")


def check(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, f"{AT}&method=integrated_gradients").ready(1).fetch()
    found = Faithfulness(opened, SAMPLE)
    found.run(found.curves)
    expect(found.curves.get_by_test_id("chart")).to_have_count(2)
    take(page, "tour/4-check")


def erase(page: Page, server: LiveServer) -> None:
    opened = ExplorerPage(page, server, f"start={SAMPLE}&count=1").ready(1).fetch()
    dialog = open_editor(page, opened, SAMPLE)
    drag(page, dialog.get_by_test_id("edit-surface"), UPPER_WING)
    row = dialog.get_by_test_id("edit-score").filter(has_text=LABEL)
    assert settled(row) > 0.9, "without the dome of its upper wing it is a butterfly"
    take(page, "tour/5-erase")
    dialog.get_by_role("button", name="Explain the edited image").click()
    expect(opened.samples).to_have_count(2)
    edited = opened.samples.nth(1)
    expect(edited.get_by_test_id("prediction").first).to_contain_text(LABEL)
    opened.fetch()
    expect(edited.locator("canvas[data-panel=overlay]")).to_be_visible()
    take(page, "tour/6-beside")


def hand_on(page: Page, server: LiveServer) -> None:
    ExplorerPage(page, server, f"{AT}&{COLUMNS}&panels=overlay").ready(1).fetch()
    page.get_by_test_id("share").click()
    expect(page.get_by_role("menuitem", name=re.compile("link"))).to_be_visible()
    take(page, "tour/7-share")


def test_the_tour_goes_as_it_is_told(browser: Browser, scenes: LiveServer) -> None:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    try:
        for step in (find, ask, compare, check, erase, hand_on):
            page = context.new_page()
            step(page, scenes)
            page.close()
    finally:
        context.close()
