"""Perturbation methods, at the inputs, at a layer and for a neuron."""

from __future__ import annotations

from collections.abc import Callable

from tests.attribution_core.parity_cases import Call, Case


def occlusion_calls(case: Case) -> list[Call]:
    one = {"sliding_window_shapes": case.window}
    nested = isinstance(case.window[0], tuple)
    half = tuple(tuple(max(1, w // 2) for w in window) for window in (case.window if nested else (case.window,)))
    return [
        ({}, {**one, "strides": half if nested else half[0], "baselines": case.baselines()}),
        ({}, {**one, "strides": case.window, "perturbations_per_eval": 3}),
    ]


CALLS: dict[str, Callable[[Case], list[Call]]] = {
    "Occlusion": occlusion_calls,
}
