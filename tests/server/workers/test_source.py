from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from attriscope.errors import ExplorerError
from attriscope.workers.source import ExplorerSource, load

GOOD = """
from attriscope import Explorer
from torch import nn
import torch

def explorer(size=4):
    return Explorer(nn.Sequential(nn.Flatten(), nn.Linear(3 * size * size, 2)), [torch.rand(1, 3, size, size)])
"""


@pytest.fixture(autouse=True)
def _path_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def write(folder: Path, text: str, name: str = "mine.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def failure(source: ExplorerSource) -> ExplorerError:
    with pytest.raises(ExplorerError) as caught:
        load(source)
    return caught.value


def test_a_file_is_imported_and_its_factory_called_with_the_arguments(tmp_path: Path) -> None:
    loaded = load(ExplorerSource("x", path=write(tmp_path, GOOD), arguments={"size": 5}))
    assert loaded.explorer.dataset[0].shape == (1, 3, 5, 5)
    assert loaded.code.startswith(GOOD.encode())


def test_a_file_finds_the_files_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "SIZE = 6", "beside_it.py")
    path = write(tmp_path, "from beside_it import SIZE\n" + GOOD.replace("size=4", "size=SIZE"))
    assert load(ExplorerSource("x", path=path)).explorer.dataset[0].shape == (1, 3, 6, 6)


def test_a_file_named_like_a_loaded_module_leaves_that_alone(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "pytest.py")
    assert load(ExplorerSource("x", path=path)).explorer.dataset[0].shape == (1, 3, 4, 4)
    assert sys.modules["pytest"] is pytest


def test_a_module_is_imported_by_name() -> None:
    loaded = load(ExplorerSource("x", module="tests.explorers.faulty"))
    assert loaded.explorer.name == "Tiny"
    assert b"def explorer()" in loaded.code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = failure(ExplorerSource("x", path=str(tmp_path / "none.py")))
    assert (error.code, error.message) == ("file_missing", f"No file '{tmp_path / 'none.py'}'.")


def test_a_file_that_is_no_python_is_refused(tmp_path: Path) -> None:
    assert failure(ExplorerSource("x", path=write(tmp_path, "{}", "model.json"))).code == "file_missing"


def test_a_missing_factory_is_named_with_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path, "def my_explorer(): ...\ndef load(): ...\n")
    error = failure(ExplorerSource("x", path=path))
    assert (error.code, error.message) == (
        "factory_missing",
        "No function 'explorer' in mine.py. Nearest: my_explorer.",
    )


def test_a_factory_that_is_no_function_is_named(tmp_path: Path) -> None:
    error = failure(ExplorerSource("x", path=write(tmp_path, "explorer = 3")))
    assert error.message == "'explorer' in mine.py is of type int; it must be a function that returns an Explorer."


def test_a_factory_that_returns_something_else_is_named(tmp_path: Path) -> None:
    error = failure(ExplorerSource("x", path=write(tmp_path, "def explorer(): return 3")))
    assert (error.code, error.message) == (
        "factory_result",
        "explorer() in mine.py returned int; it must return an Explorer.",
    )


@pytest.mark.parametrize(
    ("text", "code", "frames"),
    [
        (
            "def explorer():\n    return helper()\ndef helper():\n    return {}['gone']\n",
            "factory_failed",
            ["explorer", "helper"],
        ),
        ("import json\njson.loads('{')\n", "import_failed", ["<module>"]),
        ("raise SystemExit(3)\n", "import_failed", ["<module>"]),
    ],
)
def test_what_the_file_raises_is_shown_with_its_own_frames(
    tmp_path: Path, text: str, code: str, frames: list[str]
) -> None:
    path = write(tmp_path, text)
    error = failure(ExplorerSource("x", path=path))
    assert error.code == code
    assert error.detail is not None
    assert [line.split("in ")[1] for line in error.detail.splitlines() if line.startswith("  File")] == frames
    assert error.detail.count(path) == len(frames)
    assert "source.py" not in error.detail
    assert "json/" not in error.detail


def test_a_syntax_error_shows_the_line(tmp_path: Path) -> None:
    error = failure(ExplorerSource("x", path=write(tmp_path, "def explorer(:\n    pass\n")))
    assert error.code == "import_failed"
    assert error.detail is not None
    assert "def explorer(:" in error.detail
    assert "line 1" in error.detail


def test_a_file_that_failed_can_be_tried_again(tmp_path: Path) -> None:
    path = write(tmp_path, "1 / 0")
    assert failure(ExplorerSource("x", path=path)).code == "import_failed"
    write(tmp_path, GOOD)
    assert load(ExplorerSource("x", path=path)).explorer.dataset[0].shape == (1, 3, 4, 4)


def test_an_error_in_the_declaration_keeps_its_field_and_gets_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("[torch.rand(1, 3, size, size)]", "None"))
    error = failure(ExplorerSource("x", path=path))
    assert error.field == "dataset"
    assert error.detail is not None
    assert "return Explorer(" in error.detail


@pytest.mark.parametrize("given", [{}, {"path": "a.py", "module": "a"}])
def test_a_source_is_a_file_or_a_module(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="give one of them"):
        ExplorerSource("x", **given)  # type: ignore[arg-type]


def test_the_code_of_an_explorer_holds_the_modules_beside_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    file, helper = tmp_path / "with_helper.py", tmp_path / "helper_of_mine.py"
    file.write_text(
        "import helper_of_mine, torch\nfrom attriscope import Explorer\n"
        "def explorer():\n    return Explorer(torch.nn.Flatten(), [torch.zeros(1, 2, 2)])\n",
        encoding="utf-8",
    )
    codes = []
    for factor in (2, 2, 5):
        helper.write_text(f"FACTOR = {factor}\n", encoding="utf-8")
        codes.append(load(ExplorerSource(name="with_helper", path=str(file))).code)
        del sys.modules["helper_of_mine"], sys.modules["with_helper"]
    assert codes[0] == codes[1] != codes[2]
    assert b"FACTOR = 5" in codes[2]
    assert Path(torch.__file__).read_bytes() not in codes[2]
