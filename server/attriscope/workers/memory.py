"""The memory of a worker's device, as its parent and the `Shelf` are told."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from attriscope.workers import resources

APART = frozenset({"cuda", "mps"})
"""Kinds of device whose memory is not, or not simply, the process's own."""


@dataclass(frozen=True)
class Memory:
    """Bytes. free: what any process can still take. kept: freed by torch and not given back; ours alone."""

    free: int
    total: int
    kept: int = 0


def of(device: torch.device) -> Memory:
    """A CPU's is what the machine has, or the container's limit allows."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return Memory(free, total, torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "mps":
        total, taken = torch.mps.recommended_max_memory(), torch.mps.driver_allocated_memory()
        return Memory(max(0, total - taken), total, max(0, taken - torch.mps.current_allocated_memory()))
    return Memory(resources.available_memory(), resources.total_memory())
