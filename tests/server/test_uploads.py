"""Images of one's own, from the form to the map: cases P3, P4 and P8 to P12, and whose they are."""

from __future__ import annotations

import io
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from attriscope.jobs.samples import UPLOADS
from tests.live import EXPLORERS, LiveServer
from tests.server.web import pictures

MOST = 3
PLACE = "/api/explorers/faulty/samples"


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    env = {"ATTRISCOPE_MAX_UPLOADS": str(MOST), "ATTRISCOPE_MAX_UPLOAD_BYTES": "300000", "ATTRISCOPE_NO_STORE": "1"}
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer", env=env) as running:
        running.samples(count=4)
        yield running


def upload(server: LiveServer, content: bytes, name: str = "mine.png", client: httpx.Client | None = None) -> Any:
    return (client or server.client).post(PLACE, files={"file": (name, content, "image/png")})


def sample(server: LiveServer, index: int) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get(f"{PLACE}/{index}").json()
    return found


def plain(colour: str | tuple[int, int, int], side: int = 20) -> bytes:
    return pictures.encoded(Image.new("RGB", (side, side), colour))


def noise(side: int, kind: str = "PNG") -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return pictures.encoded(Image.fromarray(values), kind)


def test_an_uploaded_picture_is_predicted_and_explained_like_a_sample(server: LiveServer) -> None:
    answer = upload(server, plain((0, 255, 0)))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    index = told["index"]
    assert index >= UPLOADS
    assert told["label"] is None
    assert told["shapes"] == [[3, 8, 8]]
    predictions = server.wait(lambda: sample(server, index)["predictions"])
    assert predictions["tiny"][0]["name"] == "green"
    picture = server.client.get(f"{PLACE}/{index}/image/image.png")
    pixels = np.asarray(Image.open(io.BytesIO(picture.content)))
    assert pixels.shape == (8, 8, 3)
    assert (pixels == (0, 255, 0)).all()
    assert server.client.get(f"{PLACE}/{index}/image/baseline/black.png").status_code == 200
    job = server.finish(server.submit(samples=[index, 0], method="saliency").json())
    assert job["state"] == "done", job
    assert job["items"][0]["target_name"] == "green"
    drawn = np.load(io.BytesIO(server.client.get(f"/api/results/{job['items'][0]['key']}/image.npy").content))
    assert drawn.shape == (3, 8, 8)
    assert np.abs(drawn).max() > 0
    page = server.samples(count=24)
    assert page["scanned"] == 24
    assert all(item["index"] < UPLOADS for item in page["items"])
    label = server.submit(samples=[index], target="label")
    assert (label.status_code, label.json()["code"]) == (422, "no_label")


