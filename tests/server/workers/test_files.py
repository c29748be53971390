"""Which files an explorer is made of, as a worker tells them before its description."""

from __future__ import annotations

from pathlib import Path

import pytest

from attriscope.workers import files
from attriscope.workers.files import Files
from attriscope.workers.source import ExplorerSource
from tests.server.workers.toys import Start

MAIN = """
from pathlib import Path
from PIL import Image
import torch
from tests.explorers import faulty
import beside
from package.deep import VALUE

HERE = Path(__file__).parent

def explorer():
    torch.load(HERE / "elsewhere" / "net.pt")
    names = (HERE / "elsewhere" / "labels.txt").read_text().split()
    for picture in sorted((HERE / "pictures").iterdir()):
        picture.read_bytes()
    (HERE / "written.txt").write_text("by the explorer")
    return faulty._explorer(classes=names)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import torch

    for name in ("elsewhere", "pictures", "package", "unused"):
        (tmp_path / name).mkdir()
    torch.save({"x": torch.zeros(1)}, tmp_path / "elsewhere" / "net.pt")
    (tmp_path / "elsewhere" / "labels.txt").write_text("a b c d")
    (tmp_path / "unused" / "other.pt").write_text("")
    (tmp_path / "own.safetensors").write_text("")
    (tmp_path / "notes.md").write_text("")
    for number in range(40):
        (tmp_path / "pictures" / f"{number:02}.png").write_bytes(b"png")
    (tmp_path / "beside.py").write_text("import os")
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "deep.py").write_text("VALUE = 1")
    (tmp_path / "main_file.py").write_text(MAIN)
    return tmp_path


def test_a_worker_tells_the_files_that_its_explorer_is_made_of(start: Start, folder: Path) -> None:
    process = start(path=str(folder / "main_file.py"))
    process.await_load()
    [told] = [frame for frame in process.own if frame.type == "files"]
    paths = told.body["paths"]
    assert paths[0] == str(folder / "main_file.py")
    names = [str(Path(path).relative_to(folder)) for path in paths if Path(path).is_relative_to(folder)]
    pictures = [name for name in names if name.startswith("pictures")]
    assert len(pictures) == files.MOST_ALIKE
    assert set(names) - set(pictures) == {
        "main_file.py",
        "beside.py",
        "package/__init__.py",
        "package/deep.py",
        "elsewhere/net.pt",
        "elsewhere/labels.txt",
        "own.safetensors",
    }
    assert not [path for path in paths if "site-packages" in path or "/attriscope/" in path or path.startswith("/proc")]


def test_a_file_that_cannot_be_loaded_is_told_too(start: Start, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('half written')")
    process = start(path=str(tmp_path / "broken.py"))
    frames = []
    while not frames or frames[-1].type != "load_failed":
        frames.append(process.frames.get(timeout=60))
    [told] = [frame for frame in frames if frame.type == "files"]
    assert str(tmp_path / "broken.py") in told.body["paths"]


def test_nothing_is_noted_outside_the_block_and_never_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 5)
    names = [tmp_path / f"{number}.weights{number}" for number in range(9)]
    for name in names:
        name.write_text("")
    found = Files(ExplorerSource("x", path=str(tmp_path / "absent.py")))
    names[0].read_text()
    with found.recording():
        for name in names[1:]:
            name.read_text()
        (tmp_path / "gone").write_text("")
        (tmp_path / "gone").read_text()
        (tmp_path / "gone").unlink()
    names[0].read_text()
    assert found.paths() == [str(tmp_path / "absent.py"), *map(str, names[1:5])]
