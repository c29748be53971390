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
from attribution_core.embedding import (
    InterpretableEmbeddingBase,
    TokenReferenceBase,
    configure_interpretable_embedding_layer,
    remove_interpretable_embedding_layer,
)
from attribution_core.errors import AttributionError, Cancelled
from attribution_core.methods.data_loader_attribution import DataLoaderAttribution
from attribution_core.methods.deconvolution import Deconvolution, NeuronDeconvolution
from attribution_core.methods.deep_lift import DeepLift
from attribution_core.methods.deep_lift_shap import DeepLiftShap
from attribution_core.methods.feature_ablation import FeatureAblation
from attribution_core.methods.feature_permutation import FeaturePermutation
from attribution_core.methods.gradient_shap import GradientShap, LayerGradientShap, NeuronGradientShap
from attribution_core.methods.guided_backprop import GuidedBackprop, NeuronGuidedBackprop
from attribution_core.methods.guided_grad_cam import GuidedGradCam
from attribution_core.methods.input_x_gradient import InputXGradient
from attribution_core.methods.integrated_gradients import IntegratedGradients
from attribution_core.methods.internal_influence import InternalInfluence
from attribution_core.methods.kernel_shap import KernelShap
from attribution_core.methods.layer_activation import LayerActivation
from attribution_core.methods.layer_conductance import LayerConductance
from attribution_core.methods.layer_deep_lift import LayerDeepLift, LayerDeepLiftShap
from attribution_core.methods.layer_feature_ablation import LayerFeatureAblation
from attribution_core.methods.layer_feature_permutation import LayerFeaturePermutation
from attribution_core.methods.layer_grad_cam import LayerGradCam
from attribution_core.methods.layer_gradient_x_activation import LayerGradientXActivation
from attribution_core.methods.layer_integrated_gradients import LayerIntegratedGradients
from attribution_core.methods.lime import Lime, LimeBase
from attribution_core.methods.lrp import LRP, LayerLRP
from attribution_core.methods.neuron_conductance import NeuronConductance
from attribution_core.methods.neuron_deep_lift import NeuronDeepLift, NeuronDeepLiftShap
from attribution_core.methods.neuron_feature_ablation import NeuronFeatureAblation
from attribution_core.methods.neuron_gradient import NeuronGradient
from attribution_core.methods.neuron_integrated_gradients import NeuronIntegratedGradients
from attribution_core.methods.noise_tunnel import NoiseTunnel
from attribution_core.methods.occlusion import Occlusion
from attribution_core.methods.saliency import Saliency
from attribution_core.methods.shapley_value_sampling import ShapleyValueSampling
from attribution_core.methods.shapley_values import ShapleyValues

__version__ = "0.1.0"

__all__ = [
    "KNOWN_DEVIATIONS",
    "LRP",
    "Attribution",
    "AttributionError",
    "Cancelled",
    "DataLoaderAttribution",
    "Deconvolution",
    "DeepLift",
    "DeepLiftShap",
    "FeatureAblation",
    "FeaturePermutation",
    "GradientAttribution",
    "GradientShap",
    "GuidedBackprop",
    "GuidedGradCam",
    "InputXGradient",
    "IntegratedGradients",
    "InternalAttribution",
    "InternalInfluence",
    "InterpretableEmbeddingBase",
    "KernelShap",
    "LayerActivation",
    "LayerAttribution",
    "LayerConductance",
    "LayerDeepLift",
    "LayerDeepLiftShap",
    "LayerFeatureAblation",
    "LayerFeaturePermutation",
    "LayerGradCam",
    "LayerGradientShap",
    "LayerGradientXActivation",
    "LayerIntegratedGradients",
    "LayerLRP",
    "Lime",
    "LimeBase",
    "NeuronAttribution",
    "NeuronConductance",
    "NeuronDeconvolution",
    "NeuronDeepLift",
    "NeuronDeepLiftShap",
    "NeuronFeatureAblation",
    "NeuronGradient",
    "NeuronGradientShap",
    "NeuronGuidedBackprop",
    "NeuronIntegratedGradients",
    "NoiseTunnel",
    "Occlusion",
    "PerturbationAttribution",
    "Saliency",
    "ShapleyValueSampling",
    "ShapleyValues",
    "TokenReferenceBase",
    "__version__",
    "configure_interpretable_embedding_layer",
    "remove_interpretable_embedding_layer",
]
