"""Keys differ where, and only where, something that a result depends on differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from attriscope.workers import keys
from attriscope.workers.check import parse_request
from attriscope.workers.runtime import Runtime
from tests.server.workers.toys import Direct, Net, explorer, request, runtime

BASE: dict[str, Any] = {
    "arguments": {"abs": True},
    "sample_sha256": "a",
    "target": 1,
    "layer": None,
    "baseline": "zero",
    "ingredients": {"model": "m", "torch": "2", "device": "cpu"},
}


def key(changes: dict[str, Any] | None = None, **asked: Any) -> str:
    return keys.content_key(parse_request(request(**asked)), **(BASE | (changes or {})))


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": {"abs": False}},
        {"sample_sha256": "b"},
        {"target": 2},
        {"target": None},
        {"layer": "conv"},
        {"baseline": "white"},
        {"baseline": None},
        {"ingredients": {"model": "n", "torch": "2", "device": "cpu"}},
        {"ingredients": {"model": "m", "torch": "2", "device": "cuda"}},
        {"ingredients": {"model": "m", "torch": "3", "device": "cpu"}},
    ],
)
def test_every_ingredient_is_in_the_key(changes: dict[str, Any]) -> None:
    assert key(changes) != key()


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "input_x_gradient"},
        {"quantity": "score"},
        {"precision": "fast"},
        {"smoothing": {"type": "vargrad"}},
        {"smoothing": {"type": "smoothgrad"}},
        {"evaluation": {"type": "curves"}},
        {"evaluation": {"type": "curves", "fill": "blurred"}},
        {"evaluation": {"type": "curves", "orders": 6}},
        {"evaluation": {"type": "randomisation"}},
        {"evaluation": {"type": "randomisation", "seed": 1}},
    ],
)
def test_every_setting_is_in_the_key(asked: dict[str, Any]) -> None:
    assert key(**asked) != key()


@pytest.mark.parametrize(
    "asked", [{"explorer": "another"}, {"model": "another name"}, {"samples": [5]}, {"target": "label"}]
)
def test_names_are_not_in_the_key(asked: dict[str, Any]) -> None:
    assert key(**asked) == key()


def test_smoothing_counts_with_its_seed() -> None:
    seeds = {key(smoothing={"type": "smoothgrad", "seed": seed}) for seed in range(3)}
    assert len(seeds) == 3


def _scaled(model: nn.Module) -> nn.Module:
    with torch.no_grad():
        next(model.parameters()).mul_(1.0001)
    return model


class Renamed(Net):
    """The same weights and structure under other code."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


def _with_buffer(value: float) -> nn.Module:
    model = nn.Sequential(Net())
    model.register_buffer("scale", torch.tensor(value), persistent=False)
    return model


def test_a_models_fingerprint_is_its_own() -> None:
    assert keys.model_fingerprint(Net()) == keys.model_fingerprint(Net())
    assert keys.model_fingerprint(Net().train()) == keys.model_fingerprint(Net().eval())
    others = {
        keys.model_fingerprint(model)
        for model in (
            Net(),
            Net(seed=1),
            _scaled(Net()),
            Net().double(),
            Renamed(),
            nn.Sequential(Net(), nn.LeakyReLU(0.1)),
            nn.Sequential(Net(), nn.LeakyReLU(0.2)),
            _with_buffer(1.0),
            _with_buffer(2.0),
        )
    }
    assert len(others) == 9


def test_a_score_functions_fingerprint_is_its_own() -> None:
    found = {keys.callable_fingerprint(f) for f in (None, nn.Softmax(1), nn.Softmax(0), torch.softmax, torch.sigmoid)}
    assert len(found) == 5
    assert keys.callable_fingerprint(nn.Softmax(1)) == keys.callable_fingerprint(nn.Softmax(1))


def test_an_object_that_is_called_counts_by_its_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    for number, factor in enumerate((1, 1, 2)):
        source = f"class Scaled:\n    def __call__(self, x):\n        return {factor} * x\n"
        (tmp_path / f"called_{number}.py").write_text(source)
        cls = __import__(f"called_{number}").Scaled
        cls.__module__ = "in_no_module"  # only the sources differ
        monkeypatch.setattr(cls, "__repr__", lambda self: "Scaled()")
        found.append(keys.callable_fingerprint(cls()))
    assert found[0] == found[1] != found[2]


def _keys_of(client: Direct, **asked: Any) -> list[str]:
    body = client.check(client.scan().items(0, 1, target=2), **asked).body
    return [item["key"] for item in body["items"]]


def test_the_same_explorer_loaded_twice_has_the_same_keys() -> None:
    assert _keys_of(Direct(runtime())) == _keys_of(Direct(runtime()))


@pytest.mark.parametrize(
    "change",
    [
        lambda: runtime(models={"net": lambda: Net(seed=1)}),
        lambda: Runtime(explorer(), "cpu", code=b"# another file"),
        lambda: Runtime(explorer(), "cpu", arguments={"weights": "b.pt"}),
    ],
    ids=["weights", "file", "arguments"],
)
def test_another_model_or_file_has_other_keys(change: Callable[[], Runtime]) -> None:
    base, other = Direct(runtime()), Direct(change())
    assert not set(_keys_of(base)) & set(_keys_of(other))
    assert base.runtime.description.fingerprint != other.runtime.description.fingerprint


def test_defaults_have_the_key_of_the_same_values_spelt_out() -> None:
    client = Direct(runtime())
    short = _keys_of(client, method="integrated_gradients")
    full = _keys_of(client, method="integrated_gradients", arguments={"n_steps": 50, "method": "gausslegendre"})
    assert short == full
    assert short != _keys_of(client, method="integrated_gradients", arguments={"n_steps": 51})


def test_a_baseline_counts_only_where_the_method_has_one() -> None:
    client = Direct(runtime())
    assert _keys_of(client, baseline="white") == _keys_of(client, baseline="zero")
    with_one = "integrated_gradients"
    assert _keys_of(client, method=with_one, baseline="white") != _keys_of(client, method=with_one, baseline="zero")


def test_another_score_function_changes_the_keys_of_scores_alone() -> None:
    softmax, sigmoid = Direct(runtime()), Direct(runtime(score_func=torch.sigmoid))
    assert _keys_of(softmax) == _keys_of(sigmoid)
    assert _keys_of(softmax, quantity="score") != _keys_of(sigmoid, quantity="score")
