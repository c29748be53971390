from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def shown(explorer: ExplorerPage) -> list[int]:
    return [int(card.get_attribute("data-sample") or -1) for card in explorer.samples.all()]


def test_next_previous_and_go_to_number(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    page.get_by_role("button", name="Next samples").click()
    expect(explorer.sample(15)).to_be_visible()
    assert shown(explorer) == list(range(8, 16))
    page.get_by_role("button", name="Previous samples").click()
    expect(explorer.sample(0)).to_be_visible()
    page.get_by_label("Go to number").fill("41")
    page.get_by_label("Go to number").press("Enter")
    expect(explorer.sample(41)).to_be_visible()


def test_the_number_of_samples_and_of_predictions(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    page.get_by_label("Samples", exact=True).fill("3")
    expect(explorer.samples).to_have_count(3)
    page.get_by_label("Predictions per sample").fill("2")
    expect(explorer.sample(0).get_by_test_id("prediction")).to_have_count(2)


def test_the_most_confident_mistakes_come_first(page: Page, cifar10: LiveServer) -> None:
    explorer = ExplorerPage(page, cifar10).ready()
    explorer.choose("Order", "Most confident mistakes")
    expect(page.get_by_test_id("scanned")).to_have_text(re.compile("Scanned 200"))
    expected = [sample["index"] for sample in cifar10.samples(order="mistakes", count=8)["items"]]
    expect(explorer.sample(expected[0])).to_be_visible()
    assert shown(explorer) == expected


def test_nothing_of_the_bar_is_out_of_sight_with_several_models_and_a_filter(page: Page, cifar10: LiveServer) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    ExplorerPage(page, cifar10, "count=1&correct=false&predicted=5").ready(1)
    bar = page.get_by_role("region", name="Browse samples")
    expect(bar.get_by_role("combobox", name="According to")).to_be_visible()
    assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")


def test_filters_count_what_was_looked_at(page: Page, cifar10: LiveServer) -> None:
    explorer = ExplorerPage(page, cifar10).ready()
    page.get_by_role("button", name="Filter", exact=True).click()
    explorer.choose("Label", "cat")
    expect(page.get_by_test_id("scanned")).to_contain_text(re.compile(r"Scanned \d+, matched \d+"))
    expected = [sample["index"] for sample in cifar10.samples(label=3, count=8)["items"]]
    expect(explorer.sample(expected[0])).to_be_visible()
    for card in explorer.samples.all():
        expect(card.get_by_test_id("label")).to_contain_text("cat")


def test_d8_a_filter_without_matches_offers_to_scan_on(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("infinite")
    explorer = ExplorerPage(page, server, "predicted=3&label=0&correct=true&scan=64")
    scanned = page.get_by_test_id("scanned")
    expect(scanned).to_contain_text("Scanned 64, matched 0")
    scanned.get_by_role("button", name=re.compile("Scan 500 more")).click()
    expect(scanned).to_contain_text("Scanned 564, matched 0")
    expect(explorer.samples).to_have_count(0)


def test_d7_without_labels_the_filter_says_why(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    explorer = ExplorerPage(page, serve_faulty("unlabelled")).ready()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("no labels").first).to_be_visible()
    page.keyboard.press("Escape")
    explorer.choose_method("Saliency").fetch()


def test_d1_an_error_in_the_dataset_is_shown_beside_what_came_before(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    explorer = ExplorerPage(page, serve_faulty("raising")).ready(5)
    expect(page.get_by_test_id("error")).to_contain_text("item 5")
    explorer.choose_method("Saliency").fetch()
    expect(page.get_by_test_id("error").get_by_role("button", name="Retry")).to_be_visible()


def test_d4_an_empty_dataset_says_so(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    ExplorerPage(page, serve_faulty("empty"))
    expect(page.get_by_text(re.compile("dataset (has no samples|is empty)")).first).to_be_visible()


def test_d3_a_slow_dataset_shows_what_has_arrived(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    explorer = ExplorerPage(page, serve_faulty("slow_dataset", ATTRISCOPE_TEST_PAUSE="0.8"))
    expect(explorer.samples.first).to_be_visible()
    assert explorer.samples.count() < 8
    expect(explorer.samples).to_have_count(8)


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("explorer", "There are only 24 samples, the dataset says."),
        ("claims_more", "There are only 100 samples, the dataset says."),
        ("infinite", "This server reads no more than the first 10000 samples."),
    ],
)
def test_a_number_past_the_end_is_told_at_once(
    page: Page, serve_faulty: Callable[..., LiveServer], factory: str, words: str
) -> None:
    server = serve_faulty(factory)
    explorer = ExplorerPage(page, server, "count=2").ready(2)
    page.get_by_label("Go to number").fill("99999999")
    page.get_by_label("Go to number").press("Enter")
    nothing = page.get_by_test_id("nothing")
    expect(nothing).to_contain_text(words, timeout=5000)
    nothing.get_by_role("button", name="Back to the first").click()
    explorer.ready(2)
    page.get_by_label("Go to number").fill("1")
    page.get_by_label("Go to number").press("Enter")
    expect(explorer.sample(1)).to_be_visible()


def test_a_number_past_the_true_end_is_told_once_that_is_read(
    page: Page, serve_faulty: Callable[..., LiveServer]
) -> None:
    server = serve_faulty("claims_more")
    ExplorerPage(page, server, "count=2").ready(2)
    page.get_by_label("Go to number").fill("90")
    page.get_by_label("Go to number").press("Enter")
    expect(page.get_by_test_id("nothing")).to_contain_text("There are only 6 samples.")


def test_reading_stops_where_nobody_waits_any_more(page: Page, serve_faulty: Callable[..., LiveServer]) -> None:
    server = serve_faulty("infinite")
    explorer = ExplorerPage(page, server, "count=2").ready(2)
    page.get_by_label("Go to number").fill("9000")
    page.get_by_label("Go to number").press("Enter")
    expect(page.get_by_text(re.compile(r"Scanning… \d+ of 9001 samples read"))).to_be_visible()
    page.get_by_role("button", name="Back to the first").click()
    explorer.ready(2)
    page.wait_for_timeout(1000)
    before = server.samples(start=0, count=1)["scanned"]
    page.wait_for_timeout(1000)
    assert server.samples(start=0, count=1)["scanned"] == before < 9000


def test_a_place_past_the_matches_is_told(page: Page, cifar10: LiveServer) -> None:
    ExplorerPage(page, cifar10, "label=3&count=2").ready(2)
    page.get_by_label("Go to place").fill("99999999")
    page.get_by_label("Go to place").press("Enter")
    expect(page.get_by_test_id("nothing")).to_contain_text("Only 20 samples match so far.")
