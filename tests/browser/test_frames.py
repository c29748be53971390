"""The page in a frame of another site: only where the setting lets it, and then with a session."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.live import EXPLORERS, LiveServer

PORTAL = "http://localhost:4321/"
"""Another site than 127.0.0.1, to a browser."""
EXPLORER = f"{EXPLORERS / 'faulty.py'}:explorer"


def framed(context: BrowserContext, server: LiveServer) -> None:
    body = f'<!doctype html><title>Portal</title><iframe src="{server.url}" width="1200" height="800"></iframe>'
    context.route(PORTAL, lambda route: route.fulfill(content_type="text/html", body=body))


def test_a_frame_of_another_site_has_a_session(context: BrowserContext) -> None:
    with LiveServer("serve", EXPLORER, env={"ATTRISCOPE_FRAME_ANCESTORS": "http://localhost:*"}) as server:
        framed(context, server)
        page = context.new_page()
        page.goto(PORTAL)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_test_id("sample")).to_have_count(8)
        frame.get_by_test_id("fetch").click()
        expect(frame.get_by_test_id("controls").get_by_text("All maps are up to date")).to_be_visible()


def test_no_other_site_frames_the_page_by_itself(context: BrowserContext) -> None:
    with LiveServer("serve", EXPLORER) as server:
        framed(context, server)
        page = context.new_page()
        blocked: list[str] = []
        page.on("console", lambda message: blocked.append(message.text))
        page.goto(PORTAL)
        expect(page.frame_locator("iframe").get_by_test_id("sample")).to_have_count(0)
        page.wait_for_timeout(500)
        assert any("frame-ancestors" in text for text in blocked)
