"""LIME and Kernel SHAP: linear models recovered, surrogates against their optimality conditions, every callable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import captum.attr
import numpy as np
import pytest
import torch
from captum.attr._core.lime import get_exp_kernel_similarity_function
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import attribution_core
from attribution_core import KernelShap, Lime, LimeBase, ShapleyValues, errors, execution
from attribution_core.kernels import ExponentialKernel
from attribution_core.surrogates import Lasso, LinearRegression
from tests.attribution_core.models import Counting, convnet, images, relative_error
from tests.attribution_core.parity_calls import perturbation

WEIGHTS = torch.tensor([[1.0, -2.0, 0.5, 3.0, 0.0]], dtype=torch.float64)
X = torch.tensor([[0.4, 1.0, -2.0, 0.1, 5.0], [1.0, 0.2, 0.3, -0.4, 0.5]], dtype=torch.float64)


def linear(x: Tensor) -> Tensor:
    return (x * WEIGHTS).sum(1) + 7


def test_a_linear_model_is_recovered(chunking: str) -> None:
    torch.manual_seed(0)
    found = Lime(linear, LinearRegression()).attribute(X, n_samples=40)
    assert torch.allclose(found, X * WEIGHTS, atol=1e-10)
    shap = KernelShap(linear).attribute(X, n_samples=40)
    assert torch.allclose(shap, X * WEIGHTS, atol=1e-9)
    sparse = Lime(linear, Lasso(alpha=1e-9)).attribute(X, n_samples=40)
    assert torch.allclose(sparse, X * WEIGHTS, atol=1e-6)


def test_kernel_shap_of_many_samples_is_exact() -> None:
    def game(x: Tensor) -> Tensor:
        return torch.tanh(x[:, 0] * x[:, 1]) + x[:, 2] * x[:, 3] * x[:, 0] + x[:, 4]

    exact = ShapleyValues(game).attribute(X)
    torch.manual_seed(0)
    found = KernelShap(game).attribute(X, n_samples=6000)
    # The standard error of a coefficient is below 0.01 here: residuals of 0.4 over √6000.
    assert (found - exact).abs().max() < 0.04
    assert torch.allclose(found.sum(1), exact.sum(1), atol=1e-4)


# --- surrogates ------------------------------------------------------------------------------------------------------


def samples(seed: int, n: int, features: int, binary: bool = True) -> list[tuple[Tensor, Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand((n, features), generator=generator, dtype=torch.float64)
    x = (x > 0.5).double() if binary else x
    y = (
        torch.randn(n, generator=generator, dtype=torch.float64)
        + x @ torch.randn(features, generator=generator).double()
    )
    return [(x, y, torch.rand(n, generator=generator, dtype=torch.float64) + 0.01)]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(2, 60),
    st.integers(1, 90),
    st.sampled_from([0.0, 1e-3, 0.01, 0.1, 1.0]),
    st.booleans(),
)
def test_the_lasso_meets_its_optimality_conditions(
    seed: int, n: int, features: int, alpha: float, binary: bool
) -> None:
    """scikit-learn's objective: |xⱼ·r| ≤ α, and = α sign(βⱼ) where βⱼ ≠ 0 (weights normalised, all centred)."""
    data = samples(seed, n, features, binary)
    beta = Lasso(alpha=alpha).fit(data).representation().numpy()[0]
    ((x, y, w),) = data
    share = (w / w.sum()).numpy()
    centred = x.numpy() - share @ x.numpy()
    residual = (y.numpy() - share @ y.numpy()) - centred @ beta
    pull = centred.T @ (share * residual)
    used = beta != 0
    assert np.abs(pull).max() <= alpha + 1e-8
    assert np.abs(pull[used] - alpha * np.sign(beta[used])).max(initial=0) <= 1e-8


def test_the_lasso_agrees_with_proximal_gradients() -> None:
    data = samples(3, 80, 12)
    other = perturbation.ProximalGradient(alpha=0.05)
    other.fit(data)
    found = Lasso(alpha=0.05).fit(data).representation()
    assert np.abs(found.numpy()[0] - other.coefficients).max() <= 1e-9
    assert (found == 0).any()
    assert (found != 0).any()


