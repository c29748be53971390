"""Ablation and permutation, at inputs, at layers, for units and over data loaders, against explicit differences."""

from __future__ import annotations

import inspect
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import attribution_core
from attribution_core import (
    DataLoaderAttribution,
    FeatureAblation,
    FeaturePermutation,
    LayerFeatureAblation,
    LayerFeaturePermutation,
    Saliency,
    chunks,
    errors,
    execution,
)
from tests.attribution_core.models import Counting, ToyModel, convnet, images, relative_error


def test_ablation_is_the_difference(chunking: str) -> None:
    model, x = convnet().double(), images(2).double()
    mask, baseline = torch.arange(64).reshape(1, 1, 8, 8) // 5, torch.full((1, 2, 8, 8), 0.3, dtype=torch.float64)
    found = FeatureAblation(model).attribute(x, baseline, 1, feature_mask=mask)
    for group in range(13):
        where = (mask == group).expand_as(x)
        difference = model(x)[:, 1] - model(torch.where(where, baseline, x))[:, 1]
        assert torch.allclose(found[where], difference.repeat_interleave(int(where[0].sum())), atol=1e-12)


def test_outputs_and_reductions_are_captums() -> None:
    model, x = convnet().double(), images(3).double()
    mask = torch.arange(64).reshape(1, 1, 8, 8) // 16
    forwards: dict[str, Any] = {
        "all outputs": model,
        "sum over the batch": lambda x: model(x).sum(),
        "row for the batch": lambda x: model(x).sum(0, keepdim=True),
        "python number": lambda x: float(model(x).sum()),
    }
    for name, forward in forwards.items():
        for method in ("FeatureAblation", "FeaturePermutation"):
            for batch in (x, x[:1]) if method == "FeatureAblation" else (x,):
                results = []
                for library in (attribution_core, captum.attr):
                    torch.manual_seed(1)
                    results.append(getattr(library, method)(forward).attribute(batch, feature_mask=mask))
                found, expected = results
                assert relative_error(found.to(expected.dtype), expected) <= 1e-6, name


def test_unknown_keywords_are_refused() -> None:
    for method in (FeatureAblation(convnet()), FeaturePermutation(convnet())):
        with pytest.raises(errors.UnknownArgument, match="Unknown argument 'featuremask'"):
            method.attribute(images(), target=0, featuremask=None)
    found = FeaturePermutation(lambda x: x.sum(1)).attribute(torch.rand(3, 2), baselines=0)
    assert found.shape == (3, 2)


def test_perturbations_per_eval_starts_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BUDGET_SECONDS", 0.0)
    model = Counting(convnet())
    FeatureAblation(model).attribute(images(2), target=0, perturbations_per_eval=7)
    assert model.largest == 14
    with pytest.raises(errors.OutOfRange, match="perturbations_per_eval is 0"):
        FeatureAblation(model).attribute(images(), target=0, perturbations_per_eval=0)


def test_progress_is_written_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    FeatureAblation(convnet()).attribute(images(1), target=0, feature_mask=torch.arange(8), show_progress=True)
    assert "Feature Ablation: 100% (9/9 evaluations)" in capsys.readouterr().err
    FeatureAblation(convnet()).attribute(images(1), target=0, feature_mask=torch.arange(8))
    assert capsys.readouterr().err == ""


# --- permutation -----------------------------------------------------------------------------------------------------


def test_permutation_never_leaves_all_in_place() -> None:
    """Two examples can only be exchanged: the truth is known."""
    x = torch.rand(2, 3, dtype=torch.float64)
    found = FeaturePermutation(lambda x: (x * torch.tensor([1.0, 2.0, -3.0])).sum(1)).attribute(x)
    assert torch.allclose(found, (x - x.flip(0)) * torch.tensor([1.0, 2.0, -3.0]))


def test_permutation_importance_of_a_loss() -> None:
    x = torch.rand(200, 3)
    y = 2 * x[:, 0] + x[:, 1]

    def loss(x: Tensor) -> Tensor:
        return -((2 * x[:, 0] + x[:, 1] - y) ** 2).mean()

    found = FeaturePermutation(loss).attribute(x)
    assert found.shape == (1, 3)
    assert found[0, 2] == 0
    # 2·var·4 and 2·var·1, with var = 1/12
    assert found[0].tolist() == pytest.approx([2 / 3, 1 / 6, 0], abs=0.12)


def test_a_single_example_cannot_be_permuted() -> None:
    model = ToyModel()
    for method in (FeaturePermutation(model), LayerFeaturePermutation(model, model.lin1)):
        with pytest.raises(errors.WrongShape, match="inputs has 1 example; permutation needs at least 2"):
            method.attribute(torch.rand(1, 3), target=0)
    with pytest.raises(errors.WrongShape, match=r"perm_func returned \(1, 3\); it must return"):
        FeaturePermutation(model, lambda x, mask: x[:1]).attribute(torch.rand(2, 3), target=0)
    with pytest.raises(errors.WrongType, match="perm_func is a int"):
        FeaturePermutation(model, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [1, [0, 1], torch.tensor([1, 0])], ids=str)
