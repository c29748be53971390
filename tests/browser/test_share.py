"""What leaves the page: links, scripts, pictures, arrays and saved pages, each held against what the page shows."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.explorer_page import READ_CANVAS, ExplorerPage
from tests.browser.test_accessibility import violations
from tests.live import ROOT, LiveServer

SCRIPT_NAMES = "<script>document.title='pwned'</script>"
NO_CLIPBOARD = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"


@pytest.fixture
def clipboard(context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])


def share(page: Page, item: str) -> None:
    page.get_by_test_id("share").click()
    page.get_by_role("menuitem", name=re.compile(rf"^{re.escape(item)}")).click()


def share_cell(explorer: ExplorerPage, sample: int, item: str, place: int = 0) -> None:
    explorer.sample(sample).get_by_test_id("cell-menu").nth(place).click()
    explorer.page.get_by_role("menuitem", name=re.compile(rf"^{re.escape(item)}")).click()


def copied(page: Page) -> str:
    expect(page.get_by_test_id("share-status").filter(has_text="Copied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def saved(page: Page, folder: Path, act: Callable[[], None]) -> Path:
    """The file that `act` makes the page save, under its own name."""
    with page.expect_download() as download:
        act()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def pixels(canvas: Locator) -> np.ndarray:
    expect(canvas).to_be_visible()
    read: dict[str, Any] = canvas.evaluate(READ_CANVAS)
    return np.array(read["data"], dtype=np.uint8).reshape(read["height"], read["width"], 4)


def png(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.array(picture.convert("RGBA"))


def place_of(part: np.ndarray, whole: np.ndarray) -> tuple[int, int] | None:
    """Where `part` stands in `whole`, pixel for pixel: looked for by its rarest colour, since most of it is white."""
    needle, hay = (np.ascontiguousarray(image).view(np.uint32)[..., 0] for image in (part, whole))
    colours, counts = np.unique(needle, return_counts=True)
    rarest = colours[counts.argmin()]
    down, right = np.argwhere(needle == rarest)[0]
    for row, column in np.argwhere(hay == rarest) - (down, right):
        if row >= 0 and column >= 0:
            block = hay[row : row + needle.shape[0], column : column + needle.shape[1]]
            if np.array_equal(block, needle):
                return int(row), int(column)
    return None


# --- links -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clipboard")
def test_a_copied_link_shows_another_browser_the_same_maps_at_once(
    page: Page, browser: Browser, scenes: LiveServer
) -> None:
    explorer = ExplorerPage(page, scenes, "count=3&panels=heat&arg.n_steps=31&scale=green-red").ready(3)
    explorer.fetch()
    share(page, "Copy link")
    link = copied(page)
    assert scenes.token not in link
    assert link.startswith(f"{scenes.base}/?")
    other = browser.new_context(viewport={"width": 1000, "height": 800})
    try:
        theirs = other.new_page()
        theirs.goto(scenes.url)
        theirs.wait_for_url(lambda url: "token" not in url)
        computed: list[str] = []
        theirs.on("response", lambda answer: computed.append(answer.text()) if _starts_job(answer) else None)
        theirs.goto(link)
        for sample in range(3):
            canvas = theirs.locator(f'[data-sample="{sample}"] canvas[data-panel="heat"]')
            assert np.array_equal(pixels(canvas), explorer.pixels(explorer.panel(sample, "heat")))
        # Everything was there: the job was over when it was accepted.
        assert [json.loads(body)["state"] for body in computed] == ["done"]
    finally:
        other.close()


def _starts_job(answer: Any) -> bool:
    return bool(answer.request.method == "POST" and answer.url.endswith("/api/jobs"))


def test_a_link_to_maps_that_are_not_stored_waits_for_fetch(page: Page, scenes: LiveServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    explorer = ExplorerPage(page, scenes, "count=2&arg.n_steps=29&maps=true").ready(2)
    expect(explorer.sample(0).get_by_test_id("map-place")).to_contain_text("Press Fetch")
    expect(explorer.controls.get_by_test_id("estimate")).to_contain_text(re.compile(r"\d s"))
    expect(explorer.controls.get_by_text("stored already")).to_have_count(0)
    assert [url for url in asked if url.endswith("/api/jobs")] == []


def test_a_link_without_maps_starts_nothing(page: Page, scenes: LiveServer) -> None:
    scenes.run(samples=[0], method="saliency")
    explorer = ExplorerPage(page, scenes, "count=1&method=saliency").ready(1)
    expect(explorer.controls.get_by_text("stored already")).to_be_visible()
    expect(explorer.sample(0).get_by_test_id("map-place")).to_contain_text("Press Fetch")


# --- code ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clipboard")
def test_a_map_copied_as_python_makes_the_map_again(page: Page, scenes: LiveServer, tmp_path: Path) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&method=occlusion").ready(2)
    explorer.fetch()
    share_cell(explorer, 1, "Copy as Python")
    code = copied(page)
    file = tmp_path / "map.py"
    file.write_text(f"{code}\nimport numpy as np\nnp.save({str(tmp_path / 'made.npy')!r}, heat_map)\n")
    done = subprocess.run([sys.executable, file], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    key = scenes.run(samples=[1], method="occlusion")["items"][0]["key"]
    served = np.load(io.BytesIO(scenes.client.get(f"/api/results/{key}/image.npy").content))
    # Differences of scores near 10, in float32 and in chunks of another size.
    np.testing.assert_allclose(np.load(tmp_path / "made.npy"), served, rtol=0, atol=5e-6)


def test_where_the_clipboard_is_refused_the_text_is_shown_selected(page: Page, tiny: LiveServer) -> None:
    page.add_init_script(NO_CLIPBOARD)
    explorer = ExplorerPage(page, tiny, "count=1&method=saliency").ready(1)
    explorer.fetch()
    acts: dict[str, Callable[[], None]] = {
        "method=saliency": lambda: share(page, "Copy link"),
        "Saliency(forward": lambda: share_cell(explorer, 0, "Copy as Python"),
    }
    for wanted, act in acts.items():
        act()
        box = page.get_by_role("dialog").get_by_role("textbox")
        expect(box).to_be_focused()
        assert wanted in box.input_value()
        assert page.evaluate("getSelection().toString()") == box.input_value()
        page.wait_for_timeout(300)  # the dialog's fading in
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_failure_is_shown_and_can_be_retried(page: Page, tiny: LiveServer) -> None:
    page.add_init_script(NO_CLIPBOARD)
    explorer = ExplorerPage(page, tiny, "count=1&method=saliency").ready(1)
    share(page, "Save numbers")
    expect(page.get_by_role("dialog")).to_contain_text("no maps to save yet")
    page.keyboard.press("Escape")
    explorer.fetch()
    refusal = {"code": "no_worker", "message": "The model's process is being restarted.", "params": {}}
    page.route("**/script?*", lambda route: route.fulfill(status=503, json=refusal))
    share_cell(explorer, 0, "Copy as Python")
    expect(page.get_by_role("dialog")).to_contain_text("is being restarted")
    page.unroute("**/script?*")
    page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value(re.compile("load_explorer"))


# --- pictures and arrays ---------------------------------------------------------------------------


def test_the_picture_of_a_map_is_its_canvas(page: Page, scenes: LiveServer, tmp_path: Path) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=overlay,heat&sign=positive&opacity=0.6&outlier=5").ready(2)
    explorer.fetch()
    for item, panel in (("Save map", "heat"), ("Save overlay", "overlay")):
        file = saved(page, tmp_path, lambda item=item: share_cell(explorer, 1, item))  # type: ignore[misc]
        assert np.array_equal(png(file), explorer.pixels(explorer.panel(1, panel)))
        assert re.fullmatch(r"scenes.*_sample-1_scenes-cnn_integrated-gradients_.*\.png", file.name), file.name


def test_the_picture_of_the_grid_holds_every_panel(page: Page, scenes: LiveServer, tmp_path: Path) -> None:
    explorer = ExplorerPage(page, scenes, "count=3&panels=original,overlay,heat").ready(3)
    explorer.fetch()
    small = png(saved(page, tmp_path, lambda: share(page, "Save picture of the grid")))
    large = png(saved(page, tmp_path, lambda: share(page, "Save picture, twice as fine")))
    assert large.shape == (2 * small.shape[0], 2 * small.shape[1], 4)
    places = []
    for sample in range(3):
        for panel in ("original", "overlay", "heat"):
            canvas = explorer.pixels(explorer.panel(sample, panel))
            # Tiles are 192 wide: each of the 96 pixels is drawn 2 × 2, or 4 × 4. The outermost are under the frame.
            for picture, times in ((small, 2), (large, 4)):
                inner = canvas[2:-2, 2:-2].repeat(times, axis=0).repeat(times, axis=1)
                place = place_of(inner, picture)
                assert place is not None, (sample, panel, times)
                places.append((sample, panel, times, place))
    assert len({(times, place) for _, _, times, place in places}) == len(places)


def test_the_numbers_are_the_served_arrays_and_say_what_they_are(
    page: Page, scenes: LiveServer, tmp_path: Path
) -> None:
    explorer = ExplorerPage(page, scenes, "count=3&method=layer_grad_cam&start=2").ready(3)
    explorer.fetch()
    file = saved(page, tmp_path, lambda: share(page, "Save numbers"))
    assert file.name.endswith("_samples-2-4_grad-cam.npz")
    with np.load(file, allow_pickle=False) as found:
        metadata = json.loads(found["metadata.json"])
        assert list(metadata["maps"]) == ["sample2_0_image", "sample3_0_image", "sample4_0_image"]
        for name, about in metadata["maps"].items():
            key = about["result"]["key"]
            assert about["result"] == scenes.client.get(f"/api/results/{key}").json()
            served = np.load(io.BytesIO(scenes.client.get(f"/api/results/{key}/image.npy").content))
            assert np.array_equal(found[name], served)
    assert metadata["fingerprint"] == scenes.explorer()["description"]["fingerprint"]
    assert "token" not in metadata["link"]


# --- saved pages -----------------------------------------------------------------------------------


class SavedPage:
    """A saved page, opened from its file by a browser that is offline."""

    def __init__(self, browser: Browser, file: Path, scheme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": 1200, "height": 900},
            offline=True,
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: self.problems.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.url = file.as_uri()

    def panel(self, sample: int, kind: str, place: int = 0) -> Locator:
        return self.page.locator(f'[data-sample="{sample}"] canvas[data-panel="{kind}"]').nth(place)

    def close(self) -> None:
        self.context.close()
        assert self.problems == []
        assert self.requests == [self.url]


def test_a_saved_page_opens_offline_and_keeps_its_controls(
    page: Page, browser: Browser, scenes: LiveServer, tmp_path: Path
) -> None:
    explorer = ExplorerPage(page, scenes, "count=2&panels=original,overlay&method=layer_grad_cam&sign=all").ready(2)
    explorer.fetch()
    file = saved(page, tmp_path, lambda: share(page, "Save page"))
    offline = SavedPage(browser, file)
    expect(offline.page).to_have_title(scenes.explorer()["description"]["name"])
    for sample in (0, 1):
        for panel in ("original", "overlay"):
            assert np.array_equal(pixels(offline.panel(sample, panel)), explorer.pixels(explorer.panel(sample, panel)))
        expect(offline.page.locator(f'[data-sample="{sample}"]')).to_contain_text("explains the output for")
    # The same change here and there looks the same.
    explorer.show("Overlay", "Heat map", "Negative", "Masked")
    explorer.choose("Sign", "Absolute")
    explorer.choose("Colours", "Green")
    page.get_by_role("button", name="Drawing").click()
    for name, value in (("Opacity", 40), ("Clipping", 10)):
        page.get_by_role("slider", name=name).focus()
        for _ in range(16 if name == "Clipping" else 12):
            page.keyboard.press("ArrowRight" if name == "Clipping" else "ArrowLeft")
        expect(page.get_by_role("slider", name=name)).to_have_attribute("aria-valuenow", str(value))
        offline.page.get_by_label(name).fill(str(value))
    page.get_by_role("switch", name="One scale for all").check()
    offline.page.get_by_label("One scale for all").check()
    for name, checked in (("Original", False), ("Heat map", True), ("Negative", True), ("Masked", True)):
        offline.page.get_by_role("checkbox", name=name).set_checked(checked)
    offline.page.get_by_label("Sign").select_option("Absolute")
    offline.page.get_by_label("Colours").select_option(label="Green–red")
    for sample in (0, 1):
        expect(offline.panel(sample, "original")).to_have_count(0)
        for panel in ("overlay", "heat", "negative", "masked"):
            assert np.array_equal(pixels(offline.panel(sample, panel)), explorer.pixels(explorer.panel(sample, panel)))
    offline.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_markup_in_names_stays_text_in_a_saved_page(
    page: Page,
    browser: Browser,
    serve_faulty: Callable[..., LiveServer],
    tmp_path: Path,
    scheme: str,
) -> None:
    server = serve_faulty("hostile_names")
    explorer = ExplorerPage(page, server, "count=4&method=saliency").ready(4)
    explorer.fetch()
    file = saved(page, tmp_path, lambda: share(page, "Save page"))
    assert file.name.startswith("i-hostile-i-names_")
    assert file.read_text(encoding="utf-8").count("</script") == 2
    offline = SavedPage(browser, file, scheme)
    expect(offline.page).to_have_title("<i>Hostile</i> & names")
    expect(offline.page.locator('[data-sample="0"] .label')).to_have_text(SCRIPT_NAMES)
    expect(offline.page.locator("i, b, img")).to_have_count(0)
    assert "pwned" not in offline.page.title()
    assert violations(offline.page) == []
    offline.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_menus_pass_axe_and_work_by_keyboard(page: Page, scenes: LiveServer, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    explorer.fetch()
    for button in (page.get_by_test_id("share"), explorer.sample(0).get_by_test_id("cell-menu")):
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitem").first).to_be_focused()
        page.wait_for_timeout(300)  # the menu's fading in
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
