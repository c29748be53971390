"""Whatever the server may say has its Chinese; each failure names what to add to which file."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attribution_core import errors, registry
from attriscope.features import EmptyFeature, ImageFeature, TabularFeature, TextFeature
from attriscope.web import errors as web_errors

ROOT = Path(__file__).parent.parent
TEXT = ROOT / "frontend" / "src" / "text"
PHRASES: dict[str, str] = json.loads((TEXT / "phrases.zh.json").read_text(encoding="utf-8"))
SENTENCES: dict[str, list[str]] = json.loads((TEXT / "sentences.zh.json").read_text(encoding="utf-8"))
SOURCES = sorted([*(ROOT / "server").rglob("*.py"), *(ROOT / "attribution_core").rglob("*.py")])
CODED = {"ErrorBody", "Notice", "ExplorerError", "SampleError", "unprocessable", "busy", "tell", "_raised"}
ALWAYS = {"field", "message"}


def _core() -> dict[str, str]:
    """The code of each of the library's exceptions, by the name of its class."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return {kind.__name__: kind.code for kind in kinds if issubclass(kind, errors.AttributionError)}


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _sent() -> dict[str, set[str]]:
    """Every code that is raised somewhere, and the parameters that some place sends with it."""
    core = _core()
    found: dict[str, set[str]] = {code: set() for code, _ in web_errors._NAMES.values()}
    # `limit_queue` of `attriscope.jobs.admission` sends these by way of a variable.
    found |= {"queue_full": {"waiting", "limit"}, "too_many": {"waiting", "limit"}}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for code in _codes(node, core):
                    found.setdefault(code, set()).update(_params(node))
    return found


def _codes(call: ast.Call, core: dict[str, str]) -> Iterator[str]:
    name = _name(call)
    if name in core:
        yield core[name]
    elif name in CODED:
        place = 1 if name in ("busy", "_raised") else 0
        given = [keyword.value for keyword in call.keywords if keyword.arg == "code"] or call.args[place : place + 1]
        for part in given:
            yield from _constants(part)


def _constants(part: ast.expr) -> Iterator[str]:
    """The words that an expression can be."""
    if isinstance(part, ast.IfExp):
        yield from _constants(part.body)
        yield from _constants(part.orelse)
    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value


def _params(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "params" and isinstance(keyword.value, ast.Dict):
            yield from (str(key.value) for key in keyword.value.keys if isinstance(key, ast.Constant))
        elif keyword.arg is not None:
            yield keyword.arg
    if _name(call) == "SampleError":
        yield "index"
    if _name(call) == "_raised":
        yield "exception"


def test_every_code_has_a_sentence() -> None:
    missing = sorted(_sent().keys() - SENTENCES.keys())

    assert missing == [], f"add to {TEXT / 'sentences.zh.json'}"


def test_sentences_use_parameters_that_are_sent() -> None:
    sent = _sent()
    wrong = {
        code: sorted(unknown)
        for code, sentences in SENTENCES.items()
        # pydantic's own codes carry its own contexts.
        if not code.startswith("invalid_")
        and (unknown := set(re.findall(r"\{(\w+)\}", "".join(sentences))) - ALWAYS - sent.get(code, set()))
    }

    assert wrong == {}


def _said() -> Iterator[str]:
    """Every text of the registry and of the baselines."""
    for spec in registry.methods():
        yield from (spec.name, spec.summary, *spec.limitations)
        for shape, unit in (((3, 32, 32), None), ((32,), TextFeature.unit), ((32,), TabularFeature.unit)):
            info = registry.InputInfo((shape,), unit=unit)
            yield from _words(spec.arguments(info).model_json_schema()["properties"])
    table = TabularFeature(mean=1, background=[[0.0]])
    images = (ImageFeature("image"), ImageFeature("image", mean=0.5, std=0.5))
    for feature in (*images, TextFeature(vocabulary=[""]), TabularFeature(), table, EmptyFeature()):
        for baseline in feature.baselines():
            yield from (baseline.name, baseline.description)


def _words(properties: dict[str, Any]) -> Iterator[str]:
    for schema in properties.values():
        yield from (schema[key] for key in ("title", "description", "unit") if isinstance(schema.get(key), str))
        yield from (choice for choice in schema.get("enum", ()) if isinstance(choice, str))


def test_every_text_of_the_registry_has_its_chinese() -> None:
    missing = sorted({english for english in _said() if english not in PHRASES})

    assert missing == [], f"add to {TEXT / 'phrases.zh.json'}"
