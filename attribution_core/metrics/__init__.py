"""How good an explanation is: faithfulness, robustness, completeness, complexity, agreement and localisation.

`infidelity` and `sensitivity_max` are Captum's. Every metric gives one number for each example.
"""

from attribution_core.metrics.agreement import rank_correlation, top_k_overlap
from attribution_core.metrics.completeness import completeness_gap
from attribution_core.metrics.controls import edge_map, random_maps
from attribution_core.metrics.curves import Curve, deletion_curve, insertion_curve
from attribution_core.metrics.infidelity import infidelity, infidelity_perturb_func_decorator
from attribution_core.metrics.localization import pointing_game, relevance_mass
from attribution_core.metrics.randomisation import RandomStage, random_stages
from attribution_core.metrics.sensitivity import default_perturb_func, sensitivity_max
from attribution_core.metrics.sparseness import sparseness

__all__ = [
    "Curve",
    "RandomStage",
    "completeness_gap",
    "default_perturb_func",
    "deletion_curve",
    "edge_map",
    "infidelity",
    "infidelity_perturb_func_decorator",
    "insertion_curve",
    "pointing_game",
    "random_maps",
    "random_stages",
    "rank_correlation",
    "relevance_mass",
    "sensitivity_max",
    "sparseness",
    "top_k_overlap",
]
