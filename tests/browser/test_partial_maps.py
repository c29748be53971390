"""Slow methods: the newest estimate is drawn in the map's place until the map is there."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.scripted import ScriptedQueue
from tests.live import LiveServer

SIZE = 8


def half(row: int) -> np.ndarray:
    """Everything lies in the rows up to `row`."""
    values = np.zeros((3, SIZE, SIZE), dtype=np.float32)
    values[:, :row] = 1
    return values


def coloured_rows(explorer: ExplorerPage, sample: int = 0) -> list[int]:
    """Rows of the heat map that are not white."""
    drawn = explorer.pixels(explorer.panel(sample, "heat"))[..., :3].astype(int)
    return [row for row in range(drawn.shape[0]) if (drawn[row].min(axis=-1) < 250).any()]


def running(page: Page, tiny: LiveServer, query: str = "") -> tuple[ExplorerPage, ScriptedQueue]:
    queue = ScriptedQueue(page)
    explorer = ExplorerPage(page, tiny, f"count=1&panels=heat&method=occlusion{query}").ready(1)
    explorer.fetch_button.click()
    queue.tell(queue.newest(), state="running", item_state="running")
    return explorer, queue


def test_the_newest_estimate_is_drawn_and_says_how_far_it_is(page: Page, tiny: LiveServer) -> None:
    explorer, queue = running(page, tiny)
    job = queue.newest()
    badge = page.get_by_test_id("partial")
    expect(badge).to_have_count(0)
    queue.estimate(job, 0, 0.25, half(2))
    expect(badge).to_have_text("refining … 25 %")
    assert coloured_rows(explorer) == [0, 1]
    expect(explorer.caption(0)).to_contain_text("Occlusion")
    expect(explorer.caption(0)).to_contain_text("partial, 25 %")
    queue.estimate(job, 0, 0.4, half(4))
    expect(badge).to_have_text("refining … 40 %")
    assert coloured_rows(explorer) == [0, 1, 2, 3]


def test_an_estimate_that_is_gone_already_changes_nothing(page: Page, tiny: LiveServer) -> None:
    explorer, queue = running(page, tiny)
    job = queue.newest()
    queue.estimate(job, 0, 0.25, half(2))
    expect(page.get_by_test_id("partial")).to_have_text("refining … 25 %")
    queue.partials.clear()
    missing = {"feature": "image", "shape": [3, 8, 8], "interpolation": "nearest", "minimum": 0, "maximum": 1}
    with page.expect_response("**/partials/**"):
        queue.send(type="partial", job=job["id"], sample=0, key=f"key-{job['id']}-0", share=0.5, maps=[missing])
    expect(page.get_by_test_id("partial")).to_have_text("refining … 25 %")
    expect(page.get_by_test_id("error")).to_have_count(0)
    assert coloured_rows(explorer) == [0, 1]


def test_cancel_keeps_the_estimate_marked_partial(page: Page, tiny: LiveServer) -> None:
    explorer, queue = running(page, tiny)
    queue.estimate(queue.newest(), 0, 0.409, half(3))
    expect(page.get_by_test_id("partial")).to_be_visible()
    page.get_by_test_id("cancel").click()
    expect(page.get_by_test_id("progress")).to_have_count(0)
    expect(page.get_by_test_id("partial")).to_have_text("partial, 40 %")
    assert coloured_rows(explorer) == [0, 1, 2]
    expect(explorer.fetch_button).to_be_enabled()


def test_the_finished_map_takes_the_estimates_place(page: Page, tiny: LiveServer) -> None:
    done = tiny.run(method="occlusion")
    key = done["items"][0]["key"]
    explorer, queue = running(page, tiny)
    job = queue.newest()
    queue.estimate(job, 0, 0.9, half(2))
    expect(page.get_by_test_id("partial")).to_be_visible()
    estimate = explorer.pixels(explorer.panel(0, "heat"))
    item = {**job["items"][0], "state": "done", "key": key}
    queue.tell(job, state="done", items=[item])
    expect(page.get_by_test_id("partial")).to_have_count(0)
    expect(explorer.caption(0)).not_to_contain_text("partial")
    assert not np.array_equal(explorer.pixels(explorer.panel(0, "heat")), estimate)


def test_the_map_of_earlier_settings_gives_way_to_the_estimate(page: Page, tiny: LiveServer) -> None:
    explorer = ExplorerPage(page, tiny, "count=1&panels=heat&method=saliency").ready(1)
    explorer.fetch()
    queue = ScriptedQueue(page)
    page.reload()
    explorer.ready(1)
    expect(explorer.panel(0, "heat")).to_be_visible()
    explorer.choose_method("Occlusion")
    explorer.fetch_button.click()
    job = queue.newest()
    queue.tell(job, state="running", item_state="running")
    expect(explorer.caption(0)).to_contain_text("Saliency")
    queue.estimate(job, 0, 0.1, half(1))
    expect(explorer.caption(0)).to_contain_text("Occlusion")
    assert coloured_rows(explorer) == [0]


def test_a_slow_methods_map_is_seen_before_it_is_done(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("slow_model", ATTRISCOPE_TEST_PAUSE="0.3")
    # One forward pass a chunk, as each takes longer than a chunk should: twelve of them, and some more.
    query = "count=1&panels=heat&method=shapley_value_sampling&arg.squares=2&arg.n_samples=3"
    explorer = ExplorerPage(page, server, query).ready(1)
    explorer.fetch_button.click()
    expect(page.get_by_test_id("partial")).to_have_text(re.compile(r"refining … \d+ %"))
    expect(explorer.panel(0, "heat")).to_be_visible()
    explorer.finished()
    expect(page.get_by_test_id("partial")).to_have_count(0)
