"""A script for Captum Insights in our page: pictures and questions, and what each adds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.pictures import take
from tests.insights.scripted import new, new_says


def test_a_script_of_pictures_and_questions_is_explained(page: Page, tmp_path: Path) -> None:
    with new("multimodal", tmp_path) as server:
        explorer = ExplorerPage(page, server).ready(5).fetch()
        first = explorer.sample(0)
        expect(first.get_by_test_id("words").first).to_contain_text(re.compile(r"what .*colour .*is .*the .*thing"))
        lines = first.get_by_test_id("contributions").locator("li")
        expect(lines).to_have_count(2)
        sums = {
            str(line.get_attribute("data-name")): float(line.get_attribute("data-value") or 0) for line in lines.all()
        }
        total = sum(map(abs, sums.values()))
        told = new_says(server, 1)[0]
        assert {name: value / total for name, value in sums.items()} == pytest.approx(told.contributions, abs=0.01)
        # What this process can do and cannot is said.
        expect(page.get_by_text("if it hangs it cannot be stopped")).to_be_visible()
        take(page, "insights/multimodal")
        page.emulate_media(color_scheme="dark")
        take(page, "insights/multimodal-dark")
        page.set_viewport_size({"width": 390, "height": 844})
        take(page, "insights/multimodal-narrow")
