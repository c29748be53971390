"""Choosing a layer in the tree of the model's modules."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer

GRAD_CAM = "count=1&panels=heat&method=layer_grad_cam"


def opened(page: Page, model: str) -> Locator:
    page.get_by_role("combobox", name=f"Layer of {model}").click()
    tree = page.get_by_role("tree", name=f"Layers of {model}")
    expect(tree).to_be_visible()
    return tree


def item(tree: Locator, name: str) -> Locator:
    """The row of a layer, by its whole path."""
    return tree.locator(f'[role="treeitem"][title="{name}"]')


def names(tree: Locator) -> list[str]:
    found: list[str] = tree.get_by_role("treeitem").evaluate_all("rows => rows.map(row => row.title)")
    return found


def test_the_tree_shows_shapes_reasons_and_the_default(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, GRAD_CAM).ready(1)
    tree = opened(page, "scenes_cnn")
    model = scenes.explorer()["description"]["models"][0]
    assert names(tree) == [layer["name"] for layer in model["layers"]]
    usual = item(tree, model["default_layer"])
    expect(usual).to_contain_text("default: last convolution")
    expect(usual).to_have_attribute("aria-selected", "true")
    shape = next(layer["output_shape"] for layer in model["layers"] if layer["name"] == model["default_layer"])
    expect(usual).to_contain_text(" × ".join(map(str, shape)))
    # Grad-CAM has nothing to draw of a vector; other methods have.
    expect(item(tree, "flatten")).to_have_attribute("aria-disabled", "true")
    expect(item(tree, "flatten")).to_contain_text("no positions")
    item(tree, "flatten").click(force=True)
    expect(tree).to_be_visible()
    page.keyboard.press("Escape")
    expect(tree).to_have_count(0)
    expect(page.get_by_role("combobox", name="Layer of scenes_cnn")).to_be_focused()
    ExplorerPage(page, scenes, "count=1&method=layer_activation").ready(1)
    tree = opened(page, "scenes_cnn")
    expect(item(tree, "flatten")).to_have_attribute("aria-disabled", "false")
    expect(item(tree, model["default_layer"])).to_contain_text(re.compile("default(?!:)"))


def test_the_server_refuses_a_map_without_positions(scenes: LiveServer) -> None:
    scenes.samples(count=1)
    answer = scenes.submit(method="layer_grad_cam", layer="flatten")
    assert answer.status_code == 422
    assert answer.json()["code"] == "layer_without_positions"


def test_the_tree_is_walked_by_keyboard(page: Page, large: LiveServer) -> None:
    ExplorerPage(page, large, GRAD_CAM).ready(1)
    box = page.get_by_role("combobox", name="Layer of deep")
    expect(box).to_contain_text("stage4")
    box.press("Enter")
    search = page.get_by_role("textbox", name="Search by name or type")
    expect(search).to_be_focused()
    tree = page.get_by_role("tree", name="Layers of deep")
    assert len(names(tree)) == 8
    search.press("ArrowDown")
    expect(tree).to_be_focused()
    active = tree.locator('[data-active="true"]')
    for key, name in (
        ("Home", "stem"),
        ("End", "fc"),
        ("s", "stem"),
        ("ArrowDown", "stage1"),
        ("ArrowRight", "stage1"),
        ("ArrowRight", "stage1.0"),
        ("ArrowRight", "stage1.0"),
        ("ArrowRight", "stage1.0.conv"),
        ("ArrowUp", "stage1.0"),
        ("ArrowLeft", "stage1.0"),
        ("ArrowLeft", "stage1"),
    ):
        page.keyboard.press(key)
        expect(active).to_have_attribute("title", name)
        expect(tree).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "")
    expect(item(tree, "stage1")).to_have_attribute("aria-expanded", "true")
    expect(item(tree, "stage1.0")).to_have_attribute("aria-level", "2")
    expect(item(tree, "stage1.0")).to_have_attribute("aria-setsize", "32")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(tree).to_have_count(0)
    expect(box).to_be_focused()
    expect(box).to_contain_text("stage1.0")
    expect(page).to_have_url(re.compile(r"layer\.deep=stage1\.0"))


def test_searching_keeps_what_a_layer_is_inside_of(page: Page, large: LiveServer) -> None:
    ExplorerPage(page, large, GRAD_CAM).ready(1)
    tree = opened(page, "deep")
    search = page.get_by_role("textbox", name="Search by name or type")
    total = len(large.explorer()["description"]["models"][0]["layers"])
    assert total > 600
    search.fill("stage3.7 conv2d")
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    assert names(tree) == ["stage3", "stage3.7", "stage3.7.conv"]
    expect(page.get_by_text(f"1 of {total} layers")).to_be_visible()
    search.fill("idle")
    expect(item(tree, "stage2.31.idle")).to_contain_text("It is not called in the forward pass.")
    search.fill("nowhere")
    expect(page.get_by_text("No layer of that name or type")).to_be_visible()
    # All that are found are drawn, and soon.
    began = page.evaluate("performance.now()")
    search.fill("conv")
    expect(item(tree, "stage4.31.conv")).to_be_visible()
    assert page.evaluate("performance.now()") - began < 10_000
    search.fill("stage3.7.conv")
    search.press("Enter")
    expect(page).to_have_url(re.compile(r"layer\.deep=stage3\.7\.conv"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tree_passes_axe(page: Page, scenes: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    ExplorerPage(page, scenes, GRAD_CAM).ready(1)
    opened(page, "scenes_cnn")
    page.wait_for_timeout(300)
    assert violations(page) == []
    page.keyboard.press("Tab")
    assert violations(page) == []


def test_the_tree_is_of_use_on_a_narrow_screen(page: Page, large: LiveServer) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ExplorerPage(page, large, GRAD_CAM)
    page.get_by_role("button", name="Settings", exact=True).click()
    tree = opened(page, "deep")
    box = tree.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.get_by_role("textbox", name="Search by name or type").press("Escape")
    expect(tree).to_have_count(0)
    expect(page.get_by_role("combobox", name="Layer of deep")).to_be_visible()
