"""The call that makes a sample of an uploaded file."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch
from PIL import Image

from attriscope import Batch, ImageFeature
from attriscope.adapters.torchvision import explorer as torchvision_explorer
from attriscope.workers.arrays import to_tensor
from attriscope.workers.image_types import image_type
from attriscope.workers.protocol import Array
from attriscope.workers.runtime import Runtime
from attriscope.workers.sample_info import SampleInfo
from tests.server.web import pictures
from tests.server.workers.toys import Answer, Direct, Net, Start, runtime
from tests.server.workers.toys import pictures as tensors


def upload(client: Direct, content: bytes, name: str = "mine.png") -> Answer:
    return client.call("upload", {"name": name}, {"file": Array("uint8", (len(content),), content)})


def test_a_file_becomes_a_sample_like_the_datasets() -> None:
    client = Direct(runtime())
    answer = upload(client, pictures.encoded(Image.new("RGB", (30, 10), "blue")))
    info = SampleInfo.model_validate(answer.body)
    assert (info.index, info.label, info.shapes) == (-1, None, [[3, 8, 8]])
    value = to_tensor(answer.last.arrays["input.0"])
    assert torch.equal(value, torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1).expand(3, 8, 8))
    assert bytes(answer.last.arrays["display.image"].data).startswith(b"\x89PNG")
    again = upload(client, pictures.encoded(Image.new("RGB", (8, 8), "blue")))
    assert again.body["sha256"] == info.sha256
    assert not client.own


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unsupported_type"),
        (b"8BPS" + bytes(50), "unsupported_type"),
        (pictures.bomb(), "image_too_large"),
        (pictures.encoded(pictures.gradient())[:60], "image_broken"),
    ],
)
def test_what_is_no_image_is_refused(content: bytes, code: str) -> None:
    error = upload(Direct(runtime()), content).error
    assert error["code"] == code
    assert "mine.png" in error["message"]


def test_an_explorer_of_several_inputs_or_without_samples_takes_none() -> None:
    two = [Batch((tensors(), tensors(seed=1)), [0] * 6)]
    several = Direct(runtime(models={"net": Net}, dataset=two, features=[ImageFeature("a"), ImageFeature("b")]))
    content = pictures.encoded(pictures.gradient())
    assert upload(several, content).error["code"] == "upload_unsupported"
    empty = upload(Direct(runtime(dataset=[])), content).error
    assert empty["code"] == "upload_unsupported"
    assert "no first sample" in empty["message"]


def test_a_function_of_the_users_that_raises_is_told_with_its_traceback() -> None:
    def broken(picture: Image.Image) -> torch.Tensor:
        raise KeyError("no such transform")

    client = Direct(runtime(features=ImageFeature(from_upload=broken)))
    error = upload(client, pictures.encoded(pictures.gradient())).error
    assert error["code"] == "upload_failed"
    assert "KeyError" in error["message"]
    assert "broken" in error["detail"]


def test_without_code_an_upload_goes_the_way_of_the_folders_images(tmp_path: Path) -> None:
    import torchvision.models as zoo

    picture = pictures.gradient(300, 260)
    picture.save(tmp_path / "one.png")
    weights = tmp_path / "net.pt"
    torch.save(zoo.get_model("squeezenet1_1", weights=None, num_classes=3).state_dict(), weights)
    client = Direct(Runtime(torchvision_explorer("squeezenet1_1", str(tmp_path), str(weights)), "cpu"))
    of_folder = client.scan(1).frames[0]
    uploaded = upload(client, (tmp_path / "one.png").read_bytes())
    assert uploaded.body["sha256"] == of_folder.body["sha256"]


def test_an_upload_does_not_wait_for_a_computation(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "marker"
    monkeypatch.setenv("ATTRISCOPE_TEST_MARKER", str(marker))
    process = start("hanging")
    process.await_load()
    samples = process.scan(2)
    marker.touch()
    process.post("predict", {"model": "hanging", "count": 1}, samples.arrays(0))
    content = pictures.encoded(pictures.gradient())
    done = threading.Timer(60, process.worker.kill)
    done.start()
    assert process.call("upload", {"name": "x"}, {"file": Array("uint8", (len(content),), content)}).body["index"] == -1
    done.cancel()
    process.worker.kill()


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "PNG"), ("JPEG", "JPEG"), ("WEBP", "WebP"), ("BMP", "BMP"), ("GIF", "GIF"), ("TIFF", "TIFF")],
)
def test_images_are_known_by_their_first_bytes(kind: str, name: str) -> None:
    assert image_type(pictures.encoded(pictures.gradient(), kind)) == name


def test_what_is_no_image_has_no_type(tmp_path: Path) -> None:
    assert {image_type(content) for content in pictures.not_images(tmp_path / "x").values()} == {None}
    assert image_type(b"") is None
