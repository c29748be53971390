"""Our methods against Captum 0.9.0's: ``python -m benchmarks.core [--rounds N] [--only NAME …] [--json FILE]``.

One image of 224 × 224 on ResNet-18 (methods whose rules Captum cannot apply there: on VGG-11), weights of a seed. Ours
at its defaults, Captum at its defaults and at the best of several batch sizes take turns; the figure is the median over
the rounds of Captum's time by ours. Then 'fused' and 'fast', with what they lose; then the peak memory, each in a
process of its own. ``--own FILE.py:CLASS`` times an attribution class of yours beside them, and
compares its numbers where Captum has a method of that name.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import captum.attr
import numpy as np
from torch import Tensor

import attribution_core
from attribution_core.execution import execution
from attribution_core.metrics import rank_correlation
from benchmarks.core_cases import LEVELS, Case, call, cases, images, models
from benchmarks.machine import described, facts

Run = Callable[[], Any]


def seconds(run: Run) -> float:
    np.random.seed(0)
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def at(precision: Any, run: Run) -> Run:
    def at_level() -> Any:
        with execution(precision=precision):
            return run()

    return at_level


def best_batch(case: Case, prepared: Callable[..., Run]) -> dict[str, int]:
    """Captum's fastest setting, tried once each after a warm run."""
    if case.batch is None:
        return {}
    tried = {size: seconds(prepared(**{case.batch: size})) for size in case.batches}
    return {case.batch: min(tried, key=lambda size: tried[size])}


def first(found: Any) -> Tensor:
    return found if isinstance(found, Tensor) else first(found[0])


def difference(found: Any, expected: Any) -> float:
    """max|a − b| as a share of max|b|."""
    a, b = first(found).detach().double(), first(expected).detach().double()
    return float((a - b).abs().max() / b.abs().max())


def compared(case: Case, rounds: int, library: Any = attribution_core) -> dict[str, Any]:
    """Ratios and the numbers' difference for one method of ``library``."""
    model = MODELS[case.plain]
    x, target = images(1), int(model(images(1)).argmax())

    def theirs(**more: Any) -> Run:
        return call(captum.attr, case, model, x, target, **more)

    ours = call(library, case, model, x, target)
    batch = best_batch(case, theirs)
    runs = {"ours": ours, "captum": theirs(), "captum, best batch": theirs(**batch)}
    if case.name in LEVELS:
        runs |= {level: at(level, ours) for level in ("fused", "fast")}
    for run in runs.values():
        run()
    spent = [{name: seconds(run) for name, run in runs.items()} for _ in range(rounds)]

    def ratio(of: str, by: str) -> float:
        return statistics.median(each[of] / each[by] for each in spent)

    np.random.seed(0)
    exact = ours()
    np.random.seed(0)
    found = {
        "method": case.name,
        "seconds": statistics.median(each["ours"] for each in spent),
        "best batch": next(iter(batch.values()), None),
        "by default": ratio("captum", "ours"),
        "by best": ratio("captum, best batch", "ours"),
        "difference": difference(exact, runs["captum, best batch"]()),
    }
    for level in set(runs) & {"fused", "fast"}:
        found[level] = {
            "by default": ratio("captum", level),
            "by best": ratio("captum, best batch", level),
            "rank correlation": float(rank_correlation(first(runs[level]()), first(exact))),
        }
    return found


def distances() -> dict[str, float]:
    """How far Integrated Gradients of four images are from a float64 run, in norm, as a share of its norm."""
    x, model = images(4, seed=2), MODELS[False]
    target = model(x).argmax(1)
    precise = attribution_core.IntegratedGradients(models()[False].double()).attribute(x.double(), target=target)
    method = attribution_core.IntegratedGradients(model)
    found = {}
    for level in ("exact", "fused"):
        error = first(at(level, lambda: method.attribute(x, target=target))()).double() - precise
        found[level] = float(error.norm() / precise.norm())
    return found