def test_the_lasso_of_one_feature_by_hand() -> None:
    """Soft threshold: with x = ±1 of equal weight, β = S(cov(x, y), α) / var(x)."""
    x = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    y = torch.tensor([3.0, 1.0, 3.0, 1.0])
    assert Lasso(alpha=0.25).fit([(x, y, torch.ones(4))]).representation().tolist() == [[0.75]]
    assert Lasso(alpha=2.0).fit([(x, y)]).representation().tolist() == [[0.0]]


@pytest.mark.parametrize(("n", "features"), [(50, 6), (5, 20)])
def test_least_squares_meets_its_normal_equations(n: int, features: int) -> None:
    data = samples(4, n, features)
    beta = LinearRegression().fit(data).representation()[0]
    ((x, y, w),) = data
    share = w / w.sum()
    residual = (y - share @ y) - (x - share @ x) @ beta
    assert ((x - share @ x).T @ (share * residual)).abs().max() <= 1e-12
    pseudo = torch.linalg.pinv((x - share @ x) * share.sqrt()[:, None]) @ ((y - share @ y) * share.sqrt())
    assert torch.allclose(beta, pseudo, atol=1e-10), "of least norm"


def test_surrogates_learn_from_all_batches_and_anew() -> None:
    ((x, y, w),) = samples(5, 30, 4)
    model = Lasso(alpha=0.01)
    whole = model.fit([(x, y, w)]).representation()
    parts = model.fit([(x[:11], y[:11], w[:11]), (x[11:], y[11:], w[11:])]).representation()
    assert torch.allclose(whole, parts)
    with pytest.raises(errors.NotApplicable, match="was not fitted"):
        LinearRegression().representation()
    with pytest.raises(errors.OutOfRange, match="alpha is -1"):
        Lasso(alpha=-1)
    with pytest.raises(errors.WrongType, match="alpha is '1'"):
        Lasso(alpha="1")  # type: ignore[arg-type]


# --- kernels and callables -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["cosine", "euclidean"])
def test_exponential_kernel_is_captums(mode: Any) -> None:
    x, z = images(1), images(1, seed=8)
    kernel = ExponentialKernel(mode, 0.7)
    for original, perturbed in ((x, z), ((x, z), (z, x)), (x, torch.zeros_like(x))):
        expected = get_exp_kernel_similarity_function(mode, 0.7)(original, perturbed, None)
        assert float(kernel(original, perturbed, torch.ones(1, 1))) == pytest.approx(expected, rel=1e-5)
    many = kernel.of_samples((x,), (torch.cat([z, x, 0 * x]),), 3)
    assert many.tolist() == pytest.approx([float(kernel(x, p, torch.ones(1, 1))) for p in (z, x, 0 * x)], rel=1e-5)
    with pytest.raises(errors.OutOfRange, match="distance_mode is 'angle'"):
        ExponentialKernel("angle")  # type: ignore[arg-type]
    with pytest.raises(errors.OutOfRange, match="kernel_width is 0"):
        ExponentialKernel(kernel_width=0)


def noisy(inputs: Tensor, scale: float, **kwargs: Any) -> Tensor:
    return inputs + scale * torch.randn_like(inputs)


def noisy_generator(inputs: Tensor, scale: float, **kwargs: Any) -> Iterator[Tensor]:
    while True:
        yield noisy(inputs, scale)


def near(inputs: Tensor, sample: Tensor, vector: Tensor, scale: float, **kwargs: Any) -> float:
    return float(torch.exp(-((inputs - sample) ** 2).sum() / scale))


def same(sample: Tensor, inputs: Tensor, **kwargs: Any) -> Tensor:
    return sample


def binary(inputs: Tensor, **kwargs: Any) -> Tensor:
    return (torch.rand(1, 4) > 0.4).long()


def rows_on(vector: Tensor, inputs: Tensor, **kwargs: Any) -> Tensor:
    return inputs * vector.repeat_interleave(2, 1).reshape(1, 1, 8, 1)


PARTS: dict[str, tuple[Any, ...]] = {
    "input space": (noisy, False, None, same),
    "a generator": (noisy_generator, False, None, same),
    "vectors": (binary, True, rows_on, None),
}


