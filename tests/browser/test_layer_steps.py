"""Going through a model's layers one by one."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def test_a_step_shows_the_map_of_the_layer_before(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1&panels=heat").ready(1)
    explorer.choose_method("Grad-CAM").fetch()
    model = scenes.explorer()["description"]["models"][0]
    usable = [layer["name"] for layer in model["layers"] if layer["selectable"]]
    before = usable[usable.index(model["default_layer"]) - 1]
    expect(explorer.caption(0)).to_contain_text(f"layer {model['default_layer']}")
    up = explorer.controls.get_by_role("button", name="Previous layer of scenes_cnn")
    up.click()
    expect(explorer.caption(0)).to_contain_text(f"layer {before}")
    up.press("ArrowDown")
    expect(explorer.caption(0)).to_contain_text(f"layer {model['default_layer']}")
    box = explorer.controls.get_by_role("combobox", name="Layer of scenes_cnn")
    box.press("ArrowUp")
    expect(explorer.caption(0)).to_contain_text(f"layer {before}")


def test_a_step_that_takes_long_says_so_and_waits_for_fetch(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1&method=layer_conductance&layer.scenes_cnn=conv3").ready(1)
    explorer.fetch()

    def slowly(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "stored": 0, "eta_seconds": 40.0})

    page.route("**/api/jobs/check", slowly)
    explorer.controls.get_by_role("button", name="Previous layer of scenes_cnn").click()
    told = explorer.controls.get_by_test_id("layer-step")
    expect(told).to_contain_text("This layer takes about 40 s: press Fetch.")
    expect(page.get_by_test_id("cancel")).to_have_count(0)
    page.unroute_all()
    explorer.controls.get_by_role("button", name="Next layer of scenes_cnn").click()
    expect(told).to_be_empty()
