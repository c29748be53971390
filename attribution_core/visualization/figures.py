"""What the figures share: matplotlib imported on use, colours, axes and colour bars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from attribution_core import errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_COLOURS = {"positive": "Greens", "negative": "Reds", "absolute_value": "Blues"}


def matplotlib(module: str) -> Any:
    """The module of that name of matplotlib.

    Raises:
        MissingPackage: matplotlib is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise errors.MissingPackage(
            "Figures need matplotlib: pip install attriscope[visualization].", package="matplotlib"
        ) from error


def colours(cmap: str | Colormap | None, sign: str) -> tuple[Colormap, float, float]:
    """The colour map, and the values at its ends. By default red to green for 'all', and one colour for the others."""
    low = -1.0 if sign == "all" else 0.0
    if cmap is None and sign == "all":
        segmented = matplotlib("matplotlib.colors").LinearSegmentedColormap
        return segmented.from_list("RdWhGn", ["red", "white", "green"]), low, 1.0
    chosen = _COLOURS[sign] if cmap is None else cmap
    if not isinstance(chosen, str):
        return chosen, low, 1.0
    known = matplotlib("matplotlib").colormaps
    if chosen not in known:
        raise errors.OutOfRange(
            f"cmap is {chosen!r}; matplotlib has none of that name.{errors.suggestion(chosen, known)}",
            field="cmap",
            value=chosen,
        )
    return known[chosen], low, 1.0


@contextmanager
def canvas(
    given: tuple[Figure, Any] | None, fig_size: tuple[int, int], use_pyplot: bool, **subplots: Any
) -> Iterator[tuple[Figure, Any]]:
    """The figure and axes given, or new ones; shown at the end with pyplot."""
    if given is not None:
        figure, axes = given
    elif use_pyplot:
        figure, axes = matplotlib("matplotlib.pyplot").subplots(figsize=fig_size, **subplots)
    else:
        figure = matplotlib("matplotlib.figure").Figure(figsize=fig_size)
        axes = figure.subplots(**subplots)
    yield figure, axes
    if use_pyplot:
        matplotlib("matplotlib.pyplot").show()


def colour_bar(
    figure: Figure, below: Axes, values: ScalarMappable | None, pad: float, alpha: float | None = None
) -> None:
    """A colour bar below the axes; without ``values`` an invisible one, which keeps neighbouring axes aligned."""
    divider = matplotlib("mpl_toolkits.axes_grid1.axes_divider").make_axes_locatable(below)
    place = divider.append_axes("bottom", size="5%", pad=pad)
    if values is None:
        place.axis("off")
    else:
        figure.colorbar(values, orientation="horizontal", cax=place, alpha=alpha)
