"""The package as a whole: what it exports, documents, and deviates in."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import attribution_core
from attribution_core import KNOWN_DEVIATIONS, errors, registry

ROOT = Path(attribution_core.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))


def test_exports_are_sorted_and_there() -> None:
    assert attribution_core.__all__ == sorted(attribution_core.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(attribution_core, name) for name in attribution_core.__all__)
    assert {spec.class_name for spec in registry.methods()} <= set(attribution_core.__all__)


def test_types_are_published() -> None:
    assert (ROOT / "py.typed").exists()
    assert attribution_core.__version__.count(".") == 2


def test_every_error_stands_in_the_tree() -> None:
    tree = errors.__doc__ or ""
    found = [e for e in vars(errors).values() if inspect.isclass(e) and issubclass(e, errors.AttributionError)]
    concrete = [e for e in found if e is not errors.AttributionError]
    assert len({e.code for e in concrete}) == len(concrete)
    for error in concrete:
        builtin = error.__bases__[1]
        assert f"{error.__name__} ({builtin.__name__})" in tree
        assert error.code in tree
        assert builtin in (ValueError, TypeError, RuntimeError, ImportError)


def test_hooks_are_registered_in_probe_and_rules_only() -> None:
    users = [p.name for p in SOURCES if "register_" in p.read_text() and "hook" in p.read_text()]
    assert set(users) <= {"probe.py", "rules.py"}


def test_no_assert_guards_an_argument() -> None:
    for path in SOURCES:
        assert not [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Assert)], path


def test_nothing_of_the_web_or_of_captum_is_imported() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.partition(".")[0] not in ("captum", "attriscope", "fastapi", "example_models"), path


def test_files_stay_readable() -> None:
    assert all(len(path.read_text().splitlines()) <= 400 for path in SOURCES)


def test_every_known_deviation_is_shown_by_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    for deviation in KNOWN_DEVIATIONS:
        assert f"def {deviation.test}(" in tests, deviation
        assert all((deviation.concerns, deviation.captum, deviation.here, deviation.reason))
