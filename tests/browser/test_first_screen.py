from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer


def test_the_first_screen_shows_samples_predictions_and_what_fetch_will_do(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    listed = scenes.samples(count=8)["items"]
    for sample in listed:
        card = explorer.sample(sample["index"])
        expect(card.get_by_test_id("label")).to_have_text(re.compile(sample["label"]["name"]))
        predictions = card.get_by_test_id("prediction")
        expect(predictions).to_have_count(5)
        for place, prediction in enumerate(sample["predictions"]["scenes_cnn"][:5]):
            expect(predictions.nth(place)).to_contain_text(prediction["name"])
            expect(predictions.nth(place)).to_contain_text(f"{100 * prediction['score']:.1f}")
    invitation = explorer.sample(0).get_by_test_id("map-place")
    expect(invitation).to_contain_text("Press Fetch to explain these 8 predictions")
    expect(invitation).to_contain_text("Integrated Gradients, 50 steps")
    expect(explorer.sample(0)).to_contain_text("probability")


def test_enter_fetches_and_every_map_says_what_it_explains(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    expect(explorer.fetch_button).to_be_enabled()
    page.keyboard.press("Enter")
    explorer.finished()
    for sample in scenes.samples(count=8)["items"]:
        top = sample["predictions"]["scenes_cnn"][0]["name"]
        expect(explorer.panel(sample["index"], "overlay")).to_be_visible()
        caption = explorer.caption(sample["index"])
        expect(caption).to_contain_text(f"explains the output for '{top}' before softmax")
        expect(caption).to_contain_text("Integrated Gradients")
        expect(caption.get_by_test_id("completeness")).to_contain_text(
            re.compile(r"explains .*% of the score difference")
        )
        expect(explorer.sample(sample["index"]).get_by_test_id("colour-bar").first).to_be_visible()


def test_fetch_explains_the_samples_shown_and_never_advances(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes).ready()
    page.get_by_role("button", name="Next samples").click()
    expect(explorer.sample(8)).to_be_visible()
    explorer.choose_method("Saliency").fetch()
    for index in range(8, 16):
        expect(explorer.panel(index, "overlay")).to_be_visible()


def test_without_a_score_function_the_column_is_never_called_probability(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    explorer = ExplorerPage(page, serve_faulty("scores")).ready()
    expect(explorer.sample(0)).to_contain_text("score")
    expect(page.get_by_text("probability")).to_have_count(0)


def test_a_model_in_train_mode_is_said_to_run_in_eval_mode(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    ExplorerPage(page, serve_faulty("train_mode")).ready()
    expect(page.get_by_test_id("notice")).to_contain_text("eval mode")


def test_p13_markup_in_names_is_text(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    explorer = ExplorerPage(page, serve_faulty("hostile_names")).ready()
    explorer.choose_method("Saliency").fetch()
    expect(explorer.sample(0).get_by_test_id("label")).to_contain_text("<script>document.title='pwned'</script>")
    expect(page.get_by_text("<b>bold</b>").first).to_be_visible()
    assert "pwned" not in page.title()
