from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import attriscope
from attriscope.cli import _distinct, _file_source, cli
from attriscope.web import server
from tests.live import EXPLORERS, ROOT, LiveServer

runner = CliRunner()


def test_version() -> None:
    assert runner.invoke(cli, ["version"]).output.strip() == attriscope.__version__


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["serve"], "FILE --model"),
        (["serve", "a.py", "--model", "torchvision:resnet18"], "either"),
        (["serve", "nothing.py"], "nothing.py"),
        (["serve", "--model", "resnet18", "--images", "."], "torchvision:NAME huggingface:NAME_OR_FOLDER"),
        (["serve", "--model", "huggingface:bert"], "--images missing --texts"),
        (["serve", "--model", "huggingface:bert", "--texts", "no.txt"], "--texts no.txt"),
        (["serve", "--model", "huggingface:bert", "--texts", "a.txt", "--images", "."], "--texts --images"),
        (["serve", "--model", "huggingface:bert", "--images", ".", "--weights", "w.pt"], "--weights"),
        (["serve", "--model", "torchvision:resnet18", "--texts", "a.txt"], "--texts huggingface:"),
        (["serve", "--model", "torchvision:resnet18"], "--images missing"),
        (["serve", "--model", "torchvision:resnet18", "--images", "/no/such"], "/no/such folder"),
        (["serve", "--model", "torchvision:resnet18", "--images", ".", "--weights", "no.pt"], "no.pt"),
        (["demo", "cats"], "cats scenes scenes_qa hf_text"),
        (["demo", "scenes", "--data", "."], "--data scenes cifar10"),
        (["demo", "cifar10", "--model", "resnet18"], "--model cifar10 imagenet hf_text"),
        (["demo", "--port", "99999"], "--port 99999 65535"),
        (["demo", "--devices", "tpu"], "tpu"),
        (["demo", "--host", "0.0.0.0"], "--allowed-hosts ATTRISCOPE_ALLOWED_HOSTS"),
        (["demo", "--idle-unload", "soon"], "--idle-unload soon duration"),
        (["demo", "--token-file", "/no/such"], "--token-file /no/such"),
        (["demo", "--path-prefix", "/api"], "--path-prefix /api"),
        (["demo", "--allowed-origins", "portal"], "--allowed-origins portal https://"),
    ],
)
def test_wrong_usage_names_what_is_wrong(arguments: list[str], parts: str) -> None:
    result = runner.invoke(cli, arguments, env={"COLUMNS": "200", "NO_COLOR": "1"})
    shown = " ".join(result.output.split())
    assert result.exit_code == 2
    for part in parts.split():
        assert part in shown


def test_a_port_in_use_is_said_when_it_was_asked_for_and_passed_over_when_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = runner.invoke(cli, ["demo", "--port", str(port)], env={"COLUMNS": "200"})
        assert result.exit_code == 2
        assert f"Port {port}" in " ".join(result.output.split())
        other = server.bind("127.0.0.1", port, exact=False)
        assert other.getsockname()[1] > port
        other.close()


def test_a_file_may_name_its_factory(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.touch()
    assert _file_source(f"{file}").factory == "explorer"
    named = _file_source(f"{file}:make")
    assert (named.name, named.path, named.factory) == ("mine", str(file), "make")


def test_files_of_one_name_are_explorers_of_different_names(tmp_path: Path) -> None:
    files = [tmp_path / folder / "mine.py" for folder in "abc"]
    for file in files:
        file.parent.mkdir()
        file.touch()
    sources = _distinct([_file_source(str(file)) for file in [*files[:2], files[0], files[2]]])
    assert [source.name for source in sources] == ["mine", "mine-2", "mine-3", "mine-4"]
    assert [source.path for source in sources] == [str(file) for file in [*files[:2], files[0], files[2]]]
    other = tmp_path / "mine-2.py"
    other.touch()
    named = _distinct([_file_source(str(file)) for file in (files[0], files[1], other)])
    assert len({source.name for source in named}) == 3


def test_several_files_are_several_explorers() -> None:
    faulty = EXPLORERS / "faulty.py"
    with LiveServer("serve", f"{faulty}:explorer", f"{faulty}:scores", wait_ready=False) as server:
        found = server.client.get("/api/explorers").json()["explorers"]
        assert [explorer["id"] for explorer in found] == ["faulty", "faulty-2"]
        # The second one starts when somebody opens it.
        path = "/api/explorers/faulty-2"
        server.wait(lambda: server.client.get(path).json()["state"] == "ready")
        server.wait(lambda: server.client.get("/readyz").status_code == 200)
        server.wait(lambda: server.explorer()["state"] == "ready")
        found = server.client.get("/api/explorers").json()["explorers"]
        assert [explorer["name"] for explorer in found] == ["Tiny", "Scores"]


def test_the_web_process_imports_no_torch() -> None:
    code = (
        "import sys, attriscope.cli, attriscope.web.app, attriscope.web.server\n"
        "sys.exit(', '.join(sorted({'torch', 'torchvision', 'attribution_core'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
