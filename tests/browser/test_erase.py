from __future__ import annotations

import io
import re

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def open_editor(page: Page, explorer: ExplorerPage, index: int) -> Locator:
    explorer.sample(index).get_by_test_id("edit").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("edit-surface")).to_be_visible()
    return dialog


def drag(page: Page, surface: Locator, box: tuple[float, float, float, float]) -> None:
    """From one corner to the other, in shares of the surface."""
    area = surface.bounding_box()
    assert area is not None
    x1, y1, x2, y2 = box
    page.mouse.move(area["x"] + x1 * area["width"], area["y"] + y1 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + x2 * area["width"], area["y"] + y2 * area["height"], steps=4)
    page.mouse.up()


def settled(row: Locator) -> float:
    """The score once it is that of the edit as it is now."""
    expect(row.locator("xpath=ancestor::table")).to_have_attribute("data-stale", "false")
    return float(row.get_attribute("data-score") or "nan")


def test_erasing_the_evidence_lowers_the_score_and_the_edit_is_explained_beside_the_original(
    page: Page, scenes: LiveServer
) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    explorer.choose_method("Saliency")
    sample = scenes.samples(count=2)["items"][0]
    best = sample["predictions"]["scenes_cnn"][0]
    name = scenes.explorer()["id"]
    answer = scenes.client.get(f"/api/explorers/{name}/samples/0/image/evidence.npy")
    evidence = np.load(io.BytesIO(answer.content)).astype(bool)
    rows, columns = np.flatnonzero(evidence.any(1)), np.flatnonzero(evidence.any(0))
    height, width = evidence.shape
    dialog = open_editor(page, explorer, 0)
    box = (columns[0] + 0.5, rows[0] + 0.5, columns[-1] + 0.5, rows[-1] + 0.5)
    drag(
        page,
        dialog.get_by_test_id("edit-surface"),
        (box[0] / width, box[1] / height, box[2] / width, box[3] / height),
    )
    row = dialog.locator(f'[data-testid="edit-score"][data-class="{best["index"]}"]')
    assert settled(row) < best["score"]
    dialog.get_by_role("button", name="Explain the edited image").click()
    expect(dialog).to_have_count(0)
    expect(explorer.samples).to_have_count(3)
    made = explorer.samples.nth(1)
    expect(made).to_contain_text(re.compile(r"edited from #0: \d+ % erased, filled with the zero baseline"))
    explorer.fetch()
    expect(made.get_by_test_id("caption")).to_contain_text("Saliency")
    explorer.page.reload()
    explorer.ready(3)
    expect(explorer.samples.nth(1)).to_contain_text("edited from #0")


def test_the_keyboard_erases_undoes_and_redoes(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    dialog = open_editor(page, explorer, 0)
    expect(dialog.get_by_text("Nothing erased yet")).to_be_visible()
    surface = dialog.get_by_test_id("edit-surface")
    surface.focus()
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    erased = dialog.get_by_text(re.compile(r"\d+ % erased"))
    expect(erased).to_be_visible()
    page.keyboard.press("Control+z")
    expect(dialog.get_by_text("Nothing erased yet")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(erased).to_be_visible()
    dialog.get_by_role("button", name="Clear").click()
    expect(dialog.get_by_text("Nothing erased yet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_brush_and_fills_on_two_models(page: Page, cifar10: LiveServer) -> None:
    explorer = ExplorerPage(page, cifar10, "count=1").ready(1)
    sample = cifar10.samples(count=1)["items"][0]
    dialog = open_editor(page, explorer, 0)
    dialog.get_by_text("Brush", exact=True).click()
    drag(page, dialog.get_by_test_id("edit-surface"), (0.2, 0.5, 0.8, 0.5))
    found = []
    for fill in ("Baseline", "Blur", "Colour"):
        dialog.get_by_text(fill, exact=True).click()
        scores = {}
        for n, (model, predictions) in enumerate(sample["predictions"].items()):
            table = dialog.get_by_role("table").nth(n)
            expect(table.locator("caption")).to_have_text(model)
            scores[model] = settled(table.locator(f'tr[data-class="{predictions[0]["index"]}"]'))
        found.append(scores)
    assert len({tuple(scores.values()) for scores in found}) > 1
    assert len(found[0]) == 2


def test_a_finger_erases(browser: Browser, scenes: LiveServer) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    explorer = ExplorerPage(page, scenes, "count=1")
    explorer.sample(0).get_by_test_id("edit").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Brush", exact=True).tap()
    surface = dialog.get_by_test_id("edit-surface")
    surface.scroll_into_view_if_needed()
    scrolled = page.evaluate("[window.scrollY, document.querySelector('[role=dialog]').scrollTop]")
    stroke(page, surface, [(0.3, 0.3), (0.5, 0.5), (0.7, 0.7)])
    erased = dialog.get_by_text(re.compile(r"\d+ % erased"))
    expect(erased).to_be_visible()
    # The finger draws and does not scroll.
    assert page.evaluate("[window.scrollY, document.querySelector('[role=dialog]').scrollTop]") == scrolled
    before = erased.text_content()
    stroke(page, surface, [(0.3, 0.7), (0.5, 0.5), (0.7, 0.3)])
    expect(erased).not_to_have_text(before or "")
    best = scenes.samples(count=1)["items"][0]["predictions"]["scenes_cnn"][0]
    row = dialog.locator(f'[data-testid="edit-score"][data-class="{best["index"]}"]')
    assert settled(row) != best["score"]
    context.close()


def stroke(page: Page, surface: Locator, places: list[tuple[float, float]]) -> None:
    """One finger from place to place, in shares of the surface."""
    area = surface.bounding_box()
    assert area is not None
    points = [{"x": area["x"] + x * area["width"], "y": area["y"] + y * area["height"]} for x, y in places]
    devtools = page.context.new_cdp_session(page)
    for n, point in enumerate(points):
        kind = "touchMove" if n else "touchStart"
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
