from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def test_a_click_on_a_class_explains_that_one_instead(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=heat").ready(2)
    explorer.choose_method("Saliency").fetch()
    before = explorer.pixels(explorer.panel(0, "heat"))
    second = scenes.samples(count=1)["items"][0]["predictions"]["scenes_cnn"][1]["name"]
    explorer.sample(0).get_by_test_id("prediction").nth(1).click()
    expect(explorer.caption(0)).to_contain_text(f"'{second}'")
    explorer.finished()
    assert not np.array_equal(explorer.pixels(explorer.panel(0, "heat")), before)
    top = scenes.samples(count=2)["items"][1]["predictions"]["scenes_cnn"][0]["name"]
    expect(explorer.caption(1)).to_contain_text(f"'{top}'")


def test_a_click_on_the_label_explains_the_label(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "order=mistakes&count=1&scan=200").ready(1)
    explorer.choose_method("Saliency").fetch()
    sample = scenes.samples(order="mistakes", count=1, scan=200)["items"][0]
    card = explorer.sample(sample["index"])
    predicted, label = sample["predictions"]["scenes_cnn"][0]["name"], sample["label"]["name"]
    assert predicted != label
    expect(explorer.caption(sample["index"])).to_contain_text(f"'{predicted}'")
    card.get_by_test_id("label").click()
    expect(explorer.caption(sample["index"])).to_contain_text(f"'{label}'")


def test_two_models_stand_side_by_side_each_at_its_own_prediction(page: Page, cifar10: LiveServer) -> None:
    explorer = ExplorerPage(page, cifar10, "count=4").ready(4)
    explorer.choose_method("Saliency").fetch()
    for sample in cifar10.samples(count=4)["items"]:
        for model, predictions in sample["predictions"].items():
            cell = explorer.sample(sample["index"]).locator(f'[data-testid="cell"][data-model="{model}"]')
            expect(cell.locator("canvas").first).to_be_visible()
            expect(cell.get_by_test_id("caption")).to_contain_text(f"'{predictions[0]['name']}'")
    description = cifar10.explorer()["description"]
    second = description["models"][1]["name"]
    page.get_by_role("button", name=f"Remove {second}", exact=True).click()
    expect(page.locator(f'[data-testid="cell"][data-model="{second}"]')).to_have_count(0)


def test_changed_settings_keep_the_old_maps_under_their_own_caption(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    explorer.fetch()
    before = explorer.pixels(explorer.panel(0, "overlay"))
    explorer.choose_method("Saliency")
    expect(explorer.controls.get_by_text("Settings changed")).to_be_visible()
    expect(explorer.caption(0)).to_contain_text("Integrated Gradients")
    assert np.array_equal(explorer.pixels(explorer.panel(0, "overlay")), before)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("Saliency")


def test_smoothing_and_baseline_are_part_of_the_caption(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    explorer.controls.get_by_text("Blurred", exact=True).click()
    explorer.argument("Steps").fill("7")
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text(re.compile("blurred", re.IGNORECASE))
    expect(explorer.caption(0)).to_contain_text("7 steps")
    explorer.choose_method("Saliency")
    explorer.choose("Smoothing", "SmoothGrad")
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("SmoothGrad")


def test_the_layer_of_grad_cam_can_be_chosen(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1&panels=heat").ready(1)
    explorer.choose_method("Grad-CAM").fetch()
    before = explorer.pixels(explorer.panel(0, "heat"))
    explorer.controls.get_by_role("combobox", name=re.compile("Layer")).click()
    page.get_by_role("textbox", name="Search by name or type").fill("conv1")
    page.get_by_role("treeitem", name=re.compile("^conv1")).first.click()
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("layer conv1")
    assert not np.array_equal(explorer.pixels(explorer.panel(0, "heat")), before)


def test_the_address_holds_what_is_shown(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    page.get_by_role("button", name="Next samples").click()
    explorer.choose_method("Occlusion")
    expect(explorer.argument("Window height")).to_be_visible()
    explorer.argument("Window height").fill("24")
    page.wait_for_url(re.compile(r"=24(&|$)"))  # not just a port that has 24 in it
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(explorer.sample(8)).to_be_visible()
    expect(explorer.argument("Window height")).to_have_value(re.compile("^24"))