@pytest.mark.parametrize("per_eval", [1, 5])
@pytest.mark.parametrize("parts", PARTS)
def test_lime_base_is_captums(parts: str, per_eval: int, chunking: str) -> None:
    perturb, in_vectors, from_vector, to_vector = PARTS[parts]
    model, x = convnet(), images(1)
    if not in_vectors:
        model_of: Any = lambda x: x.flatten(1) @ torch.linspace(-1, 1, x[0].numel())  # noqa: E731
        x = x[:, :1, :2, :3].flatten(1)
        target = None
    else:
        model_of, target = model, 1
    results = []
    for library in (captum.attr, attribution_core):
        torch.manual_seed(3)
        method = library.LimeBase(
            model_of, perturbation.NormalEquations(), near, perturb, in_vectors, from_vector, to_vector
        )
        call = {"target": target, "n_samples": 23, "perturbations_per_eval": per_eval, "scale": 0.5}
        results.append(method.attribute(x, **call))
    expected, found = results
    assert relative_error(found, expected) <= 1e-4


def test_lime_base_of_a_number_for_the_batch() -> None:
    x = torch.rand(4, 3, dtype=torch.float64)
    torch.manual_seed(0)
    method = LimeBase(
        lambda x: (x.sum(0) * torch.tensor([1.0, 2.0, 3.0])).sum(),
        LinearRegression(),
        lambda *_, **__: 1.0,
        lambda inputs, **_: torch.randint(0, 2, (1, 3)),
        True,
        lambda vector, inputs, **_: inputs * vector,
        None,
    )
    found = method.attribute(x, n_samples=30)
    assert torch.allclose(found[0], x.sum(0) * torch.tensor([1.0, 2.0, 3.0]), atol=1e-10)
    with pytest.raises(errors.WrongShape, match="one for all"):
        LimeBase(lambda x: x, *[getattr(method, n) for n in PARAMETERS]).attribute(x)


PARAMETERS = (
    "interpretable_model",
    "similarity_func",
    "perturb_func",
    "perturb_interpretable_space",
    "from_interp_rep_transform",
    "to_interp_rep_transform",
)


def test_a_generator_that_ends_early_is_told() -> None:
    def three(inputs: Tensor, **kwargs: Any) -> Iterator[Tensor]:
        for i in range(3):
            yield torch.eye(5, dtype=torch.long)[i : i + 1]

    with pytest.warns(UserWarning, match="ended after 3 of 25 samples"):
        Lime(linear, LinearRegression(), perturb_func=three).attribute(X[:1])
    with pytest.raises(errors.OutOfRange, match="gave no sample"):
        Lime(linear, perturb_func=lambda *_, **__: iter(())).attribute(X[:1])


def test_wrong_parts_are_refused() -> None:
    with pytest.raises(errors.WrongType, match="from_interp_rep_transform is None; it must be a function"):
        LimeBase(linear, Lasso(), near, noisy, True, None, None)
    with pytest.raises(errors.WrongType, match="to_interp_rep_transform is None"):
        LimeBase(linear, Lasso(), near, noisy, False, None, None)
    with pytest.raises(errors.WrongType, match="interpretable_model is a int; it must have a method fit"):
        Lime(linear, 3)  # type: ignore[arg-type]
    with pytest.raises(errors.WrongType, match="similarity_func is a int"):
        Lime(linear, similarity_func=3)  # type: ignore[arg-type]
    with pytest.raises(errors.WrongShape, match=r"perturb_func returned shape \(1, 4\); it must be \(1, 5\)"):
        Lime(linear, perturb_func=binary).attribute(X)
    with pytest.raises(errors.WrongShape, match="similarity_func returned shape"):
        Lime(linear, similarity_func=lambda *_, **__: torch.ones(2)).attribute(X)
    with pytest.raises(errors.OutOfRange, match="weights must be at least 0"):
        Lime(linear, similarity_func=lambda *_, **__: 0.0).attribute(X)
    with pytest.raises(errors.TargetMissing, match="3 outputs"):
        Lime(convnet()).attribute(images(1))
    with pytest.raises(errors.TargetMissing, match="3 outputs"):
        KernelShap(convnet()).attribute(images(2))

    class Tree(LinearRegression):
        def representation(self) -> Any:
            return "a tree"

    with pytest.raises(errors.WrongShape, match="interpretable_model learnt str"):
        Lime(linear, Tree()).attribute(X)
    assert Lime(linear, Tree()).attribute(X[:1], return_input_shape=False) == "a tree"


