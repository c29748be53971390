"""infidelity and sensitivity_max give Captum's numbers under a fixed seed, and those of their formulas."""

from __future__ import annotations

import inspect
from typing import Any

import captum.attr
import captum.metrics
import pytest
import torch
from torch import Tensor, nn

import attribution_core
from attribution_core import chunks, errors, metrics
from attribution_core.execution import Progress, execution
from tests.attribution_core.models import ConvNet, Counting, TwoInputs, convnet, images

LIBRARIES = ((attribution_core, metrics), (captum.attr, captum.metrics))


def noise(inputs: Any, baselines: Any = None) -> Any:
    if isinstance(inputs, tuple):
        pairs = [noise(x) for x in inputs]
        return tuple(p for p, _ in pairs), tuple(x for _, x in pairs)
    drawn = torch.randn(inputs.shape).to(inputs.dtype) * 0.1
    return drawn, inputs - drawn


@pytest.mark.parametrize("name", ["infidelity", "sensitivity_max", "infidelity_perturb_func_decorator"])
def test_signatures_are_captums(name: str) -> None:
    found, expected = (
        [(p.name, p.kind) for p in inspect.signature(getattr(library, name)).parameters.values()]
        for library in (metrics, captum.metrics)
    )
    assert found == expected
    defaults = [
        [p.default for p in inspect.signature(getattr(library, name)).parameters.values() if not callable(p.default)]
        for library in (metrics, captum.metrics)
    ]
    assert defaults[0] == defaults[1]


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("most", [None, 1, 3, 7, 100])
@pytest.mark.parametrize("n", [1, 3])
def test_infidelity_is_captums(normalize: bool, most: int | None, n: int) -> None:
    model, x = convnet().double(), images(n).double()
    results = []
    for attr, library in LIBRARIES:
        maps = attr.Saliency(model).attribute(x, target=1, abs=False)
        torch.manual_seed(3)
        results.append(
            library.infidelity(
                model,
                noise,
                x,
                maps,
                target=[0, 2, 1][:n],
                n_perturb_samples=5,
                max_examples_per_batch=None if most is None else max(most, n),  # below n Captum only warns
                normalize=normalize,
            )
        )
    assert torch.allclose(*results, rtol=1e-10, atol=0)


@pytest.mark.parametrize("baselines", [None, (0.2, 0.0), "rows"], ids=str)
@pytest.mark.parametrize("multiply", [True, False])
def test_infidelity_of_two_inputs_with_the_decorator_is_captums(baselines: Any, multiply: bool) -> None:
    torch.manual_seed(0)
    model = TwoInputs().double().eval()
    pair = (torch.rand(3, 2, 6, 6, dtype=torch.float64), torch.rand(3, 1, 5, 5, dtype=torch.float64))
    pair[0][0, 0, 0, 0] = 0.2  # where the baseline equals the input
    baselines = tuple(x * 0.5 for x in pair) if baselines == "rows" else baselines
    extra = (torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), 1.5)
    results = []
    for attr, library in LIBRARIES:
        seen: list[Any] = []

        def perturb(inputs: Any, given: Any = None, seen: list[Any] = seen) -> Any:
            seen.append((inputs, given))
            return tuple(x * (torch.rand(x.shape).to(x) > 0.3) for x in inputs)

        maps = attr.InputXGradient(model).attribute(pair, target=1, additional_forward_args=extra)
        torch.manual_seed(5)
        found = library.infidelity(
            model,
            library.infidelity_perturb_func_decorator(multiply)(perturb),
            pair,
            maps,
            baselines=baselines,
            additional_forward_args=extra,
            target=1,
            n_perturb_samples=4,
            max_examples_per_batch=6,
        )
        results.append((found, seen))
    (found, ours), (expected, theirs) = results
    assert torch.allclose(found, expected, rtol=1e-10, atol=0)
    for (a, b), (c, d) in zip(ours, theirs, strict=True):
        assert all(map(torch.equal, a, c))
        assert (b is None) == (d is None)
        assert b is None or all(torch.equal(torch.as_tensor(p), torch.as_tensor(q)) for p, q in zip(b, d, strict=True))


