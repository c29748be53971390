"""The page's weight and its brush: ``python -m benchmarks.page [--json FILE]``.

- *Initial JavaScript*: every script that a fresh browser loads until the first samples are on screen, from a running
  `attriscope demo`, each gzipped at level 6 as proxies do.
- *Recolouring*: the page's own `frontend/src/heatmap`, bundled by Vite, on a canvas in Chromium: a 512 × 512 map is
  normalised, painted and put on the canvas again after a change of sign, scale or opacity, every time another value.

Needs the page's dependencies (`make check` installs them) and Chromium.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Response, sync_playwright

from benchmarks.machine import described, facts
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


def recolouring(browser: Browser) -> dict[str, Any]:
    """Milliseconds of each painter."""
    script, page = bundled(), browser.new_page()
    page.route("http://benchmark.test/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route(
        "http://benchmark.test/heatmap.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )
    page.goto("http://benchmark.test/")
    found = page.evaluate(RECOLOUR, {"size": SIZE, "runs": WARM + RUNS})
    page.close()
    return {
        "ranking, once for a map": found["ranked"],
        **{name: _spread(t[WARM:]) for name, t in found["times"].items()},
    }


def _spread(times: list[float]) -> dict[str, float]:
    return {"median": statistics.median(times), "95 %": statistics.quantiles(times, n=20)[-1], "largest": max(times)}


def initial_scripts(browser: Browser, server: LiveServer) -> dict[str, int]:
    """Gzipped bytes of every script loaded by the time the first samples show."""
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.request.resource_type == "script":
            sizes[response.url.rpartition("/")[2]] = len(gzip.compress(response.body(), 6))

    page = browser.new_page()
    page.on("response", weigh)
    page.goto(server.url)
    page.get_by_test_id("prediction").first.wait_for(timeout=60_000)
    page.close()
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    machine = facts()
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        version = browser.version
        colours = recolouring(browser)
        with LiveServer("demo", workers=None) as server:
            scripts = initial_scripts(browser, server)
        browser.close()
    print(f"Initial JavaScript: {sum(scripts.values()) / 1000:.1f} kB gzipped")
    for name, size in scripts.items():
        print(f"  {name:40}{size / 1000:9.1f}")
    print(f"Recolouring a {SIZE} × {SIZE} map, {RUNS} times; milliseconds")
    print(f"  {'':40}{'median':>9}{'95 %':>9}{'largest':>9}")
    for name, value in colours.items():
        figures = value.values() if isinstance(value, dict) else [value]
        print(f"  {name:40}" + "".join(f"{figure:9.2f}" for figure in figures))
    print(f"Chromium {version}; {described(machine)}")
    if arguments.json:
        found = {"scripts": scripts, "milliseconds": colours, "chromium": version, "machine": machine}
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
