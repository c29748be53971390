"""Edits of samples, from the mask to the prediction: what they fill, what they leave, and whose they are."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from attriscope.jobs.samples import UPLOADS
from tests.live import EXPLORERS, LiveServer

PLACE = "/api/explorers/faulty/samples"
SIDE = 8


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    env = {"ATTRISCOPE_MAX_UPLOADS": "3", "ATTRISCOPE_NO_STORE": "1"}
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer", env=env) as running:
        running.samples(count=4)
        yield running


def mask(rows: slice, columns: slice) -> tuple[np.ndarray, dict[str, Any]]:
    drawn = np.zeros((SIDE, SIDE), bool)
    drawn[rows, columns] = True
    bits = base64.b64encode(np.packbits(drawn).tobytes()).decode()
    return drawn, {"width": SIDE, "height": SIDE, "bits": bits}


WHERE, SENT = mask(slice(1, 4), slice(2, 8))
BLACK = {"kind": "colour", "colour": [0, 0, 0]}


def edited(server: LiveServer, index: int = 0, client: httpx.Client | None = None, **changes: Any) -> httpx.Response:
    body = {"kind": "erase", "feature": "image", "mask": SENT, "fill": BLACK, **changes}
    return (client or server.client).post(f"{PLACE}/{index}/edits", json=body)


def drawn(server: LiveServer, index: int) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(server.client.get(f"{PLACE}/{index}/image/image.png").content)))


def test_an_edit_is_a_sample_beside_the_original_and_explained_like_it(server: LiveServer) -> None:
    answer = edited(server)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["index"] >= UPLOADS
    told = {"kind": "erase", "sample": 0, "feature": "image", "share": WHERE.mean(), "fill": BLACK}
    assert made["edit"] == told
    assert made["label"] == server.client.get(f"{PLACE}/0").json()["label"]
    before, after = drawn(server, 0), drawn(server, made["index"])
    assert (after[WHERE] == 0).all()
    assert (after[~WHERE] == before[~WHERE]).all()
    job = server.finish(server.submit(samples=[0, made["index"]], method="saliency").json())
    assert job["state"] == "done", job
    assert job["items"][0]["key"] != job["items"][1]["key"]
    again = edited(server, made["index"])
    assert (again.status_code, again.json()["code"]) == (422, "edit_unchanged")


def test_live_predictions_are_those_of_the_kept_edit_and_keep_nothing(server: LiveServer) -> None:
    model = server.explorer()["description"]["models"][0]["name"]
    fill = {"kind": "baseline", "baseline": "white"}
    edit = {"kind": "erase", "feature": "image", "mask": SENT, "fill": fill}
    body = {"edit": edit, "models": [model], "classes": [3]}
    answer = server.client.post(f"{PLACE}/1/edits/predictions", json=body)
    assert answer.status_code == 200, answer.text
    live = answer.json()
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(live["image"]))))
    assert (picture[WHERE] == 255).all()
    index = edited(server, 1, fill=fill).json()["index"]
    kept = server.wait(lambda: server.client.get(f"{PLACE}/{index}").json()["predictions"])
    assert live["predictions"] == kept
    wrong = server.client.post(f"{PLACE}/1/edits/predictions", json={**body, "models": ["none"]})
    assert wrong.status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"mask": {**SENT, "width": 9}}, 422, "mask_size"),
        ({"mask": {**SENT, "bits": base64.b64encode(bytes(8)).decode()}}, 422, "mask_empty"),
        ({"mask": {**SENT, "bits": base64.b64encode(bytes(9)).decode()}}, 422, "mask_bits"),
        ({"mask": {**SENT, "bits": "%%%"}}, 422, "mask_bits"),
        ({"feature": "sound"}, 422, "unknown_feature"),
        ({"fill": {"kind": "baseline", "baseline": "nothing"}}, 422, "unknown_baseline"),
        ({"mask": {**SENT, "bits": "A" * (2 << 20)}}, 413, None),
    ],
)
def test_what_cannot_be_edited_so_is_refused(
    server: LiveServer, changes: dict[str, Any], status: int, code: str | None
) -> None:
    answer = edited(server, **changes)
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])


@pytest.mark.parametrize(
    "fill", [{"kind": "paint"}, {"kind": "colour", "colour": [0, 0, 256]}, {"kind": "colour", "colour": [0, 0]}, {}]
)
def test_an_unknown_fill_is_refused(server: LiveServer, fill: dict[str, Any]) -> None:
    answer = edited(server, fill=fill)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("erase.fill")


def test_a7_another_sessions_sample_can_neither_be_edited_nor_removed(server: LiveServer) -> None:
    index = edited(server, 2).json()["index"]
    with closing(server.new_session()) as other:
        assert edited(server, index, client=other).status_code == 404
        assert other.delete(f"{PLACE}/{index}").status_code == 404
        assert edited(server, 10**6, client=other).status_code == 404
    assert server.client.get(f"{PLACE}/{index}").status_code == 200


def test_own_samples_can_be_removed_and_the_datasets_cannot(server: LiveServer) -> None:
    index = edited(server, 3).json()["index"]
    assert server.client.delete(f"{PLACE}/{index}").status_code == 204
    assert server.client.get(f"{PLACE}/{index}").status_code == 404
    assert server.client.delete(f"{PLACE}/{index}").status_code == 404
    answer = server.client.delete(f"{PLACE}/0")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_own")
    assert server.client.get(f"{PLACE}/0").status_code == 200


def test_edits_count_among_the_sessions_uploads(server: LiveServer) -> None:
    with closing(server.new_session()) as client:
        fills = [{"kind": "colour", "colour": [0, 0, shade]} for shade in (1, 50, 100, 200)]
        indices = [edited(server, 0, client, fill=fill).json()["index"] for fill in fills]
        found = [client.get(f"{PLACE}/{index}").status_code for index in indices]
    assert found == [404, 200, 200, 200]


def test_edits_are_had_where_uploads_are() -> None:
    env = {"ATTRISCOPE_UPLOADS": "0"}
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer", env=env) as server:
        server.samples(count=1)
        answer = edited(server)
        assert (answer.status_code, answer.json()["code"]) == (403, "uploads_off")
