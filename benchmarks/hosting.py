"""The server under load: a real `attriscope serve` in folders of its own, and what can be seen of it from outside."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from benchmarks.load import Load, Orders, Phase
from benchmarks.mix import Host
from tests.live import LiveServer

EXPLORERS = Path(__file__).parent / "explorers"
SAMPLES = 192
"""Read and predicted of each explorer before anything is measured."""
PREPARE = 180.0
_PAGE = 64


class Hosting:
    """Serves files of benchmarks/explorers; `env` are settings. `rss` is the web process's memory, in bytes.

    `mount`: called with the store's folder before the server starts; what it returns is closed after it.
    """

    def __init__(
        self,
        explorers: list[str],
        env: dict[str, str] | None = None,
        workers: int | None = None,
        mount: Callable[[Path], Any] | None = None,
    ) -> None:
        self._ending = ExitStack()
        folder = self._ending.enter_context(tempfile.TemporaryDirectory(prefix="attriscope-bench-"))
        self.store, self.temporary = (Path(folder, name) for name in ("store", "tmp"))
        for folder in (self.store, self.temporary):
            folder.mkdir()
        self.mounted = mount(self.store) if mount else None
        if self.mounted is not None:
            self._ending.callback(self.mounted.close)
        places = {"TMPDIR": str(self.temporary), **(env or {})}
        files = [str(EXPLORERS / f"{name}.py") for name in explorers]
        self.rss, self._stop = 0, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        try:
            self.server = LiveServer("serve", *files, env=places, wait_ready=False, workers=workers, store=self.store)
            self._ending.callback(self.stop)
            self.process = psutil.Process(self.server.process.pid)
            self._watcher.start()
            self.hosts = [self._prepare(name) for name in explorers]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Hosting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._ending.close()

    def stop(self) -> None:
        """Ends the server as Ctrl-C does; its folders stay."""
        self._stop.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self.server.close()

    def load(
        self, phases: list[Phase], sessions: int, on_phase: Callable[[str], None] = lambda name: None, **more: Any
    ) -> dict[str, Any]:
        """The ledger of a load, as `benchmarks.ledger.Ledger.report` tells it."""
        assert self.server.port is not None
        orders = Orders(self.server.port, self.server.token, self.hosts, phases, sessions, **more)
        return Load(orders, on_phase).result()

    def worker_seconds(self) -> float:
        """Processor time that the workers that now run have used."""
        used = 0.0
        for pid in self.server.worker_pids():
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.Error:
                continue
            used += times.user + times.system
        return used

    def connections(self) -> int:
        """Connections that are open to the server."""
        return sum(found.status == psutil.CONN_ESTABLISHED for found in self.process.net_connections("tcp"))

    def complaints(self) -> list[str]:
        """Lines of the server's output that tell of an error of its own."""
        return [line.rstrip() for line in self.server.output if re.search(r"^Traceback|\b(ERROR|CRITICAL)\b", line)]

    def warnings(self, word: str) -> list[str]:
        """Lines of the server's output with a warning that holds the word."""
        return [line.rstrip() for line in self.server.output if "WARNING" in line and word in line]

    def _prepare(self, name: str) -> Host:
        client, deadline = self.server.client, time.monotonic() + PREPARE
        samples = 0
        while samples < SAMPLES:
            answer = client.get(f"/api/explorers/{name}/samples", params={"start": samples, "count": _PAGE})
            page = answer.json()
            if answer.is_success and page["state"] != "scanning" and len(page["items"]) == _PAGE:
                samples += _PAGE
            elif (answer.is_success and page["error"]) or time.monotonic() > deadline:
                raise SystemExit(f"No samples of {name}: {page} {''.join(self.server.output)}")
            else:
                time.sleep(0.05)
        said = client.get(f"/api/explorers/{name}").json()["description"]
        (feature,) = said["features"]
        speeds = {model["name"]: model["forward_seconds"] or 1e-3 for model in said["models"]}
        outputs = min(model["outputs"] for model in said["models"])
        return Host(name, list(speeds), speeds, samples, outputs, feature["shape"][-1], feature["name"])

    def _watch(self) -> None:
        while not self._stop.wait(0.25):
            try:
                self.rss = max(self.rss, self.process.memory_info().rss)
            except psutil.Error:
                return
