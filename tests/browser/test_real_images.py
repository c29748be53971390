"""What the page offers, on 200 real CIFAR-10 images with ResNet-20; skipped where the test data is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import EXPLORERS, LiveServer
from tests.shared_data import need_data


@pytest.fixture(scope="module")
def resnet() -> Iterator[LiveServer]:
    need_data()
    with LiveServer("serve", f"{EXPLORERS / 'cifar10.py'}:resnet20") as server:
        yield server


def test_layers_of_a_residual_network(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=1&panels=heat&method=layer_grad_cam").ready(1)
    box = explorer.controls.get_by_role("combobox", name="Layer of ResNet-20")
    box.click()
    page.get_by_role("textbox", name="Search by name or type").fill("layer2 conv2")
    page.get_by_role("treeitem", name=re.compile("^conv2")).first.click()
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text(re.compile(r"layer \S*layer2\.0\.conv2"))


def test_a_class_rather_than_another(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=1&panels=heat&method=saliency&target=3~5").ready(1)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("'cat' rather than 'dog'")


def test_one_image_large_with_its_completeness(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "view=detail&sample=1&arg.n_steps=60")
    detail = page.get_by_test_id("detail")
    expect(detail.get_by_test_id("prediction").first).to_be_visible()
    explorer.fetch()
    expect(detail.get_by_test_id("completeness-words")).to_contain_text(
        re.compile(r"Explains [\d.]+ % of the score difference")
    )
    expect(detail.get_by_test_id("faithfulness")).to_be_visible()


def test_faithfulness_beside_the_map(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=1&panels=heat&method=input_x_gradient").ready(1)
    explorer.fetch()
    explorer.sample(0).get_by_test_id("faithfulness").click()
    curves = page.get_by_test_id("check").first
    curves.get_by_role("button", name="Run", exact=True).click()
    expect(curves.get_by_test_id("verdict").first).to_be_visible()


def test_presenting(page: Page, resnet: LiveServer) -> None:
    ExplorerPage(page, resnet, "view=present&sample=2&method=occlusion")
    present = page.get_by_test_id("present")
    expect(present).to_be_visible()
    page.keyboard.press("Enter")
    expect(present.get_by_test_id("sentence")).to_contain_text("score")


def test_an_address_shows_the_same_elsewhere(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=2&panels=heat&method=occlusion&scale=viridis").ready(2)
    explorer.fetch()
    pixels = explorer.pixels(explorer.panel(1, "heat"))
    query = page.url.partition("?")[2]
    other = page.context.new_page()
    again = ExplorerPage(other, resnet, query).ready(2)
    assert (again.pixels(again.panel(1, "heat")) == pixels).all()


def test_the_keys(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=2&method=saliency").ready(2)
    page.keyboard.press("ArrowRight")
    expect(explorer.sample(2)).to_be_visible()
    page.keyboard.press("Enter")
    explorer.finished()


def test_the_page_in_chinese(page: Page, resnet: LiveServer) -> None:
    explorer = ExplorerPage(page, resnet, "count=1&lang=zh&panels=heat&method=saliency").ready(1)
    explorer.fetch_button.click()
    expect(explorer.caption(0)).to_contain_text("显著图")
