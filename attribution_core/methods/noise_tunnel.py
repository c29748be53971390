"""Noise tunnel: any method, averaged over noisy copies of the input. The registry offers it as `Smoothing`."""

from __future__ import annotations

from typing import Any, final

from torch import Tensor

from attribution_core import errors
from attribution_core.attribution import Attribution
from attribution_core.noise import DrawnNoise, checked_deviations
from attribution_core.problem import opened
from attribution_core.smoothing import NoisyAverage, check_kind
from attribution_core.tensors import like
from attribution_core.types import Attributions, Inputs, NoiseType


@final
class NoiseTunnel(Attribution):
    """A statistic of A(x + σ ε) over noise ε ~ N(0, 1), for any method A.

    smoothgrad: the mean; smoothgrad_sq: the mean of squares; vargrad: the variance (mean of squares less squared mean).

    Args:
        attribution_method: the method A, of this library or of one's own.

    References: Smilkov et al. (2017), SmoothGrad, https://arxiv.org/abs/1706.03825; Adebayo et al. (2018), Local
    Explanation Methods, https://arxiv.org/abs/1810.03307
    """

    def __init__(self, attribution_method: Attribution) -> None:
        if not callable(getattr(attribution_method, "attribute", None)):
            raise errors.WrongType(
                f"attribution_method is a {type(attribution_method).__name__}; it must be an attribution method.",
                field="attribution_method",
            )
        super().__init__(attribution_method.forward_func)
        self.attribution_method = attribution_method

    @property
    def multiplies_by_inputs(self) -> bool:
        return self.attribution_method.multiplies_by_inputs

    def has_convergence_delta(self) -> bool:
        return self.attribution_method.has_convergence_delta()

    def attribute(
        self,
        inputs: Inputs,
        nt_type: NoiseType = "smoothgrad",
        nt_samples: int = 5,
        nt_samples_batch_size: int | None = None,
        stdevs: float | tuple[float, ...] = 1.0,
        draw_baseline_from_distrib: bool = False,
        **kwargs: Any,
    ) -> Attributions | tuple[Attributions, Tensor]:
        """The statistic of the method's attributions.

        Noise is drawn from torch's global generator, drawn baselines from numpy's, both in Captum's order, so that
        the numbers under `torch.manual_seed` are Captum's.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …), floating point.
            nt_type: 'smoothgrad', 'smoothgrad_sq' or 'vargrad'.
            nt_samples: noisy copies of each example.
            nt_samples_batch_size: copies of each example that are drawn together; all if None. It bounds the memory
                of the copies; evaluations are chunked automatically in any case.
            stdevs: σ, one for all inputs or one for each.
            draw_baseline_from_distrib: whether each copy gets a baseline drawn from the rows of ``baselines``.
            **kwargs: for the method's ``attribute``; target, additional arguments and other tensors with N rows are
                split with the inputs.

        Returns:
            As the method does. The delta, if asked, has one entry for each copy: N · nt_samples, those of the first
            example first (within a batch of copies).

        Raises:
            OutOfRange: ``nt_type`` is unknown; ``nt_samples`` is below 1; a negative ``stdevs``.
            WrongType: integer inputs.
            WrongShape: not one of ``stdevs`` for each input.
            AttributionError: whatever the method refuses.
        """
        check_kind(nt_type, "nt_type")
        errors.whole_number("nt_samples", nt_samples, 1)
        at_once = nt_samples
        if nt_samples_batch_size is not None:
            at_once = min(errors.whole_number("nt_samples_batch_size", nt_samples_batch_size, 1), nt_samples)
        counts = [at_once] * (nt_samples // at_once) + [rest for rest in (nt_samples % at_once,) if rest]
        keywords = dict(kwargs)
        distributions = keywords.pop("baselines", None) if draw_baseline_from_distrib else None
        with opened(
            self.forward_func, inputs, keywords.get("target"), keywords.get("additional_forward_args")
        ) as problem:
            deviations = checked_deviations(stdevs, problem.inputs)
            average = NoisyAverage(
                self.attribution_method, problem, nt_type, keywords, lambda copies: like(copies, inputs)
            )
            found = average.over(counts, lambda samples: DrawnNoise(problem.inputs, samples, deviations, distributions))
        attributions = found.values if found.is_tuple else found.values[0]
        return attributions if found.delta is None else (attributions, found.delta)
