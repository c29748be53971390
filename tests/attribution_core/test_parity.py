"""Every method gives Captum 0.9.0's numbers: the list of methods drives the tests, so a new one is covered at once."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import registry
from tests.attribution_core.models import ConvNet, ToyModel, convnet, images, relative_error
from tests.attribution_core.parity_calls import CALLS
from tests.attribution_core.parity_cases import CASES, Call, Case, small_convnet, toy

# What a method tells about operations without a rule is tested with the method.
pytestmark = pytest.mark.filterwarnings("ignore::attribution_core.errors.AttributionWarning")
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
METHODS = sorted(CALLS)
FLOAT32 = {"KernelShap", "Lime", "Occlusion", "ShapleyValueSampling", "ShapleyValues"}
BASES = [
    "Attribution",
    "GradientAttribution",
    "PerturbationAttribution",
    "LayerAttribution",
    "NeuronAttribution",
]


def run(library: Any, name: str, case: Case, options: dict[str, Any], keywords: dict[str, Any]) -> Any:
    torch.manual_seed(7)
    np.random.seed(7)
    given = {key: value for key, value in keywords.items() if key != "target" or has_target(name)}
    with warnings.catch_warnings():
        if library is captum.attr:
            warnings.simplefilter("ignore")
        first = library.Saliency(case.model) if name == "NoiseTunnel" else case.model
        return getattr(library, name)(first, **options).attribute(case.inputs, **given)


def has_target(name: str) -> bool:
    """Whether the method explains an output of the model, rather than a layer's value or a hidden unit."""
    return not name.startswith(("LayerActivation", "Neuron")) or name == "NeuronConductance"


def calls_for(name: str, case: Case) -> list[Call]:
    """The calls to compare; the test is skipped where the method has none on the case's model."""
    return CALLS[name](case) or pytest.skip(f"{name} cannot explain this model.")


def as_captum(name: str, found: list[Tensor]) -> list[Tensor]:
    """Some of Captum's methods return float32 whatever the model's type."""
    return [t.float() for t in found] if name in FLOAT32 else found


def tolerance(name: str, dtype: torch.dtype) -> float:
    return TOLERANCE[torch.float32] if name in FLOAT32 else TOLERANCE[dtype]


def flat(result: Any) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else [t for part in result for t in flat(part)]


