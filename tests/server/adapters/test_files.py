"""Files of texts, read as what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from attriscope import ExplorerError
from attriscope.adapters.files import Texts, read_texts


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", "one\n\n  two, three \n", Texts(["one", "two, three"], None)),
        ("a.csv", 'text,label\n"one, and\nmore",good\ntwo,1\n', Texts(["one, and\nmore", "two"], ["good", 1])),
        ("a.csv", "label,text\n,one\n", Texts(["one"], None)),
        ("a.TSV", "text\ttext_pair\nzwölf\televen\n", Texts([("zwölf", "eleven")], None)),
        ("a.jsonl", '{"text": "one", "label": 2}\n\n{"text": "two"}\n', Texts(["one", "two"], [2, None])),
        ("a.csv", "\ufefftext\none\n", Texts(["one"], None)),
    ],
)
def test_every_form(name: str, content: str, expected: Texts, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_texts(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"words\none\n", "row 1 of a.csv has no 'text'"),
        ("a.jsonl", b'{"text": "one"}\nno\n', "line 2 of a.jsonl is no JSON"),
        ("a.jsonl", b"[1]\n", "row 1 of a.jsonl has no 'text'"),
        ("a.jsonl", b'{"text": "one", "label": 0.5}\n', "the label in row 1 of a.jsonl is 0.5"),
        ("a.txt", b"\xff\xfe\x00", "a.txt cannot be read"),
    ],
)
def test_a_broken_file_names_the_place(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ExplorerError) as caught:
        read_texts(tmp_path / name)
    assert caught.value.code == "texts_broken"
    assert words in caught.value.message


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ExplorerError, match=r"--texts: no file 'none\.txt'"):
        read_texts(Path("none.txt"))
