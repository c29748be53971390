"""Regions of maps, several labels, one value, functions of the output, and several baselines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.test_accessibility import violations
from tests.explorers import outputs
from tests.live import EXPLORERS, LiveServer


def serving(name: str, file: str = "outputs.py") -> Iterator[LiveServer]:
    with LiveServer("serve", f"{EXPLORERS / file}:{name}") as server:
        yield server


@pytest.fixture(scope="module")
def segmentation() -> Iterator[LiveServer]:
    yield from serving("segmentation")


@pytest.fixture(scope="module")
def multi_label() -> Iterator[LiveServer]:
    yield from serving("multi_label")


@pytest.fixture(scope="module")
def regression() -> Iterator[LiveServer]:
    yield from serving("regression")


@pytest.fixture(scope="module")
def named() -> Iterator[LiveServer]:
    yield from serving("named")


@pytest.fixture(scope="module")
def several() -> Iterator[LiveServer]:
    yield from serving("mixed", "kinds.py")


def at(surface: Locator, x: float, y: float) -> dict[str, float]:
    """The middle of a place of the 8×8 map, on the page."""
    box = surface.bounding_box()
    assert box is not None
    return {"x": box["x"] + (x + 0.5) / 8 * box["width"], "y": box["y"] + (y + 0.5) / 8 * box["height"]}


def class_at(sample: int, x: int, y: int) -> str:
    """What the model itself reads a place as."""
    return outputs.GROUNDS[int(outputs.Segmenter()(outputs.patches(sample)[None])[0, :, y, x].argmax())]


# --- maps ------------------------------------------------------------------------------------------------


def opened(page: Page, server: LiveServer, query: str = "count=2") -> ExplorerPage:
    explorer = ExplorerPage(page, server, query).ready(2)
    expect(explorer.sample(1).get_by_test_id("class-surface")).to_be_visible()
    return explorer


def test_the_class_map_lies_over_the_image(page: Page, segmentation: LiveServer) -> None:
    explorer = opened(page, segmentation)
    painted = explorer.pixels(explorer.panel(0, "classes"))
    assert painted.shape == (8, 8, 4)
    colours = {name: {tuple(painted[y, x]) for y in range(8) for x in range(8) if class_at(0, x, y) == name}
               for name in outputs.GROUNDS}  # fmt: skip
    assert [len(found) for found in colours.values()] == [1, 1, 1]
    assert len(set().union(*colours.values())) == 3
    legend = explorer.sample(0).get_by_test_id("class-map").get_by_role("listitem")
    expect(legend).to_have_text(["ground", "blue", "red"])
    expect(explorer.sample(0).get_by_text("share of the map")).to_be_visible()


def test_a_click_explains_the_class_of_that_place(page: Page, segmentation: LiveServer) -> None:
    explorer = opened(page, segmentation, "count=2&panels=heat")
    surface = explorer.sample(0).get_by_test_id("class-surface")
    surface.scroll_into_view_if_needed()
    place = at(surface, 1, 1)
    page.mouse.move(place["x"], place["y"])
    expect(explorer.sample(0).get_by_test_id("class-readout")).to_have_text("red · column 1, row 1")
    page.mouse.click(place["x"], place["y"])
    expect(explorer.caption(0)).to_contain_text(
        "explains the output for 'red' before softmax, its mean in column 1, row 1 of the map"
    )
    expect(page).to_have_url(re.compile(r"explain=0\.1(%40|@)1_1_2_2\.segmenter"))
    # Only the four pixels that the place is made of can matter, and the page draws them alone.
    drawn = explorer.pixels(explorer.panel(0, "heat"))[..., :3].astype(int)
    inside = drawn[2:4, 2:4].reshape(-1, 3)
    outside = np.delete(drawn.reshape(-1, 3), [y * 16 + x for y in (2, 3) for x in (2, 3)], axis=0)
    assert len({tuple(pixel) for pixel in outside}) == 1
    assert all(tuple(pixel) != tuple(outside[0]) for pixel in inside)
    # The other sample is as it was.
    expect(explorer.caption(1)).to_have_count(0)


def test_a_region_is_drawn_with_the_pointer_or_with_keys_and_keeps_for_other_classes(
    page: Page, segmentation: LiveServer
) -> None:
    explorer = opened(page, segmentation, "count=2&method=saliency")
    surface = explorer.sample(0).get_by_test_id("class-surface")
    surface.scroll_into_view_if_needed()
    start, end = at(surface, 5, 4), at(surface, 7, 6)
    page.mouse.move(**start)
    page.mouse.down()
    page.mouse.move(**end, steps=4)
    page.mouse.up()
    caption = explorer.caption(0)
    expect(caption).to_contain_text("for 'blue' before softmax, its mean in columns 5–7, rows 4–6 of the map")
    explorer.sample(0).locator('[data-testid="prediction"][data-class="1"]').click()
    expect(caption).to_contain_text("for 'red' before softmax, its mean in columns 5–7, rows 4–6 of the map")
    name = "vs: Explain red rather than ground"
    explorer.sample(0).get_by_role("button", name=name, exact=True).click()
    expect(caption).to_contain_text("for 'red' rather than 'ground' before softmax, its mean in columns 5–7")

    surface = explorer.sample(1).get_by_test_id("class-surface")
    surface.focus()
    up, right = ["ArrowUp"] * 2, ["ArrowRight"] * 2
    for key in ("Home", "Home", *up, *right, "Shift+ArrowRight", "Shift+ArrowUp", "Enter"):
        surface.press(key)
    # The first key points at the middle, row 4; the others lead to its first column, then to column 2 of row 2.
    expect(explorer.caption(1)).to_contain_text("its mean in columns 2–3, rows 1–2 of the map")


def test_a_region_in_the_address_is_explained_for_all_and_can_be_left(page: Page, segmentation: LiveServer) -> None:
    explorer = opened(page, segmentation, "count=2&method=occlusion&target=2@4_4_8_8&quantity=score")
    expect(explorer.controls.get_by_text("In columns 4–7, rows 4–7 of the map")).to_be_visible()
    explorer.fetch()
    for sample in (0, 1):
        expect(explorer.caption(sample)).to_contain_text(
            "explains the probability for 'blue', its mean in columns 4–7, rows 4–7 of the map"
        )
    explorer.controls.get_by_role("button", name="Whole map").click()
    expect(page).to_have_url(re.compile("target=2(&|$)"))
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("its mean over the whole map")


def test_a_region_that_is_not_there_is_refused_in_the_page(page: Page, segmentation: LiveServer) -> None:
    explorer = opened(page, segmentation, "count=2&target=2@4_4_9_8")
    expect(explorer.controls.get_by_text("target reaches to column 9 and row 8")).to_be_visible()


def test_the_detail_view_has_the_class_map(page: Page, segmentation: LiveServer) -> None:
    ExplorerPage(page, segmentation, "count=2&view=detail&sample=1")
    surface = page.get_by_test_id("inspected").get_by_test_id("class-surface")
    expect(surface).to_be_visible()
    place = at(surface, 6, 5)
    page.mouse.click(place["x"], place["y"])
    expect(page.get_by_test_id("caption")).to_contain_text(
        f"for '{class_at(1, 6, 5)}' before softmax, its mean in column 6, row 5 of the map"
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(
    page: Page, segmentation: LiveServer, multi_label: LiveServer, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    opened(page, segmentation)
    page.set_viewport_size({"width": width, "height": 900})
    expect(page.get_by_test_id("class-surface").first).to_be_visible()
    assert violations(page) == []
    ExplorerPage(page, multi_label, "count=2&baseline=black,samples:3").ready(2)
    assert violations(page) == []


# --- several labels, one value, functions ----------------------------------------------------------------


def test_several_labels_are_all_told_and_each_class_has_a_score(page: Page, multi_label: LiveServer) -> None:
    explorer = ExplorerPage(page, multi_label, "count=8&k=1").ready(8)
    for n in range(8):
        truth = [outputs.CLASSES[c] for c in outputs.true_colours(n)]
        expect(explorer.sample(n).get_by_test_id("label")).to_have_text(truth)
    scores = outputs.Several()(outputs.Pictures()[0][0][None])[0].sigmoid()
    reaching = int((scores >= 0.5).sum())
    expect(explorer.sample(0).get_by_test_id("threshold")).to_have_text(
        f"{reaching} of 4 classes {'reaches' if reaching == 1 else 'reach'} 50.0 %"
    )
    # Every class that reaches the threshold is shown, however few were asked for.
    expect(explorer.sample(0).locator('li[data-reaches="true"]')).to_have_count(max(1, reaching))
    predicted = [[c for c, score in enumerate(scores_of(n)) if score >= 0.5] for n in range(8)]
    wrong = [n for n in range(8) if predicted[n] != outputs.true_colours(n)]
    assert wrong == [1, 5]
    for n in range(8):
        expect(explorer.sample(n).get_by_text("mistake", exact=True)).to_have_count(1 if n in wrong else 0)
    explorer.choose_method("Saliency").fetch()
    expect(explorer.caption(0)).to_contain_text("before sigmoid")


def scores_of(index: int) -> list[float]:
    scores: list[float] = outputs.Several()(outputs.Pictures()[index][0][None])[0].sigmoid().tolist()
    return scores


def test_a_regression_shows_a_value_and_no_list(page: Page, regression: LiveServer) -> None:
    explorer = ExplorerPage(page, regression, "count=2")
    expect(explorer.samples).to_have_count(2)
    expect(explorer.sample(0).get_by_test_id("prediction")).to_have_count(0)
    expect(explorer.sample(0).get_by_text("value", exact=True).first).to_be_visible()
    explorer.fetch()
    expect(explorer.caption(0).first).to_contain_text("explains the output value")
    explorer.choose("Target", "distance from 2", explorer.controls)
    explorer.fetch()
    expect(explorer.caption(0).first).to_contain_text("explains 'distance from 2', a function of the model’s output")


def test_a_named_target_is_chosen_stays_in_the_address_and_is_refused_where_it_cannot_be_read(
    page: Page, named: LiveServer
) -> None:
    explorer = ExplorerPage(page, named, "count=2&model=dict&method=saliency").ready(2)
    explorer.choose("Target", "energy", explorer.controls)
    expect(page).to_have_url(re.compile("target=fn(%3A|:)energy"))
    # A function has no rival, and no score of its own.
    expect(explorer.controls.get_by_role("combobox", name="Rather than")).to_have_count(0)
    expect(explorer.controls.get_by_role("combobox", name="Explains")).to_have_count(0)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("explains 'energy', a function of the model’s output")
    page.reload()
    explorer.finished()
    expect(explorer.caption(0)).to_contain_text("explains 'energy'")
    page.goto(f"{named.base}/?count=2&model=plain&target=fn:energy")
    expect(explorer.controls.get_by_text("Target 'energy' cannot be explained")).to_be_visible()


def test_scores_or_logits_are_a_choice(page: Page, named: LiveServer) -> None:
    explorer = ExplorerPage(page, named, "count=2&model=plain&method=input_x_gradient").ready(2)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("before softmax")
    explorer.choose("Explains", "Probability", explorer.controls)
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("explains the probability for")


# --- baselines -------------------------------------------------------------------------------------------


def test_several_baselines_are_averaged(page: Page, multi_label: LiveServer) -> None:
    explorer = ExplorerPage(page, multi_label, "count=2&panels=heat&arg.n_steps=7").ready(2)
    explorer.controls.get_by_role("switch", name="Average several").click()
    explorer.controls.get_by_text("White", exact=True).click()
    explorer.controls.get_by_text("First samples", exact=True).click()
    explorer.controls.get_by_label("How many", exact=True).fill("3")
    expect(explorer.controls.get_by_text("The map is the mean over 5 baselines")).to_be_visible()
    expect(page).to_have_url(re.compile("baseline=zero(%2C|,)white(%2C|,)samples(%3A|:)3"))
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("mean over zero, white, samples 0–2 baselines")

    settings: dict[str, Any] = {"method": "integrated_gradients", "arguments": {"n_steps": 7}, "target": "predicted"}
    choice = ["zero", "white", "samples:3"]
    job = multi_label.run(samples=[0], baseline=choice, **settings)
    key = job["items"][0]["key"]
    info = multi_label.client.get(f"/api/results/{key}").json()
    assert [one["baselines"] for one in info["compared"]] == [
        ["zero"],
        ["white"],
        ["sample:0"],
        ["sample:1"],
        ["sample:2"],
    ]

    page.goto(f"{page.url}&view=detail&sample=0")
    used = page.get_by_test_id("baseline-used")
    expect(used.get_by_role("img")).to_have_count(5)
    expect(used).to_contain_text("on the mean of the 5 baselines")


def test_a_sample_of_the_dataset_is_chosen_by_number(page: Page, multi_label: LiveServer) -> None:
    explorer = ExplorerPage(page, multi_label, "count=2&method=deep_lift").ready(2)
    explorer.controls.get_by_text("A sample", exact=True).click()
    explorer.controls.get_by_label("Number of the sample", exact=True).fill("7")
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("sample 7 baseline")
    explorer.controls.get_by_label("Number of the sample", exact=True).fill("99")
    expect(explorer.controls.get_by_text("baseline is sample 99, which has not been read")).to_be_visible()


def test_each_input_has_a_baseline_of_its_own(page: Page, several: LiveServer) -> None:
    explorer = ExplorerPage(page, several, "count=1&method=feature_ablation").ready(1)
    image = explorer.controls.get_by_role("radiogroup", name="Baseline of image")
    text = explorer.controls.get_by_role("radiogroup", name="Baseline of text")
    image.get_by_text("White", exact=True).click()
    text.get_by_text("Unknown token", exact=True).click()
    expect(image.get_by_role("radio", name="White")).to_be_checked()
    explorer.fetch()
    expect(explorer.caption(0)).to_contain_text("image: white, text: unknown token, table: zero baseline")
    job = several.run(
        samples=[0], method="feature_ablation", target="predicted",
        baseline={"image": ["white"], "text": ["unknown"], "table": ["zero"], "extra": ["zero"]},
    )  # fmt: skip
    answer = several.client.get(f"/api/results/{job['items'][0]['key']}/text.npy")
    served = np.load(io.BytesIO(answer.content)).flatten()
    words = explorer.sample(0).get_by_test_id("words").get_by_role("listitem")
    shown = [float(value) for value in words.evaluate_all("all => all.map(e => e.dataset.value)")]
    assert sum(shown) == pytest.approx(float(served.sum()), abs=1e-5)


def test_chinese_says_it_all(page: Page, segmentation: LiveServer) -> None:
    explorer = opened(page, segmentation, "count=2&method=saliency&target=1@0_0_2_2")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="中文").click()
    page.get_by_test_id("fetch").click()
    expect(explorer.caption(0)).to_contain_text("在输出图的第 0–1 列、第 0–1 行取平均")
