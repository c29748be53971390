"""Attributions of time series, over or in the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core import errors
from attribution_core.visualization.figures import canvas, colour_bar, colours, matplotlib
from attribution_core.visualization.scaling import SIGNS, Array, check_choice, normalized

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

METHODS = ("overlay_individual", "overlay_combined", "colored_graph")


def visualize_timeseries_attr(
    attr: Array,
    data: Array,
    x_values: Array | None = None,
    method: str = "overlay_individual",
    sign: str = "absolute_value",
    channel_labels: list[str] | None = None,
    channels_last: bool = True,
    plt_fig_axis: tuple[Figure, Axes | list[Axes]] | None = None,
    outlier_perc: float = 2,
    cmap: str | Colormap | None = None,
    alpha_overlay: float = 0.7,
    show_colorbar: bool = False,
    title: str | None = None,
    fig_size: tuple[int, int] = (6, 6),
    use_pyplot: bool = True,
    **pyplot_kwargs: Any,
) -> tuple[Figure, Axes | list[Axes]]:
    """Draw a time series with its attributions, scaled by `normalized`.

    Args:
        attr: shape (L, C), or (C, L) without ``channels_last``.
        data: the series, of the same shape; steps are equally long.
        x_values: position of each step, shape (L,); 0 … L − 1 if None.
        method: 'overlay_individual' (a panel for each channel, its attributions as coloured bands);
            'overlay_combined' (all channels in one panel, the bands their mean); 'colored_graph' (a panel for each
            channel, the line coloured).
        sign: 'all', 'positive', 'negative' or 'absolute_value'.
        channel_labels: one for each channel.
        channels_last: whether the channels are the last dimension.
        plt_fig_axis: the figure and its axes (a list of one for each panel) to draw on; new ones if None.
        outlier_perc: percentage of the summed magnitude that may be clipped, 0 to 100.
        cmap: as for `visualize_image_attr`.
        alpha_overlay: opacity of the bands, 0 to 1.
        show_colorbar: whether a colour bar is drawn below.
        title: of the first panel.
        fig_size: of a new figure, in inches.
        use_pyplot: whether pyplot makes the figure and shows it; otherwise it is only returned.
        **pyplot_kwargs: for the lines, e.g. ``linewidth``.

    Returns:
        The figure, and its axes: an array of them for several panels.

    Raises:
        OutOfRange: an unknown ``method``, ``sign`` or ``cmap``; ``outlier_perc`` is not 0 to 100.
        WrongShape: arrays, labels or axes that do not fit together.
        Nonfinite: NaN or infinity in the attributions.
        MissingPackage: matplotlib is not installed.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896
    """
    check_choice("method", method, METHODS)
    check_choice("sign", sign, SIGNS)
    values, series = np.asarray(attr), np.asarray(data)
    if values.ndim != 2 or values.shape != series.shape or not values.size:
        raise errors.WrongShape(
            f"attr has shape {values.shape} and data {series.shape}; both must be the same (length, channels).",
            field="attr",
            shape=list(values.shape),
        )
    if not channels_last:
        values, series = values.T, series.T
    length, channels = values.shape
    x = np.arange(length) if x_values is None else np.asarray(x_values)
    _fits("x_values", x.shape, (length,))
    if channel_labels is not None:
        _fits("channel_labels", (len(channel_labels),), (channels,))
    combined = method == "overlay_combined"
    scaled = normalized(values, sign, outlier_perc, reduction_axis=1 if combined else None)
    colour_map, low, high = colours(cmap, sign)
    scale = matplotlib("matplotlib.colors").Normalize(low, high)
    layout = {} if combined else {"nrows": channels, "sharex": True}
    with canvas(plt_fig_axis, fig_size, use_pyplot, **layout) as (figure, axes):
        panels: list[Axes] = list(np.atleast_1d(axes))
        _fits("plt_fig_axis", (len(panels),), (1 if combined else channels,))
        if combined:
            _bands(panels[0], x, colour_map(scale(scaled)), alpha_overlay)
            _lines(panels[0], x, series, channel_labels, pyplot_kwargs)
        for channel, panel in enumerate([] if combined else panels):
            if method == "overlay_individual":
                panel.plot(x, series[:, channel], **pyplot_kwargs)
                _bands(panel, x, colour_map(scale(scaled[:, channel])), alpha_overlay)
            else:
                _coloured_line(panel, x, series[:, channel], scaled[:, channel], colour_map, scale, pyplot_kwargs)
            if channel_labels is not None:
                panel.set_ylabel(channel_labels[channel])
        if show_colorbar:
            mappable = matplotlib("matplotlib.cm").ScalarMappable(scale, colour_map)
            colour_bar(figure, panels[-1], mappable, pad=0.4, alpha=1.0 if method == "colored_graph" else alpha_overlay)
        if title:
            panels[0].set_title(title)
    return figure, axes


def _fits(field: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise errors.WrongShape(
            f"{field} has shape {shape}; it must be {expected}.",
            field=field,
            shape=list(shape),
            expected=list(expected),
        )


def _bands(panel: Axes, x: Array, shades: Array, alpha: float) -> None:
    """A coloured band around each step."""
    half = (x[1] - x[0]) / 2 if len(x) > 1 else 0.5
    for centre, shade in zip(x, shades, strict=True):
        panel.axvspan(centre - half, centre + half, facecolor=shade, edgecolor="none", alpha=alpha)


def _lines(panel: Axes, x: Array, series: Array, labels: list[str] | None, keywords: dict[str, Any]) -> None:
    """All channels in one panel, in colours that stand out from the bands."""
    palette = matplotlib("matplotlib").colormaps["Dark2"].colors
    for channel in range(series.shape[1]):
        own = {"color": palette[channel % len(palette)], **keywords}
        if labels is not None:
            own["label"] = labels[channel]
        panel.plot(x, series[:, channel], **own)
    if labels is not None:
        panel.legend(loc="best")


def _coloured_line(
    panel: Axes, x: Array, values: Array, scaled: Array, colour_map: Colormap, scale: Any, keywords: dict[str, Any]
) -> None:
    points = np.stack([x, values], 1)
    segments = np.stack([points[:-1], points[1:]], 1)
    line = matplotlib("matplotlib.collections").LineCollection(segments, cmap=colour_map, norm=scale, **keywords)
    line.set_array(scaled)
    panel.add_collection(line)
    margin = 0.05 * (x.max() - x.min()) or 0.5
    panel.set_xlim(x.min() - margin, x.max() + margin)
    low, high = values.min() - 0.2 * abs(values.min()), values.max() + 0.2 * abs(values.max())
    panel.set_ylim(*((low, high) if low < high else (-1, 1)))
