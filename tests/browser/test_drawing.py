"""What is drawn is what the API returned: canvas pixels against an independent rendering."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.rendering import heat, limit
from tests.live import LiveServer


def attributions(server: LiveServer, sample: int, **settings: object) -> np.ndarray:
    """The channel sum (H, W) of the map that the page shows, from the API."""
    job = server.run(samples=[sample], **settings)
    key = job["items"][0]["key"]
    values = np.load(io.BytesIO(server.client.get(f"/api/results/{key}/image.npy").content))
    return values.sum(axis=0)


def green_red(values: np.ndarray) -> np.ndarray:
    """Captum's colours for values in −1 … 1."""
    return heat(values, "green-red")


@pytest.mark.parametrize("method", ["Integrated Gradients", "Saliency", "Input × Gradient", "Occlusion"])
def test_the_heat_map_is_the_array_that_the_api_returned(page: Page, scenes: LiveServer, method: str) -> None:
    explorer = ExplorerPage(page, scenes, "scale=green-red&panels=heat&sign=all&count=2").ready(2)
    explorer.choose_method(method).fetch()
    identifiers = {"Input × Gradient": "input_x_gradient"}
    for sample in (0, 1):
        values = attributions(scenes, sample, method=identifiers.get(method, method.lower().replace(" ", "_")))
        expected = green_red(np.clip(values / limit(values), -1, 1))
        drawn = explorer.pixels(explorer.panel(sample, "heat"))
        assert drawn.shape == (96, 96, 4)
        assert (drawn[..., 3] == 255).all()
        assert np.abs(drawn[..., :3] - expected).max() <= 1


def test_signs_panels_and_clipping_change_at_once_and_right(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "scale=green-red&panels=heat,positive,negative&count=1").ready(1)
    explorer.fetch()
    expect(explorer.panel(0, "heat")).to_be_visible()
    page.wait_for_timeout(1000)  # the last requests of the Fetch itself
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    values = attributions(scenes, 0, method="integrated_gradients")
    end = limit(values)
    for panel, low, high in (("heat", -1, 1), ("positive", 0, 1), ("negative", -1, 0)):
        drawn = explorer.pixels(explorer.panel(0, panel))
        expected = green_red(np.clip(values / end, low, high))
        assert np.abs(drawn[..., :3] - expected).max() <= 1, panel
    explorer.choose("Sign", "Absolute")
    drawn = explorer.pixels(explorer.panel(0, "heat"))
    assert np.abs(drawn[..., :3] - green_red(np.clip(np.abs(values) / end, 0, 1))).max() <= 1
    assert [url for url in requests if "/api/results" in url or "/api/jobs" in url] == []


def test_the_colour_bar_carries_the_true_values(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "panels=heat&count=1").ready(1)
    explorer.fetch()
    end = limit(attributions(scenes, 0, method="integrated_gradients"))
    bar = explorer.sample(0).get_by_test_id("colour-bar")
    assert float(bar.get_attribute("data-high") or 0) == pytest.approx(end, rel=1e-5)
    assert float(bar.get_attribute("data-low") or 0) == pytest.approx(-end, rel=1e-5)


def test_by_default_red_raises_and_blue_lowers(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "panels=heat&count=1").ready(1)
    explorer.fetch()
    values = attributions(scenes, 0, method="integrated_gradients")
    drawn = explorer.pixels(explorer.panel(0, "heat")).astype(int)
    end = limit(values)
    redness = drawn[..., 0] - drawn[..., 2]
    assert (redness[values > end / 2] > 60).all()
    assert (redness[values < -end / 2] < -60).all()


def test_grad_cam_is_enlarged_bilinearly_and_drawn_positive(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "scale=green-red&panels=heat&count=1").ready(1)
    explorer.choose_method("Grad-CAM").fetch()
    name = scenes.explorer()["description"]["models"][0]["default_layer"]
    expect(explorer.caption(0)).to_contain_text(name)
    values = attributions(scenes, 0, method="layer_grad_cam", layer=name)
    rows = _bilinear(values.shape[0], 96) @ values @ _bilinear(values.shape[1], 96).T
    positive = np.clip(rows, 0, None)
    expected = green_red(np.clip(positive / limit(positive), 0, 1))
    drawn = explorer.pixels(explorer.panel(0, "heat"))
    assert np.abs(drawn[..., :3] - expected).max() <= 2


def _bilinear(size: int, target: int) -> np.ndarray:
    """(target, size) weights of linear interpolation between pixel centres, edges repeated."""
    places = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
    low = np.minimum(np.floor(places).astype(int), size - 2)
    weights = np.zeros((target, size))
    weights[np.arange(target), low] = 1 - (places - low)
    weights[np.arange(target), low + 1] = places - low
    return weights


def test_on_scenes_the_true_evidence_can_be_shown(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    explorer.fetch()
    expect(page.get_by_test_id("evidence-outline")).to_have_count(0)
    page.get_by_role("region", name="Display").get_by_text("True evidence").click()
    # On the original and over the map, of both samples.
    expect(page.get_by_test_id("evidence-outline")).to_have_count(4)


def test_maps_can_share_one_scale_and_say_so(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=3&panels=heat").ready(3)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("own scale")
    page.get_by_role("button", name=re.compile("Drawing")).click()
    page.get_by_role("switch", name="One scale for all").check()
    page.keyboard.press("Escape")
    bars = page.get_by_test_id("colour-bar")
    ends = {bars.nth(place).get_attribute("data-high") for place in range(3)}
    assert len(ends) == 1
    expect(explorer.caption(0)).to_contain_text("shared scale")
