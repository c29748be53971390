"""What a user declares, and how mistakes in it are named."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn

import attriscope
from attriscope import AttributionVisualizer, Batch, Explorer, ExplorerError, ImageFeature

DATA = [torch.zeros(1, 3, 4, 4)]


def linear() -> nn.Module:
    return nn.Linear(2, 2)


class Method:
    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def attribute(self, inputs: Any) -> Any:
        return inputs


def test_the_web_side_imports_no_torch() -> None:
    code = """
import sys
import attriscope
import attriscope.web.app
from attriscope.workers import desk, devices, messages, process, protocol, source, worker
print(sorted({"torch", "torchvision", "attribution_core", "PIL"} & set(sys.modules)))
assert attriscope.Explorer.__name__ == "Explorer"
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\nTrue\n", "")


def test_public_names_are_what_they_say() -> None:
    assert sorted(attriscope.__all__) == attriscope.__all__
    assert set(attriscope.__all__) <= set(dir(attriscope))
    assert all(getattr(attriscope, name) is not None for name in attriscope.__all__)
    assert issubclass(AttributionVisualizer, Explorer)
    with pytest.raises(AttributeError, match="VideoFeature"):
        _ = attriscope.VideoFeature


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (nn.ReLU(), ["ReLU"]),
        ([nn.ReLU(), nn.Tanh(), nn.ReLU()], ["ReLU", "Tanh", "ReLU 2"]),
        (nn.Sequential(nn.ReLU(), nn.Tanh()), ["Sequential"]),
        ({"a": nn.ReLU(), "b": linear}, ["a", "b"]),
        (linear, ["linear"]),
        ([lambda: nn.ReLU(), nn.ReLU], ["model", "ReLU"]),
        (functools.partial(nn.Linear, 2, 2), ["model"]),
    ],
)
def test_models_of_every_form_get_names(models: Any, names: list[str]) -> None:
    assert list(Explorer(models, DATA).models) == names


def test_the_aliases_are_the_same_arguments() -> None:
    explorer = Explorer(model=nn.ReLU(), dataset=DATA, class_names=["a"], score_fn=torch.sigmoid)
    assert (list(explorer.models), explorer.classes, explorer.score_func) == (["ReLU"], ("a",), torch.sigmoid)
    with pytest.raises(ExplorerError, match="classes and class_names are the same argument"):
        Explorer(nn.ReLU(), DATA, classes=["a"], class_names=["a"])


def test_what_is_left_out_has_defaults() -> None:
    explorer = Explorer(nn.ReLU(), DATA)
    assert (explorer.classes, explorer.score_func, explorer.name, explorer.methods) == (None, None, None, ())
    assert [type(feature) for feature in explorer.features] == [ImageFeature]
    assert dict(explorer.defaults) == {}


class Named(torch.utils.data.Dataset[torch.Tensor]):
    """As torchvision's data sets are: their class names are an attribute."""

    def __init__(self, classes: Any) -> None:
        self.classes = classes

    def __getitem__(self, index: int) -> torch.Tensor:
        return DATA[0]

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("classes", "wanted"),
    [
        (["cat", "dog"], ("cat", "dog")),
        ([("tench", "Tinca tinca"), ("goldfish",)], ("tench", "goldfish")),
        ([0, 1], None),
        ([], None),
        ("cat", None),
        (2, None),
    ],
)
def test_class_names_are_the_datasets_where_it_has_them(classes: Any, wanted: Any) -> None:
    dataset = Named(classes)
    assert Explorer(nn.ReLU(), dataset).classes == wanted
    loader = torch.utils.data.DataLoader(torch.utils.data.Subset(dataset, [0]))
    assert Explorer(nn.ReLU(), loader).classes == wanted
    assert Explorer(nn.ReLU(), dataset, classes=["mine"]).classes == ("mine",)


def test_a_users_methods_are_carried() -> None:
    assert Explorer(nn.ReLU(), DATA, methods=[Method]).methods == (Method,)


def _named(output: torch.Tensor) -> torch.Tensor:
    return output


