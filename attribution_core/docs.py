"""Writes the documentation's pages about methods: from the registry, the docstrings and the known deviations.

python -m attribution_core.docs docs
python -m attribution_core.docs --check docs
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attribution_core
from attribution_core import KNOWN_DEVIATIONS, custom, lrp_rules, metrics, registry, visualization
from attribution_core.attribution import Attribution

_INPUTS = registry.InputInfo(((3, 224, 224),), layer=(512, 7, 7))
"""An image and a layer's value as a ResNet has them; defaults, bounds and costs follow the size."""

_SPACES = {"feature": "At the input", "layer": "At a layer", "neuron": "At a neuron"}
_FAMILIES = {
    "path": "Path methods",
    "gradient": "Gradient methods",
    "propagation": "Propagation methods",
    "cam": "Class activation maps",
    "activation": "Activations",
    "perturbation": "Perturbation methods",
    "custom": "Your own",
}
_NEEDS = {
    "layer": "a layer",
    "positions": "positions at it",
    "baseline": "a baseline",
    "distribution": "samples of the dataset as baselines",
}


def pages() -> dict[str, str]:
    """The text of every generated page by file name."""
    return {"methods.md": _page(_methods()), "deviations.md": _page(_deviations())}


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _methods() -> Iterator[str]:
    yield "# Methods"
    yield "<!-- Written by `make docs`; edit the sources in `attribution_core` instead. -->"
    yield (
        "What `attribution_core` offers. Arguments are those of the explorer's forms, with their defaults and bounds "
        "for an image of 3 × 224 × 224 pixels; classes take Captum's arguments, see their docstrings. Costs are "
        "evaluations of the model for one image at the defaults. Where numbers differ from Captum's on purpose: "
        "[deviations](deviations.md)."
    )
    specs = registry.methods()
    for space, heading in _SPACES.items():
        yield f"## {heading}"
        for family, title in _FAMILIES.items():
            kin = [spec for spec in specs if (spec.space, spec.family) == (space, family)]
            if kin:
                yield f"### {title}"
            for spec in kin:
                yield from _method(spec)
    yield "## Your own"
    yield from (_line(paragraph) for paragraph in _paragraphs(custom)[:2])
    yield _line(_paragraphs(custom.spec_of)[1])
    yield (
        "In a program, `registry.register(YourMethod)` puts it beside the built-in ones; an explorer takes it as "
        "`Explorer(…, methods=[YourMethod])` and keeps it to itself."
    )
    yield from _others({spec.method for spec in specs})


def _method(spec: registry.MethodSpec) -> Iterator[str]:
    yield f"#### {spec.name}"
    yield spec.summary
    yield f"`{spec.class_name}`: {_summary(spec.method)}"
    model = spec.arguments(_INPUTS)
    cost = spec.cost(model(), _INPUTS)
    counts = [f"{n} {kind}" for n, kind in ((cost.forward, "forward"), (cost.backward, "backward")) if n]
    traits = [f"Cost: {' and '.join(counts)} {'pass' if max(cost.forward, cost.backward) == 1 else 'passes'}."]
    if spec.needs:
        traits.append(f"Needs {' and '.join(_NEEDS[need] for need in sorted(spec.needs))}.")
    if spec.delta(model()):
        traits.append("Tells how far the map is from completeness.")
    if spec.anytime:
        traits.append("Partial results while it runs.")
    if spec.stochastic:
        traits.append("Drawn at random, under a seed.")
    if spec.smoothing:
        traits.append("Can be smoothed with noise.")
    yield " ".join(traits)
    properties = model.model_json_schema().get("properties", {})
    if properties:
        rows = [_argument(name, field) for name, field in properties.items()]
        yield _table(("Argument", "Default", "Allowed", "Meaning"), rows)
    yield "\n".join(f"- {_line(limitation)}" for limitation in spec.limitations)
    if spec.references:
        yield f"Reference{'s' if len(spec.references) > 1 else ''}: {'; '.join(map(_line, spec.references))}"


def _argument(name: str, field: dict[str, Any]) -> tuple[str, ...]:
    if "enum" in field:
        allowed = ", ".join(f"`{option}`" for option in field["enum"])
    elif field["type"] == "boolean":
        allowed = "true, false"
    else:
        allowed = f"{field['minimum']:,} to {field['maximum']:,}" + (f" {field['unit']}" if "unit" in field else "")
    default = str(field["default"]).lower() if field["type"] == "boolean" else str(field["default"])
    return f"`{name}`", f"`{default}`", allowed, field["description"]


def _others(offered: set[type[Attribution]]) -> Iterator[str]:
    """What Python programs have beside the explorer's methods."""
    classes = [getattr(attribution_core, name) for name in attribution_core.__all__]
    methods = [c for c in classes if inspect.isclass(c) and issubclass(c, Attribution) and c not in offered]
    yield "## In Python only"
    yield _list((c.__name__, c) for c in methods if ".methods." in c.__module__)
    yield "### Rules of LRP"
    yield _list((name, rule) for name, rule in vars(lrp_rules).items() if name.endswith(("Rule", "_Rule")))
    yield "### Metrics"
    yield f"`attribution_core.metrics`. {_summary(metrics)}"
    yield _list((name, getattr(metrics, name)) for name in metrics.__all__)
    yield "### Figures"
    yield f"`attribution_core.visualization`. {_summary(visualization)}"
    yield _list((name, getattr(visualization, name)) for name in visualization.__all__)


def _deviations() -> Iterator[str]:
    yield "# Deviations from Captum 0.9.0"
    yield "<!-- Written by `make docs`; edit `attribution_core/deviations.py` instead. -->"
    yield (
        "`attribution_core` gives Captum's numbers under Captum's names and signatures. Where it differs, it does so "
        "on purpose; each case is shown by a test in `tests/attribution_core`."
    )
    for deviation in KNOWN_DEVIATIONS:
        yield f"## {deviation.concerns}"
        yield "\n".join(
            (
                f"- Captum: {_line(deviation.captum)}",
                f"- Here: {_line(deviation.here)}",
                f"- Why: {_line(deviation.reason)}",
                f"- Test: `{deviation.test}`",
            )
        )


def _summary(thing: Any) -> str:
    """The first paragraph of a docstring."""
    return _line(_paragraphs(thing)[0])


def _paragraphs(thing: Any) -> list[str]:
    return (inspect.getdoc(thing) or "").split("\n\n")


def _line(text: str) -> str:
    """On one line, with code as Markdown has it."""
    parts = re.split(r"(`[^`]+`)", re.sub(r"``([^`]+)``", r"`\1`", " ".join(text.split())))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def _list(named: Iterable[tuple[str, Any]]) -> str:
    return "\n".join(f"- `{name}`: {_summary(thing)}" for name, thing in named)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_line(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def main() -> None:
    """Write the pages into a folder, or with ``--check`` fail if one of them is not what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="fail if a page differs, and write nothing")
    options = parser.parse_args()
    for name, text in pages().items():
        path = options.folder / name
        if not options.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not what the sources say; run `make docs`.")


if __name__ == "__main__":
    main()