def test_layer_permutation_applies_the_target_once(target: Any) -> None:
    """Two examples: the exchange is known, and so is the answer. Captum applies the target twice and fails."""
    model, x = ToyModel().double(), torch.rand(2, 3, dtype=torch.float64)
    hidden = model.lin1(x)
    found = LayerFeaturePermutation(model, model.lin1).attribute(x, target)
    rows = torch.arange(2)
    for unit in range(3):
        swapped = hidden.clone()
        swapped[:, unit] = hidden.flip(0)[:, unit]
        y, z = (model.lin2(torch.relu(h))[rows, torch.as_tensor(target)] for h in (hidden, swapped))
        assert torch.allclose(found[:, unit], y - z)
    with pytest.raises(AssertionError):
        captum.attr.LayerFeaturePermutation(model, model.lin1).attribute(x, target)


def test_layer_permutation_without_a_target_is_captums(chunking: str) -> None:
    model = nn.Sequential(convnet(), nn.Linear(3, 1), nn.Flatten(0)).double()
    mask = torch.arange(8).reshape(1, 1, 1, 8) // 2
    results = []
    for library in (attribution_core, captum.attr):
        torch.manual_seed(3)
        method = library.LayerFeaturePermutation(model, model[0].conv2)
        results.append(method.attribute(images(4).double(), layer_mask=mask))
    assert relative_error(*results) <= 1e-10
    for function in ("__init__", "attribute"):
        ours, theirs = (
            [(p.name, p.kind, p.default) for p in inspect.signature(getattr(c, function)).parameters.values()]
            for c in (LayerFeaturePermutation, captum.attr.LayerFeaturePermutation)
        )
        assert ours == theirs


# --- layers ----------------------------------------------------------------------------------------------------------


def test_layer_ablation_is_the_rest_of_the_model_at_a_changed_value() -> None:
    model, x = ToyModel().double(), torch.rand(3, 3, dtype=torch.float64)
    found = LayerFeatureAblation(model, model.relu).attribute(x, 0.5, 1)
    hidden = model.relu(model.lin1(x))
    for unit in range(3):
        changed = hidden.clone()
        changed[:, unit] = 0.5
        assert torch.allclose(found[:, unit], (model.lin2(hidden) - model.lin2(changed))[:, 1])


