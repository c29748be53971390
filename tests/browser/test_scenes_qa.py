"""A picture and a question about it: both explained, each with its share, each with what truly decides."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import LiveServer


@pytest.fixture(scope="module")
def questions() -> Iterator[LiveServer]:
    with LiveServer("demo", "scenes_qa") as server:
        yield server


def test_the_picture_and_the_words_are_explained_with_their_shares(page: Page, questions: LiveServer) -> None:
    opened = ExplorerPage(page, questions, "count=3&evidence=true").ready(3).fetch()
    sample = opened.sample(0)
    expect(sample.locator("canvas[data-panel=overlay]")).to_be_visible()
    expect(page.get_by_test_id("evidence-outline").first).to_be_visible()
    job = questions.run(samples=[0], method="integrated_gradients")
    key = job["items"][0]["key"]
    maps = {
        name: np.load(io.BytesIO(questions.client.get(f"/api/results/{key}/{name}.npy").content))
        for name in ("picture", "question")
    }
    assert maps["picture"].shape == (3, 96, 96)
    words = sample.get_by_test_id("words").first.get_by_role("listitem")
    shown = words.evaluate_all("all => all.map(e => +e.dataset.value)")
    assert sum(shown) == pytest.approx(float(maps["question"].sum()), abs=1e-4)
    decides = words.evaluate_all("all => all.map(e => e.dataset.evidence === 'true')")
    assert 1 <= sum(decides) <= 2
    magnitude = np.abs(shown)
    assert magnitude[decides].sum() > 0.3 * magnitude.sum()
    contributions = sample.get_by_test_id("contributions")
    expect(contributions).to_contain_text("picture")
    expect(contributions).to_contain_text("question")
    assert violations(page) == []
