"""How LRP's rules are chosen, and where they are found."""

from __future__ import annotations

from captum.attr._utils import lrp_rules as captum_rules

from attribution_core import LRP, lrp_rules, registry
from attribution_core._utils import lrp_rules as where_captum_has_them
from attribution_core.lrp_rules import (
    Alpha1_Beta0_Rule,
    EpsilonRule,
    GammaRule,
    PropagationRule,
    ZPlusRule,
)
from tests.attribution_core.models import attribute, convnet, images, relative_error


def test_explorers_arguments_choose_the_rule() -> None:
    spec, model, x = registry.get("lrp"), convnet().double(), images(2).double()
    rules: dict[str, PropagationRule] = {
        "epsilon": EpsilonRule(0.01),
        "gamma": GammaRule(0.5),
        "z_plus": ZPlusRule(),
        "alpha1_beta0": Alpha1_Beta0_Rule(),
    }
    for name, rule in rules.items():
        found = attribute(spec, model, x, arguments={"rule": name, "epsilon": 0.01, "gamma": 0.5}).attributions[0]
        assert relative_error(found, LRP(model).attribute(x, 1, default_rule=rule)) <= 1e-10
    assert not hasattr(model.conv1, "rule")


def test_rules_are_found_where_captum_has_them() -> None:
    for name in where_captum_has_them.__all__:
        assert getattr(where_captum_has_them, name) is getattr(lrp_rules, name)
    names = {name for name in vars(captum_rules) if name.endswith(("Rule", "_Rule"))}
    assert names <= set(where_captum_has_them.__all__)
