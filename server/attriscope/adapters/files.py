"""Folders of images and files of texts, as datasets are made of them."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from attriscope.errors import ExplorerError
from attriscope.features.pictures import SUFFIXES, open_picture


class ImageFolder(Dataset[tuple[Tensor, str | None]]):
    """The images below a folder in the order of their paths; the first subfolder's name is the label.

    names: what the subfolders' names stand for, where they are no class names.

    Raises ExplorerError folder_missing. An item raises ExplorerError, naming the file, where it cannot be read.
    """

    def __init__(
        self, folder: Path, transform: Callable[[Any], Tensor], names: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.expanduser().resolve()
        if not self.folder.is_dir():
            raise ExplorerError("folder_missing", f"--images: no folder '{self.folder}'.", field="images")
        self.files = sorted(
            Path(parent, name)
            for parent, folders, names in os.walk(self.folder)
            for name in names
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        )
        self._transform, self._names = transform, names or {}

    @property
    def labels(self) -> list[str]:
        """The names of the subfolders with images, sorted."""
        return sorted({label for file in self.files if (label := self._label(file)) is not None})

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, str | None]:
        file = self.files[index]
        return self._transform(open_picture(file, str(file.relative_to(self.folder)))), self._label(file)

    def _label(self, file: Path) -> str | None:
        parts = file.relative_to(self.folder).parts
        return self._names.get(parts[0], parts[0]) if len(parts) > 1 else None


Text = str | tuple[str, str]
"""A text, or two that are read together."""

_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Texts:
    """The texts of a file and, where it has them, their labels: class names or numbers."""

    texts: list[Text]
    labels: list[str | int | None] | None


def read_texts(file: Path) -> Texts:
    """Reads a file of texts, UTF-8.

    `.csv`, `.tsv`: a line of column names, then rows; `.jsonl`: an object a line; in both 'text' and, where wanted,
    'text_pair' and 'label'. Any other name: a text a line; empty lines are passed over.

    Raises ExplorerError: file_missing, texts_broken.
    """
    if not file.is_file():
        raise ExplorerError("file_missing", f"--texts: no file '{file}'.", field="texts")
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExplorerError("texts_broken", f"--texts: {file.name} cannot be read: {error}", field="texts") from error
    suffix = file.suffix.lower()
    if suffix in _DELIMITERS:
        # Fields may hold line breaks, so that rows are not lines.
        rows: Iterable[tuple[int, Any]] = enumerate(
            csv.DictReader(content.splitlines(True), delimiter=_DELIMITERS[suffix]), 1
        )
    elif suffix == ".jsonl":
        rows = ((line, _parsed(file, line, text)) for line, text in enumerate(content.splitlines(), 1) if text.strip())
    else:
        texts: list[Text] = [line.strip() for line in content.splitlines() if line.strip()]
        return Texts(texts, None)
    found = [_row(file, number, row) for number, row in rows]
    labels = [label for _, label in found]
    return Texts([text for text, _ in found], None if all(label is None for label in labels) else labels)


def _parsed(file: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ExplorerError(
            "texts_broken", f"--texts: line {line} of {file.name} is no JSON: {error}", field="texts"
        ) from None


def _row(file: Path, number: int, row: Any) -> tuple[Text, str | int | None]:
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        raise ExplorerError("texts_broken", f"--texts: row {number} of {file.name} has no 'text'.", field="texts")
    pair, label = row.get("text_pair"), row.get("label")
    if isinstance(label, str):
        label = label.strip()
        label = int(label) if label.isdecimal() else label or None
    if label is not None and (isinstance(label, bool) or not isinstance(label, str | int)):
        raise ExplorerError(
            "texts_broken",
            f"--texts: the label in row {number} of {file.name} is {label!r}; it must be a class's name or number.",
            field="texts",
        )
    return (row["text"], str(pair)) if pair else row["text"], label
