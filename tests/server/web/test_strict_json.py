from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attriscope.jobs.errors import Refused
from attriscope.web.strict_json import loads
from tests.server.web.conftest import BareServer

JSON = {"Content-Type": "application/json"}
REQUEST = {"explorer": "e", "model": "m", "samples": [0], "method": "saliency"}
finite = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(finite)
def test_finite_json_is_read_as_it_is(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_p6_numbers_that_are_not_finite_are_refused(bare: BareServer, number: str) -> None:
    with pytest.raises(Refused) as refused:
        loads(f'{{"n_steps": [{number}]}}'.encode())
    assert refused.value.status == 422
    body = json.dumps({**REQUEST, "arguments": {"n_steps": "?"}}).replace('"?"', number).encode()
    answer = bare.ask("/api/jobs", "POST", JSON, body)
    assert answer.status == 422
    assert "finite" in json.loads(answer.body)["message"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_p5_deep_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        loads(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("body", [b"[" * 3000, b"{", b"\xff\xfe", b'{"a": 1,}', b""])
def test_p5_what_is_not_json_is_a_400(bare: BareServer, body: bytes) -> None:
    answer = bare.ask("/api/jobs", "POST", JSON, body)
    # An empty body is a missing one, which FastAPI reports as such.
    assert answer.status == (400 if body else 422)
    assert {"code", "message", "params", "field"} <= json.loads(answer.body).keys()


@pytest.mark.parametrize(
    ("field", "value"),
    [("samples", [True]), ("target", True), ("samples", ["1"]), ("samples", [1.5]), ("samples", [-1]), ("samples", [])],
)
def test_p7_booleans_and_texts_are_not_numbers(bare: BareServer, field: str, value: object) -> None:
    body = json.dumps({**REQUEST, field: value}).encode()
    answer = bare.ask("/api/jobs", "POST", JSON, body)
    error = json.loads(answer.body)
    assert answer.status == 422
    assert error["field"].split(".")[0] == field
    assert field in error["message"]


def test_bounds_and_values_are_named(bare: BareServer) -> None:
    body = json.dumps({**REQUEST, "samples": [0] * 65}).encode()
    error = json.loads(bare.ask("/api/jobs", "POST", JSON, body).body)
    assert "64" in error["message"]
    answer = bare.ask("/api/explorers/x/samples?count=0")
    assert answer.status == 422
    assert json.loads(answer.body)["message"] == "count is '0'; it must be greater than or equal to 1."


def test_unknown_fields_are_refused(bare: BareServer) -> None:
    body = json.dumps({**REQUEST, "n_steps": 5}).encode()
    error = json.loads(bare.ask("/api/jobs", "POST", JSON, body).body)
    assert error["message"] == "There is no field n_steps."


def test_p3_oversized_bodies_are_refused_with_a_length_and_in_chunks(bare: BareServer) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(8):
            yield b"x" * 1024

    for body in (b"x" * 8192, chunks()):
        answer = bare.ask("/api/jobs", "POST", JSON, body)
        assert answer.status == 413
        assert json.loads(answer.body)["code"] == "too_large"


def test_p3_a_lying_length_is_refused(bare: BareServer) -> None:
    assert bare.ask("/api/jobs", "POST", {**JSON, "Content-Length": "99999999999"}, b"{}").status == 413


@pytest.mark.parametrize("depth", [70, 300, 900])
def test_p5_arguments_nested_deeper_than_anything_means_are_refused(bare: BareServer, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    body = json.dumps({**REQUEST, "arguments": {"n_steps": "?"}}).replace('"?"', nested).encode()
    assert bare.ask("/api/jobs", "POST", JSON, body).status == 400


def test_half_a_surrogate_pair_is_refused(bare: BareServer) -> None:
    body = json.dumps({**REQUEST, "layer": "?"}).replace('"?"', '"\\ud800"').encode()
    assert bare.ask("/api/jobs", "POST", JSON, body).status == 400


@pytest.mark.parametrize("target", [-1, True, "foo", 1.0, None])
def test_r3_a_bad_target_is_told_as_one_field(bare: BareServer, target: object) -> None:
    error = json.loads(bare.ask("/api/jobs", "POST", JSON, json.dumps({**REQUEST, "target": target}).encode()).body)
    assert error["field"] == "target"
    assert error["message"].endswith(
        "it must be 'predicted', 'runner_up', 'label' or a class index of at least 0, two of them, one in a region, "
        "or the name of a function."
    )


@pytest.mark.parametrize("baseline", [[f"sample:{n}" for n in range(17)], [], [""], 3, {"image": "black"}])
def test_r3_a_bad_baseline_is_told_as_one_field(bare: BareServer, baseline: object) -> None:
    error = json.loads(bare.ask("/api/jobs", "POST", JSON, json.dumps({**REQUEST, "baseline": baseline}).encode()).body)
    assert error["field"] == "baseline"
    assert error["message"].endswith(
        "it must be a name, 1 to 16 names to average, or for each input by its name a list of them."
    )
