"""Copy as Python: the script of a map, run in a process of its own, makes the map that is served."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attribution_core import registry
from tests.live import EXPLORERS, ROOT, LiveServer

METHODS = [spec.id for spec in registry.methods()]
SETTINGS: list[dict[str, Any]] = [
    {
        "method": "integrated_gradients",
        "baseline": "blurred",
        "arguments": {"n_steps": 20, "multiply_by_inputs": False},
    },
    {"method": "integrated_gradients", "quantity": "score", "target": 2},
    {"method": "integrated_gradients", "target": {"of": "predicted", "against": "runner_up"}},
    {"method": "occlusion", "quantity": "score", "target": {"of": 1, "against": 3}},
    {"method": "integrated_gradients", "precision": "fused"},
    {"method": "occlusion", "precision": "fast", "baseline": "noise", "arguments": {"window_height": 3}},
    {"method": "saliency", "smoothing": {"type": "smoothgrad", "samples": 5}, "target": "label"},
    {"method": "deep_lift", "smoothing": {"type": "vargrad", "samples": 4, "seed": 3}, "baseline": "white"},
    {"method": "integrated_gradients", "smoothing": {"type": "smoothgrad_sq", "samples": 3}, "baseline": "mean"},
    *({"method": "lrp", "arguments": {"rule": rule}} for rule in ("epsilon", "gamma", "z_plus", "alpha1_beta0")),
    {"method": "layer_grad_cam", "layer": "conv1"},
    {"method": "layer_feature_ablation", "layer": "conv1", "arguments": {"groups": 2}},
    {"method": "neuron_integrated_gradients", "layer": "conv1", "arguments": {"unit": 4}},
    *(
        {"method": f"neuron_{name}", "layer": "conv1", "arguments": {"unit": 4}, "baseline": baseline}
        for name in ("integrated_gradients", "deep_lift", "feature_ablation")
        for baseline in (["black", "white"], "samples:2")
    ),
    {"method": "gradient_shap", "arguments": {"seed": 7, "n_samples": 9}},
    {"method": "lime", "arguments": {"seed": 2, "squares": 3}},
]
RUN = """
import json, runpy, sys
import numpy as np
names = json.load(open(sys.argv[1]))
for name in names:
    found = runpy.run_path(name)
    np.savez(name + ".npz", **found.get("heat_maps", {"image": found.get("heat_map")}))
