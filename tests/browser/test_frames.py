"""The page in a frame of another site: only where the setting lets it, and then with a session."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.live import EXPLORERS, LiveServer

EXPLORER = f"{EXPLORERS / 'faulty.py'}:explorer"


@contextmanager
def portal(framed: str) -> Iterator[str]:
    """A page at localhost, another site than 127.0.0.1 to a browser, with `framed` in a frame."""

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(
                b'<!doctype html><title>Portal</title><link rel="icon" href="data:,">'
                + f'<iframe src="{framed}" width="1200" height="800"></iframe>'.encode()
            )

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_a_frame_of_another_site_has_a_session(context: BrowserContext) -> None:
    others = {"ATTRISCOPE_FRAME_ANCESTORS": "http://localhost:*"}
    with LiveServer("serve", EXPLORER, env=others) as server, portal(server.url) as place:
        page = context.new_page()
        page.goto(place)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_test_id("sample")).to_have_count(8)
        frame.get_by_test_id("fetch").click()
        expect(frame.get_by_test_id("controls").get_by_text("All maps are up to date")).to_be_visible()


def test_no_other_site_frames_the_page_by_itself(context: BrowserContext) -> None:
    with LiveServer("serve", EXPLORER) as server, portal(server.url) as place:
        page = context.new_page()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(place)
        expect(page.frame_locator("iframe").get_by_test_id("sample")).to_have_count(0)
