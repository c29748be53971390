"""The explorer's own combinations of settings: chosen in a menu, shown as what they set, kept by the address."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


def test_a_preset_sets_method_arguments_smoothing_and_clipping(
    page: Page, serve_faulty: Callable[..., LiveServer]
) -> None:
    server = serve_faulty("presets")
    opened = ExplorerPage(page, server).ready()
    menu = page.get_by_role("combobox", name="Preset", exact=True)
    expect(menu).to_have_value("")
    expect(menu).to_have_attribute("placeholder", "Choose…")
    opened.choose("Preset", "Squares")
    expect(menu).to_have_value("Squares")
    expect(page.get_by_role("combobox", name="Smoothing", exact=True)).to_have_value("SmoothGrad squared")
    expect(page).to_have_url(re.compile("outlier=10"))
    expect(page).to_have_url(re.compile("smoothing=smoothgrad_sq"))
    opened.fetch()
    expect(opened.caption(0)).to_contain_text("SmoothGrad squared, 5 × 20 % noise")
    assert violations(page) == []

    # The next preset leaves nothing of the one before.
    opened.choose("Preset", "Few steps")
    expect(menu).to_have_value("Few steps")
    expect(opened.argument("Steps")).to_have_value("7")
    expect(page.get_by_role("combobox", name="Smoothing", exact=True)).to_have_value("Off")
    expect(page).to_have_url(re.compile("baseline=white"))
    expect(page).not_to_have_url(re.compile("outlier="))
    address = page.url

    # It is nothing but its settings: with another one changed it is none, and the address brings it back.
    opened.argument("Steps").fill("9")
    opened.argument("Steps").blur()
    expect(menu).to_have_value("")
    page.goto(address)
    opened.ready()
    expect(page.get_by_role("combobox", name="Preset", exact=True)).to_have_value("Few steps")


def test_without_presets_there_is_no_menu(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes).ready()
    expect(page.get_by_role("combobox", name="Preset", exact=True)).to_have_count(0)
