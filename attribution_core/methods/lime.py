"""LIME: a simple model fitted to the model's outputs around an input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

import torch
from torch import Tensor

from attribution_core import errors, execution, squares
from attribution_core.attribution import PerturbationAttribution
from attribution_core.groups import FeatureGroups, FeatureMask
from attribution_core.kernels import ExponentialKernel, Weigh, weighing
from attribution_core.problem import Problem, opened
from attribution_core.regression import Fit, Recipe, fit_groups
from attribution_core.samples import Drawn, Similarity, drawing
from attribution_core.spec import Cost, MethodSpec, seed, whole
from attribution_core.surrogates import Lasso, Surrogate
from attribution_core.tensors import checked_baselines, like
from attribution_core.types import Attributions, Baselines, Estimate, Forward, Inputs, TargetType


@final
class LimeBase(PerturbationAttribution):
    """A surrogate g fitted to y at samples zᵢ around the input x: min over g of Σ π(x, zᵢ) (y(zᵢ) − g(vᵢ))².

    vᵢ is the sample as an interpretable vector. All parts are the caller's; `Lime` brings its own.

    Args:
        forward_func: the model, or a function of its inputs.
        interpretable_model: the surrogate: ``fit(data_loader)``, with one batch (vectors (n, G), outputs (n,), weights
            (n,)), and ``representation()``. The tensors have the output's type (float32 for half precision).
        similarity_func: ``similarity_func(inputs, sample, vector, **kwargs)`` returns the weight π, one number.
        perturb_func: ``perturb_func(inputs, **kwargs)`` returns a sample, or a generator of samples.
        perturb_interpretable_space: whether ``perturb_func`` returns vectors (1, G) instead of inputs.
        from_interp_rep_transform: ``from_interp_rep_transform(vector, inputs, **kwargs)`` returns the input; needed for
            vectors, None otherwise.
        to_interp_rep_transform: ``to_interp_rep_transform(sample, inputs, **kwargs)`` returns the vector; needed for
            inputs, None otherwise.

    Raises:
        WrongType: the transform that is needed is missing; something is not callable.

    Reference: Ribeiro et al. (2016), "Why Should I Trust You?", https://arxiv.org/abs/1602.04938
    """

    def __init__(
        self,
        forward_func: Forward,
        interpretable_model: Surrogate,
        similarity_func: Similarity,
        perturb_func: Callable[..., Any],
        perturb_interpretable_space: bool,
        from_interp_rep_transform: Callable[..., Any] | None,
        to_interp_rep_transform: Callable[..., Tensor] | None,
    ) -> None:
        super().__init__(forward_func)
        _check_parts(interpretable_model, similarity_func, perturb_func)
        needed = "from_interp_rep_transform" if perturb_interpretable_space else "to_interp_rep_transform"
        transform = from_interp_rep_transform if perturb_interpretable_space else to_interp_rep_transform
        if not callable(transform):
            space = "the interpretable" if perturb_interpretable_space else "the input"
            raise errors.WrongType(
                f"{needed} is {transform!r}; it must be a function, since samples are drawn in {space} space.",
                field=needed,
            )
        self.interpretable_model = interpretable_model
        self.similarity_func = similarity_func
        self.perturb_func = perturb_func
        self.perturb_interpretable_space = perturb_interpretable_space
        self.from_interp_rep_transform = from_interp_rep_transform
        self.to_interp_rep_transform = to_interp_rep_transform
        self._transform = transform

    @property
    def multiplies_by_inputs(self) -> bool:
        return False

    def attribute(
        self,
        inputs: Inputs,
        target: TargetType = None,
        additional_forward_args: Any = None,
        n_samples: int = 50,
        perturbations_per_eval: int = 1,
        show_progress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """What the surrogate learns of the target output; it costs ``n_samples`` evaluations.

        Args:
            inputs: tensor or tuple of tensors of shape (1, …), of any type; or (N, …) where the model returns one
                number for the whole batch.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is repeated with
                the samples.
            n_samples: how many samples are drawn; fewer, with a warning, if the generator of ``perturb_func`` ends.
            perturbations_per_eval: samples in the first evaluation; later ones grow while time and memory allow.
            show_progress: whether to write progress to standard error.
            **kwargs: for the functions given to ``__init__``.

        Returns:
            ``interpretable_model.representation()``.

        Raises:
            OutOfRange: ``n_samples`` or ``perturbations_per_eval`` below 1; no sample, or no positive weight.
            WrongShape: a vector or weight of another shape; several examples with an output for each.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            Nonfinite: an output is NaN or infinite.
        """
        errors.whole_number("n_samples", n_samples, 1)
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)
        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            original = like(problem.inputs, inputs)

            def convert(sample: Any) -> tuple[Tensor, Any]:
                other = self._transform(sample, original, **kwargs)
                return (sample, other) if self.perturb_interpretable_space else (other, sample)

            samples = Drawn(
                drawing(self.perturb_func, original, **kwargs),
                convert,
                lambda sample, vector: self.similarity_func(original, sample, vector, **kwargs),
                problem.device,
            )
            with execution.shown("LIME", show_progress):
                fit = Fit(problem, samples, self.interpretable_model, together=problem.examples > 1)
                return fit.run(n_samples, perturbations_per_eval)


@final
class Lime(PerturbationAttribution):
    """Coefficients of a linear model fitted to y where random halves of the groups are at the baseline.

    Each sample keeps every group with probability ½. By default samples are weighed by exp(−d²/2), where d is the
    cosine distance to the input, and fitted by a Lasso with α = 0.01.

    Args:
        forward_func: the model, or a function of its inputs.
        interpretable_model: the surrogate, `attribution_core.surrogates.Lasso(alpha=0.01)` if None. Any object with
            ``fit(data_loader)`` and ``representation()``, the latter one number for each group.
        similarity_func: ``similarity_func(inputs, sample, vector, **kwargs)`` returns a sample's weight; if None,
            `attribution_core.kernels.ExponentialKernel`.
        perturb_func: ``perturb_func(inputs, **kwargs)`` returns a vector (1, G) of zeros and ones, or a generator of
            them. Both functions get the keywords baselines, feature_mask and num_interp_features.

    Reference: Ribeiro et al. (2016), "Why Should I Trust You?", https://arxiv.org/abs/1602.04938
    """

    def __init__(
        self,
        forward_func: Forward,
        interpretable_model: Surrogate | None = None,
        similarity_func: Similarity | None = None,
        perturb_func: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(forward_func)
        self.interpretable_model = Lasso(alpha=0.01) if interpretable_model is None else interpretable_model
        self.similarity_func = ExponentialKernel() if similarity_func is None else similarity_func
        self.perturb_func = halves if perturb_func is None else perturb_func
        _check_parts(self.interpretable_model, self.similarity_func, self.perturb_func)

    @property
    def multiplies_by_inputs(self) -> bool:
        return False

    def attribute(
        self,
        inputs: Inputs,
        baselines: Baselines = None,
        target: TargetType = None,
        additional_forward_args: Any = None,
        feature_mask: FeatureMask = None,
        n_samples: int = 25,
        perturbations_per_eval: int = 1,
        return_input_shape: bool = True,
        show_progress: bool = False,
    ) -> Attributions:
        """Coefficients for the target output; it costs ``n_samples`` evaluations for each example.

        Examples are explained one after the other, which costs one more evaluation each if there are several. Samples
        are drawn from torch's global generator as Captum draws them.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), of any type.
            baselines: what features are replaced by: tensors of the inputs' shape or with one row, or numbers; None
                means zero.
            target: output explained: an int or tuple for all examples; a tensor or list with one for each; None where
                the model returns one number for each example, or one for all.
            additional_forward_args: further arguments of the forward function; a tensor with N rows is split with the
                inputs.
            feature_mask: groups: whole numbers of the inputs' shape, or of a shape that broadcasts to it; a tuple of
                them for a tuple of inputs. Features of equal number are replaced together, also across inputs. The
                smallest number becomes 0; a number left out is a group without features; a mask on another device is
                moved. None makes each feature its own group.
            n_samples: how many samples are drawn for each example.
            perturbations_per_eval: samples in the first evaluation; later ones grow while time and memory allow.
            return_input_shape: whether every feature gets its group's coefficient.
            show_progress: whether to write progress to standard error.

        Returns:
            Attributions of the inputs' shapes (a tuple if ``inputs`` was one), with one row where the model returns one
            number for the batch. Without ``return_input_shape`` coefficients of shape (N, G).

        Raises:
            OutOfRange: ``n_samples`` or ``perturbations_per_eval`` below 1; no positive weight.
            WrongShape: baselines or masks that do not fit the inputs; a vector, weight or representation of another
                shape.
            WrongType: a mask that does not hold whole numbers.
            NotApplicable: several examples of a model whose batch norm mixes them.
            TargetMissing, TargetOutOfRange, TargetNotWanted: ``target`` does not fit the output.
            Nonfinite: an output is NaN or infinite.
        """
        errors.whole_number("n_samples", n_samples, 1)
        errors.whole_number("perturbations_per_eval", perturbations_per_eval, 1)

        def keywords(baselines: Estimate, groups: FeatureGroups) -> dict[str, Any]:
            return {
                "baselines": like(baselines, inputs),
                "feature_mask": like(groups.masks, inputs),
                "num_interp_features": groups.count,
            }

        def draw(problem: Problem, baselines: Estimate, groups: FeatureGroups) -> Iterator[Any]:
            return drawing(self.perturb_func, like(problem.inputs, inputs), **keywords(baselines, groups))

        def weigh(problem: Problem, baselines: Estimate, groups: FeatureGroups) -> Weigh:
            original = like(problem.inputs, inputs)
            return weighing(self.similarity_func, problem, original, keywords(baselines, groups))

        with opened(self.forward_func, inputs, target, additional_forward_args) as problem:
            start = checked_baselines(baselines, problem.inputs)
            groups = FeatureGroups.of(feature_mask, problem.inputs, lowest=None)
            recipe = Recipe(self.interpretable_model, draw, weigh, n_samples, perturbations_per_eval)
            with execution.shown("LIME", show_progress):
                found = fit_groups(problem, start, groups, recipe, return_input_shape)
        return like(found, inputs) if return_input_shape else found


def halves(inputs: Inputs, **kwargs: Any) -> Tensor:
    """Lime's default ``perturb_func``: every group kept with probability ½."""
    return torch.bernoulli(torch.full((1, kwargs["num_interp_features"]), 0.5)).long()


