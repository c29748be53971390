"""One sample looked at closely: what is measured is what the API's array says."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


class DetailPage(ExplorerPage):
    """One sample looked at closely."""

    def __init__(self, page: Page, server: LiveServer, query: str) -> None:
        super().__init__(page, server, query)
        self.view = page.get_by_test_id("detail")
        self.readout = page.get_by_test_id("readout")
        self.rectangle = page.get_by_test_id("rectangle")
        expect(self.view.get_by_test_id("prediction").first).to_be_visible()

    def fetch(self) -> DetailPage:
        super().fetch()
        expect(self.view.get_by_test_id("histogram").first).to_be_visible()
        return self

    def surface(self, place: int = -1) -> Locator:
        return self.view.get_by_test_id("surface").nth(place)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Over the map, in pixels of the image, 96 × 96."""
        box = self.surface().bounding_box()
        assert box is not None
        points = [(box["x"] + x * box["width"] / 96, box["y"] + y * box["height"] / 96) for x, y in (start, end)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=3)
        self.page.mouse.up()

    def shown_value(self) -> float:
        return float(self.readout.locator("[data-value]").get_attribute("data-value") or "nan")


def array(server: LiveServer, sample: int, **settings: object) -> np.ndarray:
    """(C, H, W), from the API."""
    key = server.run(samples=[sample], **settings)["items"][0]["key"]
    return np.asarray(np.load(io.BytesIO(server.client.get(f"/api/results/{key}/image.npy").content)), np.float64)


def info(server: LiveServer, sample: int, **settings: object) -> dict[str, object]:
    key = server.run(samples=[sample], **settings)["items"][0]["key"]
    answer: dict[str, object] = server.client.get(f"/api/results/{key}").json()
    return answer


def shares(fact: Locator) -> dict[str, float]:
    numbers = fact.locator("dl")
    return {name: float(numbers.get_attribute(f"data-{name}") or "nan") for name in ("absolute", "signed", "area")}


