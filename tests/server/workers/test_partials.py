"""Partial maps: every anytime method sends estimates of the shape and scale of its result, which become the result."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attribution_core import chunks, registry
from attriscope import Batch, ImageFeature
from attriscope.workers import partials
from attriscope.workers.arrays import to_tensor
from attriscope.workers.maps import Drawing
from attriscope.workers.messages import PartialInfo
from attriscope.workers.protocol import Frame
from tests.server.workers.toys import Direct, pictures, runtime

ANYTIME = [spec for spec in registry.methods() if spec.anytime]
SMOOTHED = [spec for spec in registry.methods() if spec.smoothing]
LONG: dict[str, dict[str, Any]] = {"occlusion": {}, "kernel_shap": {"n_samples": 300}, "lime": {"n_samples": 300}}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two evaluations, and an estimate after each."""
    monkeypatch.setattr(chunks, "MAX_UNITS", 2)
    monkeypatch.setattr(partials, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(partials, "_SHARE", 1.0)


class Sharp(nn.Module):
    """Two convolutions with ReLUs; scores far apart, since a sparse fit drops what is below its threshold."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            self.first, self.conv = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
            self.head = nn.Linear(8 * 16, 4)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        features = self.relu2(self.conv(self.relu1(self.first(x))))
        scores: Tensor = self.head(nn.functional.adaptive_avg_pool2d(features, 4).flatten(1))
        return 100 * scores


def explain(*positions: int, model: Callable[[], nn.Module] = Sharp, seconds: float = 1e-9, **changes: Any) -> Any:
    """The interim frames, with partials asked for."""
    client = Direct(runtime(models={"net": model}, dataset=[Batch(pictures(), [0, 1, 2, 3, 0, 1])]))
    samples = client.scan()
    spec = registry.get(changes["method"])
    rows = range(min(spec.distribution, 6)) if "distribution" in spec.needs else ()
    original, client.call = client.call, None  # type: ignore[assignment, method-assign]

    def call(kind: str, body: Any, arrays: Any = None) -> Any:
        return original(kind, body | ({"partials": seconds} if kind == "attribute" and seconds else {}), arrays)

    client.call = call  # type: ignore[method-assign]
    return client.attribute(samples, *positions, distribution=rows, **changes)


def by_key(frames: list[Frame]) -> dict[str, list[Tensor]]:
    found: dict[str, list[Tensor]] = {}
    for frame in frames:
        found.setdefault(frame.body["key"], []).append(to_tensor(frame.arrays["image"]))
    return found


def check_convergence(answer: Any, items: int, *, constant: bool = False) -> None:
    """`constant`: the method gives every noisy copy the same map, so that the first estimate is the result."""
    finals = {key: value for key, [value] in by_key(answer.of("result")).items()}
    assert len(finals) == items
    estimates = by_key(answer.of("partial"))
    assert set(estimates) == set(finals)
    for key, final in finals.items():
        distances = []
        for estimate in estimates[key]:
            assert estimate.shape == final.shape
            assert estimate.dtype == torch.float32
            assert bool(torch.isfinite(estimate).all())
            distances.append(float((estimate - final).norm() / final.norm()))
            if constant:
                torch.testing.assert_close(estimate, final, rtol=1e-4, atol=1e-3)
        assert len(distances) >= 2
        if constant:
            continue
        assert distances[-1] < distances[0]
        assert distances[-1] < 0.75


@pytest.mark.parametrize("spec", ANYTIME, ids=lambda spec: spec.id)
def test_every_anytime_method_sends_estimates_that_become_its_result(spec: registry.MethodSpec, at_once: None) -> None:
    layer = "conv" if "layer" in spec.needs else None
    answer = explain(1, 2, method=spec.id, arguments=LONG.get(spec.id, {}), layer=layer)
    check_convergence(answer, 2)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [(spec, "smoothgrad") for spec in SMOOTHED]
    + [(registry.get("saliency"), "smoothgrad_sq"), (registry.get("integrated_gradients"), "vargrad")],
    ids=lambda value: getattr(value, "id", value),
)
def test_every_smoothed_method_sends_estimates_that_become_its_result(
    spec: registry.MethodSpec, kind: str, at_once: None
) -> None:
    layer = "conv" if "layer" in spec.needs else None
    smoothing = {"type": kind, "samples": 12, "noise": 0.2, "seed": 0}
    answer = explain(1, 2, method=spec.id, layer=layer, smoothing=smoothing, arguments={})
    check_convergence(answer, 2, constant="deconvolution" in spec.id)


def test_an_estimate_of_ablation_is_the_result_where_it_has_been(at_once: None) -> None:
    answer = explain(0, method="feature_ablation", arguments={})
    final = to_tensor(answer.of("result")[0].arrays["image"])
    shares = []
    for frame in answer.of("partial"):
        info = PartialInfo.model_validate(frame.body)
        estimate = to_tensor(frame.arrays["image"])
        seen = estimate != 0
        assert torch.equal(estimate[seen], final[seen])
        assert float(seen.float().mean()) <= info.share + 0.05
        [told] = info.maps
        assert (told.minimum, told.maximum) == (float(estimate.min()), float(estimate.max()))
        assert told.interpolation == "nearest"
        shares.append(info.share)
    assert shares == sorted(set(shares))
    assert 0 < shares[0] < shares[-1] < 1


@pytest.mark.parametrize("method", ["occlusion", "kernel_shap", "integrated_gradients", "shapley_value_sampling"])
def test_estimates_cost_no_evaluations(method: str, at_once: None) -> None:
    evaluated: list[int] = []

    class Counted(Sharp):
        def forward(self, x: Tensor) -> Tensor:
            evaluated.append(len(x))
            return super().forward(x)

    counts = []
    for seconds in (0.0, 1e-9):
        evaluated.clear()
        answer = explain(0, 1, model=Counted, seconds=seconds, method=method, arguments={})
        assert bool(answer.of("partial")) == bool(seconds)
        counts.append(sum(evaluated))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("method", ["integrated_gradients", "kernel_shap"])
def test_nothing_partial_follows_an_items_result(method: str, at_once: None) -> None:
    answer = explain(0, 1, 2, method=method, arguments={})
    ended = set()
    for frame in answer.interim:
        if frame.type == "result":
            ended.add(frame.body["key"])
        elif frame.type == "partial":
            assert frame.body["key"] not in ended
    assert len(ended) == 3


def test_estimates_are_sent_only_when_asked_for_and_only_for_anytime_methods(at_once: None) -> None:
    assert not explain(0, method="occlusion", arguments={}, seconds=0.0).of("partial")
    assert not explain(0, method="saliency", arguments={}).of("partial")


def test_estimates_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends soon sends none; an estimate that takes long to make is made the less often."""
    assert not explain(0, method="occlusion", arguments={}).of("partial")
    now = [0.0]
    monkeypatch.setattr(partials.time, "monotonic", lambda: now[0])
    sent: list[float] = []

    class Estimated:
        total = 100

        def __init__(self, done: int) -> None:
            self.done = done

        def partial(self) -> None:
            sent.append(now[0])
            now[0] += 0.1

    told = partials.Partials([], Drawing([], at_layer=False), [], seconds=0.4, call=1, send=lambda frame: None)
    for done in range(1, 100):
        now[0] = max(now[0], done * 0.05)
        told.tell(Estimated(done))  # type: ignore[arg-type]
    assert sent[0] >= partials.FIRST_SECONDS
    assert all(later - earlier >= 0.99 for earlier, later in itertools.pairwise(sent))


def test_an_estimate_that_is_not_finite_is_not_sent() -> None:
    frames: list[Frame] = []

    class Estimated:
        done, total = 1, 2

        def partial(self) -> tuple[Tensor, ...]:
            return (torch.tensor([[[[1.0, float("nan")]]], [[[1.0, 2.0]]]]),)

    from attriscope.workers.messages import CheckedItem

    items = [CheckedItem(sample=n, target=0, target_name=None, key=str(n)) for n in range(2)]
    drawing = Drawing([ImageFeature()], at_layer=True)
    told = partials.Partials(items, drawing, [[(1, 1, 2)]] * 2, seconds=0.1, call=1, send=frames.append)
    told._next = 0.0
    told.tell(Estimated())  # type: ignore[arg-type]
    assert [frame.body["key"] for frame in frames] == ["1"]
    assert frames[0].body["maps"][0]["interpolation"] == "bilinear"