def test_a7_another_session_does_not_find_it(server: LiveServer) -> None:
    index = upload(server, plain("blue")).json()["index"]
    never = index + 10**6
    other = server.new_session()
    place = f"{PLACE}/{index}"
    for path in (place, f"{place}/image/image.png", f"{place}/image/baseline/zero.png", f"{place}/image/evidence.npy"):
        assert other.get(path).status_code == 404, path
    asked = server.request(target=0)
    answers = [other.post("/api/jobs", json={**asked, "samples": [n]}) for n in (index, never)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(str(index), "") == answers[1].text.replace(str(never), "")
    mine = upload(server, plain("blue"), client=other).json()["index"]
    assert mine != index
    other.close()


def test_a_session_keeps_so_many_and_the_oldest_go_first(server: LiveServer) -> None:
    client = server.new_session()
    indices = [upload(server, plain((shade, 0, 0)), client=client).json()["index"] for shade in range(0, 250, 50)]
    assert len(set(indices)) == 5
    found = [client.get(f"{PLACE}/{index}").status_code for index in indices]
    assert found == [404, 404, 200, 200, 200]
    again = upload(server, plain((200, 0, 0)), client=client)
    assert (again.status_code, again.json()["index"]) == (201, indices[-1])
    client.close()


@pytest.mark.parametrize("kind", sorted(pictures.ODD))
def test_p11_odd_pictures_have_a_defined_result(server: LiveServer, kind: str) -> None:
    answer = upload(server, pictures.ODD[kind], "odd")
    assert answer.status_code == 201, answer.text
    content = server.client.get(f"{PLACE}/{answer.json()['index']}/image/image.png").content
    pixels = np.asarray(Image.open(io.BytesIO(content))).astype(int)
    assert pixels.shape == (8, 8, 3)
    if kind in ("1x16000", "16000x1", "animated"):
        assert (pixels == (255, 0, 0)).all()
    elif kind == "alpha":
        assert (pixels == 255).all()
    elif kind == "turned":  # clockwise: what grew to the right grows downwards, what grew downwards to the left
        assert pixels[-1, 4, 0] > pixels[0, 4, 0] + 100
        assert pixels[4, 0, 1] > pixels[4, -1, 1] + 100
    elif kind == "grey16":
        assert pixels[0, 0].max() < pixels[-1, -1].min()
    elif kind != "one bit":
        assert pixels[4, -1, 0] > pixels[4, 0, 0] + 100


@pytest.mark.parametrize("suffix", ["eps", "psd", "svg", "zip", "pt", "pkl", "npy", "pdf", "txt"])
def test_p10_what_is_no_image_is_refused_by_its_content_and_nothing_is_unpickled(
    server: LiveServer, suffix: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    content = pictures.not_images(canary)[suffix]
    for name in (f"file.{suffix}", "picture.png"):
        answer = upload(server, content, name)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    assert not canary.exists()


def test_p8_an_image_bomb_is_refused_by_its_header(server: LiveServer) -> None:
    content = pictures.bomb()
    assert len(content) < 20_000
    answer = upload(server, content)
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")
    assert "9000×9000" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_p9_half_an_image_is_refused(server: LiveServer, kind: str) -> None:
    content = noise(60, kind)
    for part in (content[: len(content) // 2], content[:40]):
        answer = upload(server, part)
        assert (answer.status_code, answer.json()["code"]) == (422, "image_broken")


def test_p12_a_url_is_no_image_and_nobody_asks_for_it(server: LiveServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1.0)
        asked = threading.Event()

        def accept() -> None:
            try:
                listener.accept()
                asked.set()
            except TimeoutError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        for url in (f"http://127.0.0.1:{listener.getsockname()[1]}/x.png", "file:///etc/passwd"):
            for options in ({"files": {"file": (None, url)}}, {"data": {"file": url}}, {"json": {"file": url}}):
                answer = server.client.post(PLACE, **options)  # type: ignore[arg-type]
                assert (answer.status_code, answer.json()["field"]) == (422, "file"), options
        thread.join()
        assert not asked.is_set()


def test_p4_a_form_of_too_many_fields_is_not_read(server: LiveServer) -> None:
    answer = server.client.post(PLACE, files=[("f", (None, "x"))] * 1001)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([("nothing", (None, ""))], "file_missing"),
        ([("other", ("a.png", b"x", "image/png"))], "file_missing"),
        ([("file", ("a.png", b"", "image/png"))], "file_empty"),
        ([("file", ("a.png", b"x", "image/png"))] * 2, "one_file"),
        ([("file", ("a.png", b"x", "image/png")), ("more", (None, "text"))], "one_file"),
    ],
)
def test_a_form_has_one_file_alone(server: LiveServer, parts: list[Any], code: str) -> None:
    answer = server.client.post(PLACE, files=parts)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_p3_a_file_beyond_the_bound_is_refused(server: LiveServer) -> None:
    content = noise(330)
    assert 300_000 < len(content) < 360_000
    for too_large in (content, content + bytes(2_000_000)):
        assert upload(server, too_large).status_code == 413


def test_a_form_that_breaks_off_is_told(server: LiveServer) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert server.client.post(PLACE, content=b"no boundary at all", headers=kind).status_code in (400, 422)
    answer = server.client.post(PLACE, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert answer.status_code == 400
    assert server.client.post("/api/explorers/none/samples", files={"file": b"x"}).status_code == 404


TWO_INPUTS = """
from tests.explorers import faulty
import torch
from attriscope import Batch

class Scaled(faulty.Tiny):
    def forward(self, x, by):
        return super().forward(x) * by[:, None]

def explorer():
    data = [Batch(faulty.picture(0)[None], [0], additional_args=torch.ones(1))]
    return faulty._explorer(models={"scaled": Scaled}, dataset=data)
"""


def test_uploads_can_be_off_and_need_a_model_of_one_input(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    file.write_text(TWO_INPUTS)
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with LiveServer("serve", f"{file}:explorer", env=env) as server:
        answer = server.client.post("/api/explorers/two/samples", files={"file": plain("red")})
        assert (answer.status_code, answer.json()["code"]) == (422, "upload_unsupported")
        assert "takes 2 inputs" in answer.json()["message"]
    with LiveServer("serve", f"{file}:explorer", env={**env, "ATTRISCOPE_UPLOADS": "0"}, wait_ready=False) as server:
        answer = server.client.post("/api/explorers/two/samples", files={"file": plain("red")})
        assert (answer.status_code, answer.json()["code"]) == (403, "uploads_off")
