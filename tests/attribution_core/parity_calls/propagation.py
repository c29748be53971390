"""Propagation methods, at the inputs, at a layer and for a neuron.

They run on `modular` twins of the models, because Captum rewrites modules only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from tests.attribution_core.models import ToyModel
from tests.attribution_core.modular import modular, rows, without_max_pools
from tests.attribution_core.parity_cases import Call, Case
from tests.shared_data import SmallNetwork


def _layer(case: Case) -> dict[str, nn.Module]:
    return {"layer": case.model.get_submodule(case.layer)}


def _unit(case: Case) -> Any:
    """An index for each dimension of the layer, or the sum over positions."""
    return 1 if isinstance(_unit_layer(case)["layer"], nn.Linear) else (1, 2, slice(0, 3))


def _unit_layer(case: Case) -> dict[str, nn.Module]:
    """The case's layer, or one that all inputs reach: Captum refuses inputs that a unit does not depend on."""
    return {"layer": case.model.head} if len(case.tensors()) > 1 else _layer(case)  # type: ignore[dict-item]


def _sum(value: Tensor) -> Tensor:
    return value.reshape(len(value), -1)[:, :5].sum(1)


def gated_calls(case: Case) -> list[Call]:
    case.model = modular(case.model)
    return [({}, {})]


def neuron_gated_calls(case: Case) -> list[Call]:
    case.model = modular(case.model)
    return [
        (_unit_layer(case), {"neuron_selector": _unit(case)}),
        (_unit_layer(case), {"neuron_selector": _sum, "attribute_to_neuron_input": True}),
    ]


def guided_grad_cam_calls(case: Case) -> list[Call]:
    case.model = modular(case.model)
    if isinstance(case.model, ToyModel):
        return []
    return [
        (_layer(case), {}),
        (_layer(case), {"interpolate_mode": "bilinear"}),
        (_layer(case), {"attribute_to_layer_input": True}),
    ]


def _deep_lift_model(case: Case) -> None:
    case.model = without_max_pools(modular(case.model))


def _drawn(case: Case, count: int = 4) -> Any:
    made = tuple(rows(x, count) for x in case.tensors())
    return made if isinstance(case.inputs, tuple) else made[0]


def _squares(multipliers: Any, inputs: Any, baselines: Any) -> Any:
    return tuple(m * (x - b) ** 2 for m, x, b in zip(multipliers, inputs, baselines, strict=True))


def _halves(multipliers: Any) -> Any:
    return tuple(m / 2 for m in multipliers)


def deep_lift_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    return [
        ({}, {"baselines": case.baselines()}),
        ({}, {"return_convergence_delta": True}),
        ({"multiply_by_inputs": False}, {"baselines": case.baselines()}),
        ({"eps": 0.1}, {"baselines": case.baselines(), "custom_attribution_func": _squares}),
        ({}, {"custom_attribution_func": _halves}),
    ]


def deep_lift_shap_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    return [
        ({}, {"baselines": _drawn(case)}),
        ({}, {"baselines": _drawn(case), "return_convergence_delta": True}),
        ({"multiply_by_inputs": False}, {"baselines": lambda: _drawn(case, 2)}),
        ({}, {"baselines": lambda inputs: _drawn(case, 3), "custom_attribution_func": _squares}),
    ]


def layer_deep_lift_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    at_input = case.layer != "layer3"
    return [
        (_layer(case), {"baselines": case.baselines()}),
        (_layer(case), {"baselines": case.baselines(), "return_convergence_delta": True}),
        (_layer(case), {"attribute_to_layer_input": at_input, "grad_kwargs": {"retain_graph": True}}),
        ({**_layer(case), "multiply_by_inputs": False}, {"custom_attribution_func": _halves}),
    ]


def layer_deep_lift_shap_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    return [
        (_layer(case), {"baselines": _drawn(case)}),
        (_layer(case), {"baselines": _drawn(case), "return_convergence_delta": True}),
        ({**_layer(case), "multiply_by_inputs": False}, {"baselines": lambda inputs: _drawn(case, 2)}),
    ]


def neuron_deep_lift_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    return [
        (_unit_layer(case), {"neuron_selector": _unit(case), "baselines": case.baselines()}),
        (_unit_layer(case), {"neuron_selector": _sum, "attribute_to_neuron_input": True}),
        ({**_unit_layer(case), "multiply_by_inputs": False}, {"neuron_selector": _unit(case)}),
    ]


def neuron_deep_lift_shap_calls(case: Case) -> list[Call]:
    _deep_lift_model(case)
    return [
        (_unit_layer(case), {"neuron_selector": _unit(case), "baselines": _drawn(case)}),
        (_unit_layer(case), {"neuron_selector": _unit(case), "baselines": lambda: _drawn(case, 2)}),
    ]


def _propagates_relevance(case: Case) -> bool:
    """Not products of activations (refused), nor residual connections, where Captum's relevance doubles."""
    case.model = modular(case.model)
    return isinstance(case.model, (ToyModel, SmallNetwork)) or hasattr(case.model, "norm")


def lrp_calls(case: Case) -> list[Call]:
    if not _propagates_relevance(case):
        return []
    return [({}, {}), ({}, {"return_convergence_delta": True})]


def layer_lrp_calls(case: Case) -> list[Call]:
    if not _propagates_relevance(case):
        return []
    layers = [module for module in case.model.modules() if isinstance(module, (nn.Linear, nn.Conv2d))]
    return [
        (_layer(case), {}),
        (_layer(case), {"return_convergence_delta": True}),
        (_layer(case), {"attribute_to_layer_input": True}),
        ({"layer": layers}, {"return_convergence_delta": True}),
    ]


CALLS: dict[str, Callable[[Case], list[Call]]] = {
    "DeepLift": deep_lift_calls,
    "DeepLiftShap": deep_lift_shap_calls,
    "Deconvolution": gated_calls,
    "GuidedBackprop": gated_calls,
    "GuidedGradCam": guided_grad_cam_calls,
    "LRP": lrp_calls,
    "LayerDeepLift": layer_deep_lift_calls,
    "LayerDeepLiftShap": layer_deep_lift_shap_calls,
    "LayerLRP": layer_lrp_calls,
    "NeuronDeconvolution": neuron_gated_calls,
    "NeuronDeepLift": neuron_deep_lift_calls,
    "NeuronDeepLiftShap": neuron_deep_lift_shap_calls,
    "NeuronGuidedBackprop": neuron_gated_calls,
}
