"""Gradient and path methods, at the inputs, at a layer and for a neuron."""

from __future__ import annotations

from collections.abc import Callable

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


CALLS: dict[str, Callable[[Case], list[Call]]] = {
    "InputXGradient": gradient_calls,
    "IntegratedGradients": integrated_gradients_calls,
    "LayerGradCam": grad_cam_calls,
    "NoiseTunnel": noise_tunnel_calls,
    "Saliency": saliency_calls,
}