@pytest.mark.parametrize(
    ("score_func", "name"),
    [
        (None, "score"),
        (nn.Softmax(1), "probability"),
        (nn.Sigmoid(), "probability"),
        (torch.sigmoid, "probability"),
        (functools.partial(torch.softmax, dim=1), "probability"),
        (functools.partial(torch.nn.functional.softmax, dim=1), "probability"),
        (torch.exp, "exp"),
        (_named, "_named"),
        (lambda output: output.softmax(1), "score"),
    ],
)
def test_the_score_is_named_for_what_it_is(score_func: Any, name: str) -> None:
    assert Explorer(nn.ReLU(), DATA, score_func=score_func).score_name == name


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"models": None}, "models", "models is missing"),
        ({"models": []}, "models", "models is empty"),
        ({"models": {}}, "models", "models is empty"),
        ({"models": 3}, "models", "models is 3; it must be a torch.nn.Module"),
        ({"models": [nn.ReLU(), "net"]}, "models[1]", "models[1] is 'net'"),
        ({"models": {"a": None}}, "models['a']", "models['a'] is None"),
        ({"models": {1: nn.ReLU()}}, "models", "keys are non-empty strings"),
        ({"models": {"a": lambda x: x}}, "models['a']", "a function that needs arguments"),
        ({"dataset": None}, "dataset", "dataset is missing"),
        ({"dataset": 3}, "dataset", "dataset is 3"),
        ({"dataset": "images/"}, "dataset", "dataset is 'images/'"),
        ({"dataset": {"x": 1}}, "dataset", "dataset is of type dict"),
        ({"classes": "cat"}, "classes", "classes is 'cat'; it must be a list of names"),
        ({"classes": []}, "classes", "classes is empty"),
        ({"classes": ["cat", 3]}, "classes[1]", "classes[1] is 3; it must be a string"),
        ({"features": "image"}, "features", "features is 'image'"),
        ({"features": [ImageFeature(), 3]}, "features[1]", "features[1] is 3"),
        ({"features": []}, "features", "features is empty"),
        ({"features": [ImageFeature(), ImageFeature()]}, "features", "2 are named 'image'"),
        ({"score_func": "softmax"}, "score_func", "score_func is 'softmax'"),
        ({"name": 3}, "name", "name is 3; it must be a string"),
        ({"methods": Method}, "methods", "a list of attribution classes"),
        ({"methods": [Method(nn.ReLU())]}, "methods[0]", "a class, not an instance"),
        ({"methods": [dict]}, "methods[0]", "dict has no method 'attribute'"),
        ({"defaults": [1]}, "defaults", "defaults is of type list; it must be a dict"),
        ({"defaults": {"methode": "x"}}, "defaults['methode']", "defaults has no 'methode'. Nearest: method"),
        ({"defaults": {"count": 65}}, "defaults['count']", "less than or equal to 64"),
        ({"defaults": {"k": 0}}, "defaults['k']", "greater than or equal to 1"),
        ({"defaults": {"k": True}}, "defaults['k']", "defaults['k'] is True"),
        ({"defaults": {"smoothing": {"type": "x"}}}, "defaults['smoothing']", "'x'"),
        ({"defaults": {"model": "nett"}}, "defaults['model']", "no such model. Nearest: net"),
        ({"defaults": {"samples": [1]}}, "defaults['samples']", "defaults has no 'samples'"),
        ({"defaults": {"method": "saliancy"}}, "defaults['method']", "no such method. Nearest: saliency"),
        (
            {"defaults": {"method": "occlusion", "arguments": {"window": 3}}},
            "defaults['arguments']['window']",
            "'occlusion' has no such argument. Nearest: window_",
        ),
        ({"defaults": {"outlier": 3}}, "defaults['outlier']", "defaults has no 'outlier'"),
        ({"presets": [1]}, "presets", "presets is of type list; it must be a dict"),
        ({"presets": {1: {}}}, "presets", "presets has the name 1; it must be a non-empty string"),
        ({"presets": {"a": 3}}, "presets['a']", "presets['a'] is 3; it must be a dict"),
        (
            {"presets": {"a": {"smothing": None}}},
            "presets['a']['smothing']",
            "presets['a'] has no 'smothing'. Nearest: smoothing",
        ),
        ({"presets": {"a": {"model": "net"}}}, "presets['a']['model']", "presets['a'] has no 'model'"),
        ({"presets": {"a": {"method": "deeplift"}}}, "presets['a']['method']", "Nearest: deep_lift"),
        ({"presets": {"a": {"arguments": {"n_steps": 3}}}}, "presets['a']", "'arguments' but no 'method'"),
        (
            {"presets": {"a": {"method": "integrated_gradients", "arguments": {"n_steps": 0}}}},
            "presets['a']['arguments']['n_steps']",
            "is 0: Input should be greater than or equal to 1",
        ),
        (
            {"defaults": {"method": "integrated_gradients", "arguments": {"n_steps": "50"}}},
            "defaults['arguments']['n_steps']",
            "is '50': Input should be a valid integer",
        ),
        ({"presets": {"a": {"baseline": "blak"}}}, "presets['a']['baseline']", "No baseline 'blak'. Nearest: black."),
        ({"defaults": {"baseline": ["zero", "wite"]}}, "defaults['baseline']", "No baseline 'wite'. Nearest: white."),
        (
            {"defaults": {"baseline": {"photo": ["zero"]}}},
            "defaults['baseline']",
            "no input 'photo'. There are: image.",
        ),
        (
            {"presets": {"a": {"target": {"function": "margins"}}}, "targets": {"margin": sum}},
            "presets['a']['target']['function']",
            "is 'margins'; no such function. Nearest: margin.",
        ),
        ({"presets": {"a": {"outlier": 51}}}, "presets['a']['outlier']", "less than or equal to 50"),
        ({"presets": {"a": {"sign": "both"}}}, "presets['a']['sign']", "presets['a']['sign'] is 'both'"),
    ],
)
def test_a_mistake_names_its_field(changes: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        Explorer(**({"models": {"net": nn.ReLU()}, "dataset": DATA} | changes))
    assert caught.value.field == field
    assert words in caught.value.message
    assert isinstance(caught.value, ValueError)


def test_good_defaults_are_kept() -> None:
    defaults = {"model": "net", "method": "occlusion", "arguments": {"window_height": 3}, "count": 4, "k": 20}
    explorer = Explorer({"net": nn.ReLU()}, DATA, defaults={**defaults, "smoothing": {"type": "vargrad"}})
    assert explorer.defaults["arguments"] == {"window_height": 3}
    assert explorer.defaults["smoothing"] == {"type": "vargrad", "samples": 20, "noise": 0.15, "seed": 0}


def test_settings_that_only_the_model_and_the_samples_can_tell_are_kept() -> None:
    settings: dict[str, Any] = {
        "method": "layer_grad_cam",
        "layer": "not.loaded.yet",
        "baseline": ["black", "sample:3", "dataset_mean"],
        "target": {"function": "margin"},
    }
    large: dict[str, Any] = {"method": "occlusion", "arguments": {"window_height": 500}}
    explorer = Explorer(nn.ReLU(), DATA, targets={"margin": torch.Tensor.sum}, defaults=large, presets={"a": settings})
    assert dict(explorer.defaults) == large
    assert dict(explorer.presets["a"]) == settings


def test_presets_are_kept_in_their_order() -> None:
    squared = {"type": "smoothgrad_sq", "samples": 100, "noise": 0.2}
    presets = {
        "Squares": {"method": "integrated_gradients", "smoothing": squared, "outlier": 10, "sign": "absolute"},
        "Mine": {"method": "method", "target": {"of": "predicted", "against": "runner_up"}},
        "Nothing": {},
    }
    explorer = Explorer({"net": nn.ReLU()}, DATA, methods=[Method], presets=presets)
    assert list(explorer.presets) == ["Squares", "Mine", "Nothing"]
    assert explorer.presets["Squares"]["smoothing"] == {**squared, "seed": 0}
    assert dict(Explorer(nn.ReLU(), DATA).presets) == {}


def test_a_batch_takes_what_captums_takes() -> None:
    batch = Batch(DATA[0], [1], None)
    assert (batch.labels, batch.additional_args, batch.evidence) == ([1], None, None)
