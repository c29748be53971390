"""`explorer.render()` in JupyterLab: the page in a cell's output, from the kernel's own process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, expect

from tests.browser import chromium
from tests.browser.pictures import take
from tests.notebooks import FOR_ALL, jupyterlab

pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")

REMOTE = "notebooks.example"
"""A host name that is not this machine's own: what listens on loopback only is not reached by it."""
PATIENCE = 120_000
"""Milliseconds: JupyterLab starts, then a kernel that imports torch."""


_TRIES = 30


def run(page: Page, link: str) -> None:
    """Opens the notebook and runs both of its cells."""
    # On a slow machine JupyterLab asks whether to go on waiting, or tells of a connection that it has made again.
    asked = page.locator("dialog.jp-Dialog")
    page.add_locator_handler(asked, lambda dialog: dialog.locator(".jp-mod-accept").first.click())
    page.goto(link)
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(2, timeout=PATIENCE)
    for cell in cells.all():
        prompt = cell.locator(".jp-InputPrompt")
        for _ in range(_TRIES):
            cell.locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            # Until its kernel and its own parts are there, a notebook passes keys over.
            with suppress(AssertionError):
                expect(prompt).not_to_have_text("[ ]:", timeout=3000)
                break
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)


def opened(page: Page) -> FrameLocator:
    """The frame, in view."""
    frame = page.locator('iframe[title="attriscope"]')
    expect(frame).to_be_visible(timeout=PATIENCE)
    frame.scroll_into_view_if_needed()
    return page.frame_locator('iframe[title="attriscope"]')


def explain(frame: FrameLocator) -> None:
    """The samples are there; Fetch draws a heat map over each, which is no single colour."""
    samples = frame.get_by_test_id("sample")
    expect(samples).to_have_count(8, timeout=PATIENCE)
    expect(samples.last.get_by_test_id("prediction").first).to_be_visible()
    frame.get_by_test_id("fetch").click()
    overlay = samples.first.locator('canvas[data-panel="overlay"]')
    expect(overlay).to_be_visible(timeout=PATIENCE)
    colours = """canvas => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }"""
    assert overlay.evaluate(colours) > 20


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """Without the checks of our own page: JupyterLab has words of its own for the console."""
    return context.new_page()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One that takes `REMOTE` for this machine."""
    flags = [*chromium.FLAGS, f"--host-resolver-rules=MAP {REMOTE} 127.0.0.1"]
    launched = playwright.chromium.launch(executable_path=chromium.on_path(), args=flags)
    yield launched
    launched.close()


def test_the_page_is_shown_in_a_cell(page: Page, tmp_path: Path) -> None:
    with jupyterlab(tmp_path, proxy=False) as link:
        run(page, f"http://localhost{link}")
        explain(opened(page))
        take(page, "notebook/direct")
        source = page.locator('iframe[title="attriscope"]').get_attribute("src")
        assert source is not None
        assert source.startswith("http://localhost:")
        # From elsewhere it says what is missing, in the place of a frame that stays empty.
        run(page, f"http://{REMOTE}{link}")
        expect(page.get_by_text("Install jupyter-server-proxy")).to_be_visible(timeout=PATIENCE)
        expect(page.locator('iframe[title="attriscope"]')).to_be_hidden()


def test_a_server_for_all_is_shown_from_elsewhere_without_a_proxy(page: Page, tmp_path: Path) -> None:
    with jupyterlab(tmp_path, proxy=False, render=FOR_ALL) as link:
        run(page, f"http://{REMOTE}{link}")
        explain(opened(page))
        source = page.locator('iframe[title="attriscope"]').get_attribute("src")
        assert source is not None
        assert source.startswith(f"http://{REMOTE}:")
        assert "/proxy/" not in source


def test_the_page_comes_through_the_notebooks_own_proxy(page: Page, tmp_path: Path, context: BrowserContext) -> None:
    with jupyterlab(tmp_path, proxy=True) as link:
        run(page, f"http://{REMOTE}{link}")
        explain(opened(page))
        take(page, "notebook/proxy")
        source = page.locator('iframe[title="attriscope"]').get_attribute("src")
        assert source is not None
        assert source.startswith(f"http://{REMOTE}:")
        assert "/proxy/" in source
        # Other pages of that host are not sent our cookies.
        ours = [cookie for cookie in context.cookies() if cookie["name"].startswith("attriscope_")]
        assert ours
        assert all("/proxy/" in cookie["path"] for cookie in ours)
