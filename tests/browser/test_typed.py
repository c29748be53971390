"""Texts typed, rows changed, one of several inputs edited: predicted live, explained on Fetch, beside the original."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.browser.test_erase import settled
from tests.live import EXPLORERS, LiveServer


def edit(page: Page, explorer: ExplorerPage, index: int) -> Locator:
    explorer.sample(index).get_by_test_id("edit").click()
    return page.get_by_role("dialog")


def row_of(dialog: Locator, name: str) -> Locator:
    return dialog.get_by_test_id("edit-score").filter(has_text=name)


def test_a_text_is_typed_predicted_live_and_explained(page: Page, reviews: LiveServer) -> None:
    explorer = ExplorerPage(page, reviews, "count=2").ready(2)
    page.get_by_test_id("own-button").click()
    dialog = page.get_by_role("dialog")
    box = dialog.get_by_role("textbox", name="review")
    expect(box).to_be_focused()
    expect(dialog.get_by_text("Type at least one word.")).to_be_visible()
    explain = dialog.get_by_role("button", name="Explain this text")
    expect(explain).to_be_disabled()
    page.keyboard.type("the film was not good")
    good, bad = row_of(dialog, "good"), row_of(dialog, "bad")
    assert settled(bad) > settled(good)
    expect(dialog.get_by_test_id("read-words")).to_contain_text("the film was not good")
    box.fill("The film was good, said a zebra")
    expect(dialog.get_by_test_id("own-notices")).to_have_text("Not in the vocabulary, and left out: ,, said, zebra.")
    assert settled(good) > settled(bad)
    explain.click()
    expect(dialog).to_have_count(0)
    expect(explorer.samples).to_have_count(3)
    mine = explorer.samples.first
    expect(mine).to_contain_text("yours")
    expect(mine.get_by_role("heading", level=2)).to_contain_text("The film was good, said a zebra")
    expect(mine.get_by_test_id("own-notices")).to_contain_text("zebra")
    explorer.fetch()
    expect(mine.get_by_test_id("words")).to_contain_text("good")
    page.reload()
    explorer.ready(3)
    expect(explorer.samples.first).to_contain_text("said a zebra")


def test_a_samples_text_is_edited_and_stands_beside_it(page: Page, reviews: LiveServer) -> None:
    explorer = ExplorerPage(page, reviews, "count=2").ready(2)
    sample = reviews.samples(count=2)["items"][1]
    dialog = edit(page, explorer, 1)
    box = dialog.get_by_role("textbox", name="review")
    expect(box).to_have_value(sample["features"][0]["text"])
    expect(dialog.get_by_role("columnheader", name="before")).to_be_visible()
    best = sample["predictions"]["reviews_cnn"][0]
    box.fill("the music felt awful ." if best["name"] == "good" else "the music felt great .")
    assert settled(row_of(dialog, best["name"])) < best["score"]
    dialog.get_by_role("button", name="Explain this text").click()
    expect(explorer.samples).to_have_count(3)
    expect(explorer.samples.nth(2)).to_contain_text("text edited from #1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("good " * 30, "The text has 30 tokens; at most 28 are taken."),
        ("zebras", "None of the words is in the vocabulary; type another."),
    ],
)
def test_p8_p9_a_refused_text_says_why(page: Page, reviews: LiveServer, words: str, said: str) -> None:
    explorer = ExplorerPage(page, reviews, "count=1").ready(1)
    dialog = edit(page, explorer, 0)
    dialog.get_by_role("textbox", name="review").fill(words)
    expect(dialog.get_by_test_id("error")).to_contain_text(said)
    dialog.get_by_role("button", name="Explain this text").click()
    expect(dialog.get_by_text("The edit was not taken.")).to_be_visible()
    expect(explorer.samples).to_have_count(1)


def test_p10_a_text_that_cannot_be_typed_says_why(page: Page) -> None:
    with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:untyped") as server:
        explorer = ExplorerPage(page, server, "count=1").ready(1)
        button = page.get_by_test_id("own-button")
        expect(button).to_have_attribute("title", re.compile("Declare a tokenizer"))
        button.click(force=True)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(explorer.sample(0).get_by_test_id("edit")).to_have_count(0)


def test_p13_markup_that_is_typed_is_text(page: Page, several: LiveServer) -> None:
    explorer = ExplorerPage(page, several, "count=1").ready(1)
    dialog = edit(page, explorer, 0)
    dialog.get_by_text("text", exact=True).click()
    dialog.get_by_role("textbox", name="text").fill("<script> <b>film")
    expect(dialog.get_by_test_id("read-words")).to_contain_text("<script>")
    assert dialog.locator("b, script").count() == 0


def test_a_row_is_changed_by_numbers_and_undone(page: Page, wine: LiveServer) -> None:
    explorer = ExplorerPage(page, wine, "count=2").ready(2)
    best = wine.samples(count=2)["items"][0]["predictions"]["wine_mlp"][0]
    dialog = edit(page, explorer, 0)
    number = dialog.get_by_role("textbox", name="proline")
    expect(dialog.get_by_text("Nothing changed yet")).to_be_visible()
    number.fill("9o")
    expect(dialog.get_by_text(f"“9o” is not a number: {number.get_attribute('placeholder')} is used.")).to_be_visible()
    expect(dialog.get_by_text("Nothing changed yet")).to_be_visible()
    number.fill("9000")
    expect(dialog.get_by_text("1 value changed")).to_be_visible()
    expect(dialog.get_by_test_id("own-notices")).to_contain_text("proline is 9000; the data have")
    row = row_of(dialog, best["name"])
    changed = settled(row)
    assert changed != best["score"]
    dialog.get_by_role("button", name="Clear").click()
    expect(dialog.get_by_text("Nothing changed yet")).to_be_visible()
    dialog.get_by_role("button", name="Undo").click()
    expect(dialog.get_by_text("1 value changed")).to_be_visible()
    assert settled(row) == changed
    dialog.get_by_role("button", name="Explain this row").click()
    made = explorer.samples.nth(1)
    expect(made).to_contain_text("edited from #0: proline 9000")
    explorer.fetch()
    expect(made.get_by_test_id("lines").get_by_text("9000")).to_be_visible()


def test_an_undone_number_is_shown_as_it_was(page: Page, wine: LiveServer) -> None:
    explorer = ExplorerPage(page, wine, "count=1").ready(1)
    dialog = edit(page, explorer, 0)
    ash = dialog.get_by_role("textbox", name="ash", exact=True)
    before = ash.input_value()
    ash.fill("2.9")
    expect(dialog.get_by_text("1 value changed")).to_be_visible()
    ash.press("Control+z")
    expect(dialog.get_by_text("Nothing changed yet")).to_be_visible()
    expect(ash).to_have_value(before)


def test_another_input_does_not_forget_the_steps_of_this_one(page: Page, several: LiveServer) -> None:
    explorer = ExplorerPage(page, several, "count=1").ready(1)
    dialog = edit(page, explorer, 0)
    dialog.get_by_text("table", exact=True).click()
    dialog.get_by_role("combobox", name="colour").click()
    page.get_by_role("option", name="blue").click()
    expect(dialog.get_by_text("1 value changed")).to_be_visible()
    dialog.get_by_text("image", exact=True).click()
    expect(dialog.get_by_test_id("edit-surface")).to_be_visible()
    expect(dialog.get_by_text("1 value changed")).to_be_hidden()
    dialog.get_by_text("table", exact=True).click()
    expect(dialog.get_by_text("1 value changed")).to_be_visible()


def test_one_of_several_inputs_is_changed_and_the_others_stay(page: Page, several: LiveServer) -> None:
    explorer = ExplorerPage(page, several, "count=2").ready(2)
    expect(page.get_by_test_id("own-button")).to_have_count(0)
    dialog = edit(page, explorer, 0)
    expect(dialog.get_by_test_id("edit-surface")).to_be_visible()
    dialog.get_by_text("table", exact=True).click()
    dialog.get_by_role("combobox", name="colour").click()
    page.get_by_role("option", name="blue").click()
    expect(dialog.get_by_text("1 value changed")).to_be_visible()
    dialog.get_by_role("button", name="Explain this row").click()
    made = explorer.samples.nth(1)
    expect(made).to_contain_text("edited from #0: colour blue")
    before, after = (
        sample.locator('canvas[data-panel="original"]').evaluate("e => e.toDataURL()")
        for sample in (explorer.samples.first, made)
    )
    assert before == after
    explorer.fetch()
    expect(made.get_by_test_id("contributions")).to_be_visible()


def test_a_read_only_demo_says_that_it_takes_no_texts(page: Page) -> None:
    with LiveServer("demo", "reviews", "--mode", "demo") as server:
        explorer = ExplorerPage(page, server, "count=1").ready(1)
        expect(page.get_by_test_id("own-button")).to_have_attribute("title", "This server takes no texts of your own.")
        expect(explorer.sample(0).get_by_test_id("edit")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs(page: Page, several: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    explorer = ExplorerPage(page, several, "count=1").ready(1)
    dialog = edit(page, explorer, 0)
    for feature in ("text", "table"):
        dialog.get_by_text(feature, exact=True).click()
        assert violations(page) == []
