"""Every method gives Captum 0.9.0's numbers: the list of methods drives the tests, so a new one is covered at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import registry
from tests.attribution_core.models import ConvNet, ToyModel, convnet, images, relative_error
from tests.attribution_core.parity_calls import CALLS
from tests.attribution_core.parity_cases import CASES, Case, small_convnet, toy

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
METHODS = [*(spec.class_name for spec in registry.methods()), "NoiseTunnel"]
BASES = [
    "Attribution",
    "GradientAttribution",
    "PerturbationAttribution",
    "LayerAttribution",
    "NeuronAttribution",
]


def run(library: Any, name: str, case: Case, options: dict[str, Any], keywords: dict[str, Any]) -> Any:
    torch.manual_seed(7)
    first = library.Saliency(case.model) if name == "NoiseTunnel" else case.model
    method = getattr(library, name)(first, **options)
    return method.attribute(case.inputs, **keywords)


def as_captum(name: str, found: list[Tensor]) -> list[Tensor]:
    """Captum returns occlusion in float32 whatever the model's type."""
    return [t.float() for t in found] if name == "Occlusion" else found


def tolerance(name: str, dtype: torch.dtype) -> float:
    return TOLERANCE[torch.float32] if name == "Occlusion" else TOLERANCE[dtype]


def flat(result: Any) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else [t for part in result for t in flat(part)]


