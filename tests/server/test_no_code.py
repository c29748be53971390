"""`attriscope serve --model …` with images or texts: nobody writes a line of code."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import resnet18

from tests.live import LiveServer
from tests.shared_data import need_data


def test_a_torchvision_model_explains_a_folder_of_photographs(tmp_path: Path) -> None:
    photos = need_data() / "photos"
    weights = tmp_path / "resnet18.pt"
    torch.manual_seed(0)
    torch.save(resnet18(weights=None).state_dict(), weights)
    arguments = ("serve", "--model", "torchvision:resnet18", "--images", str(photos), "--weights", str(weights))
    with LiveServer(*arguments) as server:
        page = server.samples(count=16)
        assert len(page["items"]) == 7
        assert page["state"] == "exhausted"
        description = server.explorer()["description"]
        assert len(description["classes"]) == 1000
        assert description["models"][0]["default_layer"] == "layer4"
        for settings in ({"method": "saliency"}, {"method": "layer_grad_cam", "layer": "layer4"}):
            job = server.run(samples=[0, 6], **settings)
            assert job["state"] == "done", job
            for item in job["items"]:
                values = np.load(io.BytesIO(server.client.get(f"/api/results/{item['key']}/image.npy").content))
                assert np.ptp(values) > 0
                assert values.shape[-1] == (224 if settings["method"] == "saliency" else 7)


# Nothing listens there: as good as no network, on machines that have one too.
OFFLINE = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")


def test_weights_that_cannot_be_downloaded_are_said_with_the_way_out(tmp_path: Path) -> None:
    photos = need_data() / "photos"
    arguments = ("serve", "--model", "torchvision:resnet18", "--images", str(photos))
    with LiveServer(*arguments, env={**OFFLINE, "TORCH_HOME": str(tmp_path)}, wait_ready=False) as server:
        server.wait(lambda: server.explorer()["state"] == "failed")
        assert "--weights" in server.explorer()["error"]["message"]


def test_a_hugging_face_model_explains_a_file_of_texts(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    from tests.server.adapters import tiny_huggingface as tiny

    tiny.bert().save_pretrained(tmp_path / "tiny-bert")
    tiny.wordpiece().save_pretrained(tmp_path / "tiny-bert")
    (tmp_path / "texts.txt").write_text("\n".join(tiny.TEXTS))
    arguments = ("serve", "--model", "huggingface:tiny-bert", "--texts", "texts.txt")
    root = str(Path(__file__).parents[2])
    with LiveServer(*arguments, cwd=tmp_path, env={"PYTHONPATH": f"{root}/server:{root}"}) as server:
        assert server.explorer()["id"] == "tiny-bert"
        (shown,) = server.samples(count=8)["items"][1]["features"]
        assert "unwatchable" in [word["text"] for word in shown["words"]]
        job = server.run(samples=[1], method="integrated_gradients")
        assert job["state"] == "done", job
        values = np.load(io.BytesIO(server.client.get(f"/api/results/{job['items'][0]['key']}/text.npy").content))
        assert values.shape == (1, 1, shown["width"])
        assert np.ptp(values) > 0


def test_a_hugging_face_model_that_cannot_be_downloaded_is_said_with_the_way_out(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    (tmp_path / "texts.txt").write_text("a text")
    arguments = ("serve", "--model", "huggingface:nobody/no-such-model", "--texts", str(tmp_path / "texts.txt"))
    with LiveServer(*arguments, env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}, wait_ready=False) as server:
        server.wait(lambda: server.explorer()["state"] == "failed")
        error = server.explorer()["error"]
        assert error["code"] == "model_unavailable"
        assert "give its folder" in error["message"]


def test_an_example_whose_data_cannot_be_downloaded_says_so(tmp_path: Path) -> None:
    with LiveServer("demo", "cifar10", "--data", str(tmp_path), env=OFFLINE, wait_ready=False) as server:
        server.wait(lambda: server.explorer()["state"] == "failed")
        error = server.explorer()["error"]
        assert error["code"] == "data_unavailable"
        assert str(tmp_path) in error["message"]
        assert "--data" in error["message"]