def test_infidelity_of_a_linear_model() -> None:
    """The gradient of a linear model has none; the zero map has the mean squared change; scale matters unless told."""
    model = nn.Linear(4, 3).double()
    x = torch.rand(2, 4, dtype=torch.float64)
    gradient = model.weight[1].detach().expand(2, 4)
    assert metrics.infidelity(model, noise, x, gradient, target=1).abs().max() < 1e-25
    torch.manual_seed(0)
    changes = (torch.randn(2 * 10, 4).double() * 0.1 @ model.weight[1].detach()).reshape(2, 10)
    torch.manual_seed(0)
    found = metrics.infidelity(model, noise, x, torch.zeros_like(gradient), target=1)
    assert torch.allclose(found, changes.square().mean(1))
    assert metrics.infidelity(model, noise, x, 7 * gradient, target=1).min() > 1e-3
    assert metrics.infidelity(model, noise, x, 7 * gradient, target=1, normalize=True).max() < 1e-25


@pytest.mark.parametrize("order", ["fro", 1, 2, float("inf")])
@pytest.mark.parametrize("most", [None, 3, 8])
@pytest.mark.parametrize("name", ["Saliency", "IntegratedGradients", "NoiseTunnel"])
def test_sensitivity_is_captums(name: str, most: int | None, order: Any) -> None:
    model, x = convnet().double(), images(3).double()
    results = []
    for attr, library in LIBRARIES:
        method = attr.NoiseTunnel(attr.Saliency(model)) if name == "NoiseTunnel" else getattr(attr, name)(model)
        torch.manual_seed(11)
        results.append(
            library.sensitivity_max(
                method.attribute,
                x,
                target=[0, 2, 1],
                perturb_radius=0.1,
                n_perturb_samples=5,
                norm_ord=order,
                max_examples_per_batch=most,
            )
        )
    assert torch.allclose(*results, rtol=1e-8, atol=0)


def test_sensitivity_of_two_inputs_is_captums() -> None:
    torch.manual_seed(0)
    model = TwoInputs().double().eval()
    pair = (torch.rand(3, 2, 6, 6, dtype=torch.float64), torch.rand(3, 1, 5, 5, dtype=torch.float64))
    results = []
    for attr, library in LIBRARIES:
        torch.manual_seed(2)
        results.append(
            library.sensitivity_max(
                attr.IntegratedGradients(model).attribute,
                pair,
                n_perturb_samples=4,
                max_examples_per_batch=6,
                target=torch.tensor([1, 0, 2]),
                baselines=tuple(x * 0.5 for x in pair),
                additional_forward_args=(torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), 1.5),
                n_steps=5,
            )
        )
    assert torch.allclose(*results, rtol=1e-8, atol=0)


def test_sensitivity_of_known_explanations() -> None:
    """φ(x) = 3x moves by 3‖r‖ over 3‖x‖; an explanation of zero is divided by 1; a constant one does not move."""
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0]])

    def shifted(inputs: Tensor, radius: float) -> Tensor:
        assert radius == 0.5
        return inputs + radius

    found = metrics.sensitivity_max(lambda x: 3 * x, x, shifted, perturb_radius=0.5, n_perturb_samples=2)
    assert torch.allclose(found, torch.tensor([0.5 * 2**0.5 / 5, 3 * 0.5 * 2**0.5]))
    assert not metrics.sensitivity_max(torch.ones_like, x, lambda inputs: inputs + 1).any()


