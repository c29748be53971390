"""Whether a map is faithful, asked under the map: curves beside their controls, and the maps of random models."""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, Route, TimeoutError, expect

from attribution_core import InputXGradient, metrics
from example_models.scenes.data import Scenes
from example_models.scenes.model import scenes_cnn
from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


class Faithfulness:
    """The dialog under a map."""

    def __init__(self, explorer: ExplorerPage, sample: int = 0) -> None:
        explorer.sample(sample).get_by_test_id("faithfulness").click()
        self.dialog = explorer.page.get_by_role("dialog", name=re.compile("Is this map faithful"))
        expect(self.dialog).to_be_visible()
        self.curves = self.dialog.locator('[data-check="curves"]')
        self.random = self.dialog.locator('[data-check="randomisation"]')

    def run(self, check: Locator) -> Locator:
        """Runs a check and waits for what it says; one that is stored is there by itself."""
        button = check.get_by_role("button", name="Run", exact=True)
        verdict = check.get_by_test_id("verdict").first
        expect(button.or_(verdict)).to_be_visible()
        if button.is_visible():
            # What is stored may take the button's place before it is pressed.
            with suppress(TimeoutError):
                button.click(timeout=5000)
        expect(verdict).to_be_visible()
        return check


def opened(page: Page, server: LiveServer, query: str = "method=integrated_gradients") -> Faithfulness:
    return Faithfulness(ExplorerPage(page, server, f"{query}&count=1").ready(1).fetch())


def number(text: str) -> float:
    found = re.search(r"[−-]?\d+(\.\d+)?", text)
    assert found, text
    return float(found[0].replace("−", "-"))


def test_both_checks_run_on_request_with_their_cost_told_before(page: Page, scenes: LiveServer) -> None:
    # Steps that no other test asks for, so that nothing of it is stored.
    found = opened(page, scenes, "method=integrated_gradients&arg.n_steps=47")
    expect(found.curves).to_contain_text(re.compile(r"\d evaluations"))
    expect(found.random).to_contain_text(re.compile(r"\d evaluations"))
    expect(found.dialog.get_by_test_id("verdict")).to_have_count(0)
    found.run(found.curves)
    expect(found.curves.get_by_test_id("chart")).to_have_count(2)
    expect(found.random.get_by_test_id("verdict")).to_have_count(0)
    found.run(found.random)
    expect(found.random.get_by_test_id("stage")).to_have_count(5)
    expect(found.random.locator("canvas[data-panel=heat]")).to_have_count(6)
    expect(found.random.get_by_test_id("stage").last).to_contain_text("all layers random")


def test_the_areas_are_those_that_the_library_computes(page: Page, scenes: LiveServer) -> None:
    torch.set_num_threads(1)
    model, inputs = scenes_cnn().eval(), Scenes()[0].inputs
    assert isinstance(inputs, torch.Tensor)
    x = inputs[None]
    target = int(model(x).argmax(1))
    maps = InputXGradient(model).attribute(x, target=target)
    found = opened(page, scenes, "method=input_x_gradient")
    found.run(found.curves)
    rows = found.curves.get_by_test_id("areas")
    for column, curve in enumerate((metrics.deletion_curve, metrics.insertion_curve)):
        for order, ranked in (("map", maps), ("edges", metrics.edge_map(x).float())):
            told = rows.locator(f'tr[data-order="{order}"] td').nth(column).inner_text()
            expected = float(curve(model, x, ranked, target=target).area)
            assert number(told) == pytest.approx(expected, rel=0.02, abs=0.02), (order, column)
    expect(rows.locator('tr[data-order="random"] td').first).to_contain_text("±")


def test_curves_are_read_by_pointer_and_by_keyboard(page: Page, scenes: LiveServer) -> None:
    found = opened(page, scenes)
    found.run(found.curves)
    chart = found.curves.get_by_test_id("chart").first
    slider = chart.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^100 % removed: this map .+ edges .+ random .+ ± "))
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", "63")
    page.keyboard.press("Home")
    expect(chart).to_contain_text("0 % removed")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] / 2)
    expect(chart).to_contain_text(re.compile(r"(4|5)\d % removed"))
    found.curves.get_by_text("Values as a table").click()
    expect(found.curves.get_by_role("row", name=re.compile("^100 %"))).to_be_visible()


