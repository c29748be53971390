"""What `benchmarks.core` runs: every method with arguments that suit an image of 224 × 224."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import resnet18, vgg11

SQUARES = 7
STEPS = 50
WINDOW = {"sliding_window_shapes": (3, 45, 45), "strides": (3, 16, 16)}
LEVELS = ("IntegratedGradients", "Occlusion", "KernelShap")
"""The methods whose 'fused' and 'fast' are measured too."""


@dataclass(frozen=True)
class Case:
    """A method of both libraries with the same arguments.

    options, keywords: of ``__init__`` and ``attribute``; those that name a layer hold its name.
    batch: Captum's keyword for evaluations at once, None where it has none; batches: the values tried for its best.
    plain: on VGG-11, whose ReLUs Captum's rules can handle, and not on ResNet-18.
    stochastic: run under the same seed; then the numbers are equal too.
    """

    name: str
    keywords: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    batch: str | None = None
    batches: tuple[int, ...] = (4, 8, 16, 32)
    plain: bool = False
    takes_target: bool = True
    stochastic: bool = False
    equal: bool = True


def images(n: int, size: int = 224, seed: int = 0) -> Tensor:
    """Smooth random pictures with detail at several scales, normalised."""
    generator = torch.Generator().manual_seed(seed)
    layers = [torch.randn((n, 3, side, side), generator=generator) for side in (7, 28, 112)]
    x = sum(F.interpolate(part, (size, size), mode="bilinear", antialias=True) for part in layers)
    return x / x.std()


def models() -> dict[bool, nn.Module]:
    """ResNet-18 (False) and VGG-11 (True) with seeded weights; ResNet's batch norms have seen some pictures."""
    torch.manual_seed(0)
    network = resnet18()
    with torch.no_grad():
        for _ in range(5):
            network(images(8))
    plain = vgg11()
    for module in plain.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # Captum's backward hooks refuse in-place operations
    return {False: network.eval(), True: plain.eval()}


def squares() -> Tensor:
    """Groups of 32 × 32 pixels, 49 of them."""
    ids = torch.arange(SQUARES * SQUARES).reshape(1, 1, SQUARES, SQUARES)
    return ids.repeat_interleave(32, 2).repeat_interleave(32, 3)


def cases() -> list[Case]:
    mask, rows = squares(), images(8, seed=1)
    path: dict[str, Any] = {"batch": "internal_batch_size", "keywords": {"n_steps": STEPS}}
    layer, last = {"layer": "layer3"}, {"layer": "layer4"}
    unit = {"neuron_selector": (3, 5, 5)}
    cells = {"layer_mask": torch.arange(49).reshape(1, 1, 7, 7)}
    ablated = {"feature_mask": mask, **unit}
    groups: dict[str, Any] = {"batch": "perturbations_per_eval"}
    drawn = {"baselines": rows, "n_samples": 20, "stdevs": 0.1}
    return [
        Case("Saliency"),
        Case("InputXGradient"),
        Case("IntegratedGradients", **path),
        Case("GradientShap", keywords=drawn, stochastic=True),
        Case("GuidedBackprop", plain=True),
        Case("Deconvolution", plain=True),
        Case("GuidedGradCam", options={"layer": "features.18"}, plain=True),
        Case("DeepLift", plain=True),
        Case("DeepLiftShap", keywords={"baselines": rows}, plain=True),
        Case("LRP", plain=True),
        Case("Occlusion", keywords=WINDOW, **groups),
        Case("FeatureAblation", keywords={"feature_mask": mask}, **groups),
        Case("ShapleyValueSampling", keywords={"feature_mask": mask, "n_samples": 4}, stochastic=True, **groups),
        Case("KernelShap", keywords={"feature_mask": mask, "n_samples": 200}, stochastic=True, **groups),
        Case("LayerActivation", options=layer, takes_target=False),
        Case("LayerGradientXActivation", options=layer),
        Case("LayerGradCam", options=last),
        Case("InternalInfluence", options=layer, **path),
        Case("LayerConductance", options=layer, **path),
        Case("LayerIntegratedGradients", options=layer, **path),
        Case("LayerGradientShap", keywords=drawn, options=layer, stochastic=True),
        Case("LayerFeatureAblation", options=last, keywords=cells, **groups),
        Case("NeuronGradient", options=layer, keywords=unit, takes_target=False),
        Case(
            "NeuronIntegratedGradients",
            options=layer,
            takes_target=False,
            batch="internal_batch_size",
            keywords={**unit, "n_steps": STEPS},
        ),
        Case("NeuronConductance", options=layer, batch="internal_batch_size", keywords={**unit, "n_steps": STEPS}),
        Case("NeuronGradientShap", keywords={**drawn, **unit}, options=layer, takes_target=False, stochastic=True),
        Case("NeuronFeatureAblation", options=layer, keywords=ablated, takes_target=False, **groups),
    ]


def call(library: Any, case: Case, model: nn.Module, x: Tensor, target: int, **more: Any) -> Callable[[], Any]:
    """The case's attribution in a library, ready to run."""
    options = {name: model.get_submodule(value) if name == "layer" else value for name, value in case.options.items()}
    method = getattr(library, case.name)(model, **options)
    keywords = {**case.keywords, **({"target": target} if case.takes_target else {}), **more}

    def run() -> Any:
        torch.manual_seed(0)
        return method.attribute(x, **keywords)

    return run
