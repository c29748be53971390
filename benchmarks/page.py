"""The page in Chromium: ``python -m benchmarks.page [--only PART …] [--json FILE]``.

- *scripts*: every script that a fresh browser loads until the first samples are on screen, from a running
  `attriscope demo`, each gzipped at level 6 as proxies do.
- *brush*: the page's own `frontend/src/heatmap`, bundled by Vite, on a canvas: a 512 × 512 map is normalised, painted
  and put on the canvas again after a change of sign, scale or opacity, every time another value.
- *paint*, *fetch*, *scroll*, *recolour*, *memory*: what a reader does with that demo; see `benchmarks.reading`.

A row with a sign is a promise; one that is missed makes the exit status 1. Needs the page's dependencies (`make check`
installs them) and Chromium, whose frames are drawn by the processor here.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Response, sync_playwright

from benchmarks import reading
from benchmarks.machine import facts
from benchmarks.table import Table, median, percentile
from tests.browser import chromium
from tests.live import ROOT, LiveServer

SIZE = 512
RUNS = 200
WARM = 20

BUNDLE = """
import { build } from "vite";
await build({
  configFile: false, logLevel: "warn",
  build: {
    outDir: process.argv[1], emptyOutDir: false,
    lib: { entry: "src/heatmap/index.ts", formats: ["es"], fileName: "heatmap" },
  },
});
"""

# In the page: one timing for each run and painter, in milliseconds.
RECOLOUR = """
async ({ size, runs }) => {
  const h = await import("/heatmap.js");
  const random = (() => { let s = 1; return () => (s = (s * 16807) % 2147483647) / 2147483647; })();
  const values = Float32Array.from({ length: size * size }, (_, i) =>
    Math.sin((i % size) / 40) * Math.cos(i / size / 30) + random() - 0.5);
  const image = new Uint8ClampedArray(size * size * 4).map(() => random() * 255);
  const grey = h.underlay(image);
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  const data = context.createImageData(size, size);
  const out = new Uint32Array(data.data.buffer);
  const paint = {
    "heat map": (norm, scale) => h.paintHeat(values, norm, scale, out),
    "overlay": (norm, scale, opacity) => h.paintOverlay(values, norm, scale, opacity, grey, out),
    "masked": (norm) => h.paintMasked(values, norm, image, out),
  };
  const ranked = {};
  for (const sign of h.SIGNS) {
    const start = performance.now();
    h.colourLimit(values, sign, 2);
    ranked[sign] = performance.now() - start;
  }
  const times = {};
  for (const [name, painter] of Object.entries(paint)) {
    times[name] = [];
    for (let run = 0; run < runs; run++) {
      const sign = h.SIGNS[run % h.SIGNS.length];
      const scale = h.colourScale(h.SCALE_IDS[run % h.SCALE_IDS.length]);
      const start = performance.now();
      const norm = { sign, limit: h.colourLimit(values, sign, 1 + (run % 17) / 4) };
      painter(norm, scale, 0.3 + (run % 101) / 200);
      context.putImageData(data, 0, 0);
      times[name].push(performance.now() - start);
      if (run % 10 === 0) await new Promise(requestAnimationFrame);
    }
  }
  return { ranked: Math.max(...Object.values(ranked)), times };
}
"""


def bundled() -> str:
    """The heat map module as one script."""
    with tempfile.TemporaryDirectory() as folder:
        node = ["node", "--input-type=module", "--eval", BUNDLE, folder]
        subprocess.run(node, cwd=ROOT / "frontend", check=True)
        return Path(folder, "heatmap.js").read_text()


def brush(table: Table, browser: Browser) -> None:
    """Milliseconds of each painter."""
    script, page = bundled(), browser.new_page()
    page.route("http://benchmark.test/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route(
        "http://benchmark.test/heatmap.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )
    page.goto("http://benchmark.test/")
    found = page.evaluate(RECOLOUR, {"size": SIZE, "runs": WARM + RUNS})
    page.close()
    table.add(f"ranking a {SIZE} × {SIZE} map, once for each", found["ranked"], "ms")
    for name, times in found["times"].items():
        counted = times[WARM:]
        note = f"95 % {percentile(counted, 0.95):.2f}, largest {max(counted):.2f}"
        table.add(f"recolouring it, {name}, median", median(counted), "ms", note=note)


def scripts(table: Table, browser: Browser, server: LiveServer) -> None:
    """Gzipped size of every script loaded by the time the first samples show."""
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.request.resource_type == "script":
            sizes[response.url.rpartition("/")[2]] = len(gzip.compress(response.body(), 6))

    page = browser.new_page()
    page.on("response", weigh)
    page.goto(server.url)
    page.get_by_test_id("prediction").first.wait_for(timeout=60_000)
    page.close()
    table.add("initial JavaScript, gzipped", sum(sizes.values()) / 1000, "kB", "≤", 300, f"{len(sizes)} scripts")


PARTS: dict[str, Callable[[Table, Browser, LiveServer], None]] = {
    "scripts": scripts,
    "paint": reading.first_paint,
    "fetch": reading.fetches,
    "scroll": reading.scrolling,
    "recolour": reading.recolouring,
    "memory": reading.memory,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=["brush", *PARTS], default=["brush", *PARTS], metavar="PART")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    machine, table = facts(), Table()
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        version = browser.version
        if "brush" in arguments.only:
            brush(table, browser)
        # A server for each part: none finds in the store what another has asked for.
        for name in (name for name in PARTS if name in arguments.only):
            with LiveServer("demo", workers=None) as server:
                PARTS[name](table, browser, server)
        browser.close()
    return table.close(machine, arguments.json, chromium=version)


if __name__ == "__main__":
    sys.exit(main())
