"""M9: Grad-CAM on the token grids of ViT, Swin and ConvNeXt, with random weights; class and register tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from attribution_core import GuidedGradCam, LayerAttribution, LayerGradCam, registry
from attribution_core.layers import default_cam_layer
from attribution_core.layout import Layout, layout_of
from tests.attribution_core.models import attribute

torchvision = pytest.importorskip("torchvision")


def vit(**options: int) -> nn.Module:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "num_layers": 2, "num_heads": 2, "hidden_dim": 12, "mlp_dim": 20}
    model = torchvision.models.vision_transformer.VisionTransformer(**sizes, num_classes=3, **options)
    nn.init.normal_(model.heads.head.weight)  # torchvision starts it at zero
    return model.eval()


def swin() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.SwinTransformer([2, 2], 12, [1, 1], [2, 2], [4, 4], num_classes=3).eval()


def convnext() -> nn.Module:
    torch.manual_seed(0)
    blocks = [torchvision.models.convnext.CNBlockConfig(*sizes) for sizes in ((6, 12, 1), (12, None, 1))]
    return torchvision.models.ConvNeXt(blocks, num_classes=3).eval()


class Registers(nn.Module):
    """Patches, a class token, four registers and one block of attention; the class token is read."""

    def __init__(self, tokens: int = 5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 12, 8, 8)
        self.special = nn.Parameter(torch.randn(1, tokens, 12))
        self.norm = nn.LayerNorm(12)
        self.attention = nn.MultiheadAttention(12, 2, batch_first=True)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat((self.special.expand(len(x), -1, -1), tokens), 1)
        inner = self.norm(tokens)
        return self.head((tokens + self.attention(inner, inner, inner)[0])[:, 0])


def pictures(n: int = 2, height: int = 32, width: int = 32) -> Tensor:
    return torch.rand((n, 3, height, width), generator=torch.Generator().manual_seed(1))


def by_hand(model: nn.Module, layer: nn.Module, x: Tensor, special: int, grid: tuple[int, int]) -> Tensor:
    """Σ_c ā_c A_c over the grid's tokens, from the layer's value and a gradient taken here."""
    kept: list[Tensor] = []
    handle = layer.register_forward_hook(lambda _, __, output: kept.append(output))
    y = model(x)[:, 1].sum()
    handle.remove()
    (gradient,) = torch.autograd.grad(y, kept[0])
    value, gradient = (t.reshape(len(x), -1, t.shape[-1])[:, special:] for t in (kept[0], gradient))
    return (value * gradient.mean(1, keepdim=True)).sum(2).reshape(len(x), 1, *grid).detach()


MODELS = {
    "vit": (vit, "encoder.layers.encoder_layer_1.ln_1", 1, (4, 4)),
    "swin": (swin, "features", 0, (8, 8)),
    "registers": (Registers, "norm", 5, (4, 4)),
}


@pytest.mark.parametrize("name", MODELS)
def test_m9_tokens_become_a_map(name: str) -> None:
    make, layer, special, grid = MODELS[name]
    model, x = make(), pictures()
    assert default_cam_layer(model, (x,)) == layer
    module = model.get_submodule(layer)
    found = LayerGradCam(model, module).attribute(x, 1)
    assert found.shape == (2, 1, *grid)
    assert torch.allclose(found, by_hand(model, module, x, special, grid), rtol=1e-4, atol=1e-7)
    assert found.abs().max() > 0
    assert LayerAttribution.interpolate(found, (32, 32), "bilinear").shape == (2, 1, 32, 32)
    channels = LayerGradCam(model, module).attribute(x, 1, attr_dim_summation=False)
    assert channels.shape[2:] == grid
    assert torch.allclose(channels.sum(1, keepdim=True), found, atol=1e-6)


def test_m9_convnext_has_channels_first() -> None:
    import captum.attr

    model, x = convnext(), pictures(2, 32, 64)
    assert default_cam_layer(model, (x,)) == "features"
    found = LayerGradCam(model, model.features).attribute(x, 1)
    assert found.shape == (2, 1, 4, 8)
    assert torch.allclose(found, captum.attr.LayerGradCam(model, model.features).attribute(x, 1), atol=1e-6)


def test_m9_grids_that_are_not_square() -> None:
    model, x = Registers(), pictures(2, 16, 40)
    found = LayerGradCam(model, model.norm).attribute(x, 1)
    assert torch.allclose(found, by_hand(model, model.norm, x, 5, (2, 5)), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("make", [vit, swin, convnext, Registers])
def test_m9_grad_cam_is_offered(make: Callable[[], nn.Module]) -> None:
    model, x, spec = make(), pictures(), registry.get("layer_grad_cam")
    assert spec.applicable(model, (x,)) == ()
    found = attribute(spec, model, x, layer=default_cam_layer(model, (x,))).attributions[0]
    assert found.dim() == 4
    assert found.abs().max() > 0


def test_m9_guided_grad_cam_enlarges_the_tokens_map() -> None:
    class Gated(Registers):
        """With a ReLU, which guided backpropagation needs."""

        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(self.relu(x))

    model, x = Gated(), pictures()
    assert GuidedGradCam(model, model.norm).attribute(x, 1).shape == x.shape


def test_what_tells_the_layout() -> None:
    norm, linear, conv = nn.LayerNorm(6), nn.Linear(4, 6), nn.Conv2d(3, 6, 2)
    shape = (2, 9, 6)
    assert layout_of(shape, [], True) == Layout()
    assert layout_of(shape, [(nn.Conv1d(1, 9, 1), shape), (linear, shape)], True) == Layout()
    assert layout_of(shape, [(norm, shape)], True) == Layout(True, (3, 3), 0)
    assert layout_of(shape, [(linear, shape)], True) == Layout(True, (3, 3), 0)
    assert layout_of(shape, [(conv, (2, 6, 2, 4)), (norm, shape)], True) == Layout(True, (2, 4), 1)
    assert layout_of(shape, [(norm, shape)], False) == Layout(True)
    assert layout_of((2, 1000, 6), [(norm, (2, 1000, 6))], True) == Layout(True)  # no grid is near
    assert layout_of((2, 6), [(norm, (2, 6))], True) == Layout()
    assert layout_of((2, 3, 5, 6), [(norm, (2, 3, 5, 6))], True) == Layout(True)


def test_rows_of_tokens_that_are_no_image_are_positions() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Flatten(), nn.Linear(18, 3))
    found = LayerGradCam(model, model[0]).attribute(torch.rand(2, 3, 5), 1)
    assert found.shape == (2, 1, 3)