MEMORY = {
    "ours": "attribution_core.{name}(model).attribute(x, target=0, {more})",
    "captum, batch of 1": "captum.attr.{name}(model).attribute(x, target=0, {more}, {batch}=1)",
}
MEMORY_CASES = [
    ("IntegratedGradients", "n_steps=50", "internal_batch_size"),
    ("IntegratedGradients", "n_steps=400", "internal_batch_size"),
    ("Occlusion", "sliding_window_shapes=(3, 45, 45), strides=(3, 16, 16)", "perturbations_per_eval"),
    ("KernelShap", "feature_mask=squares(), n_samples=50", "perturbations_per_eval"),
    ("KernelShap", "feature_mask=squares(), n_samples=400", "perturbations_per_eval"),
]


def peak_memory(expression: str) -> float:
    """Megabytes of a process at its peak while it evaluates the expression; Linux alone tells that."""
    script = (
        "import pathlib, torch, captum.attr, attribution_core\n"
        "from benchmarks.core_cases import images, models, squares\n"
        "model, x = models()[False], images(1)\n"
        "pathlib.Path('/proc/self/clear_refs').write_text('5')\n"  # forgets the peak so far
        f"{expression}\n"
        "lines = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        "print(next(line.split()[1] for line in lines if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def memory() -> list[dict[str, Any]]:
    return [
        {"method": name, "arguments": more}
        | {side: peak_memory(text.format(name=name, more=more, batch=batch)) for side, text in MEMORY.items()}
        for name, more, batch in MEMORY_CASES
    ]


def own_class(place: str) -> type:
    """The class of ``FILE.py:CLASS``."""
    file, _, name = place.rpartition(":")
    spec = importlib.util.spec_from_file_location("own", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"--own is {place!r}; it must be FILE.py:CLASS.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)  # type: ignore[no-any-return]


def shown(found: dict[str, Any]) -> str:
    return (
        f"{found['method']:26s} {found['seconds'] * 1e3:9.0f} ms {found['by default']:9.2f} {found['by best']:9.2f}"
        f"  (batch {found['best batch'] or '–'})  difference {found['difference']:.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="times that each takes its turn")
    parser.add_argument("--only", nargs="*", help="names of methods")
    parser.add_argument("--own", help="FILE.py:CLASS, an attribution class of yours")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    machine = facts()
    chosen = [case for case in cases() if not options.only or case.name in options.only]
    print("method                        ours        by Captum's default, by its best batch")
    results: dict[str, Any] = {"machine": machine, "methods": [], "distances to float64": {}, "memory": []}
    for case in chosen:
        found = compared(case, options.rounds)
        results["methods"].append(found)
        print(shown(found), flush=True)
        for level in ("fused", "fast"):
            if level in found:
                of = found[level]
                print(
                    f"   {level:35s} {of['by default']:9.2f} {of['by best']:9.2f}"
                    f"  rank correlation {of['rank correlation']:.4f}"
                )
    if options.own:
        own = own_class(options.own)
        if hasattr(captum.attr, own.__name__):
            results["methods"].append(
                compared(Case(own.__name__), options.rounds, SimpleNamespace(**{own.__name__: own}))
            )
            print(shown(results["methods"][-1]), "(yours)")
        method = own(MODELS[False])
        spent = statistics.median(seconds(lambda: method.attribute(images(1), target=0)) for _ in range(options.rounds))
        results["own"] = {"method": options.own, "seconds": spent}
        print(f"{options.own:26s} {spent * 1e3:9.0f} ms")
    if not options.only:
        results["distances to float64"] = distances()
        print("Integrated Gradients, distance to float64:", results["distances to float64"])
    if not options.no_memory:
        results["memory"] = memory()
        for row in results["memory"]:
            print(row)
    print("machine:", described(machine))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


MODELS = models()

if __name__ == "__main__":
    main()
