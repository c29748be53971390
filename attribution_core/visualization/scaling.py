"""Attributions as they are drawn: one sign of them, scaled to −1 … 1 so that a few extremes do not hide the rest."""

from __future__ import annotations

import warnings
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from attribution_core import errors

Array: TypeAlias = npt.NDArray[Any]

SIGNS = ("all", "positive", "negative", "absolute_value")


def normalized(attr: Array, sign: str, outlier_perc: float = 2, reduction_axis: int | None = None) -> Array:
    """clip(a / s, −1, 1), where s is the value above which ``outlier_perc`` % of the summed magnitude lies.

    Args:
        attr: attributions, any shape.
        sign: 'all', 'positive', 'negative' (whose magnitudes are drawn) or 'absolute_value'.
        outlier_perc: 0 to 100.
        reduction_axis: summed over first, where given: the channels.

    Returns:
        Array of the reduced shape: −1 to 1 for 'all', 0 to 1 for the others. Zero, with a warning, where there is no
        attribution of that sign.

    Raises:
        OutOfRange: ``sign`` is unknown, or ``outlier_perc`` is not 0 to 100.
        Nonfinite: NaN or infinity in the attributions.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896
    """
    check_choice("sign", sign, SIGNS)
    if not 0 <= outlier_perc <= 100:
        raise errors.OutOfRange(
            f"outlier_perc is {outlier_perc}; it must be 0 to 100.",
            field="outlier_perc",
            value=repr(outlier_perc),
            low=0,
            high=100,
        )
    values = attr if reduction_axis is None else attr.sum(reduction_axis)
    if not np.isfinite(values).all():
        raise errors.Nonfinite("attr holds NaN or infinity.", field="attr", place="attr")
    if sign == "positive":
        values = np.maximum(values, 0)
    elif sign == "negative":
        values = np.maximum(-values, 0)
    elif sign == "absolute_value":
        values = np.abs(values)
    scale = _threshold(np.abs(values), outlier_perc)
    if scale == 0:
        warnings.warn(f"Every attribution drawn (sign {sign!r}) is 0; the map is blank.", stacklevel=3)
        return np.zeros(values.shape)
    shown: Array = np.clip(values / scale, -1, 1)
    return shown


def check_choice(field: str, value: Any, known: tuple[str, ...]) -> None:
    """Refuse what is not one of the words ``known``."""
    if value not in known:
        raise errors.OutOfRange(
            f"{field} is {value!r}; it must be one of {', '.join(known)}.", field=field, value=repr(value)
        )


def _threshold(magnitudes: Array, outlier_perc: float) -> float:
    """The smallest magnitude up to which 100 − ``outlier_perc`` % of their sum lies."""
    ordered = np.sort(magnitudes, axis=None)
    sums = np.cumsum(ordered)
    wanted = min(sums[-1] * 0.01 * (100 - outlier_perc), sums[-1])  # rounding may carry it beyond
    return float(ordered[np.searchsorted(sums, wanted)])
