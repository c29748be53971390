"""Columns of the grid: any mix of methods, layers, targets and models, read with one cursor, seen through one zoom."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer

THREE = "columns=1,2,3&method=saliency&c2.method=layer_grad_cam&c3.method=occlusion&together=false"


class GridPage(ExplorerPage):
    def __init__(self, page: Page, server: LiveServer, query: str = "") -> None:
        super().__init__(page, server, query)
        self.columns = page.get_by_test_id("column")
        self.compare_button = page.get_by_test_id("compare")

    def compare(self, kind: str, option: str) -> None:
        """Adds a column like the selected one, but with another `kind`."""
        self.compare_button.click()
        menu = self.page.get_by_role("dialog")
        box = menu.get_by_role("combobox", name=f"another {kind}", exact=True)
        box.click()
        box.fill(option)
        self.page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.click()
        expect(menu).to_have_count(0)

    def titles(self) -> list[str]:
        return [title.strip() for title in self.columns.locator("button[aria-pressed]").all_inner_texts()]

    def cell(self, sample: int, place: int) -> Locator:
        return self.sample(sample).get_by_test_id("cell").nth(place)

    def point(self, surface: Locator, x: int, y: int, size: int = 96) -> None:
        """At the middle of a pixel of an image of 96 × 96."""
        # Away from the bars, which stay at the top.
        surface.evaluate("element => element.scrollIntoView({ block: 'center' })")
        box = surface.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + (x + 0.5) * box["width"] / size, box["y"] + (y + 0.5) * box["height"] / size)

    def values(self, sample: int) -> list[float]:
        shown = self.sample(sample).get_by_test_id("cursor-value")
        return [float(each.get_attribute("data-value") or "nan") for each in shown.all()]


def array(server: LiveServer, sample: int, **settings: Any) -> np.ndarray:
    """A map as the API has it, its channels summed."""
    key = server.run(samples=[sample], **settings)["items"][0]["key"]
    found = np.load(io.BytesIO(server.client.get(f"/api/results/{key}/image.npy").content))
    return np.asarray(found, np.float64).sum(axis=0).astype(np.float32).astype(np.float64)


def ranks(values: np.ndarray) -> np.ndarray:
    """From 1, ties at the mean of theirs: how many are smaller, and half of those that are equal."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    after = np.cumsum(counts)
    return np.asarray((after - (counts - 1) / 2)[which.ravel()])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(ranks(a.ravel()), ranks(b.ravel()))[0, 1])


def test_columns_differ_in_method_layer_and_target_and_are_fetched_and_removed(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, "count=2&method=layer_grad_cam").ready(2)
    model = scenes.explorer()["description"]["models"][0]
    layer = next(one["name"] for one in model["layers"] if one["selectable"] and one["name"] != model["default_layer"])
    grid.compare("layer", layer)
    assert grid.titles() == [f"layer {model['default_layer']}", f"layer {layer}"]
    grid.columns.first.get_by_role("button").first.click()
    grid.compare("target", "Second prediction")
    grid.compare("method", "Input × Gradient")
    expect(grid.columns).to_have_count(4)
    expect(grid.columns.last).to_have_attribute("data-selected", "true")
    expect(page.get_by_role("combobox", name="Method", exact=True)).to_have_value("Input × Gradient")
    grid.fetch()
    for place in range(4):
        expect(grid.cell(1, place).locator("canvas").first).to_be_visible()
    first, second, *_ = scenes.samples(count=2)["items"][1]["predictions"]["scenes_cnn"]
    captions = [grid.cell(1, place).get_by_test_id("caption") for place in range(4)]
    expect(captions[0]).to_contain_text(f"layer {model['default_layer']}")
    expect(captions[1]).to_contain_text(f"layer {layer}")
    expect(captions[1]).to_contain_text(f"'{first['name']}'")
    expect(captions[2]).to_contain_text(f"'{second['name']}'")
    expect(captions[3]).to_contain_text("Input × Gradient")

    # A change is the selected column's alone; the others' maps stay up to date.
    grid.choose("Target", "Predicted class")
    expect(grid.columns.last).to_contain_text("Settings changed")
    expect(grid.columns.get_by_text("Settings changed")).to_have_count(1)
    jobs: list[str] = []
    page.on("request", lambda r: jobs.append(r.post_data or "") if r.url.endswith("/api/jobs") else None)
    grid.fetch()
    assert [re.search(r'"method":"(\w+)"', body)[1] for body in jobs] == ["input_x_gradient"]  # type: ignore[index]

    grid.columns.nth(1).get_by_role("button", name=re.compile("^Remove")).click()
    expect(grid.columns).to_have_count(3)
    expect(grid.controls.get_by_text("All maps are up to date")).to_be_visible()
    page.go_back()
    expect(grid.columns).to_have_count(4)


