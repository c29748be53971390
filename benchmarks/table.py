"""Rows of a benchmark that promises something: a figure, its bound, and whether it keeps to it."""

from __future__ import annotations

import json
import math
import operator
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.machine import described

_COMPARE = {"≤": operator.le, "<": operator.lt, "≥": operator.ge, "=": operator.eq}


@dataclass(frozen=True)
class Row:
    """`bound` None: told, not promised."""

    name: str
    value: float
    unit: str
    sign: Literal["≤", "<", "≥", "="] | None = None
    bound: float | None = None
    note: str = ""

    @property
    def kept(self) -> bool:
        if self.sign is None or self.bound is None:
            return True
        return not math.isnan(self.value) and bool(_COMPARE[self.sign](self.value, self.bound))

    def __str__(self) -> str:
        promise = "" if self.sign is None else f"{self.sign} {self.bound:g}"
        verdict = "" if self.sign is None else "ok" if self.kept else "MISSED"
        return f"{self.name:58}{self.value:10.4g} {self.unit:5}{promise:9}{verdict:8}{self.note}".rstrip()


@dataclass
class Table:
    rows: list[Row] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, sign: Any = None, bound: float | None = None, note: Any = ""
    ) -> None:
        self.rows.append(Row(name, float(value), unit, sign, bound, str(note)))
        print(self.rows[-1], flush=True)

    def heading(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    @property
    def kept(self) -> bool:
        return all(row.kept for row in self.rows)

    def close(self, machine: dict[str, Any], file: Path | None, **more: Any) -> int:
        """Prints the verdict, writes the file; the exit status."""
        missed = [row.name for row in self.rows if not row.kept]
        print(f"\nmachine: {described(machine)}")
        print(f"MISSED: {', '.join(missed)}" if missed else "Every bound is kept.")
        if file is not None:
            rows = [{**asdict(row), "kept": row.kept} for row in self.rows]
            file.write_text(json.dumps({"rows": rows, "kept": self.kept, "machine": machine, **more}, indent=1) + "\n")
        return 0 if self.kept else 1


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed; NaN where there is none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan
