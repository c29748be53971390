"""What a reader does on the page of `attriscope demo`, timed inside of the page (`benchmarks.page`).

- *First paint*: of a fresh browser context, logged in, with nothing in its cache, by the browser's own clock.
- *Fetch*: from the click to the first map on a canvas, for eight samples that nobody has asked for before. The click
  comes half a second after the samples are there, as no reader's comes sooner: until then the page asks for estimates.
- *Scrolling*: frames a second while a page of as many samples as it shows goes by at 2400 px/s, once every map of it
  has been drawn.
- *Recolouring*: from the click on another scale until the last map of the page has been put on its canvas.
- *Memory*: the page's JavaScript heap after forced garbage collection, and what is resident of the web process, after
  `WARM_FETCHES` fetches and after 200 more, each of a sample of its own.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.table import Table, median, percentile
from tests.live import LiveServer

PAINTS = 10
FETCHES = 25
RECOLOURED = 20
SEEN_SECONDS = 0.5
# Most of what the second hundred adds to the heap is code that V8 compiles.
WARM_FETCHES = 200
# The page forgets estimates after 5 s, what was left behind after 1 s.
FORGOTTEN_SECONDS = 6
MEMORY_FETCHES = 200
VIEWPORT = {"width": 1280, "height": 900}

FIRST_PAINT = """() => new Promise((resolve) => {
  const told = () => performance.getEntriesByName("first-contentful-paint")[0];
  if (told()) resolve(told().startTime);
  else new PerformanceObserver(() => told() && resolve(told().startTime)).observe({ type: "paint", buffered: true });
})"""

FETCH = """() => new Promise((resolve) => {
  const drawn = () => document.querySelector('canvas[data-panel="overlay"]');
  if (drawn()) throw new Error("a map is there already");
  const began = performance.now();
  const observer = new MutationObserver(() => {
    if (!drawn()) return;
    observer.disconnect();
    resolve(performance.now() - began);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  document.querySelector('[data-testid="fetch"]').click();
})"""

SCROLL = """(speed) => new Promise((resolve) => {
  const end = document.documentElement.scrollHeight - innerHeight;
  const times = [];
  const step = (now) => {
    times.push(now);
    const to = ((now - times[0]) / 1000) * speed;
    window.scrollTo({ top: to, behavior: "instant" });
    if (to < end) requestAnimationFrame(step);
    else resolve({ times, distance: end });
  };
  requestAnimationFrame(step);
})"""

RECOLOUR = """async (option) => {
  const put = CanvasRenderingContext2D.prototype.putImageData;
  let last = 0;
  let count = 0;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    if (this.canvas.dataset.panel) { last = performance.now(); count += 1; }
  };
  const began = performance.now();
  option.click();
  for (let seen = -1, still = 0; still < 5; still = count > 0 && count === seen ? still + 1 : 0) {
    if (performance.now() - began > 5000) throw new Error("nothing was drawn again");
    seen = count;
    await new Promise(requestAnimationFrame);
  }
  CanvasRenderingContext2D.prototype.putImageData = put;
  return { milliseconds: last - began, count };
}"""


@contextmanager
def opened(browser: Browser, server: LiveServer, query: str, samples: int) -> Iterator[Page]:
    """A page with its samples predicted."""
    page = browser.new_page(viewport=VIEWPORT)  # type: ignore[arg-type]
    page.set_default_timeout(120_000)
    page.goto(server.url)
    page.wait_for_url(lambda url: "token" not in url)
    page.goto(f"{server.base}/?{query}")
    predicted(page, samples)
    yield page
    page.close()


def predicted(page: Page, samples: int) -> None:
    page.wait_for_function(
        """(samples) => document.querySelectorAll('[data-testid="sample"]').length === samples &&
          document.querySelectorAll('[data-testid="sample"]:not(:has([data-testid="prediction"]))').length === 0 &&
          !document.querySelector('[data-outdated="true"]')""",
        arg=samples,
    )


def fetched(page: Page) -> None:
    page.get_by_test_id("fetch").click()
    page.get_by_text("All maps are up to date").wait_for()


def drawn(page: Page, maps: int) -> None:
    """Waits for maps still on their way from the store."""
    page.wait_for_function(
        "(maps) => document.querySelectorAll('canvas[data-panel=overlay]').length === maps", arg=maps
    )


def following(page: Page, samples: int) -> None:
    """The next samples, of which nothing is drawn yet."""
    page.get_by_role("button", name="Next samples").click()
    page.locator('canvas[data-panel="overlay"]').first.wait_for(state="detached")
    predicted(page, samples)


def first_paint(table: Table, browser: Browser, server: LiveServer) -> None:
    times = []
    for _ in range(PAINTS):
        context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        # Logged in without the page, of which nothing may be in the cache.
        context.request.get(server.url)
        page = context.new_page()
        page.goto(server.base)
        times.append(float(page.evaluate(FIRST_PAINT)))
        context.close()
    note = f"largest {max(times):.0f}, {len(times)} fresh browsers"
    table.add("first paint of a warm server, median", median(times), "ms", "<", 500, note)


def fetches(table: Table, browser: Browser, server: LiveServer) -> None:
    times = []
    with opened(browser, server, "count=8", 8) as page:
        fetched(page)
        for _ in range(FETCHES):
            following(page, 8)
            page.wait_for_timeout(SEEN_SECONDS * 1000)
            times.append(float(page.evaluate(FETCH)))
            page.get_by_text("All maps are up to date").wait_for()
    note = f"95 % {percentile(times, 0.95):.0f}, largest {max(times):.0f}, {len(times)} fetches of 8 fresh samples"
    table.add("Fetch to first map, Integrated Gradients 50, median", median(times), "ms", "<", 200, note)


def scrolling(table: Table, browser: Browser, server: LiveServer) -> None:
    most = server.explorer()["limits"]["samples"]
    with opened(browser, server, f"count={most}&method=saliency&size=small", most) as page:
        fetched(page)
        drawn(page, most)
        found = page.evaluate(SCROLL, 2400)
    times = found["times"]
    frames = (len(times) - 1) / (times[-1] - times[0]) * 1000
    longest = max(after - before for before, after in itertools.pairwise(times))
    note = f"{most} samples, {found['distance']:.0f} px, longest frame {longest:.0f} ms"
    table.add("scrolling a full page", frames, "fps", "≥", 50, note)


def recolouring(table: Table, browser: Browser, server: LiveServer) -> None:
    for samples, bound in ((8, 50.0), (server.explorer()["limits"]["samples"], None)):
        times, maps = [], 0
        with opened(browser, server, f"count={samples}&method=saliency&panels=overlay,heat", samples) as page:
            fetched(page)
            for turn in range(RECOLOURED):
                page.get_by_role("combobox", name="Colours").click()
                option = page.get_by_role("option").nth(1 + turn % 5)
                option.wait_for()
                found = page.evaluate(RECOLOUR, option.element_handle())
                # The first change to a scale also makes its table of colours.
                times.append(found["milliseconds"])
                maps = max(maps, found["count"])
        note = f"largest {max(times):.0f}"
        table.add(f"recolouring {maps} maps, median", median(times), "ms", bound and "<", bound, note)


def memory(table: Table, browser: Browser, server: LiveServer) -> None:
    with opened(browser, server, "count=1&arg.n_steps=10", 1) as page:
        devtools = page.context.new_cdp_session(page)
        fetched(page)
        for _ in range(WARM_FETCHES):
            following(page, 1)
            fetched(page)
        before = heap(page, devtools), resident(server)
        for _ in range(MEMORY_FETCHES):
            following(page, 1)
            fetched(page)
        after = heap(page, devtools), resident(server)
    for name, old, new in zip(("the page's heap", "the web process"), before, after, strict=True):
        note = f"{old / 1e6:.1f} → {new / 1e6:.1f} MB"
        table.add(f"{name} after {MEMORY_FETCHES} fetches, change", abs(new / old - 1) * 100, "%", "≤", 10, note)


def heap(page: Page, devtools: CDPSession) -> float:
    """Bytes in use, once what was left has been forgotten and what is garbage is gone."""
    page.wait_for_timeout(FORGOTTEN_SECONDS * 1000)
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"])


def resident(server: LiveServer) -> float:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return float(int(pages) * os.sysconf("SC_PAGE_SIZE"))