def test_the_button_opens_a_sample_and_the_way_back_leads_to_its_card(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=4").ready(4)
    page.get_by_role("button", name="Look closely at sample 2").click()
    expect(page.get_by_test_id("detail")).to_be_visible()
    expect(page).to_have_url(re.compile(r"view=detail&sample=2"))
    expect(page.get_by_role("heading", name="Sample 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(explorer.samples).to_have_count(4)
    expect(page.get_by_role("button", name="Look closely at sample 2")).to_be_focused()
    page.go_back()
    expect(page.get_by_test_id("detail")).to_be_visible()
    page.go_back()
    expect(explorer.samples).to_have_count(4)


def test_a_shared_address_shows_the_same_from_the_store(page: Page, scenes: LiveServer) -> None:
    scenes.run(samples=[19], method="saliency")
    detail = DetailPage(page, scenes, "view=detail&sample=19&count=4&method=saliency")
    # On another page than the first, stored, and asked for by nobody here.
    expect(detail.view.locator('canvas[data-panel="overlay"]')).to_be_visible()
    expect(detail.view.get_by_test_id("caption")).to_contain_text("Saliency")
    expect(page).to_have_url(re.compile("start=16"))


def test_stepping_crosses_the_borders_of_pages(page: Page, scenes: LiveServer) -> None:
    DetailPage(page, scenes, "view=detail&sample=1&count=2")
    for expected in (2, 3, 4):
        page.get_by_role("button", name="Next sample").click()
        expect(page.get_by_role("heading", name=f"Sample {expected}", exact=True)).to_be_visible()
    for expected in (3, 2, 1, 0):
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_role("heading", name=f"Sample {expected}", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Previous sample")).to_be_disabled()


def test_stepping_follows_the_order_that_was_chosen(page: Page, scenes: LiveServer) -> None:
    order = [item["index"] for item in scenes.samples(order="uncertain", count=4, scan=50)["items"]]
    DetailPage(page, scenes, f"view=detail&sample={order[1]}&count=2&order=uncertain&scan=50")
    for expected in order[2:]:
        page.keyboard.press("j")
        expect(page.get_by_role("heading", name=f"Sample {expected}", exact=True)).to_be_visible()


def test_a_sample_that_is_not_there_says_what_to_do(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "view=detail&sample=3&order=mistakes&count=1&scan=20")
    words = page.get_by_text("Sample 3 is not among the samples that match the order and filter.")
    expect(words).to_be_visible()
    page.get_by_role("button", name="Show it in dataset order").click()
    expect(page.get_by_role("heading", name="Sample 3", exact=True)).to_be_visible()
    page.get_by_role("button", name="All samples").click()
    expect(explorer.sample(3)).to_be_visible()


def test_every_prediction_has_its_score_and_its_raw_output(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1")
    predictions = scenes.samples(start=1, count=1)["items"][0]["predictions"]["scenes_cnn"]
    rows = detail.view.locator("tbody tr")
    expect(rows).to_have_count(len(predictions))
    for place in (0, len(predictions) - 1):
        cells = rows.nth(place).locator("td")
        expect(rows.nth(place)).to_contain_text(predictions[place]["name"])
        expect(cells.nth(0)).to_have_text(f"{100 * predictions[place]['score']:.1f} %")
        raw = float((cells.nth(1).inner_text()).replace("−", "-"))
        assert raw == pytest.approx(predictions[place]["output"], rel=6e-3)


def test_a_click_on_a_class_explains_it(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&method=saliency")
    detail.fetch()
    second = scenes.samples(start=1, count=1)["items"][0]["predictions"]["scenes_cnn"][1]["name"]
    detail.view.get_by_test_id("prediction").nth(1).click()
    expect(detail.view.get_by_test_id("caption")).to_contain_text(f"'{second}'")


def test_the_cursor_reads_out_the_array_by_pointer_and_by_key(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&panels=heat")
    detail.fetch()
    values = array(scenes, 1, method="integrated_gradients").sum(axis=0)
    box = detail.surface().bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40.5 * box["width"] / 96, box["y"] + 33.5 * box["height"] / 96)
    expect(detail.readout).to_contain_text("x 40, y 33")
    assert detail.shown_value() == pytest.approx(values[33, 40], rel=1e-4, abs=1e-9)
    detail.surface().focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(detail.readout).to_contain_text("x 41, y 35")
    assert detail.shown_value() == pytest.approx(values[35, 41], rel=1e-4, abs=1e-9)
    smaller = (np.abs(values) < abs(values[35, 41])).mean()
    expect(detail.readout).to_contain_text(f"larger than {100 * smaller:.1f} %")


def test_a_rectangle_drawn_by_mouse_holds_its_share(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&panels=original,heat")
    detail.fetch()
    values = array(scenes, 1, method="integrated_gradients").sum(axis=0)
    detail.drag((20.5, 30.5), (59.5, 50.5))
    expect(detail.rectangle).to_contain_text("x 20–59, y 30–50")
    inside = values[30:51, 20:60]
    assert shares(detail.rectangle) == pytest.approx(
        {
            "absolute": np.abs(inside).sum() / np.abs(values).sum(),
            "signed": inside.sum() / values.sum(),
            "area": 40 * 21 / 96**2,
        },
        rel=1e-4,
    )
    # Drawn over every panel.
    expect(detail.view.get_by_test_id("surface").locator("path")).to_have_count(2)
    detail.rectangle.get_by_role("button", name="Clear the rectangle").click()
    expect(detail.view.get_by_test_id("surface").locator("path")).to_have_count(0)


def test_a_rectangle_drawn_by_keyboard_holds_its_share_and_escape_takes_it_away(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&panels=heat")
    detail.fetch()
    values = np.abs(array(scenes, 1, method="integrated_gradients").sum(axis=0))
    detail.surface().focus()
    page.keyboard.press("ArrowLeft")  # to the middle
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+PageDown"):
        page.keyboard.press(key)
    expect(detail.rectangle).to_contain_text("x 48–50, y 48–58")
    assert shares(detail.rectangle)["absolute"] == pytest.approx(values[48:59, 48:51].sum() / values.sum(), rel=1e-4)
    page.keyboard.press("Escape")
    expect(detail.rectangle).to_contain_text("Drag over a map")
    expect(detail.view).to_be_visible()
    page.keyboard.press("Escape")
    expect(detail.view).to_have_count(0)


def test_histogram_and_balance_add_up_to_the_array(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1")
    detail.fetch()
    values = array(scenes, 1, method="integrated_gradients").sum(axis=0)
    bars = (
        detail.view.get_by_test_id("histogram")
        .locator("rect")
        .evaluate_all("all => all.map(bar => [Number(bar.dataset.low), Number(bar.dataset.count)])")
    )
    assert sum(count for _, count in bars) == values.size
    # Rounding to float32 may move a value that lies on an edge.
    edges = np.array([low for low, _ in bars] + [np.inf])
    expected = np.histogram(values, edges)[0]
    assert np.abs(np.array([count for _, count in bars]) - expected).sum() <= 0.002 * values.size
    positive = values[values > 0].sum() / np.abs(values).sum()
    expect(detail.view.get_by_test_id("balance")).to_contain_text(f"{100 * positive:.1f} %")
    expect(detail.view.get_by_test_id("balance")).to_contain_text(f"{100 * (1 - positive):.1f} %")


def test_the_baseline_is_shown_with_the_output_on_it_and_the_gap_in_words(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&baseline=black&arg.n_steps=5&method=integrated_gradients")
    detail.fetch()
    made = info(scenes, 1, method="integrated_gradients", baseline="black", arguments={"n_steps": 5})
    output, at_baseline, delta = (float(str(made[name])) for name in ("output", "output_baseline", "delta"))
    baseline = detail.view.get_by_test_id("baseline-used")
    expect(baseline).to_contain_text("Black")
    spoken = [
        float(n.replace("−", "-")) for n in re.findall(r"[−\d][\d.]*", baseline.get_by_text("on it and").inner_text())
    ]
    assert spoken == pytest.approx([at_baseline, output], rel=6e-3)
    picture = baseline.get_by_role("img", name="The black baseline as an image")
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 96
    gap = abs(delta) / abs(output - at_baseline)
    expect(detail.view.get_by_test_id("completeness-words")).to_contain_text(
        f"Explains {100 * (1 - gap):.1f} % of the score difference."
    )


def test_a_convolution_can_be_looked_at_channel_by_channel(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(
        page,
        scenes,
        "view=detail&sample=1&method=layer_integrated_gradients&layer.scenes_cnn=conv3&panels=heat&scale=green-red",
    )
    detail.fetch()
    channels = array(scenes, 1, method="layer_integrated_gradients", layer="conv3")
    magnitude = np.abs(channels).sum(axis=(1, 2))
    order = np.argsort(-magnitude)
    thumbnails = detail.view.locator("[data-channel]")
    expect(thumbnails).to_have_count(24)
    shown = thumbnails.evaluate_all("all => all.map(each => Number(each.dataset.channel))")
    assert shown == list(order[:24])
    summed = detail.pixels(detail.view.locator('canvas[data-panel="heat"]'))
    page.get_by_role("button", name="Next channel").click()
    page.get_by_role("button", name="Next channel").click()
    expect(detail.view.get_by_text(f"Channel {order[1]}", exact=True)).to_be_visible()
    detail.surface().focus()
    page.keyboard.press("ArrowLeft")
    # Pixel 48 of 96 lies in cell 12 of 24.
    assert detail.shown_value() == pytest.approx(channels[order[1], 12, 12], rel=1e-4, abs=1e-9)
    assert not np.array_equal(detail.pixels(detail.view.locator('canvas[data-panel="heat"]')), summed)
    page.get_by_role("button", name="Sum of all").click()
    assert np.array_equal(detail.pixels(detail.view.locator('canvas[data-panel="heat"]')), summed)


def test_a_vector_shows_its_largest_units_and_a_unit_offers_the_neuron_methods(page: Page, scenes: LiveServer) -> None:
    detail = DetailPage(page, scenes, "view=detail&sample=1&method=layer_integrated_gradients&layer.scenes_cnn=flatten")
    detail.fetch()
    units = array(scenes, 1, method="layer_integrated_gradients", layer="flatten").ravel()
    bars = detail.view.get_by_test_id("unit")
    expect(bars).to_have_count(20)
    shown = bars.evaluate_all("all => all.map(each => Number(each.dataset.unit))")
    assert shown == list(np.argsort(-np.abs(units))[:20])
    bars.nth(1).get_by_role("button").click()
    unit = shown[1]
    detail.choose(f"Explain unit {unit} of this layer with", "Neuron Guided Backprop")
    expect(page).to_have_url(re.compile(rf"method=neuron_guided_backprop&arg\.unit={unit}&layer\.scenes_cnn=flatten"))
    detail.fetch()
    expect(detail.view.get_by_test_id("caption")).to_contain_text(f"explains unit {unit} of layer flatten")


def test_every_map_says_where_its_mass_lies(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=heat").ready(2)
    explorer.fetch()
    names = ["upper left", "upper middle", "upper right", "middle left", "centre", "middle right"]
    names += ["lower left", "lower middle", "lower right"]
    for sample in (0, 1):
        values = np.abs(array(scenes, sample, method="integrated_gradients").sum(axis=0))
        ninths = values.reshape(3, 32, 3, 32).sum(axis=(1, 3)).ravel() / values.sum()
        expected = rf"^{round(100 * ninths.max())} % of the attribution lies in the {names[int(ninths.argmax())]} ninth"
        expect(explorer.panel(sample, "heat")).to_have_accessible_description(re.compile(expected))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layer", ["", "&method=layer_integrated_gradients&layer.scenes_cnn=conv3"])
def test_the_detail_passes_axe_before_and_after_fetch(page: Page, scenes: LiveServer, scheme: str, layer: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    detail = DetailPage(page, scenes, f"view=detail&sample=4{layer}")
    assert violations(page) == []
    detail.fetch()
    expect(detail.view.get_by_test_id("histogram")).to_be_visible()
    if layer:
        detail.view.locator("[data-channel]").first.click()
    detail.drag((20, 20), (40, 40))
    expect(detail.rectangle.locator("dl")).to_be_visible()
    assert violations(page) == []


def test_a_narrow_detail_fits_and_passes_axe(page: Page, scenes: LiveServer) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    detail = DetailPage(page, scenes, "view=detail&sample=0")
    detail.fetch_button.click()
    expect(detail.view.get_by_test_id("histogram")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_two_models_are_looked_at_side_by_side(page: Page, cifar10: LiveServer) -> None:
    detail = DetailPage(page, cifar10, "view=detail&sample=0&method=saliency")
    detail.fetch()
    models = [model["name"] for model in cifar10.explorer()["description"]["models"]]
    inspected = detail.view.get_by_test_id("inspected")
    expect(inspected).to_have_count(len(models))
    for name in models:
        column = detail.view.locator(f'[data-testid="inspected"][data-model="{name}"]')
        expect(column.get_by_test_id("histogram")).to_be_visible()
    # One cursor for all of them.
    detail.surface(0).hover(position={"x": 20, "y": 20})
    for place in range(len(models)):
        expect(detail.readout.nth(place)).to_contain_text(re.compile(r"x \d+, y \d+"))
    assert violations(page) == []


def test_a_picked_channel_stays_picked_from_sample_to_sample(page: Page, scenes: LiveServer) -> None:
    settings = {"method": "layer_activation", "layer": "conv3"}
    scenes.run(samples=[1, 2], **settings)
    detail = DetailPage(page, scenes, "view=detail&sample=1&method=layer_activation&layer.scenes_cnn=conv3&panels=heat")
    detail.view.locator("[data-channel]").nth(2).click()
    channel = int(detail.view.locator('[data-channel][aria-pressed="true"]').get_attribute("data-channel") or -1)
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Sample 2", exact=True)).to_be_visible()
    expect(detail.view.get_by_text(f"Channel {channel}", exact=True)).to_be_visible()
    values = array(scenes, 2, **settings)[channel]
    detail.surface().focus()
    page.keyboard.press("ArrowLeft")
    assert detail.shown_value() == pytest.approx(values[12, 12], rel=1e-4, abs=1e-9)