def test_columns_of_two_models_can_be_changed_together_or_apart(page: Page, cifar10: LiveServer) -> None:
    grid = GridPage(page, cifar10, "count=1").ready(1)
    names = [model["name"] for model in cifar10.explorer()["description"]["models"]]
    assert grid.titles() == names
    grid.choose_method("Input × Gradient")
    assert grid.titles() == names
    grid.controls.get_by_role("switch", name="Change all columns together").uncheck()
    grid.choose_method("Saliency")
    assert grid.titles() == [f"Saliency · {names[0]}", f"Input × Gradient · {names[1]}"]
    grid.compare("model", names[1])
    assert grid.titles()[2] == f"Saliency · {names[1]}"
    grid.fetch()
    for place, model in enumerate((names[0], names[1], names[1])):
        expect(grid.cell(0, place)).to_have_attribute("data-model", model)
        expect(grid.cell(0, place).locator("canvas").first).to_be_visible()


def test_the_address_shows_another_browser_the_same_columns_from_the_store(
    page: Page, browser: Browser, scenes: LiveServer
) -> None:
    grid = GridPage(page, scenes, f"count=2&panels=heat&{THREE}&c3.target=label").ready(2)
    grid.fetch()
    expect(page).to_have_url(re.compile("maps=true"))
    titles = grid.titles()
    other = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        theirs = other.new_page()
        theirs.goto(scenes.url)
        theirs.wait_for_url(lambda url: "token" not in url)
        states: list[str] = []
        theirs.on("response", lambda r: states.append(r.json()["state"]) if _starts(r) else None)
        theirs.goto(page.url)
        for sample in (0, 1):
            for place in range(3):
                canvas = theirs.locator(f'[data-sample="{sample}"] canvas[data-panel="heat"]').nth(place)
                assert np.array_equal(grid.pixels(canvas), grid.pixels(grid.panel(sample, "heat", place)))
        assert states == ["done"] * 3
        shown = theirs.get_by_test_id("column").locator("button[aria-pressed]").all_inner_texts()
        assert [title.strip() for title in shown] == titles
    finally:
        other.close()


def _starts(answer: Any) -> bool:
    return bool(answer.request.method == "POST" and answer.url.endswith("/api/jobs"))


def test_one_scale_for_all_is_offered_only_where_all_can_be_compared(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, "count=1&columns=1,2&method=saliency&c2.method=saliency&c2.target=runner_up").ready(1)
    grid.fetch()
    words = page.get_by_test_id("scale-words")
    expect(words).to_have_text("Every map has its own colour scale.")
    page.get_by_role("button", name="Drawing").click()
    page.get_by_role("switch", name="One scale for all").check()
    expect(words).to_have_text("All maps share one colour scale.")
    page.keyboard.press("Escape")
    ends = [grid.cell(0, place).get_by_test_id("colour-bar").get_attribute("data-high") for place in (0, 1)]
    assert ends[0] == ends[1]
    grid.compare("method", "Occlusion")
    grid.fetch()
    expect(words).to_contain_text("every other column has its own")
    page.get_by_role("button", name="Drawing").click()
    expect(page.get_by_role("switch", name="One scale for all")).to_have_count(0)
    expect(page.get_by_role("switch", name="One scale for comparable columns")).to_be_checked()


