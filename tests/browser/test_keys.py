"""Everything by keyboard, and what is remembered from one visit to the next."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.scripted import ScriptedQueue
from tests.browser.test_accessibility import violations
from tests.live import LiveServer

# What other tests may have left in the store is shown without being asked for.
UNSTORED = "arg.n_steps=37"


def test_the_question_mark_lists_every_key(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "count=1").ready(1)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    for key in ("Enter", "Esc", "→", "j", "←", "k", "1", "6", "d", "p", "s", "e", "t", "/", "?"):
        expect(dialog.locator("kbd").get_by_text(key, exact=True).first).to_be_visible()
    box = dialog.bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - 640) < 20
    # The dialog has the keyboard to itself.
    page.keyboard.press("d")
    expect(page.get_by_test_id("detail")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()


def test_escape_closes_what_is_open_and_nothing_else(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1&view=detail&sample=0")
    expect(page.get_by_test_id("detail")).to_be_visible()
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    opener.focus()
    opener.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    expect(page.get_by_test_id("detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("detail")).to_have_count(0)
    button = explorer.ready(1).sample(0).get_by_test_id("edit")
    button.focus()
    button.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_keys_passes_axe(page: Page, scenes: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    ExplorerPage(page, scenes, "count=1").ready(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.evaluate("Promise.allSettled(document.getAnimations().map(each => each.finished))")
    assert violations(page) == []


def test_keys_turn_pages_and_toggle_what_is_drawn(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    page.keyboard.press("ArrowRight")
    expect(explorer.sample(2)).to_be_visible()
    page.keyboard.press("j")
    expect(explorer.sample(4)).to_be_visible()
    page.keyboard.press("k")
    expect(explorer.sample(2)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(explorer.sample(0)).to_be_visible()
    for key, parameter in (("3", "panels=original%2Coverlay%2Cheat"), ("s", "shared=true"), ("e", "evidence=true")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(parameter))
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile("panels=overlay%2Cheat"))
    before = page.evaluate("document.documentElement.dataset.mantineColorScheme")
    page.keyboard.press("t")
    expect(page.locator("html")).not_to_have_attribute("data-mantine-color-scheme", before)
    page.keyboard.press("/")
    expect(page.get_by_label("Go to number")).to_be_focused()


def test_keys_do_nothing_while_somebody_types(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    explorer.argument("Steps").focus()
    for key in ("d", "p", "s", "t", "?", "ArrowRight"):
        page.keyboard.press(key)
    search = page.get_by_role("combobox", name="Method", exact=True)
    search.click()
    search.fill("")
    search.press_sequentially("deep")
    expect(page.get_by_role("option", name=re.compile("DeepLIFT")).first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 700, "y": 5})
    for key in ("Control+d", "Alt+s", "Meta+j"):
        page.keyboard.press(key)
    expect(explorer.samples).to_have_count(2)
    expect(explorer.sample(0)).to_be_visible()
    assert "view=" not in page.url
    assert "shared=" not in page.url


def test_enter_fetches_and_escape_cancels(page: Page, scenes: LiveServer) -> None:
    queue = ScriptedQueue(page)
    ExplorerPage(page, scenes, f"count=1&{UNSTORED}").ready(1)
    page.keyboard.press("Enter")
    job = queue.newest()
    queue.tell(job, state="running", item_state="running")
    expect(page.get_by_test_id("cancel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("cancel")).to_have_count(0)
    assert job["state"] == "cancelled"


def test_escape_cancels_before_it_closes(page: Page, scenes: LiveServer) -> None:
    queue = ScriptedQueue(page)
    ExplorerPage(page, scenes, f"view=detail&sample=0&{UNSTORED}")
    expect(page.get_by_test_id("detail").get_by_test_id("prediction").first).to_be_visible()
    page.keyboard.press("Enter")
    job = queue.newest()
    queue.tell(job, state="running", item_state="running")
    expect(page.get_by_test_id("cancel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("cancel")).to_have_count(0)
    expect(page.get_by_test_id("detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("detail")).to_have_count(0)


def test_d_looks_at_the_sample_that_has_the_keyboard_or_the_pointer(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=4").ready(4)
    explorer.sample(1).hover()
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Sample 1", exact=True)).to_be_visible()
    page.keyboard.press("d")
    expect(explorer.samples).to_have_count(4)
    explorer.sample(3).get_by_test_id("prediction").first.focus()
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Sample 3", exact=True)).to_be_visible()


def test_the_first_visit_has_a_hint_and_the_second_has_not(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    hint = page.get_by_test_id("hint")
    expect(hint).to_contain_text("Press ? for the keys")
    page.reload()
    expect(hint).to_be_visible()
    page.get_by_role("button", name="Dismiss this hint").click()
    expect(hint).to_have_count(0)
    page.reload()
    explorer.ready(1)
    expect(hint).to_have_count(0)


def test_the_next_visit_draws_as_the_last_one_and_an_address_is_stronger(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    explorer.show("Overlay", "Heat map")
    explorer.choose("Colours", "Viridis")
    expect(page).to_have_url(re.compile("viridis"))
    page.goto(scenes.base)
    explorer.ready()
    region = page.get_by_role("region", name="Display")
    expect(region.get_by_role("combobox", name="Colours")).to_have_value("Viridis")
    expect(region.get_by_role("checkbox", name="Heat map")).to_be_checked()
    expect(region.get_by_role("checkbox", name="Original")).not_to_be_checked()
    expect(page).to_have_url(re.compile("scale=viridis"))
    page.goto(f"{scenes.base}/?count=3")
    explorer.ready(3)
    expect(region.get_by_role("combobox", name="Colours")).to_have_value("Red–blue")
