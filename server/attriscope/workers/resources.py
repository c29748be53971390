"""What this machine, or the container it runs in, has to share out. Knows no torch."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """Processors this process may use: a container or `taskset` may leave it fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory(cgroup: Path = _CGROUP) -> int:
    """Bytes that can still be taken: what the machine has left, or the container's limit leaves."""
    machine: int = psutil.virtual_memory().available
    try:
        limit, used = ((cgroup / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return machine
    return machine if limit == "max" else min(machine, max(0, int(limit) - int(used)))


def total_memory(cgroup: Path = _CGROUP) -> int:
    """Bytes of memory the machine has, or the container's limit."""
    machine: int = psutil.virtual_memory().total
    try:
        limit = (cgroup / "memory.max").read_text().strip()
    except OSError:
        return machine
    return machine if limit == "max" else min(machine, int(limit))


def resident_memory(pid: int) -> int:
    """Bytes of memory a process holds; 0 for one that has ended."""
    try:
        resident: int = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
    return resident
