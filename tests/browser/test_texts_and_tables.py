"""Words coloured and read out, the bars of a row, and several inputs beside each other."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


def served(server: LiveServer, feature: str, sample: int = 0) -> np.ndarray:
    """The map that the server has for the page's own request."""
    job = server.run(samples=[sample], method="integrated_gradients", target="predicted")
    answer = server.client.get(f"/api/results/{job['items'][0]['key']}/{feature}.npy")
    return np.load(io.BytesIO(answer.content)).flatten()


def fetched(page: Page, server: LiveServer) -> ExplorerPage:
    """With the finished maps, no estimates."""
    opened = ExplorerPage(page, server).ready().fetch()
    expect(page.get_by_test_id("partial")).to_have_count(0)
    return opened


def test_the_words_of_a_review_are_coloured_by_what_they_add(page: Page, reviews: LiveServer) -> None:
    opened = fetched(page, reviews)
    words = opened.sample(0).get_by_test_id("words")
    expect(words).to_have_count(1)
    values = [
        float(value) for value in words.get_by_role("listitem").evaluate_all("all => all.map(e => e.dataset.value)")
    ]
    expected = served(reviews, "review")
    assert sum(values) == pytest.approx(float(expected.sum()), abs=1e-4)
    shown = words.get_by_role("listitem").all_inner_texts()
    assert not any("##" in text or "<pad>" in text for text in shown)
    # The word pointed at is read out.
    largest = int(np.argmax(np.abs(values)))
    word = words.get_by_role("listitem").nth(largest)
    assert word.evaluate("e => getComputedStyle(e).backgroundColor") != "rgba(0, 0, 0, 0)"
    word.hover()
    readout = opened.sample(0).get_by_test_id("word-value")
    expect(readout).not_to_contain_text("Point at a word")
    expect(words).to_have_attribute("aria-label", re.compile("The largest: "))


def test_signs_colours_and_evidence_of_words(page: Page, reviews: LiveServer) -> None:
    opened = fetched(page, reviews)
    opened.show("Original", "Positive", "Negative")
    expect(opened.sample(0).get_by_test_id("words")).to_have_count(2)
    positive = opened.sample(0).locator('[data-testid="words"][data-panel="positive"]')
    coloured = positive.get_by_role("listitem").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).backgroundColor !== 'rgba(0, 0, 0, 0)').map(e => +e.dataset.value)"
    )
    assert coloured
    assert min(coloured) > 0


def test_texts_offer_nothing_that_needs_pixels(page: Page, reviews: LiveServer) -> None:
    opened = ExplorerPage(page, reviews).ready()
    expect(opened.controls.get_by_text("Padding", exact=True)).to_be_visible()
    expect(opened.controls.locator("img")).to_have_count(0)
    expect(page.get_by_test_id("zoom-level")).to_have_count(0)


def test_a_review_is_looked_at_closely_and_presented(page: Page, reviews: LiveServer) -> None:
    opened = ExplorerPage(page, reviews, "view=detail&sample=0&count=2")
    inspected = page.get_by_test_id("inspected")
    expect(inspected).to_be_visible()
    opened.fetch()
    expect(inspected.get_by_test_id("words")).to_be_visible()
    expect(inspected.get_by_test_id("rectangle")).to_have_count(0)
    page.goto(f"{reviews.base}/?view=present&sample=0&count=2&fetched=true")
    page.get_by_role("button", name="Fetch", exact=True).or_(page.get_by_test_id("words")).first.wait_for()
    if not page.get_by_test_id("words").count():
        page.keyboard.press("Enter")
    expect(page.get_by_test_id("sentence")).to_contain_text("Red words raised")


def test_the_row_of_a_wine_is_sorted_bars(page: Page, wine: LiveServer) -> None:
    opened = fetched(page, wine)
    lines = opened.sample(0).get_by_test_id("lines").get_by_role("listitem")
    expect(lines).to_have_count(13)
    values = [float(value) for value in lines.evaluate_all("all => all.map(e => e.dataset.value)")]
    assert [abs(value) for value in values] == sorted((abs(value) for value in values), reverse=True)
    expected = served(wine, "measurements")
    assert sorted(values) == pytest.approx(sorted(expected.tolist()), abs=1e-5)
    expect(opened.sample(0).get_by_test_id("lines").get_by_text("% vol")).to_be_visible()