def test_layers_of_several_tensors_and_functions_as_masks() -> None:
    class Pair(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x * 2, x[:, :1] + 1

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pair = Pair()

        def forward(self, x: Tensor) -> Tensor:
            a, b = self.pair(x)
            return (a * b).sum(1)

    model, x = Model(), torch.rand(3, 2, dtype=torch.float64)
    a, b = LayerFeatureAblation(model, model.pair).attribute(x)
    assert torch.allclose(a, 2 * x * (x[:, :1] + 1))
    assert torch.allclose(b[:, 0], model(x))
    seen: list[Any] = []

    def all_together(values: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        seen.append(values)
        return tuple(torch.zeros(1, v.shape[1], dtype=torch.long) for v in values)

    a, b = LayerFeatureAblation(model, model.pair).attribute(x, layer_mask=all_together)
    assert torch.allclose(a, model(x).unsqueeze(1).expand(3, 2))
    assert [len(v) for v in seen] == [2]
    with pytest.raises(errors.WrongShape, match="layer_mask has 1 entries; it must have one for each of the 2"):
        LayerFeatureAblation(model, model.pair).attribute(x, layer_mask=torch.zeros(1, 2).long())
    with pytest.raises(errors.WrongShape, match="layer_baselines has shape"):
        LayerFeatureAblation(model, model.pair).attribute(x, layer_baselines=(torch.zeros(5, 2), 0))


def test_a_layer_without_a_row_for_each_example_is_refused() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat = nn.Flatten(0)

        def forward(self, x: Tensor) -> Tensor:
            return self.flat(x).reshape(len(x), -1).sum(1)

    model = Mean()
    with pytest.raises(errors.WrongShape, match=r"Layer 'flat' has shape \(\d,\) for \d examples"):
        LayerFeatureAblation(model, model.flat).attribute(torch.rand(3, 2))


# --- data loaders ----------------------------------------------------------------------------------------------------


class Streamed(IterableDataset):  # type: ignore[type-arg]
    """A data set without a length."""

    def __iter__(self) -> Any:
        return iter(torch.arange(12.0).reshape(4, 3))


def loader(batch_size: int = 2) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(0)
    x, z, y = (torch.rand(shape, generator=generator) for shape in ((5, 3), (5, 2, 2), (5,)))
    return DataLoader(TensorDataset(x, z, y), batch_size)


def forward(x: Tensor, z: Tensor) -> Tensor:
    return torch.stack([x.prod(1) + z.flatten(1).sum(1), x.sum(1) * z[:, 0, 0]], 1)


def squared_error(accum: Any, output: Tensor, batch: tuple[Any, ...]) -> Any:
    error = ((output[:, 0] - batch[2]) ** 2).sum()
    return (error, len(output)) if accum is None else (accum[0] + error, accum[1] + len(output))


CALLS: dict[str, dict[str, Any]] = {
    "joined outputs": {"input_roles": (0, 0, 2)},
    "a metric": {"input_roles": (0, 0, 2), "reduce": squared_error, "to_metric": lambda a: a[0] / a[1]},
    "a vector metric": {"input_roles": (0, 1, 2), "to_metric": lambda a: a.mean(0)},
    "groups": {
        "input_roles": (0, 0, 2),
        "feature_mask": (torch.tensor([[0, 1, 1]]), torch.tensor([[[1, 2], [2, 2]]])),
        "baselines": (0.5, torch.full((1, 2, 2), 0.1)),
        "to_metric": lambda a: a.mean(0),
        "perturbations_per_pass": 2,
    },
    "groups, not spread": {"input_roles": (0, 0, 2), "return_input_shape": False, "perturbations_per_pass": 3},
}


@pytest.mark.parametrize("name", CALLS)
def test_data_loader_attribution_is_captums(name: str, chunking: str) -> None:
    results = []
    for library in (attribution_core, captum.attr):
        method = library.DataLoaderAttribution(library.FeatureAblation(forward))
        results.append(method.attribute(loader(), **CALLS[name]))
    found, expected = results
    assert isinstance(found, tuple) == isinstance(expected, tuple)
    assert relative_error(found, expected) <= 1e-5


def test_data_loader_attribution_of_tensors_without_a_length() -> None:
    method = DataLoaderAttribution(FeatureAblation(lambda x: x.sum(1)))
    found = method.attribute(DataLoader(Streamed(), 3), to_metric=lambda a: a.sum())
    assert torch.equal(found, torch.arange(12.0).reshape(4, 3).sum(0, keepdim=True))


def test_data_loader_attribution_reports_and_stops() -> None:
    calls: list[int] = []

    def counted(x: Tensor, z: Tensor) -> Tensor:
        calls.append(len(x))
        return forward(x, z)

    method = DataLoaderAttribution(FeatureAblation(counted))
    seen: list[tuple[int, int]] = []
    with execution.execution(on_progress=lambda p: seen.append((p.done, p.total))):
        method.attribute(loader(), (0, 0, 2))
    assert len(calls) == 3 * (1 + 7)
    assert seen[-1][0] == seen[-1][1]
    assert [done / total for done, total in seen] == sorted(done / total for done, total in seen)
    calls.clear()
    with pytest.raises(errors.Cancelled), execution.execution(should_stop=lambda: len(calls) == 5):
        method.attribute(loader(), (0, 0, 2))
    assert len(calls) == 5


def test_data_loader_attribution_refuses() -> None:
    method = DataLoaderAttribution(FeatureAblation(forward))
    for keywords, kind, message in (
        ({"input_roles": (0, 0)}, errors.WrongShape, "input_roles has 2 entries; it must have one for each of the 3"),
        ({"input_roles": (0, 3, 2)}, errors.OutOfRange, "input_roles is 3; it must be 0 to 2"),
        ({"input_roles": (1, 2, 2)}, errors.OutOfRange, "input_roles has no 0"),
        ({"input_roles": (0, 0, 2), "baselines": 0}, errors.WrongShape, "baselines has 1 entries"),
        ({"input_roles": (0, 1, 2), "baselines": torch.zeros(2, 3)}, errors.WrongShape, "baselines has 2 rows"),
        ({"input_roles": (0, 1, 2), "feature_mask": torch.zeros(2, 3).long()}, errors.WrongShape, "several rows"),
        ({"input_roles": (0, 0, 2), "to_metric": lambda a: 3}, errors.WrongType, "The metric is a int"),
        ({"perturbations_per_pass": 0}, errors.OutOfRange, "perturbations_per_pass is 0"),
    ):
        with pytest.raises(kind, match=message):
            method.attribute(loader(), **keywords)
    with pytest.raises(errors.NotApplicable, match="attr_method is a Saliency; it must be a FeatureAblation"):
        DataLoaderAttribution(Saliency(convnet()))
    with pytest.raises(errors.WrongShape, match="yields no batch"):
        method.attribute(DataLoader(TensorDataset(torch.zeros(0, 2)), 1))


def test_data_loader_attribution_has_captums_signature() -> None:
    for function in ("__init__", "attribute"):
        ours, theirs = (
            [(p.name, p.kind, p.default) for p in inspect.signature(getattr(c, function)).parameters.values()]
            for c in (DataLoaderAttribution, captum.attr.DataLoaderAttribution)
        )
        assert ours == theirs
    method = DataLoaderAttribution(FeatureAblation(forward))
    assert not method.multiplies_by_inputs
    assert not method.has_convergence_delta()
