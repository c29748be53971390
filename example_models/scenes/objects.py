"""The ten things that a scene can be of. Each is drawn within `REACH` units of its centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from example_models.scenes.drawing import Brush, Colour, box, circle, ellipse, polygon, rgb, ring, segment

REACH = 1.15
"""No object paints farther than this from its centre along either axis, however it is turned."""

INK = rgb("#2b2d42")
CREAM = rgb("#fff4e0")
SKY = rgb("#4ea8de")


class Scheme(NamedTuple):
    """The colours of one object. They are drawn at random, so that only the shape tells the class."""

    main: Colour
    second: Colour


def sailboat(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(box(x - 0.02, y + 0.2, 0.045, 0.8), INK)
    brush.paint(polygon(x, y, (0.1, -0.92), (0.1, 0.36), (0.8, 0.36)), scheme.main)
    brush.paint(polygon(x, y, (-0.06, -0.72), (-0.06, 0.36), (-0.62, 0.36)), CREAM)
    hull = polygon(x, y, (-0.92, 0.48), (0.96, 0.48), (0.62, 0.92), (-0.6, 0.92))
    brush.paint(hull, scheme.second)
    brush.paint(np.abs(y - 0.55) - 0.06, CREAM, within=hull)


def mushroom(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(polygon(x, y, (-0.16, 0.0), (0.16, 0.0), (0.24, 0.82), (-0.24, 0.82), corner=0.08), CREAM)
    brush.paint(polygon(x, y, (-0.22, 0.2), (0.22, 0.2), (0.38, 0.42), (-0.38, 0.42), corner=0.03), scheme.second)
    cap = np.maximum(ellipse(x, y - 0.1, 0.95, 0.98), y - 0.12)
    brush.paint(cap, scheme.main)
    for dx, dy, radius in ((-0.42, -0.22, 0.17), (0.12, -0.5, 0.2), (0.52, -0.12, 0.15)):
        brush.paint(circle(x - dx, y - dy, radius), CREAM, within=cap)


def balloon(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    for side in (-1, 1):
        brush.paint(segment(x, y, (side * 0.36, 0.3), (side * 0.17, 0.74), 0.035), INK)
    body = np.minimum(circle(x, y + 0.32, 0.66), polygon(x, y, (-0.58, 0.0), (0.58, 0.0), (0.2, 0.5), (-0.2, 0.5)))
    brush.paint(body, scheme.main)
    # Meridians: vertical stripes that narrow towards the rim.
    brush.paint(ellipse(x, y + 0.2, 0.46, 0.9), scheme.second, within=body)
    brush.paint(ellipse(x, y + 0.2, 0.18, 0.9), scheme.main, within=body)
    brush.paint(box(x, y - 0.85, 0.22, 0.15, 0.05), rgb("#8a5a3b"))


def cactus(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    for side, low, high in ((-1, 0.12, -0.38), (1, -0.1, -0.58)):
        brush.paint(segment(x, y, (0, low), (side * 0.58, low), 0.14), scheme.main)
        brush.paint(segment(x, y, (side * 0.58, low), (side * 0.58, high), 0.14), scheme.main)
    brush.paint(segment(x, y, (0, -0.72), (0, 0.5), 0.24), scheme.main)
    for dx in (-0.09, 0.09):
        brush.paint(segment(x, y, (dx, -0.68), (dx, 0.34), 0.025), CREAM)
    brush.paint(polygon(x, y, (-0.42, 0.44), (0.42, 0.44), (0.3, 0.95), (-0.3, 0.95)), scheme.second)
    brush.paint(box(x, y - 0.46, 0.5, 0.09, 0.03), scheme.second)


def fish(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(polygon(x, y, (0.36, 0.0), (0.92, -0.46), (0.8, 0.0), (0.92, 0.46), corner=0.03), scheme.second)
    brush.paint(polygon(x, y, (-0.3, -0.3), (0.1, -0.68), (0.3, -0.2)), scheme.second)
    body = ellipse(x + 0.22, y, 0.74, 0.46)
    brush.paint(body, scheme.main)
    for centre in (-0.1, 0.22):
        brush.paint(np.abs(np.sqrt((x + 0.9) ** 2 + y * y) - (centre + 0.9)) - 0.075, CREAM, within=body)
    brush.paint(circle(x + 0.6, y + 0.1, 0.13), CREAM, shaded=False)
    brush.paint(circle(x + 0.62, y + 0.1, 0.07), INK, shaded=False)


def butterfly(brush: Brush, scheme: Scheme) -> None:
    x, y = np.abs(brush.x), brush.y
    cos, sin = np.float32(0.82), np.float32(0.57)
    for dx, dy, width, height, lean, spot in ((0.5, -0.34, 0.52, 0.34, -1, 0.15), (0.4, 0.42, 0.4, 0.29, 1, 0.1)):
        u, v = x - dx, y - dy
        along, across = cos * u + lean * sin * v, cos * v - lean * sin * u
        brush.paint(ellipse(along, across, width, height), scheme.main)
        brush.paint(ellipse(along - 0.06, across, width * 0.62, height * 0.6), scheme.second)
        brush.paint(circle(along - 0.1, across, spot), CREAM)
    brush.paint(segment(x, y, (0.02, -0.4), (0.26, -0.84), 0.03), INK)
    brush.paint(segment(x, y, (0, -0.38), (0, 0.6), 0.1), INK)


def umbrella(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(segment(x, y, (0, -0.9), (0, 0.7), 0.05), INK)
    brush.paint(np.maximum(ring(x - 0.2, y - 0.7, 0.2, 0.05), 0.7 - y), INK)
    dome = np.maximum(circle(x, y - 0.06, 0.94), y - 0.06)
    for dx in (-0.63, 0.0, 0.63):
        dome = np.maximum(dome, -ellipse(x - dx, y - 0.08, 0.31, 0.17))
    brush.paint(dome, scheme.main)
    brush.paint(ellipse(x, y - 0.06, 0.33, 0.93), scheme.second, within=dome)


def house(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(box(x - 0.48, y + 0.6, 0.11, 0.26), INK)
    brush.paint(box(x, y - 0.4, 0.66, 0.5), CREAM)
    brush.paint(polygon(x, y, (-0.92, 0.0), (0.0, -0.84), (0.92, 0.0), corner=0.04), scheme.main)
    brush.paint(box(x + 0.26, y - 0.58, 0.17, 0.32), scheme.second)
    window = box(x - 0.3, y - 0.42, 0.19, 0.17)
    brush.paint(window, SKY)
    brush.paint(np.minimum(np.abs(x - 0.3), np.abs(y - 0.42)) - 0.03, CREAM, within=window)


def teacup(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(ring(x - 0.6, y - 0.12, 0.27, 0.09), scheme.main)
    bowl = np.maximum(ellipse(x + 0.1, y + 0.22, 0.7, 0.92), -0.22 - y)
    brush.paint(bowl, scheme.main)
    brush.paint(np.abs(y - 0.14) - 0.1, CREAM, within=bowl)
    brush.paint(ellipse(x + 0.1, y + 0.22, 0.7, 0.15), scheme.second)
    brush.paint(ellipse(x + 0.1, y - 0.78, 0.72, 0.13), scheme.second)
    for dx in (-0.32, 0.1):
        wave = x - dx - 0.08 * np.sin(y * 8)
        brush.paint(box(wave, y + 0.68, 0.05, 0.22, 0.05), CREAM)


def rocket(brush: Brush, scheme: Scheme) -> None:
    x, y = brush.x, brush.y
    brush.paint(polygon(x, y, (-0.2, 0.5), (0.2, 0.5), (0.0, 1.0)), rgb("#ffb703"))
    for side in (-1, 1):
        brush.paint(polygon(x * side, y, (0.24, 0.05), (0.62, 0.5), (0.56, 0.78), (0.2, 0.5)), scheme.second)
    body = np.maximum(circle(x - 0.86, y - 0.02, 1.24), circle(x + 0.86, y - 0.02, 1.24))
    body = np.maximum(body, y - 0.56)
    brush.paint(body, CREAM)
    brush.paint(y + 0.42, scheme.main, within=body)
    brush.paint(np.abs(y - 0.5) - 0.08, scheme.main, within=body)
    brush.paint(circle(x, y + 0.08, 0.19), scheme.second)
    brush.paint(circle(x, y + 0.08, 0.12), SKY)


OBJECTS: dict[str, Callable[[Brush, Scheme], None]] = {
    "balloon": balloon,
    "butterfly": butterfly,
    "cactus": cactus,
    "fish": fish,
    "house": house,
    "mushroom": mushroom,
    "rocket": rocket,
    "sailboat": sailboat,
    "teacup": teacup,
    "umbrella": umbrella,
}
CLASSES = tuple(OBJECTS)
