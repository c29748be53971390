"""The example of Hugging Face's sequence classifiers, on a model in a folder and without a connection."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from attriscope import ExplorerError
from attriscope.workers.runtime import Runtime
from example_models import hf_text
from tests.server.workers.toys import Direct


def test_it_explains_its_sentences_with_any_model(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    from tests.server.adapters import tiny_huggingface as tiny

    tiny.distilbert().save_pretrained(tmp_path / "mine")
    tiny.wordpiece().save_pretrained(tmp_path / "mine")
    explorer = hf_text.explorer(model=str(tmp_path / "mine"))
    sentences = hf_text.TEXTS.read_text().splitlines()
    assert len(explorer.dataset) == len(sentences) >= 8
    client = Direct(Runtime(explorer, "cpu"))
    answer = client.attribute(client.scan(2), 1, model="mine", method="integrated_gradients")
    assert answer.of("result")[0].body["maps"][0]["maximum"] > 0

    (tmp_path / "texts.tsv").write_text("text\tlabel\nThe film is good\tpositive\n")
    own = hf_text.explorer(data=str(tmp_path / "texts.tsv"), model=str(tmp_path / "mine"))
    assert [item.labels for item in own.dataset] == ["positive"]


def test_without_a_connection_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ExplorerError) as caught:
        hf_text.explorer(model="nobody/no-such-model")
    assert caught.value.code == "model_unavailable"


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ExplorerError, match=r"attriscope\[huggingface\]") as caught:
        hf_text.explorer()
    assert caught.value.code == "extra_missing"