def test_functions_get_what_captum_gives_them() -> None:
    seen: list[dict[str, Any]] = []

    def similar(inputs: Any, sample: Any, vector: Tensor, **kwargs: Any) -> float:
        seen.append({"inputs": inputs, "sample": sample, "vector": vector, **kwargs})
        return 1.0

    x, z = torch.rand(3, 2), torch.rand(3, 4)
    Lime(lambda x, z: x.sum(1) + z.sum(1), LinearRegression(), similar).attribute((x, z), (1, 2), n_samples=4)
    assert len(seen) == 3 * 4
    for i, call in enumerate(seen):
        assert all(torch.equal(a, b) for a, b in zip(call["inputs"], (x[i // 4 :][:1], z[i // 4 :][:1]), strict=True))
        kept = call["vector"].bool()
        assert torch.equal(call["sample"][0], torch.where(kept[:, :2], x[i // 4], 1.0))
        assert torch.equal(call["sample"][1], torch.where(kept[:, 2:], z[i // 4], 2.0))
        assert call["num_interp_features"] == 6
        assert [tuple(m.shape) for m in call["feature_mask"]] == [(1, 2), (1, 4)]
        assert len(call["baselines"]) == 2


def test_forms_of_outputs_are_captums() -> None:
    model, x = convnet().double(), images(3).double()
    mask = torch.arange(64).reshape(1, 1, 8, 8) // 16
    forwards = {
        "a column": lambda x: model(x)[:, :1],
        "numbers": lambda x: model(x)[:, 0],
        "sum over the batch": lambda x: model(x).sum(),
        "python number": lambda x: model(x).sum().item(),
    }
    for name, forward in forwards.items():
        for batch in (x, x[:1]):
            for in_shape in (True, False):
                call = {"feature_mask": mask, "n_samples": 12, "return_input_shape": in_shape}
                results = []
                for library in (captum.attr, attribution_core):
                    torch.manual_seed(2)
                    results.append(library.KernelShap(forward).attribute(batch, **call))
                expected, found = results
                assert relative_error(found.float(), expected) <= 1e-4, name


def test_costs() -> None:
    model = Counting(convnet())
    mask = torch.arange(64).reshape(1, 1, 8, 8) // 16
    for method in (Lime(model), KernelShap(model)):
        for n in (1, 3):
            model.forwards = 0
            seen: list[tuple[int, int]] = []
            with execution.execution(on_progress=lambda p, seen=seen: seen.append((p.done, p.total))):
                method.attribute(images(n), target=0, feature_mask=mask, n_samples=10)
            total = 10 if n == 1 else 3 * 11
            assert model.forwards == total
            assert seen[-1] == (total, total)


def test_partial_results_do_not_change_the_samples() -> None:
    model, x = convnet(), images(2)
    for method in (Lime(model, Lasso(alpha=1e-5)), KernelShap(model)):
        torch.manual_seed(4)
        expected = method.attribute(x, target=0, n_samples=30)
        partials: list[Tensor] = []

        def keep(progress: execution.Progress, into: list[Tensor] = partials) -> None:
            estimate = progress.partial()
            if estimate is not None:
                into.append(estimate[0])

        torch.manual_seed(4)
        with execution.execution(on_progress=keep):
            found = method.attribute(x, target=0, n_samples=30)
        assert relative_error(found, expected) <= 1e-3
        assert torch.equal(partials[-1], found)
        assert {p.shape for p in partials} == {x.shape}


def test_a_group_alone() -> None:
    for n in (2, 5):
        found = KernelShap(linear).attribute(X[:1], feature_mask=torch.zeros(1, 5).long(), n_samples=n)
        assert torch.allclose(found, (X[:1] * WEIGHTS).sum().expand(1, 5), atol=1e-6)


def test_m10_examples_cannot_be_taken_one_by_one_where_the_batch_is_mixed() -> None:
    model = convnet()
    model.norm.train()
    for method in (Lime(model), KernelShap(model)):
        with pytest.raises(errors.NotApplicable, match="evaluates examples one by one"):
            method.attribute(images(3), target=0)


def test_memory_of_samples_is_independent_of_their_number() -> None:
    """The loop asks for as many rows at once as for few samples."""
    largest = []
    for n in (300, 1200):
        model = Counting(convnet())
        KernelShap(model).attribute(images(1), target=0, feature_mask=torch.arange(8), n_samples=n)
        largest.append(model.largest)
    assert max(largest) <= 1200
