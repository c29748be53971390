"""Our Fetch against Captum Insights': ``python -m benchmarks.insights [--model NAME] [--fetches N] [--json FILE]``.

Four CIFAR-10 images, Integrated Gradients, 25 steps (Insights' default). Captum Insights 0.8.0 is installed apart and
served by its own process; both servers are up at once and answer in turn, so that the machine is the same to both.
Every Fetch is of four images that were not explained before.

The client of both is httpx in this process: keep-alive connections, and for ours one event stream, opened beforehand
as the page does.

- *Ours*: from sending the POST until the fourth map has arrived and is an array; *first map*: until the first is.
- *Insights*: from sending the POST until the reply, in which the maps are pictures, is parsed. It predicts within its
  Fetch; our page has shown predictions before, so the time to ask for and predict the same four samples is given too.
"""

from __future__ import annotations

import argparse
import io
import json
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.machine import described, facts
from tests.live import EXPLORERS, ROOT, LiveServer

INSIGHTS = "captum==0.8.0"
NEEDED = ("Flask", "Flask-Compress", "matplotlib", "ipython", "tqdm", "packaging")
GROUP = 4
STEPS = 25
FACTORIES = {"Small CNN": "small_cnn", "ResNet-20": "resnet20"}
"""Of tests/explorers/cifar10.py: one model, as in the explorer that Insights is given."""
WARM = 3
CACHE = Path.home() / ".cache" / "attriscope-benchmarks"


def installed(cache: Path) -> tuple[Path, Path]:
    """Folders with Captum 0.8.0 alone, and with what its server needs. pip fills them once."""
    folders = cache / "captum-0.8.0", cache / "captum-0.8.0-needs"
    for folder, arguments in zip(folders, (["--no-deps", INSIGHTS], list(NEEDED)), strict=True):
        if not folder.exists():
            print(f"Installing {' '.join(arguments)} into {folder} …", flush=True)
            cache.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(dir=cache))
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            try:
                subprocess.run([*pip, "--target", str(partial), *arguments], check=True)
                partial.rename(folder)  # so that a folder with that name is always complete
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    return folders


