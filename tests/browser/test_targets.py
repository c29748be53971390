"""One class rather than another, chosen in the controls and beside a sample."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def test_predicted_rather_than_second_is_one_click(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=heat").ready(2)
    explorer.choose_method("Saliency")
    explorer.controls.get_by_role("button", name="Predicted rather than second").click()
    explorer.fetch()
    for sample in scenes.samples(count=2)["items"]:
        first, second, *_ = sample["predictions"]["scenes_cnn"]
        words = f"'{first['name']}' rather than '{second['name']}'"
        expect(explorer.caption(sample["index"])).to_contain_text(words)
    expect(page).to_have_url(re.compile("target=predicted(~|%7E)runner_up"))
    explorer.controls.get_by_role("button", name="Swap the two classes").click()
    explorer.fetch()
    first, second, *_ = scenes.samples(count=1)["items"][0]["predictions"]["scenes_cnn"]
    expect(explorer.caption(0)).to_contain_text(f"'{second['name']}' rather than '{first['name']}'")


def test_a_class_beside_a_sample_is_set_against_the_one_explained(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=heat").ready(2)
    explorer.choose_method("Saliency").fetch()
    first, second, third, *_ = scenes.samples(count=1)["items"][0]["predictions"]["scenes_cnn"]
    name = f"vs: Explain {first['name']} rather than {second['name']}"
    explorer.sample(0).get_by_role("button", name=name, exact=True).click()
    expect(explorer.caption(0)).to_contain_text(f"'{first['name']}' rather than '{second['name']}'")
    explorer.sample(0).get_by_test_id("prediction").nth(2).click(modifiers=["Shift"])
    expect(explorer.caption(0)).to_contain_text(f"'{first['name']}' rather than '{third['name']}'")
    expect(explorer.caption(1)).not_to_contain_text("rather than")


def test_any_of_a_thousand_classes_is_found_by_number_and_by_name(page: Page, large: LiveServer) -> None:
    explorer = ExplorerPage(page, large, "count=1&method=saliency&panels=heat").ready(1)
    names = large.explorer()["description"]["classes"]
    box = explorer.controls.get_by_role("combobox", name="Target", exact=True)
    for number in (0, 7, 500, 999):
        for typed in (str(number), names[number].upper()):
            box.click()
            box.fill(typed)
            expect(page.get_by_role("option").first).to_have_text(f"{names[number]}{number}")
            box.press("Enter")
            expect(page).to_have_url(re.compile(rf"target={number}(&|$)"))
            box.blur()
            expect(box).to_have_value(names[number])
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text(f"explains the output for '{names[999]}'")


def test_a_list_of_a_thousand_classes_opens_at_once(page: Page, large: LiveServer) -> None:
    explorer = ExplorerPage(page, large, "count=1").ready(1)
    box = explorer.controls.get_by_role("combobox", name="Target", exact=True)
    began = page.evaluate("performance.now()")
    box.click()
    expect(page.get_by_role("option").nth(100)).to_be_attached()
    assert page.evaluate("performance.now()") - began < 10_000
    expect(explorer.controls.get_by_text("find one of 1000 classes")).to_be_visible()
    box.fill("kettle kind 42")
    expect(page.get_by_role("option")).to_have_count(1)


def test_a_filter_finds_a_class_by_its_number(page: Page, large: LiveServer) -> None:
    ExplorerPage(page, large, "count=1").ready(1)
    page.get_by_role("button", name="Filter", exact=True).click()
    box = page.get_by_role("combobox", name="Label", exact=True)
    box.click()
    box.fill("249")
    box.press("Enter")
    expect(page).to_have_url(re.compile("label=249"))
    expect(page.get_by_test_id("scanned")).to_contain_text("matched 1")
