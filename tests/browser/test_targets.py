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
