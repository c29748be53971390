"""Every panel, pixel by pixel, against a rendering of our own, within 1/255."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import rendering
from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer

PANELS = ("original", "overlay", "heat", "positive", "negative", "masked")
STEPS = 20
"""Of Integrated Gradients; the store of the server is shared with other tests."""


class Truth:
    """What the API gives of the first two samples."""

    def __init__(self, server: LiveServer, model: str) -> None:
        self.images, self.maps = [], []
        explorer = server.explorer()["id"]
        settings = {"model": model, "method": "integrated_gradients", "arguments": {"n_steps": STEPS}}
        for item in server.run(samples=[0, 1], **settings)["items"]:
            found = server.client.get(f"/api/results/{item['key']}/image.npy")
            self.maps.append(np.load(io.BytesIO(found.content)).sum(axis=0))
            picture = server.client.get(f"/api/explorers/{explorer}/samples/{item['sample']}/image/image.png")
            self.images.append(np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB")).astype(float))

    def panel(self, sample: int, panel: str, scale: str, sign: str, shared: bool, opacity: float) -> np.ndarray:
        if panel == "original":
            return self.images[sample]
        limits = [rendering.limit(values, sign) for values in self.maps]
        shown = panel if panel in ("positive", "negative") else sign
        values = rendering.normalised(self.maps[sample], shown, max(limits) if shared else limits[sample])
        if panel == "overlay":
            return rendering.overlay(values, scale, opacity, self.images[sample])
        return rendering.masked(values, self.images[sample]) if panel == "masked" else rendering.heat(values, scale)


def _check(page: Page, server: LiveServer, truth: Truth, scale: str, sign: str, shared: bool, opacity: float) -> None:
    model = server.explorer()["description"]["models"][0]["name"]
    drawing = f"scale={scale}&sign={sign}&shared={str(shared).lower()}&opacity={opacity}&panels={','.join(PANELS)}"
    query = f"count=2&model={model}&method=integrated_gradients&arg.n_steps={STEPS}&maps=true"
    explorer = ExplorerPage(page, server, f"{query}&{drawing}").ready(2)
    expect(explorer.caption(1)).to_contain_text("shared scale" if shared else "own scale")
    for sample in (0, 1):
        for panel in PANELS:
            drawn = explorer.pixels(explorer.panel(sample, panel))
            expected = truth.panel(sample, panel, scale, sign, shared, opacity)
            assert (drawn[..., 3] == 255).all()
            off = np.abs(drawn[..., :3] - expected).max()
            assert off <= 1.01, f"{panel} of sample {sample}: off by {off:.2f} of 255"


@pytest.fixture(scope="module")
def scenes_truth(scenes: LiveServer) -> Truth:
    return Truth(scenes, scenes.explorer()["description"]["models"][0]["name"])


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize("scale", sorted(rendering.COLOURS))
def test_every_panel_is_what_another_rendering_draws(
    page: Page, scenes: LiveServer, scenes_truth: Truth, scale: str, shared: bool
) -> None:
    _check(page, scenes, scenes_truth, scale, "all", shared, 1.0)


@pytest.mark.parametrize("sign", ["positive", "negative", "absolute"])
def test_every_sign_is_drawn_right(page: Page, scenes: LiveServer, scenes_truth: Truth, sign: str) -> None:
    _check(page, scenes, scenes_truth, "red-blue", sign, True, 0.6)


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_maps_of_real_images_are_drawn_right(page: Page, cifar10: LiveServer, shared: bool) -> None:
    model = cifar10.explorer()["description"]["models"][0]["name"]
    _check(page, cifar10, Truth(cifar10, model), "red-blue", "all", shared, 0.8)
