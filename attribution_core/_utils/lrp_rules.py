"""The rules of `attribution_core.lrp_rules`, at the place of ``captum.attr._utils.lrp_rules``."""

from attribution_core.lrp_rules import (
    Alpha1_Beta0_Rule,
    EpsilonRule,
    GammaRule,
    IdentityRule,
    PropagationRule,
    ZPlusRule,
)

__all__ = ["Alpha1_Beta0_Rule", "EpsilonRule", "GammaRule", "IdentityRule", "PropagationRule", "ZPlusRule"]