def same_form(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return isinstance(found, tuple) and all(map(same_form, found, expected))
    return isinstance(found, Tensor)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("name", METHODS)
def test_numbers_are_captums(name: str, make: Callable[[torch.dtype], Case], dtype: torch.dtype, chunking: str) -> None:
    case = make(dtype)
    for options, keywords in CALLS[name](case):
        call = {"target": 1, "additional_forward_args": case.extra, **keywords}
        expected = run(captum.attr, name, case, options, call)
        found = run(attribution_core, name, case, options, call)
        assert same_form(found, expected)
        if keywords.get("return_convergence_delta"):
            (found, delta), (expected, expected_delta) = found, expected
            scale = max(float(t.abs().sum()) for t in flat(expected))
            assert (delta - expected_delta).abs().max() <= TOLERANCE[dtype] * scale
        found, expected = as_captum(name, flat(found)), flat(expected)
        if keywords.get("nt_type") == "vargrad" and dtype == torch.float32:
            # Captum subtracts second moments in float32: its own error is of their size, not of the variance's.
            moments = flat(run(captum.attr, name, case, options, {**call, "nt_type": "smoothgrad_sq"}))
            for a, b, m in zip(found, expected, moments, strict=True):
                assert (a - b).abs().max() <= TOLERANCE[dtype] * m.abs().max()
            continue
        assert relative_error(found, expected) <= tolerance(name, dtype), keywords


TARGETS: list[Any] = [
    2,
    (1,),
    [0, 2, 1],
    [(2,), (0,), (0,)],
    torch.tensor(1),
    torch.tensor([2]),
    torch.tensor([2, 2, 0]),
]


@pytest.mark.parametrize("target", TARGETS, ids=repr)
@pytest.mark.parametrize("name", METHODS)
def test_forms_of_target_are_captums(name: str, target: Any, chunking: str) -> None:
    case = small_convnet(torch.float64)
    options, keywords = CALLS[name](case)[0]
    call = {**keywords, "target": target}
    found, expected = (run(library, name, case, options, call) for library in (attribution_core, captum.attr))
    assert relative_error(as_captum(name, flat(found)), flat(expected)) <= tolerance(name, torch.float64)


@pytest.mark.parametrize("target", [(1, 2), [(0, 1), (1, 2), (0, 0)]], ids=repr)
@pytest.mark.parametrize("name", METHODS)
def test_targets_in_several_dimensions_are_captums(name: str, target: Any) -> None:
    case = small_convnet(torch.float64)
    model = nn.Sequential(case.model, nn.Linear(3, 6).double(), nn.Unflatten(1, (2, 3)))
    options, keywords = CALLS[name](case)[0]
    case.model = model
    call = {**keywords, "target": target}
    found, expected = (run(library, name, case, options, call) for library in (attribution_core, captum.attr))
    assert relative_error(as_captum(name, flat(found)), flat(expected)) <= tolerance(name, torch.float64)


@pytest.mark.parametrize("shape", [(3,), (3, 1)], ids=str)
@pytest.mark.parametrize("name", METHODS)
def test_no_target_where_there_is_one_output(name: str, shape: tuple[int, ...]) -> None:
    case = small_convnet(torch.float64)
    options, keywords = CALLS[name](case)[0]
    case.model = nn.Sequential(case.model, nn.Linear(3, 1).double(), nn.Unflatten(1, shape[1:] or (1,)), nn.Flatten(0))
    if len(shape) == 2:
        case.model = case.model[:-2]
    found, expected = (run(library, name, case, options, keywords) for library in (attribution_core, captum.attr))
    assert relative_error(as_captum(name, flat(found)), flat(expected)) <= tolerance(name, torch.float64)


@pytest.mark.parametrize("name", [*METHODS, *BASES])
def test_signatures_are_captums(name: str) -> None:
    ours, theirs = getattr(attribution_core, name), getattr(captum.attr, name)
    for function in ("__init__", "attribute", "compute_convergence_delta", "interpolate", "has_convergence_delta"):
        if not inspect.isfunction(getattr(theirs, function, None)) or not hasattr(ours, function):
            assert name in BASES or not inspect.isfunction(getattr(theirs, function, None))
            continue
        parameters = [inspect.signature(getattr(library, function)).parameters for library in (ours, theirs)]
        found, expected = ([(p.name, p.kind, p.default) for p in each.values()] for each in parameters)
        assert found == expected, function


@pytest.mark.parametrize("name", METHODS)
def test_properties_are_captums(name: str) -> None:
    case = toy(torch.float32)
    options, _ = CALLS[name](case)[0]
    made = []
    for library in (attribution_core, captum.attr):
        first = library.IntegratedGradients(case.model) if name == "NoiseTunnel" else case.model
        made.append(getattr(library, name)(first, **options))
    ours, theirs = made
    assert ours.multiplies_by_inputs == theirs.multiplies_by_inputs
    assert ours.has_convergence_delta() == theirs.has_convergence_delta()


def test_every_method_has_a_parity_case() -> None:
    assert sorted(CALLS) == sorted(METHODS)


def test_interpolate_is_captums() -> None:
    x = torch.rand(2, 3, 4, 4)
    for size, mode in (((9, 7), "nearest"), ((8, 8), "bilinear"), (8, "nearest")):
        found = attribution_core.LayerAttribution.interpolate(x, size, mode)
        assert torch.equal(found, captum.attr.LayerAttribution.interpolate(x, size, mode))


def test_convergence_delta_of_given_attributions_is_captums() -> None:
    model, x = ToyModel().double(), torch.rand(3, 3, dtype=torch.float64)
    attributions = torch.rand(3, 3, dtype=torch.float64)
    for start in (None, 0, torch.rand(1, 3, dtype=torch.float64), torch.rand(3, 3, dtype=torch.float64)):
        arguments = (attributions, start, x, [0, 1, 1])
        found = attribution_core.Saliency(model).compute_convergence_delta(*arguments)
        expected = captum.attr.Saliency(model).compute_convergence_delta(*arguments)
        assert torch.allclose(found, expected, atol=1e-12)


def test_in_place_activation_behind_the_layer_is_captums() -> None:
    model = ConvNet(inplace=True).eval()
    for layer in (model.norm, model.conv2):
        methods = (library.LayerGradCam(model, layer) for library in (attribution_core, captum.attr))
        found, expected = (method.attribute(images(), 1) for method in methods)
        assert relative_error(found, expected) <= 1e-5


def test_layer_called_twice_is_captums() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lin = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.lin(torch.tanh(self.lin(x)))

    model, x = Twice(), torch.rand(2, 4)
    methods = (library.LayerGradCam(model, model.lin) for library in (attribution_core, captum.attr))
    found, expected = (method.attribute(x, 1, attr_dim_summation=False) for method in methods)
    assert relative_error(found, expected) <= 1e-5


def test_occlusion_of_several_outputs_and_of_reductions_is_captums() -> None:
    model, x = convnet().double(), images(3).double()
    forwards = {
        "all outputs": model,
        "sum over the batch": lambda x: model(x).sum(),
        "row for the batch": lambda x: model(x).sum(0, keepdim=True),
        "python number": lambda x: float(model(x).sum()),
    }
    for name, forward in forwards.items():
        for batch in (x, x[:1]):
            window = {"sliding_window_shapes": (2, 3, 3), "strides": (2, 2, 2)}
            found = attribution_core.Occlusion(forward).attribute(batch, **window)
            expected = captum.attr.Occlusion(forward).attribute(batch, **window)
            assert relative_error(found.float(), expected) <= 1e-5, name


def test_drawn_baselines_are_captums() -> None:
    import numpy as np

    model, x = convnet().double(), images(2).double()
    distribution = torch.rand(5, 2, 8, 8, dtype=torch.float64)
    results = []
    for library in (attribution_core, captum.attr):
        torch.manual_seed(5)
        np.random.seed(5)
        tunnel = library.NoiseTunnel(library.IntegratedGradients(model))
        results.append(
            tunnel.attribute(
                x,
                nt_samples=3,
                stdevs=0.1,
                draw_baseline_from_distrib=True,
                baselines=distribution,
                target=[0, 2],
                n_steps=4,
                return_convergence_delta=True,
            )
        )
    (found, delta), (expected, expected_delta) = results
    assert relative_error(found, expected) <= 1e-10
    assert torch.allclose(delta, expected_delta, atol=1e-10)
