"""A real `attriscope` process, for tests, benchmarks and screenshots."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

ROOT = Path(__file__).parent.parent
EXPLORERS = ROOT / "tests" / "explorers"
PATIENCE = 120.0
"""Seconds to wait for what should be there at once: a machine may be busy."""


class Visitor:
    """What somebody asks of a server, over a `client` that is logged in."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.output: list[str] = []

    def check(self) -> None:
        """Fails where waiting on makes no sense."""

    def explorer(self) -> dict[str, Any]:
        """The first explorer's detail."""
        listed = self.client.get("/api/explorers").json()["explorers"][0]
        found: dict[str, Any] = self.client.get(f"/api/explorers/{listed['id']}").json()
        return found

    def samples(self, **query: Any) -> dict[str, Any]:
        """The page of samples asked for, once nothing more is coming."""
        name = self.explorer()["id"]

        def settled() -> dict[str, Any] | None:
            answer = self.client.get(f"/api/explorers/{name}/samples", params=query)
            page: dict[str, Any] = answer.json()
            return None if answer.status_code == 200 and page["state"] == "scanning" else page

        return self.wait(settled)

    def request(self, **settings: Any) -> dict[str, Any]:
        """An AttributionRequest for the first model and sample, with `settings` over it."""
        explorer = self.explorer()
        model = explorer["description"]["models"][0]["name"]
        return {"explorer": explorer["id"], "model": model, "samples": [0], "method": "saliency", **settings}

    def submit(self, **settings: Any) -> httpx.Response:
        return self.client.post("/api/jobs", json=self.request(**settings))

    def finish(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job once it has ended."""

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.get(f"/api/jobs/{job['id']}").json()
            return found if found["state"] in ("done", "failed", "cancelled") else None

        return self.wait(ended)

    def run(self, **settings: Any) -> dict[str, Any]:
        """Submits and awaits a job."""
        self.samples(count=max(settings.get("samples", [0])) + 1)
        answer = self.submit(**settings)
        assert answer.status_code == 201, answer.text
        return self.finish(answer.json())

    def wait(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """The first truthy value of `condition`; fails with the server's output if none comes."""
        deadline = time.monotonic() + patience
        while True:
            if value := condition():
                return value
            self.check()
            assert time.monotonic() < deadline, f"nothing after {patience} s: {''.join(self.output)}"
            time.sleep(0.02)


class LiveServer(Visitor):
    """Starts `attriscope <arguments> --no-browser`, on a free port unless one is given, and ends it. `client` is logged
    in.

    `workers` a device; None leaves it to the product. `store`: its results, a folder of its own by default. `command`:
    another that prints the link, in the place of all this.
    """

    def __init__(
        self,
        *arguments: str,
        env: dict[str, str] | None = None,
        wait_ready: bool = True,
        cwd: Path = ROOT,
        workers: int | None = 1,
        store: Path | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        port = () if "--port" in arguments else ("--port", "0")
        command = command or [sys.executable, "-m", "attriscope", *arguments, "--no-browser", *port]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "default", **(env or {})}
        if workers is not None:
            environment.setdefault("ATTRISCOPE_WORKERS_PER_DEVICE", str(workers))
        # Never the one of whoever runs this.
        self._folder = tempfile.TemporaryDirectory(prefix="attriscope-test-")
        if store is not None:
            environment["ATTRISCOPE_STORE"] = str(store)
        environment.setdefault("ATTRISCOPE_STORE", self._folder.name)
        self.process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._await_url()
        parts = urlsplit(self.url)
        self.base, self.port = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", parts.port
        self.token = parse_qs(parts.query).get("token", [""])[0]
        self.client = httpx.Client(base_url=self.base, timeout=PATIENCE)
        self.client.get("/", params={"token": self.token}).raise_for_status()
        if wait_ready:
            try:
                self.wait(self._is_ready)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> LiveServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server as Ctrl-C does; kills it if that takes too long."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._folder.cleanup()

    def check(self) -> None:
        assert self.process.poll() is None, "".join(self.output)

    def _is_ready(self) -> bool:
        explorer = self.explorer()
        assert explorer["state"] != "failed", explorer["error"]
        return bool(explorer["state"] == "ready")

    @contextmanager
    def events(
        self, last_id: str | None = None, client: httpx.Client | None = None
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """The event stream: dictionaries with `id`, `event` and the parsed `data`."""
        headers = {} if last_id is None else {"Last-Event-ID": last_id}
        with (client or self.client).stream("GET", "/api/events", headers=headers) as response:
            assert response.status_code == 200
            yield _parse(response.iter_lines())

    def worker_pids(self) -> list[int]:
        """Processes that this server started and that run the model."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        children = [pid for pid in pids if (stat := _stat(pid)) and stat[0] != "Z" and stat[1] == str(self.process.pid)]
        return [pid for pid in children if b"spawn_main" in _command(pid)]

    def new_session(self) -> httpx.Client:
        """Another browser's client, logged in."""
        client = httpx.Client(base_url=self.base, timeout=PATIENCE)
        client.get("/", params={"token": self.token}).raise_for_status()
        return client

    @staticmethod
    def wait_gone(pids: list[int], patience: float = 20.0) -> None:
        """Fails if one of the processes still runs after `patience` seconds."""

        deadline = time.monotonic() + patience
        while any(_is_running(pid) for pid in pids):
            assert time.monotonic() < deadline, f"still there: {pids}"
            time.sleep(0.02)

    def _await_url(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.output:
                if found := re.match(r"Open (http\S+)", line):
                    return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.process.kill()
        raise AssertionError(f"The server did not start: {''.join(self.output)}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)


def _stat(pid: int) -> list[str]:
    """State, parent and what follows in /proc; empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> bytes:
    """Nothing of a process that has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _is_running(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not reaped yet does not."""
    stat = _stat(pid)
    return bool(stat) and stat[0] != "Z"


def _parse(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if line == "" and "data" in event:
            yield event
            event = {}
        elif name in ("id", "event"):
            event[name] = value.strip()
        elif name == "data":
            event["data"] = json.loads(value)
