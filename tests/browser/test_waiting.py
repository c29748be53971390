"""Waiting is told: the place in the queue, a server that is too busy, jobs that its end cut short."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.explorer_page import ExplorerPage
from tests.browser.scripted import ScriptedQueue
from tests.live import EXPLORERS, LiveServer


def test_the_place_in_the_queue_and_the_time_are_told_and_follow_the_events(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    explorer = ExplorerPage(page, tiny, "count=2").ready(2)
    explorer.fetch_button.click()
    job = queue.newest()
    queue.tell(job, position=3, wait_seconds=40.0, eta_seconds=43.0)
    expect(page.get_by_test_id("progress")).to_contain_text("Waiting: 3rd, about 40 s")
    expect(explorer.sample(0).get_by_test_id("map-place")).to_contain_text("3rd, about 40 s")
    queue.tell(job, position=1, wait_seconds=None)
    expect(page.get_by_test_id("progress")).to_contain_text(re.compile("Waiting: next$"))
    queue.tell(job, state="running", item_state="running", position=None, done=20, eta_seconds=3.0)
    expect(page.get_by_test_id("progress")).to_contain_text("0 of 2 maps")
    expect(page.get_by_test_id("progress")).to_contain_text("about 3 s left")


def test_q1_a_full_queue_is_said_and_asked_again_by_itself(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    full = {"code": "queue_full", "message": "4096 samples wait already.", "params": {}}
    queue.refusals = [(503, full, 3)]
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    explorer.fetch_button.click()
    expect(page.get_by_test_id("error")).to_contain_text("4096 samples wait already.")
    expect(explorer.fetch_button).to_contain_text(re.compile(r"Again in \d s"))
    assert queue.newest()["request"]["samples"] == [0]
    expect(page.get_by_test_id("error")).to_have_count(0)
    expect(page.get_by_test_id("progress")).to_be_visible()


def test_cancel_ends_the_asking(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    queue.refusals = [(429, {"code": "too_many_jobs", "message": "Too many.", "params": {}}, 60)]
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    explorer.fetch_button.click()
    expect(explorer.fetch_button).to_contain_text("Again in")
    page.get_by_test_id("cancel").click()
    expect(explorer.fetch_button).to_be_enabled()
    expect(page.get_by_test_id("error")).to_have_count(0)
    assert queue.jobs == {}


def test_what_the_servers_end_cut_short_is_said_once_and_fetched_again(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    explorer = ExplorerPage(page, tiny, "count=2").ready(2)
    explorer.fetch_button.click()
    first = queue.newest()
    queue.tell(first, state="interrupted", item_state="interrupted")
    error = page.get_by_test_id("error")
    expect(error).to_have_count(1)
    expect(error).to_contain_text("The server was stopped before this was done. Fetch again.")
    expect(explorer.sample(1).get_by_test_id("map-place")).to_contain_text("stopped before this map was done")
    error.get_by_role("button", name="Fetch again").click()
    expect(error).to_have_count(0)
    expect(page.get_by_test_id("progress")).to_be_visible()
    assert queue.newest(2)["request"]["samples"] == [0, 1]


def test_who_waits_behind_another_session_sees_the_place(page: Page, serve_faulty) -> None:  # type: ignore[no-untyped-def]
    server: LiveServer = serve_faulty("slow_model", ATTRISCOPE_TEST_PAUSE="0.2")
    server.samples(count=8)
    busy = server.submit(method="integrated_gradients", samples=list(range(8)), arguments={"n_steps": 300})
    assert busy.status_code == 201
    waiting = ExplorerPage(page, server, "method=integrated_gradients&arg.n_steps=301&count=1").ready(1)
    waiting.fetch_button.click()
    expect(page.get_by_test_id("progress")).to_contain_text(re.compile(r"Waiting: (next|\d+(st|nd|rd|th))"))
    server.client.delete(f"/api/jobs/{busy.json()['id']}")
    expect(page.get_by_test_id("progress")).to_contain_text(re.compile("of 1 map"))


def test_q10_a_restarted_server_says_what_its_end_cut_short(page: Page, tmp_path: Path) -> None:
    env = {
        "ATTRISCOPE_TEST_PAUSE": "0.2",
        "ATTRISCOPE_TOKEN": "a-token-of-the-test",
        "ATTRISCOPE_GRACE": "0",
    }
    source = f"{EXPLORERS / 'faulty.py'}:slow_model"
    with LiveServer("serve", source, env=env, store=tmp_path) as server:
        explorer = ExplorerPage(page, server, "method=integrated_gradients&arg.n_steps=800&count=1").ready(1)
        explorer.fetch_button.click()
        expect(page.get_by_test_id("progress")).to_contain_text("of 1 map")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(10)
        port = server.port
    with LiveServer("serve", source, "--port", str(port), env=env, store=tmp_path):
        expect(page.get_by_test_id("error")).to_contain_text("The server was stopped before this was done.")
        expect(page.get_by_role("button", name="Fetch again")).to_be_visible()


def test_s4_a_store_that_cannot_be_written_is_said_while_that_is_so(page: Page, tiny: LiveServer) -> None:
    queue = ScriptedQueue(page)
    explorer = ExplorerPage(page, tiny, "count=1").ready(1)
    words = "Results cannot be stored on disk; they are kept in memory until the server ends."
    queue.send(type="warnings", warnings=[{"code": "store_unwritable", "message": words, "params": {}}])
    expect(page.get_by_test_id("notice")).to_have_text(words)
    expect(explorer.fetch_button).to_be_enabled()
    queue.send(type="warnings", warnings=[])
    expect(page.get_by_test_id("notice")).to_have_count(0)
