"""Requests made up from the server's own OpenAPI document: whatever is sent, nothing is a failure of the server's."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attriscope.web import openapi
from attriscope.workers.messages import AttributionRequest
from tests.explorers.faulty import SIZE
from tests.live import EXPLORERS, LiveServer

EVENTS = "/api/events"
"""A stream without an end; the other tests read it."""
# What exists, put into half of the requests, so that they come further than the first 404.
UNKNOWN = {"job", "key"}
OWN = {"DELETE /api/explorers/{explorer}/samples/{index}"}
"""What is for samples of one's own, of which there are none."""
KNOWN = {"explorer": "faulty", "model": "tiny", "feature": "image", "index": 0, "baseline": "zero"}
REQUEST = {"explorer": "faulty", "model": "tiny", "samples": [0], "method": "saliency", "target": "predicted"}
BITS = base64.b64encode(b"\xff" * (SIZE * SIZE // 8)).decode()
MASK = {"width": SIZE, "height": SIZE, "bits": BITS}
EDIT = {"kind": "erase", "feature": "image", "mask": MASK, "fill": {"kind": "blur"}}


def place(case: schemathesis.Case, kept: str) -> None:
    """Puts what exists into the request, but for the body's field `kept`, which stays made up."""
    case.path_parameters.update({name: value for name, value in KNOWN.items() if name in case.path_parameters})
    if isinstance(case.body, dict) and case.operation.path.startswith("/api/jobs"):
        known = {name: value for name, value in REQUEST.items() if name != kept}
        others = set(case.body) - set(REQUEST) - {kept}
        case.body = {name: value for name, value in case.body.items() if name not in others} | known
    elif isinstance(case.body, dict) and "/edits" in case.operation.path:
        known = {name: value for name, value in EDIT.items() if name != kept}
        case.body = {"edit": known, "models": ["tiny"]} if case.operation.path.endswith("predictions") else known


def operations() -> dict[str, Any]:
    """Every operation by its name."""
    document = json.loads(openapi.document())
    schema = schemathesis.openapi.from_dict(document).exclude(path=EVENTS)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


OPERATIONS = operations()
FIELDS = ["", *AttributionRequest.model_fields]


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[LiveServer]:
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer", "--no-store") as server:
        server.samples(count=4)
        yield server


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_makes_the_server_fail(name: str, fuzzed: LiveServer) -> None:
    headers = {"Authorization": f"Bearer {fuzzed.token}"}

    statuses = set()

    @given(case=OPERATIONS[name].as_strategy(), known=st.booleans(), kept=st.sampled_from(FIELDS))
    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case, known: bool, kept: str) -> None:
        if known:
            place(case, kept)
        answer = case.call(base_url=fuzzed.base, headers=headers, timeout=60)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert {"code", "message", "params"} <= answer.json().keys()

    ask()
    # The explorer has no evidence, and its model's output is no map, which is 404.
    if (
        "evidence" not in name
        and "classes" not in name
        and name not in OWN
        and not UNKNOWN & set(re.findall(r"{(\w+)}", name))
    ):
        assert min(statuses) < 300, "no request came as far as an answer"
    assert fuzzed.client.get("/livez").status_code == 200
    assert fuzzed.run(samples=[0])["state"] == "done"


def test_all_operations_but_the_stream_are_tried() -> None:
    document = json.loads(openapi.document())
    every = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert set(OPERATIONS) == every - {f"GET {EVENTS}"}
    assert len(OPERATIONS) > 10
