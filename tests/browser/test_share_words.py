"""What leaves the page of texts, tables and several inputs: pictures, saved pages and arrays, held against the page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.browser.test_share import copied, png, saved, share, share_cell
from tests.browser.test_texts_and_tables import fetched, served
from tests.live import LiveServer


def colour(element: Locator, of: str = "backgroundColor") -> tuple[int, ...]:
    said = element.evaluate(f"e => getComputedStyle(e).{of}")
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


def values(all_of: Locator) -> list[float]:
    return [float(value) for value in all_of.evaluate_all("all => all.map(e => e.dataset.value)")]


def has(pixels: np.ndarray, wanted: tuple[int, ...]) -> bool:
    return bool((pixels[..., :3] == wanted).all(-1).any())


def test_the_picture_of_texts_has_the_pages_colours(page: Page, reviews: LiveServer, tmp_path: Path) -> None:
    explorer = fetched(page, reviews)
    words = explorer.sample(0).get_by_test_id("words").get_by_role("listitem")
    expect(words.first).to_be_visible()
    strong = int(np.abs(values(words)).argmax())
    shade = colour(words.nth(strong))
    for act in (lambda: share(page, "Save picture of the grid"), lambda: share_cell(explorer, 0, "Save as picture")):
        file = saved(page, tmp_path, act)
        assert has(png(file), shade)
    with Image.open(file) as cell:
        assert cell.width > 600, "twice as fine as the page"


def test_a_saved_page_of_several_inputs_opens_offline_and_draws_them_anew(
    page: Page, browser: Browser, several: LiveServer, tmp_path: Path
) -> None:
    explorer = fetched(page, several)
    for part in ("words", "lines", "contributions"):
        expect(explorer.sample(0).get_by_test_id(part)).to_be_visible()
    on_page = {
        "words": values(explorer.sample(0).get_by_test_id("words").get_by_role("listitem")),
        "lines": values(explorer.sample(0).get_by_test_id("lines").get_by_role("listitem")),
        "shares": values(explorer.sample(0).get_by_test_id("contributions").get_by_role("listitem")),
    }
    file = saved(page, tmp_path, lambda: share(page, "Save page"))
    context = browser.new_context(offline=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(file.as_uri())
    card = opened.locator('article[data-sample="0"]')
    expect(card.locator('canvas[data-panel="overlay"]')).to_have_count(1)
    drawn = {
        "words": values(card.locator(".words[data-panel='heat'] .word")),
        "lines": values(card.locator(".lines[data-panel='heat'] li")),
        "shares": values(card.locator(".lines[data-panel='shares'] li")),
    }
    for part, found in drawn.items():
        assert found == pytest.approx(on_page[part], abs=1e-6), part
    expect(opened.get_by_text("<script>").first).to_be_visible()
    assert opened.locator("script").count() == 2, "the data and the program, and none of the text's"
    word = card.locator(".words[data-panel='heat'] .word").nth(int(np.abs(drawn["words"]).argmax()))
    before = colour(word)
    opened.get_by_label("Colours").select_option("viridis")
    assert colour(word) != before
    opened.get_by_label("Positive", exact=True).check()
    positive = card.locator(".lines[data-panel='positive'] li")
    assert min(values(positive)) > 0
    assert violations(opened) == []
    assert problems == []
    context.close()


def test_arrays_of_texts_are_the_servers(page: Page, reviews: LiveServer, tmp_path: Path) -> None:
    fetched(page, reviews)
    file = saved(page, tmp_path, lambda: share(page, "Save numbers"))
    with np.load(file) as arrays:
        assert np.array_equal(arrays["sample0_0_review"].flatten(), served(reviews, "review"))


def test_an_own_text_is_named_by_its_words_and_copied_as_python(
    page: Page, reviews: LiveServer, tmp_path: Path
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = ExplorerPage(page, reviews, "count=1").ready(1)
    page.get_by_test_id("own-button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="review").fill("the music was charming")
    dialog.get_by_role("button", name="Explain this text").click()
    explorer.ready(2).fetch()
    explorer.samples.first.get_by_test_id("cell-menu").click()
    page.get_by_role("menuitem", name=re.compile("^Copy as Python")).click()
    assert "explorer.typed((inputs,), 'review', 'the music was charming')" in copied(page)

    def save() -> None:
        explorer.samples.first.get_by_test_id("cell-menu").click()
        page.get_by_role("menuitem", name=re.compile("^Save as picture")).click()

    assert "the-music-was-charming" in saved(page, tmp_path, save).name
