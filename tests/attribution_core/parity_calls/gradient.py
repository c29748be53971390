"""Gradient and path methods, at the inputs, at a layer and for a neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from attribution_core import probe
from tests.attribution_core.parity_cases import Call, Case


def gradient_calls(case: Case) -> list[Call]:
    return [({}, {})]


def saliency_calls(case: Case) -> list[Call]:
    return [({}, {}), ({}, {"abs": False})]


def integrated_gradients_calls(case: Case) -> list[Call]:
    rules = ["riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid", "gausslegendre"]
    calls: list[Call] = [
        ({}, {"method": rule, "n_steps": 7, "return_convergence_delta": True, "baselines": case.baselines()})
        for rule in rules
    ]
    number = 0.1 if len(case.tensors()) == 1 else None
    calls.append(({"multiply_by_inputs": False}, {"n_steps": 5, "baselines": number}))
    calls.append(({}, {"n_steps": 6, "internal_batch_size": 4}))
    return calls


def grad_cam_calls(case: Case) -> list[Call]:
    layer = {"layer": case.model.get_submodule(case.layer)}
    return [
        (layer, {}),
        (layer, {"attr_dim_summation": False}),
        (layer, {"relu_attributions": True, "attribute_to_layer_input": True}),
        (layer, {"grad_kwargs": {"retain_graph": True}}),
    ]


def noise_tunnel_calls(case: Case) -> list[Call]:
    kinds = ["smoothgrad", "smoothgrad_sq", "vargrad"]
    plain = [({}, {"nt_type": kind, "nt_samples": 4, "stdevs": 0.3, "abs": False}) for kind in kinds]
    stdevs = tuple(0.1 * (i + 1) for i in range(len(case.tensors())))
    return [*plain, ({}, {"nt_samples": 5, "nt_samples_batch_size": 2, "stdevs": stdevs})]


def layer_of(case: Case) -> dict[str, nn.Module]:
    return {"layer": case.model.get_submodule(case.layer)}


def layers_of(case: Case) -> dict[str, list[nn.Module]]:
    """The case's layer, and another that does not depend on it where there is one."""
    names = [case.layer, "other"] if hasattr(case.model, "other") else [case.layer]
    return {"layer": [case.model.get_submodule(name) for name in names]}


def unit_layer_of(case: Case) -> dict[str, nn.Module]:
    """The case's layer, or one that all inputs reach: Captum refuses inputs that a unit does not depend on."""
    return {"layer": case.model.head} if len(case.tensors()) > 1 else layer_of(case)


def units_of(case: Case) -> list[Any]:
    """A single unit, a slice of them, and a function."""
    with probe.tap(unit_layer_of(case)["layer"]) as tap, torch.no_grad():
        case.model(*case.tensors())
    rank = tap.tensors("the layer")[0].dim() - 1
    return [(1,) * rank, (slice(0, 2), *(slice(None),) * (rank - 1)), lambda value: value.flatten(1)[:, :3].sum(1)]


def layer_activation_calls(case: Case) -> list[Call]:
    return [(layer_of(case), {}), (layers_of(case), {"attribute_to_layer_input": True})]


def layer_gradient_calls(case: Case) -> list[Call]:
    return [
        (layer_of(case), {}),
        ({**layers_of(case), "multiply_by_inputs": False}, {"attribute_to_layer_input": True}),
        ({**layer_of(case), "memory_efficient": True}, {"grad_kwargs": {"retain_graph": True}}),
    ]


def layer_path_calls(case: Case) -> list[Call]:
    return path_calls(case, layer_of(case))


def path_calls(case: Case, layer: dict[str, nn.Module]) -> list[Call]:
    return [
        (layer, {"n_steps": 5, "baselines": case.baselines()}),
        (layer, {"n_steps": 6, "method": "riemann_trapezoid", "internal_batch_size": 12}),
        (layer, {"n_steps": 3, "method": "riemann_left", "attribute_to_layer_input": True, "grad_kwargs": {}}),
    ]


