import os
import subprocess
import sys
from pathlib import Path

import psutil

from attriscope.workers import resources


def test_cores_are_those_this_process_may_use() -> None:
    assert 1 <= resources.cores() <= (os.cpu_count() or 1)


def test_available_memory_heeds_a_containers_limit(tmp_path: Path) -> None:
    machine = resources.available_memory(tmp_path / "absent")
    assert 0 < machine <= psutil.virtual_memory().total
    (tmp_path / "memory.current").write_text("300\n")
    (tmp_path / "memory.max").write_text("1000\n")
    assert resources.available_memory(tmp_path) == 700
    (tmp_path / "memory.max").write_text("200\n")
    assert resources.available_memory(tmp_path) == 0
    (tmp_path / "memory.max").write_text("max\n")
    assert resources.available_memory(tmp_path) > 1000


def test_total_memory_heeds_a_containers_limit(tmp_path: Path) -> None:
    assert resources.total_memory(tmp_path / "absent") == psutil.virtual_memory().total
    (tmp_path / "memory.max").write_text("1000\n")
    assert resources.total_memory(tmp_path) == 1000
    (tmp_path / "memory.max").write_text("max\n")
    assert resources.total_memory(tmp_path) == psutil.virtual_memory().total


def test_resident_memory_of_a_process_that_runs_and_of_one_that_ended() -> None:
    assert resources.resident_memory(os.getpid()) > 1 << 20
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert resources.resident_memory(ended.pid) == 0
