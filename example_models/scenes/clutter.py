"""Small things that lie about and decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from example_models.scenes.drawing import Brush, Colour, Plane, Pose, box, circle, ellipse, polygon, ring, segment

KINDS: dict[str, Callable[[Plane, Plane], Plane]] = {
    "pebble": lambda x, y: ellipse(x, y, 1.0, 0.72),
    "leaf": lambda x, y: np.maximum(circle(x - 0.75, y, 1.25), circle(x + 0.75, y, 1.25)),
    "twig": lambda x, y: segment(x, y, (-1.2, 0), (1.2, 0), 0.16),
    "hoop": lambda x, y: ring(x, y, 0.75, 0.2),
    "chip": lambda x, y: polygon(x, y, (-0.8, 0.6), (0.8, 0.6), (0.0, -0.8), corner=0.1),
    "tile": lambda x, y: box(x, y, 0.75, 0.75, 0.15),
    "moon": lambda x, y: np.maximum(circle(x, y, 1.0), -circle(x - 0.5, y, 0.8)),
    "cross": lambda x, y: np.minimum(box(x, y, 0.95, 0.24, 0.1), box(x, y, 0.24, 0.95, 0.1)),
    "star": lambda x, y: np.sqrt(x * x + y * y) - 0.72 - 0.26 * np.cos(5 * np.arctan2(y, x)),
}


@dataclass(frozen=True)
class Piece:
    kind: str
    colour: Colour
    pose: Pose

    def draw(self, picture: NDArray[np.float32]) -> Brush:
        """Draw it onto the picture; its brush tells what it covered."""
        brush = Brush(len(picture), self.pose, reach=1.4)
        brush.paint(KINDS[self.kind](brush.x, brush.y), self.colour)
        brush.onto(picture)
        return brush
