"""Attribution methods for PyTorch models under Captum's names and signatures.

    >>> from attribution_core import IntegratedGradients
    >>> attributions = IntegratedGradients(model).attribute(images, target=3)

`attribution_core.execution.execution` sets progress, cancellation and precision; `attribution_core.registry` describes
every method to a program; `attribution_core.errors` draws the tree of what can go wrong.
"""

from attribution_core.attribution import (
    Attribution,
    GradientAttribution,
    InternalAttribution,
    LayerAttribution,
    NeuronAttribution,
    PerturbationAttribution,
)
from attribution_core.deviations import KNOWN_DEVIATIONS
from attribution_core.errors import AttributionError, Cancelled
from attribution_core.methods.input_x_gradient import InputXGradient
from attribution_core.methods.integrated_gradients import IntegratedGradients
from attribution_core.methods.layer_grad_cam import LayerGradCam
from attribution_core.methods.noise_tunnel import NoiseTunnel
from attribution_core.methods.occlusion import Occlusion
from attribution_core.methods.saliency import Saliency

__version__ = "0.1.0"

__all__ = [
    "KNOWN_DEVIATIONS",
    "Attribution",
    "AttributionError",
    "Cancelled",
    "GradientAttribution",
    "InputXGradient",
    "IntegratedGradients",
    "InternalAttribution",
    "LayerAttribution",
    "LayerGradCam",
    "NeuronAttribution",
    "NoiseTunnel",
    "Occlusion",
    "PerturbationAttribution",
    "Saliency",
    "__version__",
]
