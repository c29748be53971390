"""Hugging Face's classifiers by the name of a model or the folder it is in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from attriscope import ExplorerError
from attriscope.adapters import huggingface
from attriscope.jobs.errors import received
from attriscope.settings import Settings
from attriscope.workers.failures import error_body
from attriscope.workers.runtime import Runtime
from tests.server.workers.toys import Direct

pytest.importorskip("transformers", reason="the extra huggingface is not installed")

from tests.server.adapters import tiny_huggingface as tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and its tokenizer as Hugging Face stores them."""
    path = tmp_path_factory.mktemp("hub") / "tiny-bert"
    tiny.bert().save_pretrained(path)
    tiny.wordpiece().save_pretrained(path)
    return path


def test_a_model_in_a_folder_explains_a_file_of_texts(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text('text,label\nThe film is good.,positive\n"A dull film, bad",0\n')
    found = huggingface.explorer(str(folder), texts=str(tmp_path / "texts.csv"))
    client = Direct(Runtime(found, "cpu"))
    assert tiny.model_of(client) == "tiny-bert"
    samples = client.scan(2)
    assert [frame.body["label"]["name"] for frame in samples.frames] == ["positive", "negative"]
    predictions = client.call("predict", {"model": "tiny-bert", "count": 1}, samples.arrays(0)).body["predictions"][0]
    with torch.no_grad():
        logits = tiny.bert()(**tiny.wordpiece()("The film is good.", return_tensors="pt")).logits[0]
    assert predictions[0]["output"] == pytest.approx(float(logits.max()), abs=1e-4)


def test_an_image_model_in_a_folder_explains_a_folder_of_images(tmp_path: Path) -> None:
    tiny.vit().save_pretrained(tmp_path / "vit")
    tiny.processor().save_pretrained(tmp_path / "vit")
    (tmp_path / "images" / "neutral").mkdir(parents=True)
    tiny.pictures()[0].save(tmp_path / "images" / "neutral" / "1.png")
    client = Direct(Runtime(huggingface.explorer(str(tmp_path / "vit"), images=str(tmp_path / "images")), "cpu"))
    assert client.scan(1).frames[0].body["label"]["index"] == 1


def test_a_model_without_a_trained_classifier_is_refused(tmp_path: Path, folder: Path) -> None:
    from transformers import BertForMaskedLM

    BertForMaskedLM(tiny.bert().config).save_pretrained(tmp_path / "lm")
    tiny.wordpiece().save_pretrained(tmp_path / "lm")
    (tmp_path / "texts.txt").write_text("The film is good.\n\nbad film\n")
    found = huggingface.explorer(str(tmp_path / "lm"), texts=str(tmp_path / "texts.txt"))
    assert len(found.dataset) == 2
    with pytest.raises(ExplorerError, match=r"has no trained classifier: it lacks .*classifier"):
        found.models["lm"]()


def test_a_model_that_cannot_be_downloaded_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "texts.txt").write_text("good film")
    with pytest.raises(ExplorerError) as caught:
        huggingface.explorer("nobody/no-such-model", texts=str(tmp_path / "texts.txt"))
    assert (caught.value.code, caught.value.field) == ("model_unavailable", "model")
    assert "'nobody/no-such-model' could not be read" in caught.value.message
    assert "download it elsewhere and give its folder" in caught.value.message
    with pytest.raises(ExplorerError, match="--model: no folder '/no/such/folder'"):
        huggingface.explorer("/no/such/folder", texts=str(tmp_path / "texts.txt"))


def test_users_of_a_shared_server_see_no_folder_of_it(tmp_path: Path) -> None:
    (tmp_path / "my models" / "empty").mkdir(parents=True)
    (tmp_path / "texts.txt").write_text("good film")
    for model, texts in (
        (tmp_path / "my models" / "empty", tmp_path / "texts.txt"),
        (tmp_path / "my models" / "none", tmp_path / "texts.txt"),
        (tmp_path / "my models" / "empty", tmp_path / "my texts" / "none.txt"),
    ):
        with pytest.raises(ExplorerError) as caught:
            huggingface.explorer(str(model), texts=str(texts))
        body = error_body(caught.value).model_dump()
        assert str(tmp_path) in str(body)
        assert str(tmp_path) not in str(received(body, Settings(mode="team")))


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ExplorerError) as caught:
        huggingface.explorer("some/model", texts="texts.txt")
    assert caught.value.code == "extra_missing"
    assert 'pip install "attriscope[huggingface]"' in caught.value.message
