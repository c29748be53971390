"""ViT, Swin and ConvNeXt with random weights in every method: explained, or refused with a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from attribution_core import registry
from attribution_core.layers import default_cam_layer
from tests.attribution_core.models import quickly
from tests.attribution_core.test_token_grids import convnext, pictures, swin, vit

torchvision = pytest.importorskip("torchvision")


def lively(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """With weights of a size as training leaves them: fresh ones are so small that outputs hardly differ."""

    def made() -> nn.Module:
        model, generator = make(), torch.Generator().manual_seed(2)
        with torch.no_grad():
            for module in model.modules():
                for parameter in module.parameters(recurse=False):
                    centre = float(isinstance(module, nn.LayerNorm) and parameter is module.weight)
                    parameter.copy_(centre + 0.3 * torch.randn(parameter.shape, generator=generator))
        return model

    return made


MODELS: dict[str, Callable[[], nn.Module]] = {
    "vit": lively(vit),
    "swin": lively(swin),
    "convnext": lively(convnext),
}
REFUSED = {
    **dict.fromkeys(("lrp", "layer_lrp"), "calls layer_norm, which has no LRP rule"),
    **dict.fromkeys(
        ("deconvolution", "guided_backprop", "guided_grad_cam", "neuron_deconvolution", "neuron_guided_backprop"),
        "The model calls no ReLU, so that only the plain gradient would be left.",
    ),
}


@pytest.fixture(scope="module")
def models() -> dict[str, nn.Module]:
    return {name: make() for name, make in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("spec", registry.methods(), ids=lambda spec: spec.id)
def test_every_method_explains_it_or_says_why_not(
    spec: registry.MethodSpec, name: str, models: dict[str, nn.Module]
) -> None:
    model, x = models[name], pictures(1)
    reasons = spec.applicable(model, (x,))
    if spec.id in REFUSED:
        assert REFUSED[spec.id] in " ".join(reasons)
        return
    assert reasons == ()
    layer = default_cam_layer(model, (x,)) if "layer" in spec.needs else None
    # Of four samples LIME's regression keeps no weight.
    arguments = {"n_samples": 60} if spec.id == "lime" else {}
    found = quickly(spec, model, x, layer=layer, arguments=arguments).attributions[0].detach()
    assert bool(torch.isfinite(found).all())
    assert found.abs().max() > 0
    if spec.space != "layer":
        assert found.shape == x.shape
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("name", MODELS)
def test_integrated_gradients_are_complete(name: str, models: dict[str, nn.Module]) -> None:
    """The residual paths, the attention and the norms all carry gradients."""
    model, x = models[name].double(), pictures(1).double()
    found = registry.get("integrated_gradients")
    arguments = found.validate({"n_steps": 300}, registry.InputInfo(((3, 32, 32),)))
    outcome = found.attribute(model, model, (x,), target=1, arguments=arguments, baselines=(torch.zeros_like(x),))
    with torch.no_grad():
        difference = float((model(x) - model(torch.zeros_like(x)))[0, 1])
    models[name].float()
    assert float(outcome.attributions[0].sum()) == pytest.approx(difference, rel=0.02)


@pytest.mark.parametrize(
    ("name", "layer", "grid"),
    [
        ("vit_b_16", "encoder.layers.encoder_layer_11.ln_1", None),
        ("vit_l_32", "encoder.layers.encoder_layer_23.ln_1", None),
        ("swin_t", "features", (7, 7)),
        ("swin_v2_s", "features", (7, 7)),
        ("convnext_tiny", "features", (7, 7)),
    ],
)
def test_m9_published_sizes_have_their_layer(name: str, layer: str, grid: tuple[int, int] | None) -> None:
    """On the meta device, where shapes are computed and nothing else."""
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None).eval()
        x = torch.zeros(1, 3, 224, 224)
    assert default_cam_layer(model, (x,)) == layer
    if grid is not None:
        kept = []
        model.get_submodule(layer).register_forward_hook(lambda _, __, output: kept.append(output.shape))
        model(x)
        assert grid in {tuple(kept[0][1:3]), tuple(kept[0][2:4])}
