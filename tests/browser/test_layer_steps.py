"""Going through a model's layers one by one."""

from __future__ import annotations

from playwright.sync_api import Page, expect

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
