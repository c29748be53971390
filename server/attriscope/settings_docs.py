"""Writes the documentation's page about settings, from the one table.

python -m attriscope.settings_docs docs
python -m attriscope.settings_docs --check docs
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from attriscope.options import Row, rows

_NAME = "settings.md"


def page() -> str:
    """The text of docs/settings.md."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield "# Settings"
    yield "<!-- Written by `make docs`; edit `server/attriscope/settings.py` instead. -->"
    yield (
        "Each setting is an option of `attriscope serve` and `attriscope demo` and a variable of the environment; the "
        "option goes first. Durations are written `90`, `30s`, `15m`, `2h` or `1d`; sizes `512M` or `2G`, in powers "
        "of 1024; lists with commas; switches in the environment as `true` or `false`."
    )
    for group, found in groupby(rows(), key=lambda row: row.group):
        yield f"## {group}"
        yield _table(found)


def _table(found: Iterable[Row]) -> str:
    lines = [("Option", "Variable", "Default", "Bounds", "Meaning"), ("---",) * 5]
    for row in found:
        option = f"`{row.option}{' ' if row.metavar else ''}{row.metavar}`" if row.option else "–"
        default = f"`{row.default}`" if row.default else ""
        lines.append((option, f"`{row.variable}`", default, row.bounds, row.description))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="fail if the page differs, and write nothing")
    options = parser.parse_args()
    path = options.folder / _NAME
    if not options.check:
        path.write_text(page(), encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != page():
        sys.exit(f"{path} is not what the table says; run `make docs`.")


if __name__ == "__main__":
    main()
