"""The developer's loop: the file changes, Reload, old maps stay as 'before'."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, Route, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.scripted import ScriptedQueue
from tests.live import PATIENCE, LiveServer

SOURCE = """
import torch
from torch import nn

from attriscope import Explorer


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed({seed})
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x).relu().mean((2, 3))


def explorer():
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed({images}))
    return Explorer(models=dict(net=Net), dataset=[image for image in images], name="Mine")
"""


class Reloadable:
    """The explorer's answers, as they were until `reload` and of another fingerprint after it."""

    def __init__(self, page: Page, server: LiveServer, *, sha: str | None = None) -> None:
        self.own = server.explorer()["id"]
        self.reloaded = False
        self.images = 0
        self.sha = sha
        page.route(f"**/api/explorers/{self.own}", self._detail)
        page.route(f"**/api/explorers/{self.own}/reload", self._reload)
        page.route(f"**/api/explorers/{self.own}/samples?*", self._samples)
        page.route(f"**/api/explorers/{self.own}/samples/*/image/image.png", self._image)

    def _detail(self, route: Route) -> None:
        body: dict[str, Any] = route.fetch().json()
        if self.reloaded:
            body["description"]["fingerprint"] = "after"
        route.fulfill(json=body)

    def _reload(self, route: Route) -> None:
        assert route.request.method == "POST"
        self.reloaded = True
        route.fulfill(json={})

    def _samples(self, route: Route) -> None:
        body = route.fetch().json()
        if self.reloaded and self.sha:
            body["items"] = [{**item, "sha256": self.sha} for item in body["items"]]
        route.fulfill(json=body)

    def _image(self, route: Route) -> None:
        self.images += 1
        route.continue_()

    def summary(self, state: str) -> dict[str, Any]:
        return {"id": self.own, "name": "Tiny", "state": state, "stage": None, "error": None}


def test_maps_stay_as_before_the_reload_and_images_come_anew(page: Page, tiny: LiveServer) -> None:
    explorer = ExplorerPage(page, tiny, "count=1&method=saliency").ready(1).fetch()
    queue, explorers = ScriptedQueue(page), Reloadable(page, tiny)
    page.reload()
    explorer.ready(1)
    before = explorer.pixels(explorer.panel(0, "overlay"))
    seen = explorers.images
    page.get_by_role("button", name="Reload the explorer").click()
    queue.send(type="explorer", explorer=explorers.summary("loading"))
    expect(page.get_by_test_id("notice")).to_contain_text("Loading the models again")
    queue.send(type="explorer", explorer=explorers.summary("ready"))
    expect(page.get_by_test_id("notice")).to_have_count(0)
    expect(explorer.caption(0)).to_contain_text("before the reload")
    expect(explorer.controls.get_by_text("Reloaded since")).to_be_visible()
    assert np.array_equal(explorer.pixels(explorer.panel(0, "overlay")), before)
    assert explorers.images > seen


def test_a_map_of_another_image_is_not_drawn_over_this_one(page: Page, tiny: LiveServer) -> None:
    explorer = ExplorerPage(page, tiny, "count=1&method=saliency").ready(1).fetch()
    queue, explorers = ScriptedQueue(page), Reloadable(page, tiny, sha="0" * 64)
    page.reload()
    explorer.ready(1)
    expect(explorer.panel(0, "overlay")).to_be_visible()
    page.get_by_role("button", name="Reload the explorer").click()
    queue.send(type="explorer", explorer=explorers.summary("ready"))
    expect(explorer.sample(0).get_by_test_id("map-place")).to_contain_text("changed since its map was made")
    expect(explorer.panel(0, "overlay")).to_have_count(0)


def test_a_reload_that_is_refused_says_why(page: Page, tiny: LiveServer) -> None:
    error = {"code": "read_only", "message": "This server's explorers cannot be reloaded.", "params": {}}
    page.route("**/reload", lambda route: route.fulfill(status=403, json=error))
    ExplorerPage(page, tiny, "count=1").ready(1)
    page.get_by_role("button", name="Reload the explorer").click()
    expect(page.get_by_test_id("error")).to_contain_text("cannot be reloaded")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.get_by_test_id("error")).to_have_count(0)


def test_a_demo_offers_no_reload(page: Page, tiny: LiveServer) -> None:
    def demo(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "mode": "demo"})

    page.route("**/api/explorers", demo)
    ExplorerPage(page, tiny, "count=1").ready(1)
    expect(page.get_by_test_id("reload")).to_have_count(0)


def test_an_edited_files_model_is_explained_after_reload(page: Page, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(SOURCE.format(seed=0, images=0))
    with LiveServer("serve", str(source)) as server:
        explorer = ExplorerPage(page, server, "count=1&method=saliency&panels=heat").ready(1)
        explorer.fetch()
        before = explorer.pixels(explorer.panel(0, "heat"))
        source.write_text(SOURCE.format(seed=1, images=0))
        page.get_by_role("button", name="Reload the explorer").click()
        expect(explorer.caption(0)).to_contain_text("before the reload")
        assert np.array_equal(explorer.pixels(explorer.panel(0, "heat")), before)
        explorer.fetch()
        expect(explorer.caption(0)).not_to_contain_text("before the reload")
        assert not np.array_equal(explorer.pixels(explorer.panel(0, "heat")), before)


def test_an_edited_files_images_are_shown_after_reload(page: Page, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(SOURCE.format(seed=0, images=0))
    with LiveServer("serve", str(source)) as server:
        explorer = ExplorerPage(page, server, "count=1&panels=original").ready(1)
        before = explorer.pixels(explorer.panel(0, "original"))
        source.write_text(SOURCE.format(seed=0, images=1))
        page.get_by_role("button", name="Reload the explorer").click()
        deadline = time.monotonic() + PATIENCE
        while np.array_equal(explorer.pixels(explorer.panel(0, "original")), before):
            assert time.monotonic() < deadline, "the old image is still shown"
            page.wait_for_timeout(50)
