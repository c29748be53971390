"""The pages on images, texts, tables and mixtures: their blocks are files that run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torchvision.models import resnet18
from typer.main import get_command

from attriscope.cli import EXAMPLES, cli
from attriscope.workers.runtime import Runtime
from attriscope.workers.source import ExplorerSource
from tests.server.workers.toys import Direct

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("images", "texts", "tables", "mixtures")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.S)


def factories() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for name in re.findall(r"^def (\w+)\(\) -> Explorer:", "\n".join(blocks(page, "python")), re.M):
            yield page, name


def _flowers(folder: Path) -> None:
    for number, name in enumerate(("daisy", "tulip")):
        (folder / "flowers" / name).mkdir(parents=True)
        for shade in (60, 120, 180):
            Image.new("RGB", (80, 70), (shade, 90 * number, 40)).save(folder / "flowers" / name / f"{shade}.png")
    torch.manual_seed(0)
    torch.save(resnet18(num_classes=2).state_dict(), folder / "flowers.pt")


def _hub(folder: Path) -> None:
    from tests.server.adapters import tiny_huggingface as tiny

    for name, parts in {"my-vit": (tiny.vit(), tiny.processor()), "my-model": (tiny.bert(), tiny.wordpiece())}.items():
        for part in parts:
            part.save_pretrained(folder / name)


PREPARED: dict[str, Callable[[Path], None]] = {"images": _flowers}
METHODS: dict[str, tuple[str, ...]] = {
    "images": ("saliency", "layer_grad_cam", "occlusion"),
    "texts": ("integrated_gradients", "feature_ablation"),
    "tables": ("integrated_gradients", "kernel_shap"),
    "mixtures": ("integrated_gradients", "feature_ablation"),
}


def test_every_page_has_its_factories() -> None:
    found = list(factories())
    assert [name for _, name in found].count("explorer") == len(PAGES)
    assert ("images", "with_presets") in found
    assert {page for page, name in found if name == "hugging_face"} == {"images", "texts"}


@pytest.mark.parametrize(("page", "factory"), list(factories()))
def test_what_a_page_shows_runs(page: str, factory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if factory == "hugging_face":
        pytest.importorskip("transformers", reason="the extra huggingface is not installed")
        _hub(tmp_path)
    PREPARED.get(page, lambda _: None)(tmp_path)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / f"{page}_{factory}.py"
    file.write_text("\n\n".join(blocks(page, "python")))
    client = Direct(Runtime.from_source(ExplorerSource(name=page, path=str(file), factory=factory), "cpu"))
    told = client.runtime.description
    assert told.notices == []
    assert [model.notices for model in told.models if model.notices and model.notices[0].code != "eval_mode"] == []
    samples = client.scan(2)
    assert len(samples.frames) == 2
    model = told.models[0]
    predicted = client.call("predict", {"model": model.name, "count": 1}, samples.arrays(0)).body["predictions"][0]
    assert len(predicted) == min(model.outputs or 0, 20)
    target = None if model.outputs == 1 else predicted[0]["index"]
    for method in METHODS[page]:
        answer = client.attribute(samples, 0, target=target, model=model.name, method=method)
        assert answer.of("result"), answer.of("failed")[0].body
        assert {drawn["feature"] for drawn in answer.of("result")[0].body["maps"]} == {
            feature.name for feature in told.features
        }


def test_every_command_is_one() -> None:
    """By the parser that reads it: names of commands, examples and options."""
    commands: Any = get_command(cli)
    for page in (*PAGES, "../README"):
        for line in re.findall(r"^\$ attriscope (.+)$", "\n".join(blocks(page, "console")), re.M):
            name, *rest = shlex.split(line.replace("[", "").replace("]", ""))
            known = {option for parameter in commands.commands[name].params for option in parameter.opts}
            assert {word for word in rest if word.startswith("--")} <= known, line
            if name == "demo":
                assert rest[0] in EXAMPLES, line
