"""Perturbation methods, at the inputs, at a layer and for a neuron."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import captum.attr._core.kernel_shap
import captum.attr._core.lime
import numpy as np
import torch
from torch import Tensor

from attribution_core.surrogates import Lasso
from tests.attribution_core.parity_cases import Call, Case


class NormalEquations:
    """What Captum fits with scikit-learn in float32, in float64: β from the normal equations.

    Put in the place of Captum's own, so that the rest of its Lime and KernelShap can be compared to the last digits.
    """

    def fit(self, train_data: Iterable[Any]) -> None:
        self.x, self.y = whitened(train_data)
        self.coefficients = np.linalg.pinv(self.x.T @ self.x, rcond=1e-14) @ self.x.T @ self.y

    def representation(self) -> Tensor:
        return torch.tensor(self.coefficients, dtype=torch.float32).reshape(1, -1)


class ProximalGradient(NormalEquations):
    """The Lasso by accelerated proximal gradient steps."""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def fit(self, train_data: Iterable[Any]) -> None:
        x, y = whitened(train_data)
        beta = ahead = np.zeros(x.shape[1])
        step = 1 / np.linalg.norm(x, 2) ** 2
        for k in range(3000):
            moved = ahead + step * x.T @ (y - x @ ahead)
            new = np.sign(moved) * np.maximum(np.abs(moved) - step * self.alpha, 0)
            ahead = new + k / (k + 3) * (new - beta)
            beta = new
        self.coefficients = beta


def whitened(train_data: Iterable[Any]) -> tuple[Any, Any]:
    ((x, y, w),) = (tuple(part.double().numpy() for part in batch) for batch in train_data)
    root = np.sqrt(w / w.sum())
    return (x - np.average(x, 0, w)) * root[:, None], (y - np.average(y, 0, w)) * root


captum.attr._core.kernel_shap.SkLearnLinearRegression = NormalEquations
captum.attr._core.lime.SkLearnLasso = ProximalGradient


def mask(case: Case, groups: int, step: int = 1) -> Any:
    """``groups`` runs of features in each input, numbered in steps."""
    masks, count = [], 0
    for x in case.tensors():
        size = x[0].numel()
        masks.append((torch.arange(size) * groups // size + count).reshape(1, *x.shape[1:]) * step)
        count += groups
    return tuple(masks) if isinstance(case.inputs, tuple) else masks[0]


def shared_mask(case: Case) -> Any:
    """Two groups, each with some of every input and, where there are several rows, others in each example."""
    masks = tuple(
        (
            torch.arange(x.numel()).reshape(x.shape) // max(x[0].numel() // 2, 1)
            + torch.arange(len(x)).view(-1, *(1,) * (x.dim() - 1))
        )
        % 2
        for x in case.tensors()
    )
    return masks if isinstance(case.inputs, tuple) else masks[0]


def last_dimension(case: Case) -> Any:
    """A mask with fewer dimensions than the input."""
    masks = tuple(torch.arange(x.shape[-1]) // 2 for x in case.tensors())
    return masks if isinstance(case.inputs, tuple) else masks[0]


def occlusion_calls(case: Case) -> list[Call]:
    one = {"sliding_window_shapes": case.window}
    nested = isinstance(case.window[0], tuple)
    half = tuple(tuple(max(1, w // 2) for w in window) for window in (case.window if nested else (case.window,)))
    return [
        ({}, {**one, "strides": half if nested else half[0], "baselines": case.baselines()}),
        ({}, {**one, "strides": case.window, "perturbations_per_eval": 3}),
    ]


def small(case: Case) -> bool:
    return sum(x[0].numel() for x in case.tensors()) < 200


def ablation_calls(case: Case) -> list[Call]:
    alone: list[Call] = [({}, {"baselines": case.baselines()})] if small(case) else []
    return [
        ({}, {"feature_mask": mask(case, 3), "baselines": case.baselines()}),
        ({}, {"feature_mask": shared_mask(case), "perturbations_per_eval": 2}),
        ({}, {"feature_mask": mask(case, 2, step=5)}),
        ({}, {"feature_mask": last_dimension(case)}),
        *alone,
    ]


def permutation_calls(case: Case) -> list[Call]:
    def rolled(x: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask, x.roll(1, 0), x)

    alone: list[Call] = [({}, {"perturbations_per_eval": 3})] if small(case) else []
    return [
        ({}, {"feature_mask": mask(case, 3)}),
        ({"perm_func": rolled}, {"feature_mask": mask(case, 2, step=5)}),
        *alone,
    ]


def shapley_sampling_calls(case: Case) -> list[Call]:
    return [
        ({}, {"feature_mask": mask(case, 3), "baselines": case.baselines(), "n_samples": 3}),
        ({}, {"feature_mask": shared_mask(case), "n_samples": 2, "perturbations_per_eval": 2}),
        ({}, {"feature_mask": mask(case, 2, step=3), "n_samples": 2}),
    ]


def shapley_calls(case: Case) -> list[Call]:
    return [
        ({}, {"feature_mask": mask(case, 3 if len(case.tensors()) == 1 else 2), "baselines": case.baselines()}),
        ({}, {"feature_mask": shared_mask(case), "perturbations_per_eval": 2}),
    ]


def lime_calls(case: Case) -> list[Call]:
    finer = {"interpretable_model": Lasso(alpha=1e-4)}
    several = {**finer, "perturb_func": every_pair, "similarity_func": halved}
    return [
        (finer, {"feature_mask": mask(case, 3), "baselines": case.baselines(), "n_samples": 20}),
        ({}, {"feature_mask": shared_mask(case), "n_samples": 12, "perturbations_per_eval": 4}),
        (several, {"feature_mask": mask(case, 2), "n_samples": 11, "return_input_shape": False}),
    ]


def every_pair(inputs: Any, num_interp_features: int, **kwargs: Any) -> Any:
    """A generator: all vectors with two zeros, and with one, again and again."""
    while True:
        for a in range(num_interp_features):
            for b in range(a + 1, num_interp_features):
                vector = torch.ones(1, num_interp_features, dtype=torch.long)
                vector[0, [a, b]] = 0
                yield vector.clone()
                vector[0, b] = 1
                yield vector


def halved(inputs: Any, perturbed: Any, vector: Tensor, **kwargs: Any) -> float:
    return 0.5 ** float(kwargs["num_interp_features"] - vector.sum())


def kernel_shap_calls(case: Case) -> list[Call]:
    return [
        ({}, {"feature_mask": mask(case, 3), "baselines": case.baselines(), "n_samples": 40}),
        ({}, {"feature_mask": shared_mask(case), "n_samples": 12, "perturbations_per_eval": 4}),
        ({}, {"feature_mask": mask(case, 2), "n_samples": 30, "return_input_shape": False}),
    ]


def layer_of(case: Case) -> dict[str, Any]:
    return {"layer": case.model.get_submodule(case.layer)}


def layer_ablation_calls(case: Case) -> list[Call]:
    dims = 2 if case.layer == "lin1" else 4
    side = 3 if dims == 2 else width(case)
    along = (torch.arange(side) // 2).reshape(*(1,) * (dims - 1), side)
    across = (torch.arange(side) // 2).reshape(1, side) if dims == 2 else along.transpose(2, 3)
    alone: list[Call] = [(layer_of(case), {})] if small(case) else []
    return [
        (layer_of(case), {"layer_mask": along, "layer_baselines": 0.1}),
        (layer_of(case), {"layer_mask": across, "perturbations_per_eval": 2}),
        (layer_of(case), {"attribute_to_layer_input": True, "layer_mask": torch.zeros((1,) * dims, dtype=torch.long)}),
        *alone,
    ]


def width(case: Case) -> int:
    """The side of the layer's square map."""
    seen: list[Tensor] = []
    module = case.model.get_submodule(case.layer)
    handle = module.register_forward_hook(lambda _, __, output: seen.append(output))
    with torch.no_grad():
        case.model(*case.tensors())
    handle.remove()
    return seen[0].shape[-1]