def same_form(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return isinstance(found, tuple) and all(map(same_form, found, expected))
    if isinstance(expected, list):
        return isinstance(found, list) and all(map(same_form, found, expected))
    return isinstance(found, Tensor)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("name", METHODS)
def test_numbers_are_captums(name: str, make: Callable[[torch.dtype], Case], dtype: torch.dtype, chunking: str) -> None:
    case = make(dtype)
    for position, (options, keywords) in enumerate(calls_for(name, case)):
        call = {"target": 1, "additional_forward_args": case.extra, **keywords}
        expected = run(captum.attr, name, case, options, call)
        found = run(attribution_core, name, case, options, call)
        assert same_form(found, expected)
        if keywords.get("return_convergence_delta"):
            (found, delta), (expected, expected_delta) = found, expected
            scale = max(float(t.detach().abs().sum()) for t in flat(expected))
            for a, b in zip(flat(delta), flat(expected_delta), strict=True):
                assert (a - b).abs().max() <= TOLERANCE[dtype] * scale
        found, expected = as_captum(name, flat(found)), flat(expected)
        if keywords.get("nt_type") == "vargrad" and dtype == torch.float32:
            # Captum subtracts second moments in float32: its own error is of their size, not of the variance's.
            moments = flat(run(captum.attr, name, case, options, {**call, "nt_type": "smoothgrad_sq"}))
            for a, b, m in zip(found, expected, moments, strict=True):
                assert (a - b).abs().max() <= TOLERANCE[dtype] * m.abs().max()
            continue
        bound = tolerance(name, dtype)
        if "DeepLift" in name and dtype == torch.float32:
            # Rounding is divided by differences of activations: Captum's own distance to float64 is the measure.
            bound = max(bound, 3 * distance_to_double(name, make, position, expected))
        assert relative_error(found, expected) <= bound, keywords


def distance_to_double(name: str, make: Callable[[torch.dtype], Case], position: int, expected: list[Tensor]) -> float:
    """How far Captum's result in float32 is from its own in float64."""
    case = make(torch.float64)
    options, keywords = calls_for(name, case)[position]
    call = {"target": 1, "additional_forward_args": case.extra, **keywords}
    exact = run(captum.attr, name, case, options, call)
    exact = exact[0] if keywords.get("return_convergence_delta") else exact
    return relative_error([t.double() for t in expected], flat(exact))


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
@pytest.mark.parametrize("name", list(filter(has_target, METHODS)))
def test_forms_of_target_are_captums(name: str, target: Any, chunking: str) -> None:
    case = small_convnet(torch.float64)
    options, keywords = calls_for(name, case)[0]
    call = {**keywords, "target": target}
    found = run(attribution_core, name, case, options, call)
    if name in ("Lime", "KernelShap") and isinstance(target, Tensor) and not target.dim():
        call["target"] = int(target)  # Captum takes the first entry of a tensor that has none
    expected = run(captum.attr, name, case, options, call)
    assert relative_error(as_captum(name, flat(found)), flat(expected)) <= tolerance(name, torch.float64)


class Reshaped(nn.Module):
    """A model whose output for each example gets another shape."""

    def __init__(self, model: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.model = model
        self.shape = shape

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.model(*inputs).reshape(-1, *self.shape)


@pytest.mark.parametrize("target", [(1, 2), [(0, 1), (1, 2), (0, 0)]], ids=repr)
@pytest.mark.parametrize("name", list(filter(has_target, METHODS)))
def test_targets_in_several_dimensions_are_captums(name: str, target: Any) -> None:
    case = small_convnet(torch.float64)
    options, keywords = calls_for(name, case)[0]
    case.model = Reshaped(nn.Sequential(case.model, nn.Linear(3, 6).double()), (2, 3))
    call = {**keywords, "target": target}
    found, expected = (run(library, name, case, options, call) for library in (attribution_core, captum.attr))
    assert relative_error(as_captum(name, flat(found)), flat(expected)) <= tolerance(name, torch.float64)


@pytest.mark.parametrize("shape", [(3,), (3, 1)], ids=str)
@pytest.mark.parametrize("name", METHODS)
def test_no_target_where_there_is_one_output(name: str, shape: tuple[int, ...]) -> None:
    case = small_convnet(torch.float64)
    options, keywords = calls_for(name, case)[0]
    case.model = Reshaped(nn.Sequential(case.model, nn.Linear(3, 1).double()), shape[1:])
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
        found, expected = (
            [(p.name, p.kind, callable(p.default) or p.default) for p in each.values()] for each in parameters
        )
        # Ours may take more by keyword, but nothing else, and nothing that must be given.
        found = found[: len(expected)] + [p for p in found[len(expected) :] if p[1] != inspect.Parameter.KEYWORD_ONLY]
        assert found == expected, function


@pytest.mark.parametrize("name", METHODS)
def test_properties_are_captums(name: str) -> None:
    case = toy(torch.float32)
    options, _ = calls_for(name, case)[0]
    made = []
    for library in (attribution_core, captum.attr):
        first = library.IntegratedGradients(case.model) if name == "NoiseTunnel" else case.model
        made.append(getattr(library, name)(first, **options))
    ours, theirs = made
    assert ours.multiplies_by_inputs == theirs.multiplies_by_inputs
    assert ours.has_convergence_delta() == theirs.has_convergence_delta()


def test_every_method_has_a_parity_case() -> None:
    assert {spec.class_name for spec in registry.methods()} <= set(CALLS)


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