def test_the_cursor_reads_the_same_place_of_every_map(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, f"count=2&{THREE}").ready(2)
    grid.fetch()
    maps = [array(scenes, 1, method="saliency"), array(scenes, 1, method="layer_grad_cam", layer="conv4")]
    maps.append(array(scenes, 1, method="occlusion"))
    surfaces = grid.sample(1).get_by_test_id("cursor-surface")
    expect(surfaces).to_have_count(4)
    for surface, (x, y) in ((0, (60, 33)), (2, (95, 40)), (3, (17, 80))):
        grid.point(surfaces.nth(surface), x, y)
        markers = grid.sample(1).get_by_test_id("marker")
        expect(markers).to_have_count(4)
        for marker in markers.all():
            assert (marker.get_attribute("data-x"), marker.get_attribute("data-y")) == (str(x), str(y))
        expected = [each[y * each.shape[0] // 96, x * each.shape[1] // 96] for each in maps]
        np.testing.assert_allclose(grid.values(1), expected, rtol=1e-6)
    expect(grid.sample(0).get_by_test_id("marker")).to_have_count(0)
    page.mouse.move(5, 5)
    expect(grid.sample(1).get_by_test_id("marker")).to_have_count(0)
    # With the keyboard from the middle of the image.
    grid.sample(1).get_by_role("application").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    np.testing.assert_allclose(grid.values(1)[0], maps[0][47, 50], rtol=1e-6)


def test_all_images_zoom_and_move_together_and_the_wheel_alone_scrolls(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, f"count=4&{THREE}").ready(4)
    grid.fetch()
    surface = grid.sample(0).get_by_test_id("cursor-surface").nth(1)
    grid.point(surface, 30, 60)
    before = grid.values(0)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -480)
    page.keyboard.up("Control")
    level = page.get_by_test_id("zoom-level")
    expect(level).to_have_attribute("data-factor", "4")
    # The pixel under the pointer has stayed where it is.
    assert grid.values(0) == before
    transforms = page.eval_on_selector_all(
        "canvas[data-panel]", "all => all.map(canvas => getComputedStyle(canvas.parentElement).transform)"
    )
    scales = {re.match(r"matrix\(([\d.]+), 0, 0, ([\d.]+)", each).groups() for each in transforms}  # type: ignore[union-attr]
    assert scales == {("4", "4")}
    shares = page.eval_on_selector_all(
        "canvas[data-panel]",
        """all => all.map(c => {
          const frame = c.parentElement.parentElement.getBoundingClientRect();
          const whole = c.getBoundingClientRect();
          return [(frame.left - whole.left) / whole.width, (frame.top - whole.top) / whole.height];
        })""",
    )
    assert np.ptp(np.array(shares), axis=0).max() < 0.01
    scrolled = page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > scrolled
    page.keyboard.press("-")
    expect(level).not_to_have_attribute("data-factor", "4")
    page.keyboard.press("0")
    expect(level).to_have_attribute("data-factor", "1")
    page.keyboard.press("+")
    expect(level).to_have_attribute("data-factor", "1.5")
    page.get_by_role("button", name="Zoom in").click()
    expect(level).to_have_attribute("data-factor", "2.25")
    level.click()
    expect(level).to_have_attribute("data-factor", "1")


def test_agreement_is_what_the_arrays_say(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, f"count=3&{THREE}").ready(3)
    grid.fetch()
    shown = grid.columns.get_by_test_id("agreement")
    expect(shown).to_have_count(2)
    help_words = "mean of 3 samples"
    shown.first.hover()
    expect(page.get_by_role("tooltip").filter(has_text=help_words)).to_be_visible()
    for place, settings in ((1, {"method": "layer_grad_cam", "layer": "conv4"}), (2, {"method": "occlusion"})):
        correlations, overlaps = [], []
        for sample in range(3):
            reference = array(scenes, sample, method="saliency")
            other = array(scenes, sample, **settings)
            if other.shape != reference.shape:
                larger = torch.nn.functional.interpolate(
                    torch.from_numpy(other)[None, None], size=reference.shape, mode="bilinear", align_corners=False
                )
                other = larger[0, 0].numpy().astype(np.float32).astype(np.float64)
            # Saliency has no sign, so magnitudes are compared.
            correlations.append(spearman(np.abs(reference), np.abs(other)))
            count = round(reference.size / 10)
            top = [np.argsort(-np.abs(each).ravel(), kind="stable")[:count] for each in (reference, other)]
            overlaps.append(len(np.intersect1d(*top)) / count)
            cell = grid.cell(sample, place).get_by_test_id("agreement")
            assert float(cell.get_attribute("data-correlation") or "nan") == pytest.approx(correlations[-1], abs=1e-3)
            # Ties at the border of the top are shared here and cut there.
            assert float(cell.get_attribute("data-overlap") or "nan") == pytest.approx(overlaps[-1], abs=0.04)
        mean = grid.columns.nth(place).get_by_test_id("agreement")
        assert float(mean.get_attribute("data-correlation") or "nan") == pytest.approx(np.mean(correlations), abs=1e-3)
        assert float(mean.get_attribute("data-overlap") or "nan") == pytest.approx(np.mean(overlaps), abs=0.04)


def test_eight_columns_pass_axe_and_are_the_most(page: Page, scenes: LiveServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    targets = "&".join(f"c{n}.target={n}" for n in range(2, 9))
    columns = "columns=1,2,3,4,5,6,7,8&together=false&method=saliency"
    methods = "&".join(f"c{n}.method=saliency" for n in range(2, 9))
    grid = GridPage(page, scenes, f"count=2&{columns}&{methods}&{targets}").ready(2)
    expect(grid.columns).to_have_count(8)
    expect(grid.compare_button).to_be_disabled()
    grid.fetch()
    expect(grid.columns.get_by_test_id("agreement")).to_have_count(7)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grid_passes_axe_wide_and_narrow(page: Page, scenes: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    grid = GridPage(page, scenes, f"count=2&{THREE}").ready(2)
    grid.fetch()
    expect(grid.columns.get_by_test_id("agreement")).to_have_count(2)
    assert violations(page) == []
    grid.compare_button.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.wait_for_timeout(300)
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Scrolled sideways, the image stays in view and the heads stay above their columns.
    page.locator("article").first.evaluate("card => { card.parentElement.scrollLeft = 200; }")
    original = grid.panel(0, "original").bounding_box()
    assert original is not None
    assert original["x"] >= 0
    head, cell = grid.columns.nth(2).bounding_box(), grid.cell(0, 2).bounding_box()
    assert head is not None
    assert cell is not None
    assert abs(head["x"] + 8 - cell["x"]) < 12


def test_a_column_is_added_by_keyboard(page: Page, scenes: LiveServer) -> None:
    grid = GridPage(page, scenes, "count=1&method=saliency").ready(1)
    grid.compare_button.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog").get_by_role("combobox").first
    expect(box).to_be_focused()
    page.keyboard.type("occl")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_have_attribute("data-combobox-selected", "true")
    page.keyboard.press("Enter")
    expect(grid.columns).to_have_count(2)
    assert grid.titles() == ["Saliency", "Occlusion"]


def test_refused_settings_of_another_column_are_said_at_its_head(page: Page, scenes: LiveServer) -> None:
    query = "count=1&columns=1,2&method=saliency&c2.method=integrated_gradients&c2.arg.n_steps=0"
    grid = GridPage(page, scenes, query).ready(1)
    expect(grid.columns.nth(1)).to_contain_text("n_steps is 0")
    page.keyboard.press("Enter")
    expect(grid.columns.nth(1)).to_have_attribute("data-selected", "true")
    expect(grid.controls.get_by_text("n_steps is 0").first).to_be_visible()
