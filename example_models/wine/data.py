"""The table, normalised by the rows that the network is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import Dataset

TABLE = Path(__file__).with_name("wine.safetensors")
CLASSES = ("cultivar 1", "cultivar 2", "cultivar 3")
COLUMNS = (
    "alcohol",
    "malic acid",
    "ash",
    "alcalinity of ash",
    "magnesium",
    "total phenols",
    "flavanoids",
    "nonflavanoid phenols",
    "proanthocyanins",
    "colour intensity",
    "hue",
    "OD280/OD315",
    "proline",
)
_HELD_OUT = 4
"""Every fourth wine is."""


@dataclass(frozen=True)
class Table:
    """Rows as they were measured and normalised, and which of them the network is trained on."""

    rows: Tensor
    labels: Tensor
    trained: Tensor
    mean: Tensor
    std: Tensor
    normalised: Tensor


@cache
def load() -> Table:
    """The table beside this file."""
    stored = load_file(TABLE)
    rows, labels = stored["rows"], stored["labels"]
    trained = torch.arange(len(rows)) % _HELD_OUT != 0
    mean, std = rows[trained].mean(0), rows[trained].std(0)
    return Table(rows, labels, trained, mean, std, (rows - mean) / std)


class Wine(Dataset[tuple[Tensor, int]]):
    """The held-out wines, the three cultivars in turns as far as they go, each with its label."""

    def __init__(self) -> None:
        table = load()
        held_out = (~table.trained).nonzero().flatten().tolist()
        turn: dict[int, int] = {}
        order = []
        for row in held_out:
            label = int(table.labels[row])
            turn[label] = turn.get(label, -1) + 1
            order.append((turn[label], label, row))
        self._rows = [row for _, _, row in sorted(order)]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        if not 0 <= number < len(self):
            raise IndexError(f"Wine {number} is not among 0 to {len(self) - 1}.")
        table, row = load(), self._rows[number]
        return table.normalised[row], int(table.labels[row])