class Insights:
    """The other side: Flask's own server, as `AttributionVisualizer.serve` starts it."""

    def __init__(self, folders: tuple[Path, Path], model: str) -> None:
        script = ROOT / "benchmarks" / "insights_server.py"
        command = [sys.executable, str(script), *map(str, folders), model]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert self.process.stdout is not None
        line = next((line for line in self.process.stdout if line.startswith("{")), None)
        if line is None:
            raise SystemExit(f"Captum Insights did not start; status {self.process.wait()}.")
        self.facts = json.loads(line)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.facts['port']}", timeout=60)
        self._await()

    def _await(self) -> None:
        for _ in range(100):
            try:
                if self.client.get("/init").is_success:
                    return
            except httpx.ConnectError:
                time.sleep(0.1)
        raise SystemExit("Captum Insights does not answer.")

    def fetch(self) -> float:
        """Seconds for the next four images."""
        start = time.perf_counter()
        reply = self.client.post(
            "/fetch",
            json={
                "attribution_method": "Integrated Gradients",
                "arguments": {"n_steps": STEPS, "method": "gausslegendre"},
                "prediction": "all",
                "classes": [],
            },
        )
        outputs = reply.raise_for_status().json()
        elapsed = time.perf_counter() - start
        pictures = [output[0]["feature_outputs"][0]["modified"] for output in outputs]
        if len(set(pictures)) != GROUP:
            raise SystemExit(f"Insights answered {len(set(pictures))} different maps; {GROUP} were asked for.")
        return elapsed

    def close(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()


class Ours:
    """A real server and a client that does what the page does."""

    def __init__(self, server: LiveServer, model: str, events: Iterator[dict[str, Any]]) -> None:
        self.server, self.model, self.client = server, model, server.client
        self.explorer = server.explorer()
        (feature,) = self.explorer["description"]["features"]
        self.feature = feature["name"]
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()
        self.events.get(timeout=10)  # the snapshot: the stream is open

    def _listen(self, events: Iterator[dict[str, Any]]) -> None:
        try:
            for event in events:
                self.events.put(event["data"])
        except httpx.HTTPError:  # the server has been closed
            return

    def browse(self, start: int) -> float:
        """Seconds until four samples are there with this model's predictions."""
        begun = time.perf_counter()
        while True:
            query = {"start": start, "count": GROUP, "model": self.model}
            page = self.client.get(f"/api/explorers/{self.explorer['id']}/samples", params=query).json()
            if len(page["items"]) == GROUP and all(self.model in item["predictions"] for item in page["items"]):
                return time.perf_counter() - begun
            if page["error"] or time.perf_counter() - begun > 60:
                raise SystemExit(f"No samples: {page}")
            time.sleep(0.002)

    def fetch(self, start: int) -> tuple[float, float]:
        """Seconds until the first map, and until all four, are arrays here."""
        begun = time.perf_counter()
        reply = self.client.post(
            "/api/jobs",
            json={
                "explorer": self.explorer["id"],
                "model": self.model,
                "samples": list(range(start, start + GROUP)),
                "method": "integrated_gradients",
                "arguments": {"n_steps": STEPS},
            },
        )
        job = reply.raise_for_status().json()
        maps, first = {}, 0.0
        while len(maps) < GROUP:
            event = self.events.get(timeout=60)
            item = event.get("item")
            if event["type"] == "job" and event["job"]["id"] == job["id"] and event["job"]["state"] == "failed":
                raise SystemExit(f"Our Fetch failed: {event['job']['error']}")
            if item and event["job"] == job["id"] and item["state"] == "done":
                answer = self.client.get(f"/api/results/{item['key']}/{self.feature}.npy").raise_for_status()
                maps[item["sample"]] = np.load(io.BytesIO(answer.content))
                first = first or time.perf_counter() - begun
        elapsed = time.perf_counter() - begun
        if len({values.tobytes() for values in maps.values()}) != GROUP:
            raise SystemExit("Ours answered the same map twice.")
        return first, elapsed


@contextmanager
def both(cache: Path, model: str) -> Iterator[tuple[Ours, Insights]]:
    insights = Insights(installed(cache), model)
    try:
        explorer = f"{EXPLORERS / 'cifar10.py'}:{FACTORIES[model]}"
        with LiveServer("serve", explorer, workers=None) as server, server.events() as events:
            yield Ours(server, model, events), insights
    finally:
        insights.close()


def summary(seconds: list[float]) -> dict[str, float]:
    """Milliseconds: the median, and the range in which 90 % lie."""
    low, *_, high = statistics.quantiles(seconds, n=20)
    return {"median": statistics.median(seconds) * 1e3, "5 %": low * 1e3, "95 %": high * 1e3}


def measure(model: str, fetches: int, cache: Path) -> dict[str, Any]:
    """Alternate Fetches of both, the first `WARM` not counted."""
    machine = facts()
    times: dict[str, list[float]] = {name: [] for name in ("ours", "ours, first map", "ours, browse", "insights")}
    with both(cache, model) as (ours, insights):
        groups = min(insights.facts["images"] // GROUP, WARM + fetches)
        for number in range(groups):
            browse = ours.browse(number * GROUP)
            first, whole = ours.fetch(number * GROUP)
            other = insights.fetch()
            if number >= WARM:
                for name, value in zip(times, (whole, first, browse, other), strict=True):
                    times[name].append(value)
        theirs = insights.facts
    times["ours, browse and Fetch"] = [sum(pair) for pair in zip(times["ours"], times["ours, browse"], strict=True)]
    found: dict[str, Any] = {name: summary(values) for name, values in times.items()}
    return {
        "model": model,
        "fetches": len(times["ours"]),
        "milliseconds": found,
        "times faster": found["insights"]["median"] / found["ours"]["median"],
        "times faster, browsing included": found["insights"]["median"] / found["ours, browse and Fetch"]["median"],
        "insights": {"captum": theirs["captum"], "torch threads": theirs["threads"], "server": "Flask's own"},
        "client": f"httpx {httpx.__version__}, keep-alive; server-sent events for ours",
        "machine": machine,
    }


def report(result: dict[str, Any]) -> str:
    lines = [
        f"{GROUP} CIFAR-10 images, {result['model']}, Integrated Gradients, {STEPS} steps, "
        f"{result['fetches']} Fetches each, warm, fresh samples; milliseconds",
        f"{'':26}{'median':>9}{'5 %':>9}{'95 %':>9}",
    ]
    for name, values in result["milliseconds"].items():
        lines.append(f"{name:26}" + "".join(f"{value:9.1f}" for value in values.values()))
    lines += [
        f"{result['times faster']:.1f} times faster than Captum Insights {result['insights']['captum']} "
        f"({result['times faster, browsing included']:.1f} with browsing to the samples counted)",
        f"client: {result['client']}",
        f"machine: {described(result['machine'])}",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="Small CNN", choices=FACTORIES, help="a model of tests/explorers/cifar10.py")
    parser.add_argument("--fetches", type=int, default=40, help="Fetches measured of each, at most 47")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where Captum 0.8.0 is installed")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    if not 2 <= arguments.fetches <= 47:
        parser.error(f"--fetches is {arguments.fetches}; it must be 2 to 47.")
    result = measure(arguments.model, arguments.fetches, arguments.cache)
    print(report(result))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
