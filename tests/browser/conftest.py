from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.browser import chromium
from tests.live import EXPLORERS, LiveServer
from tests.shared_data import need_data

# A machine that is busy with other tests starts a worker in more than Playwright's five seconds.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    # Not for the whole session: while Playwright runs, no other test can run an event loop on this thread.
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = chromium.launch(playwright)
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def scenes() -> Iterator[LiveServer]:
    with LiveServer("demo", workers=None) as server:
        yield server


@pytest.fixture(scope="package")
def tiny() -> Iterator[LiveServer]:
    """The model of `tests/explorers/faulty.py` with nothing wrong."""
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer") as server:
        yield server


@pytest.fixture(scope="package")
def cifar10() -> Iterator[LiveServer]:
    need_data()
    with LiveServer("serve", str(EXPLORERS / "cifar10.py")) as server:
        yield server


@pytest.fixture(scope="package")
def large() -> Iterator[LiveServer]:
    """A model of more than 600 modules and 1000 classes."""
    with LiveServer("serve", str(EXPLORERS / "large.py")) as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test for anything blocked by the content security policy, and for any exception."""
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if _is_problem(message) else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    # Requests that a test's own routes are answering when it ends are nobody's concern.
    opened.unroute_all(behavior="ignoreErrors")
    assert problems == []


def _is_problem(message: ConsoleMessage) -> bool:
    # A refused request is the browser's to report and the page's to show; tests of wrong input look at the latter.
    return message.type == "error" and not message.text.startswith("Failed to load resource")


@pytest.fixture
def serve_faulty() -> Iterator[Callable[..., LiveServer]]:
    """Starts a server over a factory of `tests/explorers/faulty.py`; all of them are ended after the test."""
    running: list[LiveServer] = []

    def start(factory: str, **env: str) -> LiveServer:
        running.append(LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:{factory}", env=env))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(scope="module")
def reviews() -> Iterator[LiveServer]:
    with LiveServer("demo", "reviews") as server:
        yield server


@pytest.fixture(scope="module")
def wine() -> Iterator[LiveServer]:
    with LiveServer("demo", "wine") as server:
        yield server


@pytest.fixture(scope="module")
def several() -> Iterator[LiveServer]:
    with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:mixed") as server:
        yield server
