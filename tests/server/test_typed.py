"""Texts and rows of one's own, from what is typed to the map: cases P6 to P13, and what is said of them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import numpy as np
import pytest
import torch

from attriscope.jobs.samples import UPLOADS
from tests.explorers import kinds
from tests.live import EXPLORERS, LiveServer


def started(factory: str, **env: str) -> LiveServer:
    server = LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:{factory}", env={"ATTRISCOPE_NO_STORE": "1", **env})
    server.samples(count=4)
    return server


@pytest.fixture(scope="module")
def texts() -> Iterator[LiveServer]:
    with started("text") as server:
        yield server


@pytest.fixture(scope="module")
def rows() -> Iterator[LiveServer]:
    with started("table") as server:
        yield server


@pytest.fixture(scope="module")
def several() -> Iterator[LiveServer]:
    with started("mixed") as server:
        yield server


def place(server: LiveServer) -> str:
    return f"/api/explorers/{server.explorer()['id']}/samples"


def edited(server: LiveServer, edit: dict[str, Any], index: int = 0, client: httpx.Client | None = None) -> Any:
    return (client or server.client).post(f"{place(server)}/{index}/edits", json=edit)


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"kind": "text", "feature": "text", "text": words, **more}


def row(**values: Any) -> dict[str, Any]:
    return {"kind": "row", "feature": "table", "values": values}


def live(server: LiveServer, edit: dict[str, Any], index: int = 0) -> Any:
    models = [model["name"] for model in server.explorer()["description"]["models"]]
    return server.client.post(f"{place(server)}/{index}/edits/predictions", json={"edit": edit, "models": models})


def predicted(server: LiveServer, index: int) -> dict[str, Any]:
    found: dict[str, Any] = server.wait(lambda: server.client.get(f"{place(server)}/{index}").json()["predictions"])
    return found


def outputs(found: dict[str, Any], model: str) -> list[float]:
    return [entry["output"] for entry in sorted(found[model], key=lambda entry: entry["index"])]


def test_a_text_is_predicted_as_the_model_itself_predicts_its_tokens(texts: LiveServer) -> None:
    asked = text("The film is unwatchable")
    answer = edited(texts, asked)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["index"] >= UPLOADS
    assert made["edit"] == {"kind": "text", "sample": 0, "feature": "text"}
    assert made["label"] is None, "another text may well be of another class"
    assert [word["text"] for word in made["features"][0]["words"] if not word["padding"]] == [
        "the",
        "film",
        "is",
        "unwatchable",
    ]
    ids = torch.tensor([[5, 6, 7, 8, 9, 10, 0]])
    expected = kinds.Reader().eval()(ids)[0].tolist()
    kept = predicted(texts, made["index"])
    assert outputs(kept, "reader") == pytest.approx(expected, abs=1e-5)
    drafted = live(texts, asked).json()
    assert drafted["predictions"] == kept
    assert drafted["image"] is None
    assert drafted["feature"]["words"] == made["features"][0]["words"]
    job = texts.finish(texts.submit(samples=[made["index"], 0], method="integrated_gradients").json())
    assert job["state"] == "done", job
    key = job["items"][0]["key"]
    assert np.load(io.BytesIO(texts.client.get(f"/api/results/{key}/text.npy").content)).shape == (1, 1, kinds.LENGTH)


def test_a_new_text_stands_for_itself(texts: LiveServer) -> None:
    made = edited(texts, text("not  good\nfilm", new=True)).json()
    assert (made["name"], made["edit"], made["label"]) == ("not good film", None, None)
    long = edited(texts, text(f"good{' ' * 99}film {'is ' * 4}", new=True)).json()
    assert long["name"] == "good film is is is is"


def test_words_that_the_vocabulary_lacks_are_said(texts: LiveServer) -> None:
    asked = text("the zebra is good")
    for answer in (live(texts, asked), edited(texts, asked)):
        (notice,) = answer.json()["notices"]
        assert (notice["code"], notice["params"]) == ("words_unknown", {"words": ["zebra"]})
    assert live(texts, text("the film")).json()["notices"] == []


def test_a_row_is_predicted_as_the_model_itself_predicts_its_numbers(rows: LiveServer) -> None:
    asked = row(age=52, colour="blue")
    made = edited(rows, asked).json()
    assert made["edit"] == {"kind": "row", "sample": 0, "feature": "table", "values": {"age": 52.0, "colour": "blue"}}
    shown = {line["name"]: line["value"] for line in made["features"][0]["rows"]}
    before = {line["name"]: line["value"] for line in rows.samples(count=1)["items"][0]["features"][0]["rows"]}
    assert shown == {**before, "age": 52, "colour": "blue"}
    values = kinds.row(0)
    values[0], values[2:5] = 1.0, torch.tensor([0.0, 0.0, 1.0])
    expected = kinds.Rows().eval()(values[None])[0].tolist()
    assert outputs(predicted(rows, made["index"]), "rows") == pytest.approx(expected, abs=1e-5)
    assert live(rows, asked).json()["feature"]["rows"] == made["features"][0]["rows"]
    assert edited(rows, row(age=52), made["index"]).json()["code"] == "edit_unchanged"


def test_a_number_beyond_the_data_is_said(rows: LiveServer) -> None:
    (notice,) = edited(rows, row(age=900)).json()["notices"]
    assert notice["code"] == "beyond_the_data"
    assert notice["params"]["column"] == "age"
    assert notice["params"]["low"] < notice["params"]["high"] < 900


def test_other_inputs_stay_those_of_the_sample(several: LiveServer) -> None:
    made = edited(several, text("not good"), 2).json()
    assert made["edit"] == {"kind": "text", "sample": 2, "feature": "text"}
    before = several.client.get(f"{place(several)}/2").json()["features"]
    assert [old == new for old, new in zip(before, made["features"], strict=True)] == [True, False, True, True]
    for feature in ("image",):
        pictures = [
            several.client.get(f"{place(several)}/{index}/{feature}/image.png").content for index in (2, made["index"])
        ]
        assert pictures[0] == pictures[1]
    again = edited(several, row(age=60), made["index"]).json()
    assert again["edit"]["sample"] == made["index"]
    assert again["features"][1] == made["features"][1]
    fresh = edited(several, text("good film", new=True)).json()
    assert fresh["edit"] is not None, "the other inputs are the sample's"
    assert several.run(samples=[0, again["index"]], method="integrated_gradients")["state"] == "done"


def test_each_input_tells_the_baselines_that_it_has_itself(several: LiveServer) -> None:
    image, words, table, _ = several.explorer()["description"]["features"]
    assert [baseline["id"] for baseline in words["baselines"]] == ["padding", "unknown"]
    assert [baseline["id"] for baseline in table["baselines"]] == ["zero", "mean", "sample", "dataset_mean"]
    mask = {"width": 6, "height": 6, "bits": base64.b64encode(bytes([255] * 5)).decode()}
    for baseline in image["baselines"]:
        fill = {"kind": "baseline", "baseline": baseline["id"]}
        answer = live(several, {"kind": "erase", "feature": "image", "mask": mask, "fill": fill})
        # What is made of other samples fills no part of this one; the page does not offer it there.
        assert answer.status_code == (422 if baseline["id"] == "dataset_mean" else 200), answer.text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("good " * 8, "text_too_long", "8 tokens; at most 7"),
        ("g" * 20_001, "text_too_long", "20001 characters; at most 20000"),
    ],
)
def test_p8_a_text_that_is_too_long(texts: LiveServer, words: str, code: str, said: str) -> None:
    for answer in (edited(texts, text(words)), live(texts, text(words))):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert said in answer.json()["message"]


def test_p8_a_text_larger_than_any_request(texts: LiveServer) -> None:
    assert edited(texts, text("good " * 400_000)).status_code == 413


@pytest.mark.parametrize("words", ["", " \n\t "])
def test_p9_an_empty_text(texts: LiveServer, words: str) -> None:
    for answer in (edited(texts, text(words)), live(texts, text(words))):
        assert (answer.status_code, answer.json()["code"]) == (422, "text_empty")


def test_p10_what_no_text_can_be_made_of_is_refused_with_the_reason() -> None:
    with started("untyped") as server:
        (feature,) = server.explorer()["description"]["features"]
        assert feature["form"] is None
        assert feature["untyped"]["code"] == "no_tokenizer"
        assert "from_typed" in feature["untyped"]["message"]
        assert server.samples(count=1)["items"][0]["features"][0]["text"] is None
        answer = edited(server, text("good"))
        assert (answer.status_code, answer.json()["code"]) == (422, "no_tokenizer")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"colour": "purple"}, "unknown_category"),
        ({"colour": 1}, "unknown_category"),
        ({"age": "old"}, "wrong_type"),
        ({"aeg": 3}, "unknown_column"),
        ({"red": 1}, "unknown_column"),
        ({"age": 1e300}, "value_too_large"),
        ({"age": True}, None),
        ({"age": None}, None),
    ],
)
def test_p10_values_that_are_none(rows: LiveServer, values: dict[str, Any], code: str | None) -> None:
    answer = edited(rows, row(**values))
    assert answer.status_code == 422, answer.text
    assert code in (None, answer.json()["code"])
    (name,) = values
    assert name in answer.json()["field"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_p6_numbers_that_are_not_finite(rows: LiveServer, number: str) -> None:
    body = f'{{"kind": "row", "feature": "table", "values": {{"age": {number}}}}}'
    headers = {"Content-Type": "application/json"}
    answer = rows.client.post(f"{place(rows)}/0/edits", content=body, headers=headers)
    assert answer.status_code == 422, answer.text


def test_p10_another_kind_of_input_is_refused(texts: LiveServer, rows: LiveServer, several: LiveServer) -> None:
    assert edited(texts, {**row(age=3), "feature": "text"}).status_code == 422
    assert edited(rows, {**text("good"), "feature": "table"}).status_code == 422
    assert edited(texts, {**text("good"), "feature": "sound"}).json()["code"] == "unknown_feature"
    for feature in ("image", "extra"):
        assert edited(several, {**text("good"), "feature": feature}).json()["code"] == "edit_unsupported"
    mask = {"width": 7, "height": 1, "bits": "/g=="}
    fill = {"kind": "blur"}
    erased = edited(texts, {"kind": "erase", "feature": "text", "mask": mask, "fill": fill})
    assert (erased.status_code, erased.json()["code"]) == (422, "edit_unsupported")


@pytest.mark.parametrize(
    "words", ["good\x00film", "\u202egood", "go\u0301od 好 🎬 film", "good\r\n\tfilm", "##able good"]
)
def test_p11_odd_texts_have_a_defined_result(texts: LiveServer, words: str) -> None:
    assert edited(texts, text(words)).status_code == 201


def test_p11_half_a_character_is_refused(texts: LiveServer) -> None:
    body = b'{"kind": "text", "feature": "text", "text": "good \\ud800"}'
    headers = {"Content-Type": "application/json"}
    assert texts.client.post(f"{place(texts)}/0/edits", content=body, headers=headers).status_code in (400, 422)


def test_p12_an_address_is_a_text_like_any_other(texts: LiveServer) -> None:
    made = edited(texts, text("good file:///x", new=True)).json()
    assert made["name"] == "good file:///x"
    shown = [word["text"] for word in made["features"][0]["words"] if not word["padding"]]
    assert shown[:2] == ["good", "<unk>"]


def test_p13_markup_is_text(texts: LiveServer) -> None:
    made = edited(texts, text("<script> good", new=True)).json()
    assert made["name"] == "<script> good"
    assert made["features"][0]["words"][0]["text"] == "<script>"


def test_a7_another_sessions_text_is_not_found(texts: LiveServer) -> None:
    index = edited(texts, text("bad film")).json()["index"]
    with closing(texts.new_session()) as other:
        assert other.get(f"{place(texts)}/{index}").status_code == 404
        assert edited(texts, text("good"), index, other).status_code == 404


def test_a_read_only_demo_takes_neither() -> None:
    server = LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:text", "--mode", "demo")
    with server:
        server.samples(count=1)
        for answer in (edited(server, text("good")), live(server, text("good"))):
            assert (answer.status_code, answer.json()["code"]) == (403, "uploads_off")