def neuron_ablation_calls(case: Case) -> list[Call]:
    given = {"feature_mask": mask(case, 3), "baselines": case.baselines()}
    if len(case.tensors()) > 1:
        head = {"layer": case.model.get_submodule("head")}  # the other layers see one of the inputs
        return [(head, {**given, "neuron_selector": 1}), (head, {**given, "neuron_selector": (slice(0, 2),)})]
    position = () if case.layer == "lin1" else (0, slice(0, 2))
    return [
        (layer_of(case), {**given, "neuron_selector": (1, *position)}),
        (layer_of(case), {**given, "neuron_selector": lambda value: value.flatten(1).sum(1)}),
        (layer_of(case), {**given, "neuron_selector": (0, *position), "attribute_to_neuron_input": True}),
    ]


CALLS: dict[str, Callable[[Case], list[Call]]] = {
    "FeatureAblation": ablation_calls,
    "FeaturePermutation": permutation_calls,
    "KernelShap": kernel_shap_calls,
    "LayerFeatureAblation": layer_ablation_calls,
    "Lime": lime_calls,
    "NeuronFeatureAblation": neuron_ablation_calls,
    "Occlusion": occlusion_calls,
    "ShapleyValueSampling": shapley_sampling_calls,
    "ShapleyValues": shapley_calls,
}