def test_evaluations_are_chunked_counted_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_UNITS", 2)
    model, x = Counting(convnet()), images(3)
    maps = attribution_core.Saliency(model).attribute(x, target=1)
    for run, total in (
        (lambda: metrics.infidelity(model, noise, x, maps, target=1, n_perturb_samples=4), 15),
        (lambda: metrics.deletion_curve(model, x, maps, target=1, side=4), 15),
        (
            lambda: metrics.sensitivity_max(
                attribution_core.Saliency(model).attribute, x, target=1, n_perturb_samples=4
            ),
            15,
        ),
    ):
        told: list[Progress] = []
        model.forwards = model.largest = 0
        with execution(on_progress=told.append):
            run()
        assert [p.done for p in told] == sorted(p.done for p in told)
        assert (told[-1].done, told[-1].total, model.forwards) == (total, total, total)
        assert model.largest <= 2
        with execution(should_stop=lambda: True), pytest.raises(errors.Cancelled):
            run()


def test_max_examples_per_batch_bounds_what_is_evaluated_and_drawn() -> None:
    model, x = Counting(convnet()), images(2)
    drawn = []

    def perturb(inputs: Tensor) -> tuple[Tensor, Tensor]:
        drawn.append(len(inputs))
        return torch.zeros_like(inputs), inputs

    metrics.infidelity(model, perturb, x, x, target=1, n_perturb_samples=5, max_examples_per_batch=4)
    assert drawn == [4, 4, 2]
    assert model.largest <= 4


def test_a_model_that_mixes_its_batch_sees_the_callers() -> None:
    """M10: each evaluation is over exactly the caller's examples."""
    model: ConvNet = convnet(inplace=False).double()
    model.norm.train()
    model.norm.momentum = 0.0
    batches: list[int] = []
    model.register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    x = images(3).double()
    metrics.infidelity(model, noise, x, x, target=1, n_perturb_samples=3)
    metrics.deletion_curve(model, x, x, target=1)
    assert set(batches) == {3}


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"n_perturb_samples": 0}, errors.OutOfRange, "n_perturb_samples is 0; it must be at least 1."),
        ({"n_perturb_samples": True}, errors.WrongType, "n_perturb_samples is True"),
        ({"max_examples_per_batch": 0}, errors.OutOfRange, "max_examples_per_batch is 0"),
        ({"perturb_func": lambda x: x}, errors.WrongType, "decorate it with infidelity_perturb_func_decorator"),
        ({"perturb_func": lambda x: (x, x[:, :1])}, errors.WrongShape, "perturbed inputs of shape"),
        ({"attributions": torch.zeros(2, 1, 8, 8)}, errors.WrongShape, r"attributions have shape \[\(2, 1, 8, 8\)\]"),
        ({"attributions": torch.full((2, 2, 8, 8), float("nan"))}, errors.Nonfinite, "attributions holds NaN"),
        ({"baselines": torch.zeros(2, 1, 8, 8)}, errors.WrongShape, "baselines has shape"),
        ({"target": None}, errors.TargetMissing, "3 outputs"),
        ({"target": 9}, errors.TargetOutOfRange, "target is 9"),
    ],
)
def test_infidelity_refuses(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    x = images()
    call: dict[str, Any] = {"perturb_func": noise, "attributions": x, "target": 1, **keywords}
    with pytest.raises(error, match=message):
        metrics.infidelity(convnet(), call.pop("perturb_func"), x, call.pop("attributions"), **call)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"n_perturb_samples": -1}, errors.OutOfRange, "n_perturb_samples is -1"),
        ({"norm_ord": "nuc"}, errors.OutOfRange, "norm_ord is 'nuc'; it must be 'fro' or a number."),
        ({"perturb_func": lambda x: x[:1]}, errors.WrongShape, "perturb_func returned"),
        ({"perturb_func": lambda x: None}, errors.WrongType, "perturbed inputs is a NoneType"),
        ({"explanation_func": lambda x: x[:1]}, errors.WrongShape, "explanation_func returned 1 rows for 2 examples"),
    ],
)
def test_sensitivity_refuses(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        metrics.sensitivity_max(keywords.pop("explanation_func", lambda x: x), images(), **keywords)
