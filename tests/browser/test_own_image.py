from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.live import LiveServer
from tests.server.web import pictures

TRANSFER = """([name, type, text]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  return data;
}"""


def yours(page: Page) -> Locator:
    return page.get_by_test_id("sample").filter(has_text=re.compile("^yours"))


def give(page: Page, kind: str, name: str, content: bytes, mime: str = "image/png") -> None:
    """Drags, drops or pastes a file."""
    data = page.evaluate_handle(TRANSFER, [name, mime, base64.b64encode(content).decode()])
    if kind == "paste":
        page.evaluate(
            "data => window.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }))", data
        )
    else:
        page.dispatch_event("body", kind, {"dataTransfer": data})


def choose(page: Page, name: str, content: bytes, mime: str = "image/png") -> None:
    page.locator('input[type="file"]').set_input_files({"name": name, "mimeType": mime, "buffer": content})


@pytest.mark.parametrize("how", ["drop", "paste", "choose"])
def test_an_image_is_predicted_at_once_and_explained_on_fetch(page: Page, scenes: LiveServer, how: str) -> None:
    explorer = ExplorerPage(page, scenes, "count=2").ready(2)
    explorer.choose_method("Saliency")
    content = pictures.encoded(pictures.gradient(90, 70))
    if how == "drop":
        give(page, "dragenter", "mine.png", content)
        expect(page.get_by_test_id("drop-zone")).to_be_visible()
        give(page, "drop", "mine.png", content)
        expect(page.get_by_test_id("drop-zone")).to_have_count(0)
    elif how == "paste":
        give(page, "paste", "mine.png", content)
    else:
        choose(page, "mine.png", content)
    expect(explorer.samples).to_have_count(3)
    first = explorer.samples.first
    expect(first).to_contain_text("yours")
    expect(first).to_contain_text("mine.png")
    expect(first.get_by_test_id("prediction").first).to_be_visible()
    expect(first.get_by_test_id("caption")).to_have_count(0)
    explorer.fetch()
    expect(first.get_by_test_id("caption")).to_contain_text("Saliency")
    expect(explorer.caption(0)).to_contain_text("Saliency")


def test_several_survive_a_reload_and_can_be_removed(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    for number in range(2):
        choose(page, f"{number}.png", pictures.encoded(pictures.gradient(40 + number, 40)))
        expect(yours(page)).to_have_count(1 + number)
    page.wait_for_url(re.compile(r"own=\d+&own=\d+"))
    page.reload()
    explorer.ready(3)
    expect(yours(page)).to_have_count(2)
    expect(explorer.samples.first).to_contain_text("1.png")
    page.get_by_role("button", name="Remove 1.png").click()
    expect(yours(page)).to_have_count(1)
    page.wait_for_url(lambda url: url.count("own=") == 1)
    index = int(re.findall(r"own=(\d+)", page.url)[0])
    cookies = {entry["name"]: entry["value"] for entry in page.context.cookies()}
    removed = page.request.get(f"{scenes.base}/api/explorers/scenes/samples/{index}")
    assert cookies
    assert removed.status == 200


def test_a_link_opened_by_another_session_says_that_the_image_is_gone(
    page: Page, browser: Browser, scenes: LiveServer
) -> None:
    ExplorerPage(page, scenes, "count=1").ready(1)
    choose(page, "secret.png", pictures.encoded(pictures.gradient(50, 50)))
    expect(yours(page)).to_have_count(1)
    page.wait_for_url(re.compile(r"own=\d+"))
    query = page.url.partition("?")[2]
    context = browser.new_context()
    other = context.new_page()
    elsewhere = ExplorerPage(other, scenes, query).ready(1)
    expect(other.get_by_test_id("own-gone")).to_contain_text("belongs to another session")
    expect(other.get_by_text("secret.png")).to_have_count(0)
    other.get_by_test_id("own-gone").get_by_role("button", name="Dismiss").click()
    expect(other.get_by_test_id("own-gone")).to_have_count(0)
    expect(elsewhere.samples).to_have_count(1)
    context.close()


def test_p8_to_p11_what_is_not_taken_is_said_and_can_be_dismissed(page: Page, scenes: LiveServer) -> None:
    explorer = ExplorerPage(page, scenes, "count=1").ready(1)
    half = pictures.encoded(pictures.gradient(60, 60))
    cases = [
        ("notes.txt", b"hello", "text/plain", "no image of a known type"),
        ("fake.png", b"no image at all", "image/png", "no image of a known type"),
        ("bomb.png", pictures.bomb(), "image/png", "9000×9000"),
        ("half.png", half[: len(half) // 2], "image/png", "cannot be read"),
        ("empty.png", b"", "image/png", "empty.png is empty"),
    ]
    note = page.get_by_test_id("upload")
    for name, content, mime, words in cases:
        give(page, "drop", name, content, mime)
        expect(note).to_contain_text(words)
        expect(note).to_contain_text(name)
        note.get_by_role("button", name="Dismiss").click()
        expect(note).to_have_count(0)
    expect(explorer.samples).to_have_count(1)


def test_p13_a_files_name_is_text(page: Page, scenes: LiveServer) -> None:
    ExplorerPage(page, scenes, "count=1").ready(1)
    name = "<img src=x onerror=alert(1)>.png"
    choose(page, name, pictures.encoded(pictures.gradient(33, 44)))
    expect(yours(page)).to_contain_text(name)


def test_where_uploads_are_off_it_is_said(page: Page) -> None:
    with LiveServer("demo", env={"ATTRISCOPE_UPLOADS": "0"}, workers=None) as server:
        ExplorerPage(page, server, "count=1").ready(1)
        button = page.get_by_test_id("own-button")
        expect(button).to_have_attribute("title", "This server takes no images of your own.")
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_test_id("edit")).to_have_count(0)
        give(page, "dragenter", "mine.png", b"x")
        expect(page.get_by_test_id("drop-zone")).to_contain_text("takes no images")
