"""The page in Chinese."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


def _language(page: Page) -> str:
    return str(page.evaluate("document.documentElement.lang"))


def test_the_switch_is_remembered(page: Page, tiny: LiveServer) -> None:
    ExplorerPage(page, tiny)

    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="中文").click()

    expect(page.get_by_test_id("fetch")).to_contain_text("计算归因")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    expect(page.get_by_test_id("fetch")).to_contain_text("计算归因")


def test_the_address_wins_over_the_choice(page: Page, tiny: LiveServer) -> None:
    ExplorerPage(page, tiny, "lang=zh")
    expect(page.get_by_role("combobox", name="方法", exact=True)).to_have_value(re.compile("积分梯度"))

    page.get_by_role("button", name="语言").click()
    page.get_by_role("menuitem", name="English").click()

    expect(page.get_by_test_id("fetch")).to_contain_text("Fetch")
    expect(page).not_to_have_url(re.compile("lang="))
    page.goto(f"{tiny.base}/?lang=zh")
    expect(page.get_by_test_id("fetch")).to_contain_text("计算归因")


def test_a_chinese_browser_starts_in_chinese(browser: Browser, tiny: LiveServer) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(tiny.url)

    expect(page.get_by_test_id("fetch")).to_contain_text("计算归因")
    assert _language(page) == "zh-CN"
    context.close()


def test_an_error_names_its_value_and_bounds_in_chinese(page: Page, tiny: LiveServer) -> None:
    explorer = ExplorerPage(page, tiny, "lang=zh&arg.n_steps=0")

    expect(explorer.controls.get_by_text("n_steps 为 0，必须在 1 到 1000 之间。")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chinese_page_passes_axe(page: Page, tiny: LiveServer, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    ExplorerPage(page, tiny, "lang=zh").ready()
    page.get_by_role("button", name="语言").click()
    expect(page.get_by_role("menuitem", name="中文")).to_be_visible()

    assert violations(page) == []


def test_a_language_that_cannot_be_loaded_is_said_and_the_page_stays_as_it_is(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    page.route("**/zh-*.js", lambda route: route.abort())
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="中文").click()
    told = page.get_by_role("region", name="Language")
    expect(told).to_contain_text("中文 could not be loaded, so the page stays in English.")
    expect(explorer.fetch_button).to_contain_text("Fetch")
    assert violations(page) == []
    page.unroute_all()
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="English").click()
    expect(told).to_have_count(0)


def test_reasons_and_choices_are_in_chinese(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "count=1&lang=zh&method=layer_grad_cam").ready(1)
    page.get_by_role("combobox", name="scenes_cnn 的层").click()
    page.get_by_role("textbox", name="按名称或类型搜索").fill("flatten")
    expect(page.get_by_role("treeitem").first).to_contain_text("没有空间位置")
    ExplorerPage(page, scenes, "count=1&lang=zh").ready(1)
    page.get_by_role("button", name="更多参数").click()
    expect(page.get_by_role("combobox", name="求积方法")).to_have_value("高斯–勒让德求积")