def test_the_score_and_another_filling_are_one_click_away(page: Page, scenes: LiveServer) -> None:
    found = opened(page, scenes)
    found.run(found.curves)
    output = found.curves.get_by_test_id("areas").inner_text()
    found.curves.get_by_text(re.compile("^probability for")).click()
    expect(found.curves.get_by_test_id("areas")).to_contain_text("%")
    found.curves.get_by_text("Blurred", exact=True).click()
    found.run(found.curves)
    expect(found.curves.get_by_test_id("areas")).not_to_have_text(output)
    expect(found.curves).to_contain_text("blurred by 1/12")


def test_what_was_computed_is_there_when_it_is_asked_for_again(page: Page, scenes: LiveServer) -> None:
    found = opened(page, scenes)
    found.run(found.curves)
    found.run(found.random)
    page.keyboard.press("Escape")
    expect(found.dialog).to_have_count(0)
    again = opened(page, scenes)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.url.endswith("/api/jobs") else None)
    expect(again.curves.get_by_test_id("verdict")).to_have_count(2)
    expect(again.random.get_by_test_id("verdict")).to_be_visible()
    assert posted == []


def test_a_running_check_shows_progress_and_can_be_cancelled(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("slow_model", ATTRISCOPE_TEST_PAUSE="0.05")
    found = opened(page, server, "method=saliency")
    run = found.curves.get_by_role("button", name="Run", exact=True)
    run.click()
    bar = found.curves.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(bar).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
    found.curves.get_by_role("button", name="Cancel").click()
    expect(run).to_be_visible()
    expect(bar).to_have_count(0)
    expect(found.dialog.get_by_test_id("error")).to_have_count(0)
    # The model is as it was: the map is made again as before, and the caption follows.
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("caption")).to_contain_text("Saliency")


def test_a_refusal_is_shown_and_tried_again(page: Page, tiny: LiveServer) -> None:
    found = opened(page, tiny, "method=saliency")
    refused = False

    def refuse(route: Route) -> None:
        nonlocal refused
        if refused or route.request.method != "POST":
            route.fallback()
            return
        refused = True
        body = {"code": "too_costly", "message": "This would take about 900 s.", "params": {}}
        route.fulfill(status=422, json=body)

    page.route("**/api/jobs", refuse)
    found.curves.get_by_role("button", name="Run", exact=True).click()
    error = found.curves.get_by_test_id("error")
    expect(error).to_contain_text("This would take about 900 s.")
    error.get_by_role("button", name="Retry").click()
    expect(found.curves.get_by_test_id("verdict").first).to_be_visible()
    expect(error).to_have_count(0)


def test_a_map_without_curves_says_why(page: Page, scenes: LiveServer) -> None:
    found = opened(page, scenes, "method=layer_activation")
    expect(found.curves.get_by_test_id("error")).to_contain_text("explains a layer or one of its units, not an output")
    expect(found.curves.get_by_role("button", name="Run", exact=True)).to_have_count(0)
    found.run(found.random)


def test_enter_in_the_dialog_fetches_nothing(page: Page, scenes: LiveServer) -> None:
    found = opened(page, scenes)
    found.run(found.curves)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    found.curves.get_by_role("slider").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    expect(found.curves.get_by_role("slider").first).to_have_attribute("aria-valuenow", "64")
    assert not [url for url in asked if url.endswith("/api/jobs")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_dialog_passes_axe_and_fits(page: Page, scenes: LiveServer, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    explorer = ExplorerPage(page, scenes, "method=integrated_gradients&count=1").ready(1)
    explorer.fetch_button.click()
    found = Faithfulness(explorer)
    expect(found.dialog.get_by_role("heading", name="Forget the weights")).to_be_visible()
    for check in (found.curves, found.random):
        found.run(check)
    found.curves.get_by_text("Values as a table").click()
    expect(found.random.locator("canvas[data-panel=heat]")).to_have_count(6)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = found.dialog.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert np.isclose(box["x"], width - box["x"] - box["width"], atol=1)


def test_a_methods_tooltip_tells_its_limitations_and_deviations(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "method=guided_backprop&count=1").ready(1)
    page.get_by_role("button", name="About Guided Backprop").click()
    info = page.get_by_role("group", name="About Guided Backprop")
    expect(info).to_contain_text("Limitations")
    expect(info).to_contain_text("Differs from Captum")
    expect(info).to_contain_text("residual connection")
    assert violations(page) == []
