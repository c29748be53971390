"""Layer-wise relevance propagation, to the inputs and to a layer."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor, nn

from attribution_core import errors, execution
from attribution_core.attribution import GradientAttribution, LayerAttribution
from attribution_core.gradients import Here, InputSite, ModuleSite, Site, integrate
from attribution_core.locks import lock_for, owner
from attribution_core.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule, PropagationRule, ZPlusRule
from attribution_core.path_arguments import at_layer_input
from attribution_core.problem import Problem, opened
from attribution_core.relevance import propagating
from attribution_core.spec import Arguments, Cost, InputInfo, MethodSpec, arguments, choice, number
from attribution_core.tensors import as_tuple, grouped, like, like_layers, one_each
from attribution_core.types import Attributions, Estimate, Inputs, TargetType


@final
class LRP(GradientAttribution):
    """Relevance of the inputs: the output, distributed backwards layer by layer by each layer's rule.

    Rules are set on layers as ``layer.rule`` (see `attribution_core.lrp_rules`) and stay there. Linear layers,
    convolutions, batch norms in eval mode and pools have the `EpsilonRule` by default. ReLU and other functions with
    f(0) = 0, dropout, reshaping, sums and residual connections pass relevance on in proportion to the values.

    Args:
        model: the model, a module.

    Raises:
        WrongType: ``model`` is no module.

    Reference: Bach et al. (2015), On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise
    Relevance Propagation, https://doi.org/10.1371/journal.pone.0130140
    """

    splittable = True

    def __init__(self, model: nn.Module) -> None:
        super().__init__(_checked(model))

    @property
    def multiplies_by_inputs(self) -> bool:
        return True

    def has_convergence_delta(self) -> bool:
        return True

    def compute_convergence_delta(  # type: ignore[override]
        self, attributions: Attributions, output: Tensor
    ) -> Tensor:
        """What relevance was not conserved: output − Σ attributions, per example. Biases and ε keep their share.

        Args:
            attributions: as returned by ``attribute``.
            output: the output explained, shape (N,) or (N, 1).

        Returns:
            Tensor of shape (N,).

        Raises:
            WrongShape: they have not as many rows.
        """
        return _delta(as_tuple(attributions, "attributions"), output)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        verbose: bool = False,
        *,
        default_rule: PropagationRule | None = None,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """Relevance of the inputs for the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return output − Σ attributions too.
            verbose: whether to print which rule is applied on which layer.
            default_rule: the rule of linear layers and convolutions that have none, each together with a batch norm
                that follows it; None stands for Captum's way: the epsilon rule for all, batch norms by themselves.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), and the delta of shape (N,) if asked.

        Raises:
            NotApplicable: the model calls an operation without a rule; the message names it and its layer.
            WrongType: a layer's ``rule`` is no rule, or integer inputs.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the inputs.
            Nonfinite: an output or relevance is NaN or infinite.
        """
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            result, output = _relevance(problem, InputSite(), default_rule, verbose, return_convergence_delta)
        if output is None:
            return like(result, inputs)
        return like(result, inputs), _delta(result, output)


@final
class LayerLRP(LayerAttribution, GradientAttribution):
    """Relevance of a layer's output or input; see `LRP`.

    Args:
        model: the model, a module.
        layer: a module of the model, or a list of them.

    Raises:
        WrongType: ``model`` is no module.

    Reference: Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140
    """

    splittable = True

    def __init__(self, model: nn.Module, layer: nn.Module | list[nn.Module]) -> None:
        super().__init__(_checked(model), layer)

    @property
    def multiplies_by_inputs(self) -> bool:
        return True

    def has_convergence_delta(self) -> bool:
        return True

    def compute_convergence_delta(  # type: ignore[override]
        self, attributions: Attributions | list[Attributions], output: Tensor
    ) -> Tensor | list[Tensor]:
        """Output − Σ attributions, per example, for the layer or for each of several; see `LRP`.

        Raises:
            WrongShape: they have not as many rows.
        """
        if isinstance(attributions, list):
            return [_delta(as_tuple(part, "attributions"), output) for part in attributions]
        return _delta(as_tuple(attributions, "attributions"), output)

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        return_convergence_delta: bool = False,
        attribute_to_layer_input: bool = False,
        verbose: bool = False,
        *,
        default_rule: PropagationRule | None = None,
    ) -> Any:
        """Relevance at the layer for the target output.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …).
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example.
            additional_forward_args: further arguments of the model; a tensor with N rows is split with the inputs.
            return_convergence_delta: whether to return output − Σ attributions too.
            attribute_to_layer_input: whether to attribute to the layer's input instead of its output.
            verbose: whether to print which rule is applied on which layer.
            default_rule: see `LRP.attribute`.

        Returns:
            Attributions of the shape of the layer's value, a tuple if that is several tensors; and the delta of shape
            (N,) if asked. For several layers a list of attributions, and a list of deltas.

        Raises:
            LayerNotCalled, LayerNotTensor: a layer is not reached, or its value is not made of tensors.
            NotApplicable: the model calls an operation without a rule; the message names it and its layer.
            WrongType: a layer's ``rule`` is no rule.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            NoGradient: the output does not depend on the layer.
            Nonfinite: an output or relevance is NaN or infinite.
        """
        site = ModuleSite(self.layer, attribute_to_layer_input)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            result, output = _relevance(problem, site, default_rule, verbose, return_convergence_delta)
        each = grouped(result, site.counts)
        attributions = like_layers(each, self.layer)
        if output is None:
            return attributions
        deltas = [_delta(part, output) for part in each]
        return attributions, deltas if isinstance(self.layer, list) else deltas[0]


def _checked(model: Any) -> Any:
    if callable(model) and not isinstance(owner(model), nn.Module):
        raise errors.WrongType(
            f"model is a {type(model).__name__}; LRP needs a module, whose layers have rules.", field="model"
        )
    return model


def _relevance(
    problem: Problem, site: Site, default: PropagationRule | None, verbose: bool, with_output: bool
) -> tuple[Estimate, Tensor | None]:
    """Relevance at the site, and the output if asked."""

    def contribution(values: Estimate, factors: Estimate) -> Estimate:
        return tuple(v * c for v, c in zip(values, factors, strict=True))

    latest: list[Estimate] = []
    with execution.plan(problem.examples * (1 + with_output), lambda inner: latest[0] if latest else inner):
        with propagating(owner(problem.forward), default, verbose):
            latest.append(integrate(problem, Here(problem.inputs), site, contribution=contribution))
        return latest[0], one_each(problem.outputs(problem.inputs)) if with_output else None


def _delta(attributions: Estimate, output: Tensor) -> Tensor:
    values = output.detach().reshape(-1)
    if any(len(v) != len(values) for v in attributions):
        raise errors.WrongShape(
            f"output has {len(values)} values for attributions with {len(attributions[0])} rows.", field="output"
        )
    return values - torch.stack([v.detach().reshape(len(v), -1).sum(1) for v in attributions]).sum(0)


# --- for the registry: one rule for all linear layers and convolutions -------------------------------------------

_RULES = ("epsilon", "gamma", "z_plus", "alpha1_beta0")


def _arguments(name: str, **others: Any) -> type[Arguments]:
    return arguments(
        name,
        rule=choice(
            "epsilon",
            _RULES,
            "Rule",
            "Of linear layers and convolutions: epsilon (all contributions), gamma (positive ones weigh more), z_plus "
            "(positive ones only) or alpha1_beta0 (positive weights only).",
        ),
        epsilon=number(1e-9, 1e-9, 10.0, "Epsilon", "For the epsilon rule: more is sparser and less noisy."),
        gamma=number(0.25, 0.001, 100.0, "Gamma", "For the gamma rule: more favours positive contributions more."),
        **others,
    )


def _keywords(values: dict[str, Any], info: InputInfo) -> dict[str, Any]:
    values = dict(values)
    rule, epsilon, gamma = (values.pop(name) for name in ("rule", "epsilon", "gamma"))
    made: dict[str, PropagationRule] = {
        "epsilon": EpsilonRule(epsilon),
        "gamma": GammaRule(gamma),
        "z_plus": ZPlusRule(),
        "alpha1_beta0": Alpha1_Beta0_Rule(),
    }
    return {"default_rule": made[rule], **values}


def _against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    try:
        with lock_for(model), propagating(model), torch.enable_grad():
            model(*(x.detach().requires_grad_() if x.is_floating_point() else x for x in inputs), *extra)
    except (errors.NotApplicable, errors.WrongType) as refusal:
        return (refusal.message if refusal.message.endswith(".") else refusal.message + ".",)
    return ()


_LIMITATIONS = (
    "The choice of rules decides what is seen; with the epsilon rule it is the gradient times the input on networks of "
    "ReLUs (Ancona et al. 2018, https://arxiv.org/abs/1711.06104).",
    "z_plus and alpha1_beta0 hardly depend on the class or on the later layers (Sixt et al. 2020, "
    "https://arxiv.org/abs/1912.09818).",
    "Biases keep their share, so maps need not add up to the score, except with z_plus.",
    "The gamma rule can blow up where contributions cancel, as they do in residual networks.",
)
_REFERENCES = (
    "Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140",
    "Montavon et al. (2019), https://doi.org/10.1007/978-3-030-28954-6_10",
)

SPECS = (
    MethodSpec(
        id="lrp",
        name="LRP",
        method=LRP,
        family="propagation",
        space="feature",
        summary="Distributes the score backwards, layer by layer, in proportion to what contributed to it.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: _arguments("LRPArguments"),
        evaluations=lambda values, info: Cost(1, 1),
        translate=_keywords,
        against=_against,
        smoothing=True,
    ),
    MethodSpec(
        id="layer_lrp",
        name="Layer LRP",
        method=LayerLRP,
        family="propagation",
        space="layer",
        summary="Distributes the score backwards, layer by layer, down to the layer chosen.",
        limitations=_LIMITATIONS,
        references=_REFERENCES,
        build=lambda info: _arguments("LayerLRPArguments", attribute_to_layer_input=at_layer_input()),
        evaluations=lambda values, info: Cost(1, 1),
        translate=_keywords,
        against=_against,
        needs=frozenset({"layer"}),
        integers=True,
        smoothing=True,
    ),
)