def layer_conductance_calls(case: Case) -> list[Call]:
    return [(options, {**call, "return_convergence_delta": True}) for options, call in layer_path_calls(case)]


def layer_integrated_gradients_calls(case: Case) -> list[Call]:
    # Captum cannot put a value in place where an in-place activation follows
    first = {"layer": next(m for m in case.model.modules() if isinstance(m, (nn.Conv2d, nn.Linear)))}
    calls = path_calls(case, first)
    several = {"layer": layers_of(case)["layer"]} if len(case.tensors()) > 1 else {"layer": [first["layer"]]}
    return [
        *((options, {**call, "return_convergence_delta": True}) for options, call in calls),
        ({**several, "multiply_by_inputs": False}, {"n_steps": 4, "baselines": case.baselines()}),
    ]


def distribution(case: Case) -> Any:
    generator = torch.Generator().manual_seed(4)
    made = tuple(torch.rand((5, *x.shape[1:]), generator=generator).to(x) for x in case.tensors())
    return made if isinstance(case.inputs, tuple) else made[0]


def gradient_shap_calls(case: Case) -> list[Call]:
    rows = distribution(case)
    stdevs = tuple(0.1 * (i + 1) for i in range(len(case.tensors())))
    return [
        ({}, {"baselines": rows, "n_samples": 4, "return_convergence_delta": True}),
        ({"multiply_by_inputs": False}, {"baselines": lambda: rows, "stdevs": stdevs}),
        ({}, {"baselines": lambda inputs: inputs, "stdevs": 0.2, "n_samples": 3}),
    ]


def layer_gradient_shap_calls(case: Case) -> list[Call]:
    layer, rows = layer_of(case), distribution(case)
    return [
        (layer, {"baselines": rows, "n_samples": 4, "return_convergence_delta": True}),
        ({**layer, "multiply_by_inputs": False}, {"baselines": rows, "stdevs": 0.1}),
        (layer, {"baselines": rows, "n_samples": 3, "stdevs": 0.2, "attribute_to_layer_input": True}),
    ]


def neuron_gradient_calls(case: Case) -> list[Call]:
    layer = unit_layer_of(case)
    calls: list[Call] = [(layer, {"neuron_selector": unit}) for unit in units_of(case)]
    # the function reads any shape, also that of the layer's input
    return [*calls, (layer, {**calls[-1][1], "attribute_to_neuron_input": True})]


def neuron_path_calls(case: Case) -> list[Call]:
    rules = ["riemann_trapezoid", "gausslegendre", "riemann_right", "riemann_middle"]
    calls: list[Call] = [
        (options, {**call, "n_steps": 5, "method": rule, "baselines": case.baselines()})
        for rule, (options, call) in zip(rules, neuron_gradient_calls(case), strict=True)
    ]
    local: Call = ({**calls[0][0], "multiply_by_inputs": False}, {**calls[0][1], "internal_batch_size": 6})
    return [*calls, local]


def neuron_gradient_shap_calls(case: Case) -> list[Call]:
    rows = distribution(case)
    calls = neuron_gradient_calls(case)
    return [(options, {**call, "baselines": rows, "n_samples": 3, "stdevs": 0.1}) for options, call in calls]


CALLS: dict[str, Callable[[Case], list[Call]]] = {
    "GradientShap": gradient_shap_calls,
    "InputXGradient": gradient_calls,
    "IntegratedGradients": integrated_gradients_calls,
    "InternalInfluence": layer_path_calls,
    "LayerActivation": layer_activation_calls,
    "LayerConductance": layer_conductance_calls,
    "LayerGradCam": grad_cam_calls,
    "LayerGradientShap": layer_gradient_shap_calls,
    "LayerGradientXActivation": layer_gradient_calls,
    "LayerIntegratedGradients": layer_integrated_gradients_calls,
    "NeuronConductance": neuron_path_calls,
    "NeuronGradient": neuron_gradient_calls,
    "NeuronGradientShap": neuron_gradient_shap_calls,
    "NeuronIntegratedGradients": neuron_path_calls,
    "NoiseTunnel": noise_tunnel_calls,
    "Saliency": saliency_calls,
}