def _check_parts(surrogate: Any, similarity: Any, perturb: Any) -> None:
    for name in ("fit", "representation"):
        if not callable(getattr(surrogate, name, None)):
            raise errors.WrongType(
                f"interpretable_model is a {type(surrogate).__name__}; it must have a method {name}.",
                field="interpretable_model",
            )
    for name, value in (("similarity_func", similarity), ("perturb_func", perturb)):
        if not callable(value):
            raise errors.WrongType(f"{name} is a {type(value).__name__}; it must be callable.", field=name)


SPEC = MethodSpec(
    id="lime",
    name="LIME",
    method=Lime,
    family="perturbation",
    space="feature",
    summary="Covers random halves of the input's parts and fits a sparse linear model to the scores.",
    limitations=(
        "Maps under two seeds differ: raise the samples until they do not (Alvarez-Melis and Jaakkola 2018, "
        "https://arxiv.org/abs/1806.08049).",
        "Randomly covered inputs are unlike any the model was trained on (Slack et al. 2020, "
        "https://arxiv.org/abs/1911.02508).",
        "Parts that change the score by less than about 0.01 may be dropped: the fit is sparse (Ribeiro et al. 2016, "
        "https://arxiv.org/abs/1602.04938).",
    ),
    references=("Ribeiro et al. (2016), https://arxiv.org/abs/1602.04938",),
    build=squares.arguments_for(
        "LimeArguments",
        n_samples=whole(256, 2, 5000, "Samples", "Randomly covered inputs that are evaluated."),
        seed=seed(),
    ),
    evaluations=lambda values, info: Cost(values.n_samples, 0),
    translate=squares.with_mask,
    anytime=True,
    stochastic=True,
    needs=frozenset({"baseline"}),
)
