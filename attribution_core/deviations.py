"""Where this library differs from Captum 0.9.0 on purpose."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attribution_core.spec import MethodSpec


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference.

    Attributes:
        concerns: the classes.
        captum: what Captum does.
        here: what this library does.
        reason: why.
        test: name of the test that shows it.
    """

    concerns: str
    captum: str
    here: str
    reason: str
    test: str


KNOWN_DEVIATIONS: tuple[Deviation, ...] = (
    Deviation(
        concerns="all methods",
        captum="NaN and infinity pass through to the attributions.",
        here="Nonfinite, with the example and the first layer where they appear.",
        reason="A map of NaN is drawn as blank and taken for 'no evidence'.",
        test="test_nonfinite_is_refused_with_its_place",
    ),
    Deviation(
        concerns="all methods",
        captum="Every tensor in additional_forward_args is repeated with the points, whatever its first dimension.",
        here="A tensor is split with the inputs if it has as many rows as they have; otherwise it is passed as it is.",
        reason="A weight matrix or a vocabulary is not one row for each example.",
        test="test_extra_tensors_of_other_length_are_passed_whole",
    ),
    Deviation(
        concerns="gradient and path methods",
        captum="An input that the output does not depend on is an error of autograd.",
        here="It gets zeros, with a warning.",
        reason="Zero is the right attribution; a model with an optional input is no mistake.",
        test="test_m7_unused_input_gets_zeros",
    ),
    Deviation(
        concerns="gradient and path methods",
        captum="A model that returns one row for the whole batch is differentiated as it is.",
        here="WrongShape, for more than one example.",
        reason="Such a gradient mixes the examples, and changes with the size of the chunks.",
        test="test_one_row_for_the_batch_is_refused",
    ),
    Deviation(
        concerns="all methods, on a model whose batch norm uses batch statistics",
        captum="All points are evaluated in one batch (or in batches of internal_batch_size): each changes the others.",
        here="Each point sees exactly the caller's batch, as in Captum with internal_batch_size equal to its size.",
        reason="Otherwise the numbers depend on n_steps and on free memory.",
        test="test_m10_batch_norm_in_training_sees_the_callers_batch",
    ),
    Deviation(
        concerns="IntegratedGradients",
        captum="The Riemann rules refuse n_steps of 1; internal_batch_size below the number of examples is raised.",
        here="One step is allowed where the rule has a point; internal_batch_size is always the limit.",
        reason="Both mean something, and the second bounds memory.",
        test="test_one_step_and_small_batches",
    ),
    Deviation(
        concerns="perturbation methods",
        captum="A baseline of any shape that broadcasts, also along features.",
        here="WrongShape, unless it has the input's shape or one row.",
        reason="A missing dimension is more often a mistake than meant, and goes unnoticed.",
        test="test_r4_wrong_baselines_are_refused",
    ),
    Deviation(
        concerns="perturbation methods",
        captum="perturbations_per_eval is how many windows or groups are evaluated at once; stride 0 runs.",
        here="perturbations_per_eval is where chunks start, and they grow; stride 0 is OutOfRange.",
        reason="The default of 1 wastes most of the device; a stride of 0 never moves.",
        test="test_r5_windows_and_strides",
    ),
    Deviation(
        concerns="Occlusion, Lime, KernelShap, ShapleyValueSampling, ShapleyValues",
        captum="Attributions, and the samples that a surrogate is fitted to, are float32, whatever the model's type.",
        here="Attributions have the output's type (float32 for half precision and integers).",
        reason="A float64 model is asked for float64 numbers.",
        test="test_occlusion_keeps_double_precision",
    ),
    Deviation(
        concerns="LayerFeaturePermutation",
        captum="The target is applied twice, which fails, or picks an example.",
        here="It is applied once.",
        reason="The first choice leaves one number for each example.",
        test="test_layer_permutation_applies_the_target_once",
    ),
    Deviation(
        concerns="FeaturePermutation, LayerFeaturePermutation",
        captum="A batch of one example gives zeros, with a logged warning.",
        here="WrongShape.",
        reason="Nothing was exchanged: zeros would say that no feature matters.",
        test="test_a_single_example_cannot_be_permuted",
    ),
    Deviation(
        concerns="FeatureAblation, FeaturePermutation",
        captum="Unknown keywords are ignored.",
        here="UnknownArgument.",
        reason="A misspelt feature_mask would go unnoticed.",
        test="test_unknown_keywords_are_refused",
    ),
    Deviation(
        concerns="methods with a feature_mask",
        captum="Negative numbers group features in some methods, and leave them at the baseline in others.",
        here="OutOfRange, but for Lime and KernelShap, which count from the smallest number as in Captum.",
        reason="Captum's documentation asks for 0 and above.",
        test="test_r7_negative_numbers",
    ),
    Deviation(
        concerns="ShapleyValues",
        captum="All n! orders are evaluated, with a warning from 10 groups on.",
        here="All 2^n subsets, which gives the same values; OutOfRange above 20 groups.",
        reason="10 groups cost 36 million evaluations in one way and 1024 in the other.",
        test="test_too_many_groups_are_refused_with_the_cost",
    ),
    Deviation(
        concerns="Lime",
        captum="The default surrogate is scikit-learn's Lasso, which stops at a duality gap of 1e-4 of the variance.",
        here="A Lasso of the same objective, solved exactly; scikit-learn is not needed.",
        reason="Small coefficients of scikit-learn's depend on where it stopped.",
        test="test_the_lasso_meets_its_optimality_conditions",
    ),
    Deviation(
        concerns="KernelShap",
        captum="The weighted regression is solved in float32, whose weights span six orders of magnitude.",
        here="It is solved in float64.",
        reason="Captum's coefficients are off by about 0.2 % of the largest on a ResNet-18, whatever the model's type.",
        test="test_kernel_shap_is_solved_in_double_precision",
    ),
    Deviation(
        concerns="Lime, KernelShap, on a model whose batch norm uses batch statistics",
        captum="Examples are evaluated alone, or with as many samples as perturbations_per_eval says.",
        here="NotApplicable for several examples.",
        reason="The model is then not the one that the caller's batch sees.",
        test="test_m10_examples_cannot_be_taken_one_by_one_where_the_batch_is_mixed",
    ),
    Deviation(
        concerns="NoiseTunnel, vargrad",
        captum="The mean of squares less the squared mean.",
        here="The same of the differences to the first copy.",
        reason="Where the mean is large against the spread, the first loses most digits in float32.",
        test="test_vargrad_keeps_its_digits",
    ),
    Deviation(
        concerns="InputXGradient, LayerGradCam",
        captum="Attributions may carry an autograd graph.",
        here="Attributions are detached.",
        reason="The graph keeps the activations of the whole model alive.",
        test="test_attributions_carry_no_graph",
    ),
    Deviation(
        concerns="sensitivity_max",
        captum="A single input reaches explanation_func as a tensor at first and as a tuple when perturbed.",
        here="It is a tensor both times.",
        reason="A function of one's own need not know both forms.",
        test="test_sensitivity_of_known_explanations",
    ),
    Deviation(
        concerns="configure_interpretable_embedding_layer",
        captum="Warns that the layer is replaced, at every call.",
        here="Says so in its docstring.",
        reason="It is what the function is called for.",
        test="test_the_model_is_as_before",
    ),
    Deviation(
        concerns="visualize_image_attr, visualize_timeseries_attr",
        captum="AssertionError where there is nothing to draw; a warning for small values; IndexError, at times, for "
        "outlier_perc=0.",
        here="A blank map and a warning; small values are drawn as they are; outlier_perc=0 clips nothing.",
        reason="A map of zeros is a result; 1e-7 is a number.",
        test="test_m14_nothing_to_draw_is_said",
    ),
    Deviation(
        concerns="visualize_timeseries_attr, colored_graph",
        captum="The axis ends at 1.2 times the extremes, which hides a series of positive or negative values.",
        here="The extremes and a fifth of their size beyond; the same where the signs differ.",
        reason="The series should be seen.",
        test="test_a_positive_series_lies_within_its_panel",
    ),
    Deviation(
        concerns="visualize_text",
        captum="Words are put into the HTML as they are; IPython is needed.",
        here="Words and names are escaped; the HTML is returned, and displayed where a notebook is running.",
        reason="Text is data: a word <script> would run.",
        test="test_words_and_names_are_escaped",
    ),
    Deviation(
        concerns="GuidedBackprop, Deconvolution, DeepLift and kin",
        captum="Activations count as modules only, each used once; a residual connection around one mixes its gradient "
        "with the module's.",
        here="They count in every form: functions, methods, in place, modules used several times, in residuals.",
        reason="A functional or reused ReLU is silently the plain gradient, and DeepLIFT is not complete.",
        test="test_m1_reused_and_functional_relus",
    ),
    Deviation(
        concerns="DeepLift and kin",
        captum="Six activation modules have the rescale rule; GELU, SiLU and others keep their gradient.",
        here="Every function of one variable has it.",
        reason="Completeness, by the method's definition.",
        test="test_rescale_rule_is_its_formula",
    ),
    Deviation(
        concerns="DeepLift and kin",
        captum="Max pools lose part of the change behind or before another activation, and where windows overlap.",
        here="The whole change is attributed.",
        reason="Completeness, by the method's definition.",
        test="test_max_pool_rule_is_its_formula_and_captums_is_not_complete",
    ),
    Deviation(
        concerns="DeepLift and kin",
        captum="The softmax's rule subtracts a mean over the whole batch and all positions.",
        here="The mean along the softmax; for a single vector the same.",
        reason="An example's attribution must not depend on its batch-mates.",
        test="test_softmax_rule_is_its_formula_and_keeps_examples_apart",
    ),
    Deviation(
        concerns="LayerDeepLift, LayerDeepLiftShap",
        captum="At the input of an activation, that activation keeps its gradient.",
        here="It has the rescale rule.",
        reason="Completeness, by the method's definition.",
        test="test_at_the_input_of_an_activation_captums_layer_variant_is_not_complete",
    ),
    Deviation(
        concerns="DeepLiftShap and kin",
        captum="A distribution of a single baseline is refused.",
        here="It is used.",
        reason="It means DeepLIFT, and a caller need not count rows.",
        test="test_distributions_of_any_form",
    ),
    Deviation(
        concerns="GuidedGradCam",
        captum="An interpolate_mode that does not fit the layer gives empty tensors.",
        here="OutOfRange; only an input of other dimensions gets an empty tensor, with a warning.",
        reason="A mode by mistake is not an attribution of nothing.",
        test="test_guided_grad_cam_of_an_input_of_other_dimensions_is_empty_and_told",
    ),
    Deviation(
        concerns="LRP, LayerLRP",
        captum="Both branches of a residual connection get all of its relevance.",
        here="In proportion to their values.",
        reason="Conservation, by the method's definition.",
        test="test_m12_residual_connections_conserve_relevance_and_captums_do_not",
    ),
    Deviation(
        concerns="LRP, LayerLRP",
        captum="Rules that the user set are deleted after the call.",
        here="They are kept.",
        reason="A second call means the same.",
        test="test_m12_user_rules_are_kept_and_a_second_call_gives_the_same",
    ),
    Deviation(
        concerns="LRP, LayerLRP",
        captum="A layer of unknown kind is a TypeError; unknown functions pass relevance like a gradient.",
        here="Functions with f(0) = 0 pass it on, linear functions in proportion; any other is NotApplicable, with its "
        "name and layer, unless the layer has a rule.",
        reason="What cannot be right is refused, whether it is a module or a function.",
        test="test_operations_without_a_rule_are_refused_by_name",
    ),
    Deviation(
        concerns="neuron methods",
        captum="A selector with fewer indices than dimensions is an error of autograd; a function's single number for "
        "the batch is differentiated as it is.",
        here="Dimensions left out are summed over; such a function is asked for each example alone.",
        reason="A channel is meant by its index; and an example's attribution must not depend on its batch-mates.",
        test="test_a_function_with_one_number_for_the_batch_is_asked_for_each_example",
    ),
    Deviation(
        concerns="LayerIntegratedGradients",
        captum="An in-place operation behind the layer is an error of autograd.",
        here="It works: the model goes on with a copy of the layer's value.",
        reason="Most published convolutional networks have in-place activations.",
        test="test_m2_in_place_activations",
    ),
    Deviation(
        concerns="LayerGradCam, GuidedGradCam, on transformers",
        captum="Dimension 1, the tokens, is taken for channels.",
        here="The last dimension holds the channels; tokens become a grid, class and register tokens are left out.",
        reason="A map of positions is what the method is for.",
        test="test_m9_tokens_become_a_map",
    ),
    Deviation(
        concerns="NoiseTunnel, GradientShap on a GPU",
        captum="All noise is drawn at once.",
        here="It is drawn in pieces of 2^22 numbers: on the CPU the same ones, on other devices the same up to 2^22.",
        reason="Memory must not grow with the number of copies.",
        test="test_noise_drawn_in_pieces_is_that_of_a_single_draw",
    ),
    Deviation(
        concerns="all methods",
        captum="A model that changes its weights or modes while it is explained goes unnoticed.",
        here="ModelChanged.",
        reason="The numbers would belong to no one model.",
        test="test_m19_a_model_that_changes_while_it_is_explained",
    ),
)

_KIN = re.compile(r"(\w+) and kin")
_GROUPS = {
    "gradient": ("gradient and path methods",),
    "path": ("gradient and path methods",),
    "perturbation": ("perturbation methods",),
}


def concerning(spec: MethodSpec) -> tuple[Deviation, ...]:
    """The deviations of one method or of its kin, without those of all methods."""
    if spec.family == "custom":
        return ()
    groups = set(_GROUPS.get(spec.family, ()))
    if spec.space == "neuron":
        groups.add("neuron methods")
    if "feature_mask" in inspect.signature(spec.method.attribute).parameters:
        groups.add("methods with a feature_mask")

    def concerned(deviation: Deviation) -> bool:
        words = deviation.concerns
        kin = any(name in spec.class_name for name in _KIN.findall(words))
        return kin or spec.class_name in re.findall(r"\w+", words) or words.partition(",")[0] in groups

    return tuple(filter(concerned, KNOWN_DEVIATIONS))
