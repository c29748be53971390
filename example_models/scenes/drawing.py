"""Anti-aliased drawing with signed distances, in numpy alone.

A shape is a function of local coordinates that returns the signed distance to its edge: negative inside, in the
unit of the coordinates. A pixel is covered by ``clip(0.5 − distance in pixels, 0, 1)``, which is exact for a straight
edge along an axis and close to it for every other, so edges are smooth without drawing larger and shrinking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
Colour = NDArray[np.floating[Any]]
Point = tuple[float, float]


def rgb(code: str) -> Colour:
    """``'#ef6f6c'`` as three numbers from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32) / 255


# --- shapes: signed distances ------------------------------------------------------------------------


def circle(x: Plane, y: Plane, radius: float) -> Plane:
    return np.sqrt(x * x + y * y) - radius


def ellipse(x: Plane, y: Plane, width: float, height: float) -> Plane:
    """``width`` and ``height`` are semi-axes; the distance is exact at the edge and to first order near it."""
    u, v = x / width, y / height
    length = np.sqrt(u * u + v * v)
    slope = np.sqrt((u / width) ** 2 + (v / height) ** 2)
    return length * (length - 1) / np.maximum(slope, 1e-6)


def box(x: Plane, y: Plane, width: float, height: float, corner: float = 0.0) -> Plane:
    """``width`` and ``height`` are half-extents, rounded corners included."""
    u, v = np.abs(x) - (width - corner), np.abs(y) - (height - corner)
    outside = np.sqrt(np.maximum(u, 0) ** 2 + np.maximum(v, 0) ** 2)
    return outside + np.minimum(np.maximum(u, v), 0) - corner


def segment(x: Plane, y: Plane, start: Point, end: Point, radius: float) -> Plane:
    """A line with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.sqrt((x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2) - radius


def polygon(x: Plane, y: Plane, *points: Point, corner: float = 0.0) -> Plane:
    """A simple polygon, grown by ``corner`` with round corners."""
    nearest = np.full(x.shape, np.inf, dtype=np.float32)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True):
        dx, dy = bx - ax, by - ay
        px, py = x - ax, y - ay
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, (px - along * dx) ** 2 + (py - along * dy) ** 2)
        if dy:
            inside ^= ((ay > y) != (by > y)) & (px < py * (dx / dy))
    return np.where(inside, -1, 1).astype(np.float32) * np.sqrt(nearest) - corner


def ring(x: Plane, y: Plane, radius: float, thickness: float) -> Plane:
    return np.abs(np.sqrt(x * x + y * y) - radius) - thickness


# --- painting ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pose:
    """Where a thing stands: one local unit is ``scale`` pixels, turned by ``angle`` radians, mirrored if asked."""

    x: float
    y: float
    scale: float
    angle: float = 0.0
    mirrored: bool = False


class Brush:
    """Paints one thing in its own coordinates onto a layer of its own, just large enough for ``reach`` units.

    ``x`` grows to the right and ``y`` downwards, as in the picture.
    """

    def __init__(self, size: int, pose: Pose, reach: float) -> None:
        radius = reach * pose.scale + 1
        self.rows = slice(max(0, int(pose.y - radius)), max(0, min(size, int(pose.y + radius) + 2)))
        self.columns = slice(max(0, int(pose.x - radius)), max(0, min(size, int(pose.x + radius) + 2)))
        row = (np.arange(self.rows.start, self.rows.stop, dtype=np.float32) + 0.5 - pose.y)[:, None] / pose.scale
        column = (np.arange(self.columns.start, self.columns.stop, dtype=np.float32) + 0.5 - pose.x)[None] / pose.scale
        cos, sin = np.float32(np.cos(pose.angle)), np.float32(np.sin(pose.angle))
        x = cos * column + sin * row
        self.x: Plane = -x if pose.mirrored else x
        self.y: Plane = cos * row - sin * column
        self._scale = np.float32(pose.scale)
        self._light = np.clip(-0.35 * column - 0.65 * row, -1, 1)[..., None] * np.float32(0.16)
        self.colour: NDArray[np.float32] = np.zeros((*self.x.shape, 3), dtype=np.float32)
        self.alpha: Plane = np.zeros(self.x.shape, dtype=np.float32)

    def cover(self, distance: Plane) -> Plane:
        """How much of each pixel a shape covers, from 0 to 1."""
        return np.clip(0.5 - distance * self._scale, 0, 1)

    def paint(self, distance: Plane, colour: Colour, within: Plane | None = None, shaded: bool = True) -> None:
        """Paint a shape over what is there, lit from above; ``within`` clips it to another shape."""
        alpha = self.cover(distance) if within is None else self.cover(distance) * self.cover(within)
        lit = colour * (1 + self._light) if shaded else colour
        self.colour += alpha[..., None] * (lit - self.colour)
        self.alpha += alpha * (1 - self.alpha)

    def onto(self, picture: NDArray[np.float32]) -> None:
        """Lay the painted layer over a picture (H × W × 3)."""
        target = picture[self.rows, self.columns]
        target *= 1 - self.alpha[..., None]
        target += self.colour  # premultiplied: painting began on black
