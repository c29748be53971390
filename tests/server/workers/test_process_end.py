"""How a worker process ends, and that none is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from attriscope.workers.process import WorkerProcess
from attriscope.workers.protocol import Frame
from attriscope.workers.source import ExplorerSource
from tests.server.workers.toys import FAULTY, PATIENCE, Start, gone, wait_until


def test_closing_ends_the_worker_by_itself_and_may_be_repeated(start: Start) -> None:
    process = start()
    process.await_load()
    pid = process.worker.pid
    process.worker.close(timeout=PATIENCE)
    process.worker.close(timeout=PATIENCE)
    assert process.exits.wait() == 0
    assert pid is not None
    assert gone(pid)
    process.send(Frame("scan", 1, {"start": 0, "count": 1}))
    assert process.exits.codes.empty()


def test_a_worker_closed_before_it_was_started_ends_too() -> None:
    codes: list[int | None] = []
    worker = WorkerProcess(
        ExplorerSource("faulty", path=FAULTY), "cpu", threads=1, on_frame=lambda frame: None, on_exit=codes.append
    )
    worker.close(timeout=PATIENCE)
    assert len(codes) == 1


def test_a_worker_that_cannot_answer_is_killed_by_close(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "stuck.py"
    path.write_text("import os, signal\ndef explorer():\n    os.kill(os.getpid(), signal.SIGSTOP)\n")
    process = start(path=str(path))
    wait_until(lambda: process.worker.pid is not None)
    stat = Path(f"/proc/{process.worker.pid}/stat")
    wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    process.worker.close(timeout=0.2)
    assert process.exits.wait() == -signal.SIGKILL


def test_q12_a_worker_ignores_ctrl_c(start: Start) -> None:
    process = start()
    wait_until(lambda: process.worker.pid is not None)
    assert process.worker.pid is not None
    os.kill(process.worker.pid, signal.SIGINT)
    process.await_load()
    os.kill(process.worker.pid, signal.SIGINT)
    assert process.scan(1).frames


PARENT = """
import sys, threading, time
from attriscope.workers.process import WorkerProcess
from attriscope.workers.source import ExplorerSource
from attriscope.workers.worker import NICENESS
if __name__ == "__main__":
    started = threading.Event()
    worker = WorkerProcess(
        ExplorerSource("x", path=sys.argv[1], factory=sys.argv[2]), "cpu", threads=1,
        on_frame=lambda frame: started.set() if frame.body.get("stage", "").startswith(sys.argv[3]) else None,
        on_exit=lambda code: None,
    )
    assert started.wait(60)
    print(worker.pid, flush=True)
    if sys.argv[4] == "stay":
        time.sleep(60)
"""


def run_parent(script: Path, *arguments: str) -> subprocess.Popen[str]:
    script.write_text(PARENT)
    return subprocess.Popen([sys.executable, str(script), *arguments], stdout=subprocess.PIPE, text=True)


def test_q10_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    with run_parent(tmp_path / "parent.py", FAULTY, "explorer", "Trying", "stay") as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: gone(pid))


def test_a_parent_that_forgets_to_close_ends_all_the_same(tmp_path: Path) -> None:
    with run_parent(tmp_path / "parent.py", FAULTY, "explorer", "Starting", "leave") as parent:
        assert parent.wait(timeout=PATIENCE) == 0
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
    wait_until(lambda: gone(pid))


def test_a_callback_that_raises_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    ended = threading.Event()

    def on_frame(frame: Frame) -> None:
        seen.append(frame.type)
        raise KeyError(frame.type)

    def on_exit(code: Any) -> None:
        ended.set()

    worker = WorkerProcess(ExplorerSource("faulty", path=FAULTY), "cpu", threads=1, on_frame=on_frame, on_exit=on_exit)
    wait_until(lambda: "description" in seen)
    worker.close()
    assert ended.wait(PATIENCE)
    assert "could not be handled" in caplog.text
