"""The page in Chinese."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.explorer_page import ExplorerPage
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
