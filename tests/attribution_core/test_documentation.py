"""Every public symbol is documented: meaning or formula, arguments, results, errors, reference; the pages are fresh."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import attribution_core
from attribution_core import docs, errors, execution, layers, lrp_rules, metrics, registry, visualization
from attribution_core.attribution import Attribution

ROOT = Path(attribution_core.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
PACKAGES = (attribution_core, metrics, visualization)
SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Reference", "References", "Example")


def exported() -> dict[str, Any]:
    """The public API by name."""
    found = {f"{package.__name__}.{name}": getattr(package, name) for package in PACKAGES for name in package.__all__}
    return {name: thing for name, thing in found.items() if inspect.isclass(thing) or inspect.isfunction(thing)}


PUBLIC_MODULES = (attribution_core, metrics, visualization, errors, execution, layers, lrp_rules, registry)
MEMBERS = {
    f"{cls.__name__}.{member}": (cls, member)
    for module in PUBLIC_MODULES
    for cls in vars(module).values()
    if inspect.isclass(cls) and cls.__module__.startswith("attribution_core.") and not cls.__name__.startswith("_")
    for member, value in vars(cls).items()
    if not member.startswith("_") and member not in getattr(cls, "__dataclass_fields__", ())
    if inspect.isroutine(value) or isinstance(value, property)
}
CLASSES = {name: thing for name, thing in exported().items() if inspect.isclass(thing)}
METHODS = {
    name: thing
    for name, thing in CLASSES.items()
    if issubclass(thing, Attribution)
    and "attribute" in {key for base in thing.__mro__[:-1] for key in vars(base)}
    and inspect.isfunction(thing.attribute)
}
FUNCTIONS = {name: thing for name, thing in exported().items() if inspect.isfunction(thing)}


def sections(text: str | None) -> dict[str, str]:
    """A docstring's sections by title; '' is what comes before the first."""
    parts = re.split(rf"^ *({'|'.join(SECTIONS)}):", inspect.cleandoc(text or ""), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def parameters(function: Any) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def unnamed(function: Any, text: str) -> list[str]:
    """Parameters that a section does not speak of."""
    return [name for name in parameters(function) if not re.search(rf"\b{re.escape(name)}\b", text)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_functions_and_classes_have_docstrings(path: Path) -> None:
    module = ast.parse(path.read_text())
    assert ast.get_docstring(module)
    public = [n for n in module.body if isinstance(n, (ast.ClassDef, ast.FunctionDef)) and not n.name.startswith("_")]
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("name", MEMBERS)
def test_members_of_public_classes_are_documented(name: str) -> None:
    """By themselves, or by the base class that they override."""
    cls, member = MEMBERS[name]
    values = [vars(base)[member] for base in cls.__mro__ if member in vars(base)]
    assert any(inspect.getdoc(getattr(value, "fget", value)) for value in values)


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_formula_arguments_errors_and_reference(name: str) -> None:
    cls = METHODS[name]
    own = sections(cls.__doc__)
    assert own[""].strip()
    assert {"Reference", "References"} & own.keys(), "no reference"
    assert "http" in own.get("Reference", own.get("References", ""))
    assert unnamed(cls.__init__, own.get("Args", "")) == []
    if cls.attribute.__qualname__.startswith(cls.__name__):  # not a base's
        told = sections(cls.attribute.__doc__)
        assert {"Args", "Returns", "Raises"} <= told.keys()
        assert unnamed(cls.attribute, told["Args"]) == []
        for error in re.findall(r"^ {4}(\w+(?:, \w+)*):", told["Raises"], re.MULTILINE):
            assert all(hasattr(errors, one) for one in error.split(", ")), error


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_arguments_results_and_errors(name: str) -> None:
    function = FUNCTIONS[name]
    told = sections(function.__doc__)
    assert told[""].strip()
    if len(parameters(function)) > 1:
        documented = told.get("Args", "") or told[""]
        assert unnamed(function, documented) == []
    if ".metrics." in name or ".visualize_" in name:
        assert {"Args", "Returns"} <= told.keys()
        assert "http" in told.get("Reference", ""), "no reference"


@pytest.mark.parametrize("name", CLASSES)
def test_classes_explain_what_they_are_made_of(name: str) -> None:
    cls = CLASSES[name]
    told = sections(cls.__doc__)
    assert told[""].strip()
    if "__init__" in vars(cls) and not issubclass(cls, BaseException):
        assert unnamed(cls.__init__, told.get("Args", "") + told.get("Attributes", "") + told[""]) == []


def test_rules_have_their_formula_and_paper() -> None:
    rules = [r for r in vars(lrp_rules).values() if inspect.isclass(r) and r.__module__ == lrp_rules.__name__]
    assert rules
    for rule in rules:
        assert rule.__name__.startswith("_") or "http" in (rule.__doc__ or lrp_rules.__doc__ or ""), rule


@pytest.mark.parametrize("page", docs.pages())
def test_the_generated_pages_are_fresh(page: str) -> None:
    path = ROOT.parent / "docs" / page
    assert path.read_text(encoding="utf-8") == docs.pages()[page], "run `make docs`"


def test_every_method_and_deviation_stands_in_the_pages() -> None:
    methods, deviations = docs.pages()["methods.md"], docs.pages()["deviations.md"]
    for spec in registry.methods():
        assert f"#### {spec.name}\n" in methods
        for argument in spec.arguments(registry.InputInfo(((3, 32, 32),))).model_fields:
            assert f"| `{argument}` |" in methods
    for name in (*METHODS, *(n for n in exported() if ".metrics." in n)):
        if ".methods." in exported()[name].__module__ or ".metrics." in name:
            assert f"`{name.rpartition('.')[2]}`" in methods
    for deviation in attribution_core.KNOWN_DEVIATIONS:
        assert deviation.test in deviations


def test_the_check_finds_a_stale_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["docs", str(tmp_path)])
    docs.main()
    monkeypatch.setattr("sys.argv", ["docs", "--check", str(tmp_path)])
    docs.main()
    (tmp_path / "methods.md").write_text("old")
    with pytest.raises(SystemExit, match="run `make docs`"):
        docs.main()
