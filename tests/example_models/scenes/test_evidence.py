"""Whether methods find the evidence: what scenes are for."""

from __future__ import annotations

import pytest
import torch

from attribution_core import registry
from example_models.scenes.data import Scenes
from example_models.scenes.model import scenes_cnn

COUNT = 20


@pytest.mark.parametrize(("method", "times"), [("integrated_gradients", 3.0), ("occlusion", 1.5)])
def test_attribution_gathers_on_the_evidence(method: str, times: float) -> None:
    """Mean share of absolute attribution inside the mask, against the mask's mean share of the picture."""
    model = scenes_cnn()
    items = [Scenes()[number] for number in range(COUNT)]
    spec = registry.get(method)
    info = registry.InputInfo(shapes=((3, 96, 96),))
    arguments = spec.validate({}, info)
    if method == "occlusion":
        assert (arguments.window_height, arguments.stride_height) == (19, 7)
    shares, areas = [], []
    for item in items:
        inputs = item.inputs[None]
        target = int(model(inputs).argmax())
        outcome = spec.attribute(
            model,
            model,
            (inputs,),
            target=target,
            arguments=arguments,
            layer=None,
            baselines=(torch.zeros_like(inputs),),
            smoothing=None,
        )
        magnitude = outcome.attributions[0][0].detach().sum(0).abs()
        shares.append(float(magnitude[item.evidence].sum() / magnitude.sum()))
        areas.append(float(item.evidence.float().mean()))
    assert sum(shares) >= times * sum(areas)