def test_a_page_full_of_rows_is_explained(page: Page, wine: LiveServer) -> None:
    """Their maps come within a moment; React took as many drawings one by one for an endless chain."""
    opened = ExplorerPage(page, wine, "count=64&method=saliency")
    expect(opened.samples.nth(40)).to_be_visible()
    opened.fetch()
    expect(page.get_by_test_id("lines")).to_have_count(opened.samples.count())


def test_several_inputs_show_what_each_adds(page: Page, several: LiveServer) -> None:
    opened = fetched(page, several)
    sample = opened.sample(0)
    expect(sample.locator('canvas[data-panel="overlay"]')).to_have_count(1)
    expect(sample.get_by_test_id("words")).to_have_count(1)
    expect(sample.get_by_test_id("lines")).to_have_count(1)
    bars = sample.get_by_test_id("contributions").get_by_role("listitem")
    assert bars.evaluate_all("all => all.map(e => e.dataset.name)") == ["image", "text", "table", "extra"]
    sums = [float(value) for value in bars.evaluate_all("all => all.map(e => e.dataset.value)")]
    expected = [float(served(several, name).sum()) for name in ("image", "text", "table", "extra")]
    assert sums == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, several: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    fetched(page, several)
    assert violations(page) == []


def test_p13_markup_in_a_text_is_text(page: Page, several: LiveServer) -> None:
    opened = ExplorerPage(page, several).ready()
    expect(opened.page.get_by_text("<script>").first).to_be_visible()


def test_the_keyboard_reads_words_out(page: Page, reviews: LiveServer) -> None:
    opened = fetched(page, reviews)
    words = opened.sample(0).get_by_test_id("words")
    shown = words.get_by_role("listitem").all_inner_texts()
    readout = opened.sample(0).get_by_test_id("word-value")
    words.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text(shown[1].split()[0])
    page.keyboard.press("End")
    expect(readout).to_contain_text(shown[-1].split()[0])
    # The page stayed where it is, and has its keys back outside of the words.
    expect(opened.sample(0)).to_be_visible()
    page.keyboard.press("Tab")
    expect(readout).to_contain_text("Point at a word")


def test_several_inputs_are_looked_at_with_one_table_of_scores(page: Page, several: LiveServer) -> None:
    opened = ExplorerPage(page, several, "view=detail&sample=0&count=2")
    inspected = page.get_by_test_id("inspected")
    expect(inspected).to_be_visible()
    opened.fetch()
    for part in ("words", "lines", "contributions"):
        expect(inspected.get_by_test_id(part)).to_be_visible()
    expect(inspected.get_by_role("table")).to_have_count(1)
    expect(inspected.get_by_test_id("completeness-words")).to_have_count(1)
    expect(inspected.get_by_test_id("caption")).to_have_count(1)


def test_texts_are_compared_in_columns(page: Page, reviews: LiveServer) -> None:
    opened = ExplorerPage(page, reviews, "count=2&columns=1,2&c2.method=saliency&panels=overlay").ready(2)
    opened.fetch()
    cells = opened.sample(0).get_by_test_id("cell")
    expect(cells).to_have_count(2)
    expect(cells.get_by_test_id("words")).to_have_count(2)
    expect(cells.get_by_test_id("agreement").first).to_be_visible()


def test_windows_of_a_text_are_single_tokens(page: Page, reviews: LiveServer) -> None:
    opened = ExplorerPage(page, reviews, "method=occlusion&count=1").ready(1)
    for name in ("Window length", "Stride, length"):
        expect(opened.controls.get_by_role("textbox", name=name)).to_have_value("1")


def test_texts_offer_no_way_to_paint_pixels(page: Page, reviews: LiveServer) -> None:
    opened = ExplorerPage(page, reviews, "count=1").ready(1)
    chips = page.get_by_role("region", name="Display").get_by_role("group").get_by_role("checkbox")
    assert chips.evaluate_all("all => all.map(e => e.parentElement.innerText)") == [
        "Original",
        "Attribution",
        "Positive",
        "Negative",
    ]
    opened.show("Positive")
    opened.fetch()
    expect(opened.sample(0).get_by_test_id("words")).to_have_count(1)
