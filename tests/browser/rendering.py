"""Heat maps drawn a second time, with NumPy alone, from the published colours: what the page's canvases must show."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np

# ColorBrewer, https://colorbrewer2.org
RED_BLUE = "67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061"
GREYS = "ffffff f0f0f0 d9d9d9 bdbdbd 969696 737373 525252 252525 000000"

Colours = Callable[[np.ndarray], np.ndarray]
"""From values in −1 … 1 to red, green and blue, 0 … 255."""


def limit(values: np.ndarray, sign: str = "all", clipped: float = 2.0) -> float:
    """The magnitude above which `clipped` percent of the summed magnitude of the values of that sign lies."""
    magnitude = np.sort(np.abs(signed(values, sign)), axis=None).astype(np.float64)
    return float(magnitude[np.searchsorted(np.cumsum(magnitude), magnitude.sum() * (1 - clipped / 100))])


def signed(values: np.ndarray, sign: str) -> np.ndarray:
    """Values of the other sign are 0."""
    if sign == "absolute":
        return np.abs(values)
    return np.clip(values, -np.inf if sign != "positive" else 0, np.inf if sign != "negative" else 0)


def normalised(values: np.ndarray, sign: str, end: float) -> np.ndarray:
    return np.clip(signed(values, sign) / end, -1, 1)


def heat(values: np.ndarray, scale: str) -> np.ndarray:
    return COLOURS[scale](values)


def overlay(values: np.ndarray, scale: str, opacity: float, image: np.ndarray) -> np.ndarray:
    """The grey image, faded by 45 %, under the scale's hue, whose opacity is the magnitude."""
    luma = image @ np.array([0.299, 0.587, 0.114])
    grey = (0.55 * luma + 0.45 * 255)[..., None]
    alpha = np.abs(values)[..., None] * opacity
    return TINTS.get(scale, COLOURS[scale])(values) * alpha + grey * (1 - alpha)


def masked(values: np.ndarray, image: np.ndarray) -> np.ndarray:
    return image * np.abs(values)[..., None]


def _between(raises: tuple[int, ...], lowers: tuple[int, ...]) -> Colours:
    """White for nothing, one colour or the other at the ends."""

    def colours(values: np.ndarray) -> np.ndarray:
        ends = np.where(values[..., None] < 0, lowers, raises)
        return 255 + (ends - 255) * np.abs(values)[..., None]

    return colours


def _hue(raises: tuple[int, ...], lowers: tuple[int, ...]) -> Colours:
    return lambda values: np.where(values[..., None] < 0, lowers, raises).astype(float)


def _spline(colours: str) -> Colours:
    """A uniform cubic B-spline whose control points are the colours, prolonged straight beyond its ends; over 0 … 1."""
    points = np.array([[int(colour[at : at + 2], 16) for at in (0, 2, 4)] for colour in colours.split()], dtype=float)
    points = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    pieces = len(points) - 3

    def at(place: np.ndarray) -> np.ndarray:
        piece = np.minimum((place * pieces).astype(int), pieces - 1)
        t = (place * pieces - piece)[..., None]
        weights = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        return sum(weight * points[piece + n] for n, weight in enumerate(weights)) / 6

    return at


def _red_blue(values: np.ndarray) -> np.ndarray:
    """With the grey middle lifted to white, less so the further out."""
    spline = _spline(RED_BLUE)
    lift = (255 - spline(np.array(0.5))) * (1 - np.abs(values)[..., None])
    return np.minimum(spline((1 - values) / 2) + lift, 255)


def _of_magnitude(colours: Colours) -> Colours:
    return lambda values: colours(np.abs(values))


def _table(name: str) -> Colours:
    """matplotlib's 256 colours, straight from each to the next."""
    colours = np.array(mpl.colormaps[name](np.arange(256)))[:, :3] * 255
    return lambda place: np.stack([np.interp(place * 255, np.arange(256), channel) for channel in colours.T], axis=-1)


COLOURS: dict[str, Colours] = {
    "red-blue": _red_blue,
    "green-red": _between((0, 128, 0), (255, 0, 0)),
    "blue-red": _between((11, 87, 208), (224, 48, 30)),
    "white-black": _of_magnitude(_spline(GREYS)),
    "viridis": _of_magnitude(_table("viridis")),
    "inferno": _of_magnitude(_table("inferno")),
    "cividis": _of_magnitude(_table("cividis")),
}
# Over an image: the hue alone, the opacity being the magnitude.
TINTS: dict[str, Colours] = {
    "red-blue": _hue((222, 32, 48), (24, 104, 214)),
    "green-red": _hue((0, 128, 0), (255, 0, 0)),
    "blue-red": _hue((11, 87, 208), (224, 48, 30)),
}
