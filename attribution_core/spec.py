"""What an explorer needs to know of a method: its arguments, its cost, its limits, and how to run it.

Each file in ``methods/`` ends in a `MethodSpec` ``SPEC``, or a tuple ``SPECS`` of them, which
`attribution_core.registry` collects. Form, tooltip, estimate, menu and documentation come from here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.arguments import Arguments, arguments, choice, flag, number, seed, unit, validated, whole
from attribution_core.attribution import Attribution, GradientAttribution
from attribution_core.constancy import REASON, examples_apart
from attribution_core.locks import explaining, lock_for
from attribution_core.noise import Smoothing
from attribution_core.notices import Notice, told
from attribution_core.probe import module_named
from attribution_core.seeding import one_by_one
from attribution_core.smoothing import smoothed
from attribution_core.types import Estimate, Forward, Precision, TargetType

__all__ = [
    "Arguments",
    "Cost",
    "Family",
    "InputInfo",
    "MethodSpec",
    "Outcome",
    "Sign",
    "Space",
    "arguments",
    "choice",
    "flag",
    "number",
    "seed",
    "unit",
    "whole",
]

Family = Literal["path", "gradient", "propagation", "cam", "activation", "perturbation", "custom"]
Space = Literal["feature", "layer", "neuron"]
Sign = Literal["all", "positive", "absolute"]


@dataclass(frozen=True, slots=True)
class InputInfo:
    """The shapes of the inputs and, where it is known, of the chosen layer's value, without the batch dimension.

    Attributes:
        unit: what the values of a vector are, for forms: 'tokens', 'columns'.
    """

    shapes: tuple[tuple[int, ...], ...]
    layer: tuple[int, ...] | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Model evaluations for one example."""

    forward: int
    backward: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Attributions, one tensor for each input (or one at the layer), and the convergence delta of each example.

    ``notices`` say what the result does not hold though its method promises it, the first of each kind.
    """

    attributions: tuple[Tensor, ...]
    delta: Tensor | None
    notices: tuple[Notice, ...] = ()


Against = Callable[[nn.Module, tuple[Tensor, ...], tuple[Any, ...]], tuple[str, ...]]
"""``against(model, inputs, extra)``: reasons; ``model(*inputs, *extra)`` is how the model is called."""


def _nothing_against(model: nn.Module, inputs: tuple[Tensor, ...], extra: tuple[Any, ...]) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class MethodSpec:
    """One method as an explorer offers it.

    Attributes:
        id: stable snake_case name.
        name: what people call it.
        method: the class; its ``attribute`` does the work.
        family, space: for menus, and for what is shared by kin.
        summary: one or two sentences for the tooltip.
        limitations: what to beware of, with the paper.
        references: where it comes from.
        build: ``build(info)`` is the pydantic model of the arguments for inputs of that shape.
        evaluations: ``evaluations(arguments, info)`` is the cost without the convergence delta.
        options: the arguments that go to ``__init__``; the others go to ``attribute``.
        translate: turns the arguments for ``attribute`` (but ``seed`` and ``unit``) into its keywords.
        against: reasons why a model cannot be explained with it, beside what `applicable` finds for all methods.
        anytime: whether partial results are estimates of the whole map.
        stochastic: whether results depend on a seed; there is an argument ``seed`` then (see `seed`), and examples are
            explained one by one, each under it.
        needs: of 'layer'; 'positions' (at that layer, whose value is then more than a vector); 'baseline' (one row for
            each example); 'distribution' (rows drawn from the dataset, which are given as ``baselines``).
        integers: whether integer inputs (tokens) can be explained; perturbations and activations always can.
        distribution: how many rows a method that needs a distribution gets from an explorer.
        smoothing: whether the smoothing modifier applies.
        delta: ``delta(arguments)`` says whether a convergence delta is told.
        delta_forwards: the forward passes that the delta costs.
        sign: how its maps are drawn at first.
    """

    id: str
    name: str
    method: type[Attribution]
    family: Family
    space: Space
    summary: str
    limitations: tuple[str, ...]
    references: tuple[str, ...]
    build: Callable[[InputInfo], type[Arguments]]
    evaluations: Callable[[Any, InputInfo], Cost]
    options: frozenset[str] = frozenset()
    translate: Callable[[dict[str, Any], InputInfo], dict[str, Any]] = lambda values, info: values
    against: Against = _nothing_against
    anytime: bool = False
    stochastic: bool = False
    needs: frozenset[str] = field(default_factory=frozenset)
    integers: bool = False
    distribution: int = 0
    smoothing: bool = False
    delta: Callable[[Any], bool] = lambda values: False
    delta_forwards: int = 2
    sign: Sign = "all"

    @property
    def class_name(self) -> str:
        """The class's name, for tooltips."""
        return self.method.__name__

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The levels it can be computed at: 'fast' needs many evaluations that average its error out.

        A user's own class calls the model as it likes, so only 'exact' is known to mean what it says.
        """
        if self.family == "custom":
            return ("exact",)
        averages = self.family in ("path", "perturbation") or self.distribution > 1
        return ("exact", "fused", "fast") if averages else ("exact", "fused")

    @property
    def delta_by_values(self) -> bool:
        """Whether the delta is Σ attributions − (y(x) − y(x′)), so that who has both values needs no pass for it."""
        formula = GradientAttribution.compute_convergence_delta
        return getattr(self.method, "compute_convergence_delta", None) is formula

    def arguments(self, inputs: InputInfo) -> type[Arguments]:
        """The pydantic model of the tunable arguments, with bounds and defaults for inputs of that shape."""
        return _built(self.build, inputs)

    def validate(self, arguments: Mapping[str, Any], inputs: InputInfo) -> Arguments:
        """The arguments after defaults.

        Raises:
            AttributionError: its ``field`` names the argument at fault.
        """
        return validated(self.arguments(inputs), arguments)

    def cost(self, arguments: BaseModel, inputs: InputInfo, smoothing_samples: int | None = None) -> Cost:
        """Evaluations for one example, those for its convergence delta among them."""
        once = self.evaluations(arguments, inputs)
        if smoothing_samples is not None:
            return Cost(once.forward * smoothing_samples, once.backward * smoothing_samples)
        return Cost(once.forward + self.delta_forwards * self.delta(arguments), once.backward)

    @property
    def takes_target(self) -> bool:
        """Whether an output is explained: not so for activations, nor for most neuron methods."""
        return "target" in inspect.signature(self.method.attribute).parameters

    def applicable(
        self,
        model: nn.Module,
        inputs: tuple[Tensor, ...],
        additional_forward_args: Any = None,
        embedded: Collection[int] = (),
    ) -> tuple[str, ...]:
        """Reasons why this method cannot explain ``model`` at ``inputs``; empty if it can.

        ``embedded`` are the positions of integer inputs that it will be given as vectors.
        """
        extra = additional_forward_args if isinstance(additional_forward_args, tuple) else (additional_forward_args,)
        reasons: list[str] = []
        if not self.integers and self.family not in ("perturbation", "activation"):
            reasons += [
                f"Input {position + 1} holds {str(x.dtype).removeprefix('torch.')} values, which have no gradient."
                for position, x in enumerate(inputs)
                if not x.is_floating_point() and position not in embedded
            ]
        further = () if additional_forward_args is None else extra
        if not examples_apart(model, inputs, further):
            reasons.append(REASON)
        return (*reasons, *self.against(model, inputs, further))

    def attribute(
        self,
        forward: Forward,
        model: nn.Module,
        inputs: tuple[Tensor, ...],
        *,
        target: TargetType,
        arguments: BaseModel,
        layer: str | None = None,
        baselines: tuple[Tensor, ...] | None = None,
        smoothing: Smoothing | None = None,
        additional_forward_args: Any = None,
        with_delta: bool = True,
    ) -> Outcome:
        """Explain ``forward`` at ``inputs``.

        Args:
            forward: what is explained: the model, or a function of its output.
            model: where layers are found, and whose lock is held.
            inputs: tuple of tensors of shape (N, …).
            target: the output explained.
            arguments: from `validate`.
            layer: name of the layer; read only by methods that need one.
            baselines: one tensor for each input, zero if None; read only by methods that need them.
            smoothing: a noise tunnel around the method, with a generator of its own.
            additional_forward_args: further arguments of the forward function.
            with_delta: whether the convergence delta is computed, where the method has one.

        Raises:
            AttributionError: see the method.
        """
        with lock_for(model):
            places = (self._layer(model, layer),) if "layer" in self.needs else ()
            chosen = arguments.model_dump()
            options = {name: chosen.pop(name) for name in self.options}
            method = self.method(explaining(model, forward), *places, **options)
            drawn_under = chosen.pop("seed", 0)
            keywords = self._keywords(chosen, inputs, baselines)
            if self.takes_target:
                keywords["target"] = target
            keywords["additional_forward_args"] = additional_forward_args
            try:
                with told() as notices:
                    telling = with_delta and self.delta(arguments)
                    outcome = self._outcome(method, inputs, keywords, smoothing, drawn_under, telling)
                return replace(outcome, notices=tuple(notices.values()))
            except errors.AttributionError as error:
                if error.field != "neuron_selector":
                    raise
                raise _in_words_of_arguments(error) from None

    def _keywords(self, chosen: dict[str, Any], inputs: Estimate, baselines: Estimate | None) -> dict[str, Any]:
        """The chosen arguments as keywords of the method's ``attribute``."""
        selector = {"neuron_selector": chosen.pop("unit")} if self.space == "neuron" else {}
        keywords = self.translate(chosen, InputInfo(tuple(tuple(x.shape[1:]) for x in inputs))) | selector
        if "distribution" in self.needs and baselines is None:
            raise errors.WrongType(
                f"baselines is None; {self.name} needs rows of the dataset, {self.distribution} for example.",
                field="baselines",
            )
        if self.needs & {"baseline", "distribution"}:
            keywords["baselines"] = baselines
        return keywords

    def _outcome(
        self,
        method: Attribution,
        inputs: Estimate,
        keywords: dict[str, Any],
        smoothing: Smoothing | None,
        seed: int,
        with_delta: bool,
    ) -> Outcome:
        if smoothing is not None:
            if not self.smoothing:
                raise errors.NotApplicable(f"{self.name} cannot be smoothed.", field="smoothing")
            return Outcome(smoothed(method, inputs, smoothing, keywords), None)
        if self.stochastic:
            return Outcome(one_by_one(method, inputs, seed, keywords), None)
        if with_delta:
            attributions, delta = method.attribute(inputs, **keywords, return_convergence_delta=True)
        else:
            attributions, delta = method.attribute(inputs, **keywords), None
        return Outcome(attributions if isinstance(attributions, tuple) else (attributions,), delta)

    def _layer(self, model: nn.Module, layer: str | None) -> nn.Module:
        if layer is None:
            raise errors.UnknownLayer(f"{self.name} needs a layer; none was chosen.", field="layer", layer=None)
        return module_named(model, layer)


@lru_cache(maxsize=256)
def _built(build: Callable[[InputInfo], type[Arguments]], inputs: InputInfo) -> type[Arguments]:
    return build(inputs)


def _in_words_of_arguments(error: errors.AttributionError) -> errors.AttributionError:
    """A refusal of a keyword in the name of the argument that the explorer's user set."""
    message = error.message.replace("neuron_selector", "unit")
    return type(error)(message, field="unit", **error.params)