"""
OWN = """
    import torch
    from torch import nn
    from attribution_core import GradientAttribution
    from attriscope import Batch, Explorer, ImageFeature

    class Scaled:
        '''The input, scaled and shifted at random.'''

        def __init__(self, forward_func, factor: float = 2.0):
            self.factor = factor

        def attribute(self, inputs, target=None, baselines=None, shift: float = 1.0):
            return self.factor * (inputs - baselines) + shift * torch.rand(inputs.shape) + target

    class AtLayer:
        def __init__(self, forward_func, layer):
            self.forward_func, self.layer = forward_func, layer

        def attribute(self, inputs, target=None):
            found = []
            with torch.no_grad():
                handle = self.layer.register_forward_hook(lambda module, given, out: found.append(out))
                self.forward_func(inputs)
                handle.remove()
            return found[0]

    class Slope(GradientAttribution):
        def attribute(self, inputs, target=None, power: float = 1.0):
            x = inputs.detach().requires_grad_()
            self.forward_func(x)[:, target].sum().backward()
            return x.grad ** 1 * power

    def model():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 2))

    def explorer():
        pictures = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
        own = [Scaled, AtLayer, Slope]
        return Explorer({"the 'net'": model}, list(pictures), methods=own, classes=["a\\nimport os", "b"])

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.one, self.head = nn.Conv2d(3, 4, 3), nn.Linear(144, 2)

        def forward(self, left, right, gain):
            hidden = torch.tanh(self.one(left)) * torch.tanh(self.one(right)) * gain[:, None, None, None]
            return {"logits": self.head(hidden.flatten(1))}

    def pairs():
        rows = torch.rand(4, 2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
        batch = Batch((rows[:, 0], rows[:, 1]), additional_args=torch.arange(1.0, 5.0))
        return Explorer(Two(), [batch], features=[ImageFeature("left"), ImageFeature("right")])
"""


def script(server: LiveServer, item: dict[str, Any], **named: Any) -> str:
    query = {"explorer": server.explorer()["id"], **named}
    answer = server.client.get(f"/api/results/{item['key']}/script", params=query)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


def run(folder: Path, scripts: Sequence[str]) -> Iterator[dict[str, np.ndarray]]:
    """What the scripts leave behind, run one after the other in a new process."""
    files = [folder / f"{number}.py" for number in range(len(scripts))]
    for file, code in zip(files, scripts, strict=True):
        file.write_text(code, encoding="utf-8")
    listing, runner = folder / "files.json", folder / "run_all.py"
    listing.write_text(json.dumps([str(file) for file in files]))
    runner.write_text(RUN)
    done = subprocess.run([sys.executable, runner, listing], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for file in files:
        with np.load(f"{file}.npz") as found:
            yield dict(found)


def assert_reproduced(folder: Path, server: LiveServer, settings: Sequence[dict[str, Any]], sample: int = 3) -> None:
    items = []
    for asked in settings:
        job = server.run(samples=[sample], **asked)
        assert job["state"] == "done", (asked, job)
        items.append(job["items"][0])
    made = run(folder, [script(server, item) for item in items])
    for asked, item, maps in zip(settings, items, made, strict=True):
        names = [found["feature"] for found in server.client.get(f"/api/results/{item['key']}").json()["maps"]]
        for name, values in zip(names, maps.values(), strict=True):
            served = np.load(io.BytesIO(server.client.get(f"/api/results/{item['key']}/{name}.npy").content))
            assert (values.dtype, values.shape) == (served.dtype, served.shape), asked
            np.testing.assert_allclose(
                values, served, rtol=0, atol=1e-6 * max(1.0, np.abs(served).max()), err_msg=asked
            )


def test_every_method_is_reproduced_as_the_page_starts_with_it(tiny: LiveServer, tmp_path: Path) -> None:
    assert_reproduced(tmp_path, tiny, [{"method": method} for method in METHODS])


def test_every_kind_of_setting_is_reproduced(tiny: LiveServer, tmp_path: Path) -> None:
    has_score = tiny.explorer()["description"]["has_score"]
    assert_reproduced(tmp_path, tiny, [s for s in SETTINGS if has_score or s.get("quantity") != "score"])


def test_ones_own_methods_are_reproduced_whatever_things_are_called(tmp_path: Path) -> None:
    file = tmp_path / "my own.py"
    file.write_text(textwrap.dedent(OWN))
    own = [
        {"method": "scaled", "arguments": {"factor": 3.0, "shift": 0.5, "seed": 4}, "baseline": "blurred", "target": 0},
        {"method": "at_layer", "layer": "0"},
        {"method": "slope", "arguments": {"power": 2.0}},
        {"method": "slope", "smoothing": {"type": "smoothgrad", "samples": 3}},
    ]
    with LiveServer("serve", str(file)) as server:
        assert_reproduced(tmp_path, server, own, sample=1)


def test_several_inputs_and_additional_arguments_are_reproduced(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    file.write_text(textwrap.dedent(OWN))
    asked = [
        {"method": "integrated_gradients"},
        {"method": "feature_ablation"},
        {"method": "gradient_shap"},
        {"method": "saliency", "smoothing": {"type": "smoothgrad", "samples": 3}},
        {"method": "layer_activation", "layer": "one"},
    ]
    with LiveServer("serve", f"{file}:pairs") as server:
        assert_reproduced(tmp_path, server, asked, sample=2)


def test_the_embedded_example_is_reproduced(tmp_path: Path) -> None:
    with LiveServer("demo") as server:
        assert_reproduced(tmp_path, server, [{"method": "integrated_gradients"}, {"method": "layer_grad_cam"}])


def test_paths_of_a_shared_server_stay_on_it(tmp_path: Path) -> None:
    folder = tmp_path / "secret place"
    folder.mkdir()
    file = folder / "mine.py"
    file.write_text(textwrap.dedent(OWN))
    for mode, whole in (("demo", False), ("local", True)):
        with LiveServer("serve", str(file), "--mode", mode) as server:
            code = script(server, server.run(method="saliency")["items"][0])
            assert ("secret place" in code) == whole
            assert ("without the path" in code) == (not whole)
            assert repr(str(file) if whole else "mine.py") in code


def test_what_is_not_there_is_refused(tiny: LiveServer) -> None:
    item = tiny.run(method="saliency", samples=[1])["items"][0]
    name = tiny.explorer()["id"]
    for key, query, status, field in (
        ("0" * 64, {"explorer": name}, 404, "result"),
        (item["key"], {"explorer": "other"}, 404, "explorer"),
        (item["key"], {"explorer": name, "sample": 10**9}, 404, "sample"),
        (item["key"], {"explorer": name, "model": "other"}, 422, "model"),
        (item["key"], {}, 422, "explorer"),
    ):
        answer = tiny.client.get(f"/api/results/{key}/script", params=query)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


def test_a_map_of_another_sample_says_that_numbers_differ(tiny: LiveServer) -> None:
    item = tiny.run(method="saliency", samples=[1])["items"][0]
    assert "has changed since" not in script(tiny, item)
    assert "has changed since" in script(tiny, item, sample=2)


def test_texts_tables_and_several_inputs_are_reproduced(tmp_path: Path) -> None:
    smoothing = {"type": "smoothgrad", "samples": 3}
    vectors = [{"method": "integrated_gradients"}, {"method": "saliency", "smoothing": smoothing}]
    compared = [{"method": "gradient_shap"}, {"method": "feature_ablation"}]
    layer = {"method": "layer_integrated_gradients"}
    asked = {
        "text": [*vectors, *compared, {"method": "occlusion"}, layer | {"layer": "embed"}],
        "table": [*vectors, {"method": "integrated_gradients", "baseline": "mean"}],
        "mixed": [*vectors, *compared, layer | {"layer": "conv"}, {"method": "guided_grad_cam"}],
    }
    for factory, settings in asked.items():
        with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:{factory}") as server:
            assert_reproduced(tmp_path, server, settings)
