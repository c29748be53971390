"""Where this library differs from Captum 0.9.0 on purpose."""

from __future__ import annotations

from dataclasses import dataclass


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
        concerns="Occlusion",
        captum="A baseline of any shape that broadcasts, also along features.",
        here="WrongShape, unless it has the input's shape or one row.",
        reason="A missing dimension is more often a mistake than meant, and goes unnoticed.",
        test="test_r4_wrong_baselines_are_refused",
    ),
    Deviation(
        concerns="Occlusion",
        captum="perturbations_per_eval is how many windows are evaluated at once; stride 0 runs.",
        here="perturbations_per_eval is where chunks start, and they grow; stride 0 is OutOfRange.",
        reason="The default of 1 wastes most of the device; a stride of 0 never moves.",
        test="test_r5_windows_and_strides",
    ),
    Deviation(
        concerns="Occlusion",
        captum="Attributions are float32, whatever the model's type.",
        here="Attributions have the output's type (float32 for half precision and integers).",
        reason="A float64 model is asked for float64 numbers.",
        test="test_occlusion_keeps_double_precision",
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
)
