"""Wrong input, cancelled work, lost workers and a lost server, as the page shows them."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import EXPLORERS, LiveServer


def test_wrong_arguments_are_told_at_the_field(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    steps = explorer.argument("Steps")
    for typed in ("1000000000", "0", "-5"):
        steps.fill(typed)
        steps.blur()
        expect(
            explorer.controls.get_by_text(re.compile(rf"n_steps is {typed}; it must be 1 to 1000\."))
        ).to_be_visible()
    steps.fill("10")
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("10 steps")


def test_nothing_is_announced_that_would_be_refused(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    place = explorer.sample(0).get_by_test_id("map-place")
    expect(place).to_contain_text("50 steps")
    explorer.argument("Steps").fill("1000000000")
    expect(place).to_have_text("Change the setting marked in red first")
    expect(page.get_by_test_id("estimate")).to_have_text("Change the setting marked in red first")
    explorer.argument("Steps").fill("7")
    expect(place).to_contain_text("7 steps")


def test_what_is_no_number_is_said_to_be_none(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    steps = explorer.argument("Steps")
    steps.fill("")
    steps.press_sequentially("ab")
    expect(steps).to_have_value("ab")
    expect(explorer.controls.get_by_text("“ab” is not a number: 50 is used.")).to_be_visible()
    steps.fill("")
    steps.press_sequentially("1e3")
    expect(steps).to_have_value("1e3")
    expect(explorer.sample(0).get_by_test_id("map-place")).to_contain_text("1000 steps")
    steps.press("ArrowUp")
    expect(steps).to_have_value("1000")
    steps.press("ArrowDown")
    expect(steps).to_have_value("999")
    top = page.get_by_label("Predictions per sample")
    top.fill("x")
    expect(top).to_have_attribute("title", "“x” is not a number: 5 is used.")


def test_a_baselines_number_is_one_of_a_sample(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1&baseline=sample:3").ready(1)
    number = explorer.controls.get_by_role("textbox", name="Number of the sample")
    for typed in ("-3", "1.5", "1e9"):
        number.fill(typed)
        expect(explorer.controls.get_by_text(f"{float(typed):.10g} is not a whole number from 0")).to_be_visible()
        expect(number).to_be_focused()
    number.fill("5")
    expect(page).to_have_url(re.compile("baseline=sample%3A5"))
    number.fill("1,000")
    expect(explorer.controls.get_by_text("“1,000” is not a number: 0 is used.")).to_be_visible()


def test_a_link_to_what_is_not_here_says_so(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "count=1&explorer=old&model=lost&method=gone").ready(1)
    notices = page.get_by_test_id("notice")
    expect(notices).to_have_text(
        [
            "There is no explorer 'old' here: this is Scenes.",
            "There is no model 'lost' here: scenes_cnn is shown instead.",
            "There is no method 'gone' here: Integrated Gradients is shown instead.",
        ]
    )
    ExplorerPage(page, scenes, "count=1&explorer=scenes&model=scenes_cnn&method=saliency").ready(1)
    expect(notices).to_have_count(0)


def test_a_number_is_what_was_typed_or_is_refused(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    steps = explorer.argument("Steps")
    steps.fill("")
    steps.press_sequentially("12.5")
    expect(steps).to_have_value("12.5")
    expect(explorer.controls.get_by_text("n_steps is 12.5; it must be a whole number, 1 to 1000.")).to_be_visible()
    place = page.get_by_label("Go to number")
    place.press_sequentially("3.5")
    expect(place).to_have_attribute("title", "3.5 is not a whole number from 0")
    place.press("Enter")
    expect(place).to_have_value("3.5")
    expect(explorer.sample(0)).to_be_visible()


def test_the_list_of_methods_scrolls_within_the_window(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "count=1").ready(1)
    page.get_by_role("combobox", name="Method", exact=True).click()
    options = page.get_by_role("listbox").filter(visible=True)
    box = options.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= page.viewport_size["height"]  # type: ignore[index]
    assert options.evaluate("list => list.scrollHeight > list.clientHeight")


def test_a_window_larger_than_the_image_is_told(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    explorer.choose_method("Occlusion")
    explorer.argument("Window height").fill("97")
    expect(
        explorer.controls.get_by_text(re.compile(r"exceeds the 96×96 image; use at most 96\.")).first
    ).to_be_visible()


def test_cancel_keeps_what_is_there_and_frees_the_model(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("slow_model", ATTRISCOPE_TEST_PAUSE="0.05")
    explorer = ExplorerPage(page, server, "method=integrated_gradients&arg.n_steps=800").ready()
    explorer.fetch_button.click()
    expect(page.get_by_test_id("progress")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_test_id("cancel").click()
    expect(page.get_by_test_id("progress")).to_have_count(0)
    expect(explorer.fetch_button).to_be_enabled()
    explorer.choose_method("Saliency").fetch()


def test_q6_a_worker_killed_while_it_explains_is_replaced_and_the_maps_come(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("slow_model", ATTRISCOPE_TEST_PAUSE="0.05")
    explorer = ExplorerPage(page, server, "method=integrated_gradients&arg.n_steps=300&count=2").ready(2)
    explorer.fetch_button.click()
    expect(page.get_by_test_id("progress")).to_be_visible()
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
    expect(page.locator('[data-code="recovering"]')).to_be_visible()
    explorer.finished()
    expect(explorer.panel(1, "overlay")).to_be_visible()
    expect(page.locator('[data-code="recovering"]')).to_have_count(0)


def test_a_model_that_raises_shows_its_error_where_the_map_would_be_and_a_retry(
    page: Page, serve_faulty, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    marker = tmp_path / "marker"
    server: LiveServer = serve_faulty("raising_model", ATTRISCOPE_TEST_MARKER=str(marker))
    explorer = ExplorerPage(page, server, "count=2&method=saliency").ready(2)
    marker.touch()
    explorer.fetch_button.click()
    error = explorer.sample(0).get_by_test_id("error")
    expect(error).to_contain_text("told to fail")
    marker.unlink()
    error.get_by_role("button", name="Retry").click()
    expect(explorer.panel(0, "overlay")).to_be_visible()


def test_an_explorer_that_cannot_be_loaded_says_why(page: Page) -> None:
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:not_loading", wait_ready=False) as server:
        ExplorerPage(page, server)
        expect(page.get_by_text("weights.pt is not there").first).to_be_visible()
        expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_a_lost_server_is_said_and_its_maps_stay(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("explorer")
    explorer = ExplorerPage(page, server, "count=1&method=saliency").ready(1)
    explorer.fetch()
    before = explorer.pixels(explorer.panel(0, "overlay"))
    server.close()
    expect(page.get_by_test_id("connection")).to_contain_text("Connection to the server lost")
    assert (explorer.pixels(explorer.panel(0, "overlay")) == before).all()


def test_a1_without_the_link_there_is_only_a_door(page: Page, scenes: LiveServer) -> None:
    page.goto(scenes.base)
    expect(page.get_by_text("Open the link that attriscope printed")).to_be_visible()
    page.get_by_label("Token").fill("wrong-token")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.get_by_label("Token").fill(scenes.token)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_test_id("sample").first).to_be_visible()
    assert scenes.token not in page.url
