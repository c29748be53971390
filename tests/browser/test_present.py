"""The presenter view: one large sample, one map, one sentence."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


class PresentPage(ExplorerPage):
    def __init__(self, page: Page, server: LiveServer, query: str) -> None:
        super().__init__(page, server, query)
        self.view = page.get_by_test_id("present")
        self.sentence = page.get_by_test_id("sentence")
        expect(self.view.get_by_test_id("prediction").first).to_be_visible()


def prediction(server: LiveServer, sample: int) -> dict[str, object]:
    found: dict[str, object] = server.samples(start=sample, count=1)["items"][0]["predictions"]["scenes_cnn"][0]
    return found


def test_enter_explains_and_one_sentence_says_what_is_seen(page: Page, scenes: LiveServer) -> None:
    present = PresentPage(page, scenes, "view=present&sample=5&arg.n_steps=11&method=integrated_gradients")
    expect(present.controls).to_have_count(0)
    expect(page.get_by_role("button", name="Press Enter to explain this prediction")).to_be_visible()
    page.keyboard.press("Enter")
    name = prediction(scenes, 5)["name"]
    expect(present.sentence).to_have_text(f"Red pixels raised the score for '{name}', blue ones lowered it.")
    expect(present.view.get_by_test_id("prediction")).to_contain_text(str(name))
    expect(present.view.get_by_test_id("prediction")).to_contain_text(
        f"{100 * float(str(prediction(scenes, 5)['score'])):.1f} %"
    )


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("scale=green-red", r"Green pixels raised the score for '.+', red ones lowered it\."),
        (
            "scale=viridis",
            r"The closer to yellow a pixel, the more it mattered for the score for '.+', whichever way\.",
        ),
        ("sign=positive", r"Red pixels raised the score for '.+'; what lowered it is not drawn\."),
        ("panels=negative", r"Blue pixels lowered the score for '.+'; what raised it is not drawn\."),
    ],
)
def test_the_sentence_is_true_to_the_colours(page: Page, scenes: LiveServer, drawing: str, expected: str) -> None:
    scenes.run(samples=[0], method="integrated_gradients")
    present = PresentPage(page, scenes, f"view=present&sample=0&{drawing}")
    expect(present.sentence).to_have_text(re.compile(expected))


def test_arrow_keys_step_over_pages_and_stored_maps_come_by_themselves(page: Page, scenes: LiveServer) -> None:
    scenes.run(samples=[0, 1, 2, 3], method="saliency")
    present = PresentPage(page, scenes, "view=present&sample=0&count=2&method=saliency")
    for sample in (0, 1, 2, 3):
        expect(page.get_by_role("heading", name=f"Sample {sample}", exact=True)).to_be_visible()
        expect(present.sentence).to_contain_text(f"'{prediction(scenes, sample)['name']}'")
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Sample 4", exact=True)).to_be_visible()
    expect(present.sentence).to_have_count(0)


def test_it_is_entered_by_key_and_left_by_escape(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=3").ready(3)
    explorer.sample(1).hover()
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("view=present&sample=1"))
    expect(page.get_by_test_id("present")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_test_id("detail")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_test_id("present")).to_be_visible()
    page.keyboard.press("Escape")
    expect(explorer.samples).to_have_count(3)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_passes_axe_and_fits(page: Page, scenes: LiveServer, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 844})
    present = PresentPage(page, scenes, "view=present&sample=6")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(present.sentence).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_full_screen_button_fills_the_screen_with_the_sample(page: Page, scenes: LiveServer) -> None:
    PresentPage(page, scenes, "view=present&sample=0")
    page.get_by_role("button", name="Full screen", exact=True).click()
    leave = page.get_by_role("button", name="Leave full screen")
    expect(leave).to_be_visible()
    assert page.evaluate("document.fullscreenElement.tagName") == "MAIN"
    leave.click()
    expect(page.get_by_role("button", name="Full screen", exact=True)).to_be_visible()


def test_a_refused_setting_is_said_where_there_is_no_form(page: Page, scenes: LiveServer) -> None:
    present = PresentPage(page, scenes, "view=present&sample=0&method=integrated_gradients&arg.n_steps=0")
    expect(present.view.get_by_text("n_steps is 0; it must be 1 to 1000.")).to_be_visible()
