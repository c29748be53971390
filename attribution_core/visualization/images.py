"""Attributions of images: as heat maps, over the image, or as what is left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from attribution_core import errors
from attribution_core.visualization.figures import canvas, colour_bar, colours
from attribution_core.visualization.scaling import SIGNS, Array, check_choice, normalized

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

METHODS = ("heat_map", "blended_heat_map", "original_image", "masked_image", "alpha_scaling")


def visualize_image_attr(
    attr: Array,
    original_image: Array | None = None,
    method: str = "heat_map",
    sign: str = "absolute_value",
    plt_fig_axis: tuple[Figure, Axes] | None = None,
    outlier_perc: float = 2,
    cmap: str | Colormap | None = None,
    alpha_overlay: float = 0.5,
    show_colorbar: bool = False,
    title: str | None = None,
    fig_size: tuple[int, int] = (6, 6),
    use_pyplot: bool = True,
) -> tuple[Figure, Axes]:
    """Draw the attributions of an image, summed over channels and scaled by `normalized`.

    Args:
        attr: shape (H, W, C) or (H, W).
        original_image: shape (H, W, C) or (H, W), 0 to 1 or 0 to 255; needed by all methods but 'heat_map'.
        method: 'heat_map'; 'blended_heat_map' (over the image in grey); 'original_image'; 'masked_image' (the image
            times the scaled attributions); 'alpha_scaling' (the image, as opaque as the attributions are large).
        sign: 'all', 'positive', 'negative' or 'absolute_value'; 'all' not with 'masked_image' and 'alpha_scaling'.
        plt_fig_axis: the figure and axes to draw on; new ones if None.
        outlier_perc: percentage of the summed magnitude that may be clipped, 0 to 100.
        cmap: name of a matplotlib colour map, or one. Red to green for 'all', green for 'positive', red for
            'negative', blue for 'absolute_value' if None.
        alpha_overlay: opacity of the blended heat map, 0 to 1.
        show_colorbar: whether a colour bar is drawn below.
        title: of the axes.
        fig_size: of a new figure, in inches.
        use_pyplot: whether pyplot makes the figure and shows it; otherwise it is only returned.

    Returns:
        The figure and its axes.

    Raises:
        OutOfRange: an unknown ``method``, ``sign`` or ``cmap``, or one that does not go with the other;
            ``outlier_perc`` is not 0 to 100.
        WrongShape: arrays that are no images, or not of the same height and width; the image is missing.
        Nonfinite: NaN or infinity in the attributions.
        MissingPackage: matplotlib is not installed.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896

    Example:
        >>> map = attributions[0].permute(1, 2, 0).numpy()
        >>> figure, axes = visualize_image_attr(map, image, "blended_heat_map", "all", show_colorbar=True)
    """
    _check(method, sign)
    values = _image("attr", attr)
    image = _original(original_image, values, method)
    with canvas(plt_fig_axis, fig_size, use_pyplot) as (figure, axes):
        drawn = _draw(axes, values, image, method, sign, outlier_perc, cmap, alpha_overlay)
        axes.xaxis.set_ticks_position("none")
        axes.yaxis.set_ticks_position("none")
        axes.set_xticklabels([])
        axes.set_yticklabels([])
        axes.grid(visible=False)
        if show_colorbar:
            colour_bar(figure, axes, drawn, pad=0.1)
        if title:
            axes.set_title(title)
    return figure, axes


def visualize_image_attr_multiple(
    attr: Array,
    original_image: Array | None,
    methods: list[str],
    signs: list[str],
    titles: list[str] | None = None,
    fig_size: tuple[int, int] = (8, 6),
    use_pyplot: bool = True,
    **kwargs: Any,
) -> tuple[Figure, Axes | list[Axes]]:
    """Draw the attributions of an image in several ways, side by side.

    Args:
        attr, original_image: as for `visualize_image_attr`.
        methods: one for each panel.
        signs: one for each panel.
        titles: one for each panel; none if None.
        fig_size: of the whole figure, in inches.
        use_pyplot: whether pyplot makes the figure and shows it.
        **kwargs: for every `visualize_image_attr`.

    Returns:
        The figure and the list of its axes (the axes alone if there is one panel).

    Raises:
        WrongShape: not one sign, or title, for each method; no method.
        AttributionError: whatever `visualize_image_attr` refuses.

    Reference: Kokhlikyan et al. (2020), Captum, https://arxiv.org/abs/2009.07896
    """
    if not methods:
        raise errors.WrongShape("methods has no entries; it must have one for each panel.", field="methods")
    for field, given in (("signs", signs), ("titles", titles)):
        if given is not None and len(given) != len(methods):
            raise errors.WrongShape(
                f"{field} has {len(given)} entries; it must have one for each of the {len(methods)} methods.",
                field=field,
                entries=len(given),
            )
    with canvas(None, fig_size, use_pyplot, ncols=len(methods)) as (figure, axes):
        panels: list[Axes] = list(axes) if len(methods) > 1 else [axes]
        for position, (panel, method, sign) in enumerate(zip(panels, methods, signs, strict=True)):
            visualize_image_attr(
                attr,
                original_image,
                method,
                sign,
                (figure, panel),
                title=titles[position] if titles else None,
                use_pyplot=False,
                **kwargs,
            )
        figure.tight_layout()
    return figure, panels if len(panels) > 1 else panels[0]


def _check(method: str, sign: str) -> None:
    check_choice("method", method, METHODS)
    check_choice("sign", sign, SIGNS)
    if sign == "all" and method in ("masked_image", "alpha_scaling"):
        raise errors.OutOfRange(
            f"sign is 'all'; {method} cannot show both signs, so it must be positive, negative or absolute_value.",
            field="sign",
            value=sign,
        )


def _image(field: str, values: Any) -> Array:
    array = np.asarray(values)
    if array.ndim not in (2, 3) or not array.size:
        raise errors.WrongShape(
            f"{field} has shape {array.shape}; it must be (height, width, channels) or (height, width).",
            field=field,
            shape=list(array.shape),
        )
    return array


def _original(original_image: Any, values: Array, method: str) -> Array:
    """The image in whole numbers 0 … 255, as (H, W, C); empty where none is needed."""
    if method == "heat_map":
        return np.empty(0)
    if original_image is None:
        raise errors.WrongShape(f"original_image is None; {method} needs the image.", field="original_image")
    image = _image("original_image", original_image)
    if image.shape[:2] != values.shape[:2]:
        raise errors.WrongShape(
            f"original_image has shape {image.shape} and attr {values.shape}; height and width must be the same.",
            field="original_image",
            shape=list(image.shape),
        )
    whole = _whole(image * 255 if image.max() <= 1 else image)
    return whole[:, :, None] if whole.ndim == 2 else whole


def _whole(values: Array) -> Array:
    levels: Array = np.clip(values.astype(int), 0, 255)
    return levels


def _draw(
    axes: Axes,
    values: Array,
    image: Array,
    method: str,
    sign: str,
    outlier_perc: float,
    cmap: str | Colormap | None,
    alpha_overlay: float,
) -> ScalarMappable | None:
    """Draw a panel; returns what its colour bar is about."""
    if method == "original_image":
        _show(axes, image)
        return None
    scaled = normalized(values, sign, outlier_perc, reduction_axis=2 if values.ndim == 3 else None)
    if method == "masked_image":
        _show(axes, _whole(image * scaled[:, :, None]))
        return None
    if method == "alpha_scaling":
        colour = np.repeat(image, 3, 2) if image.shape[2] == 1 else image
        axes.imshow(np.concatenate([colour, _whole(scaled[:, :, None] * 255)], 2))
        return None
    colour_map, low, high = colours(cmap, sign)
    if method == "blended_heat_map":
        axes.imshow(image.mean(2), cmap="gray")
        return axes.imshow(scaled, cmap=colour_map, vmin=low, vmax=high, alpha=alpha_overlay)
    return axes.imshow(scaled, cmap=colour_map, vmin=low, vmax=high)


def _show(axes: Axes, image: Array) -> None:
    """An image in colour, or in grey if it has one channel."""
    if image.shape[2] == 1:
        axes.imshow(image[:, :, 0], cmap="gray")
    else:
        axes.imshow(image)
