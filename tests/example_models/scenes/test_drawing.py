"""Shapes against areas known by formula, and distances against the nearest of many points on the edge."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from example_models.scenes import drawing
from example_models.scenes.drawing import Brush, Plane, Pose, rgb

TRIANGLE = ((-0.5, 0.6), (0.9, 0.2), (-0.1, -0.8))
ARROW = ((-0.9, -0.6), (0.9, 0.0), (-0.9, 0.6), (-0.3, 0.0))  # not convex


def shoelace(*points: tuple[float, float]) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True))) / 2


SHAPES: dict[str, tuple[Callable[[Plane, Plane], Plane], float]] = {
    "circle": (lambda x, y: drawing.circle(x, y, 0.8), math.pi * 0.8**2),
    "ellipse": (lambda x, y: drawing.ellipse(x, y, 0.9, 0.4), math.pi * 0.9 * 0.4),
    "box": (lambda x, y: drawing.box(x, y, 0.7, 0.3), 4 * 0.7 * 0.3),
    "rounded box": (lambda x, y: drawing.box(x, y, 0.7, 0.5, 0.2), 4 * 0.7 * 0.5 - (4 - math.pi) * 0.2**2),
    "segment": (lambda x, y: drawing.segment(x, y, (-0.3, -0.4), (0.3, 0.4), 0.2), 2 * 0.2 + math.pi * 0.2**2),
    "ring": (lambda x, y: drawing.ring(x, y, 0.6, 0.1), math.pi * (0.7**2 - 0.5**2)),
    "triangle": (lambda x, y: drawing.polygon(x, y, *TRIANGLE), shoelace(*TRIANGLE)),
    "arrow": (lambda x, y: drawing.polygon(x, y, *ARROW), shoelace(*ARROW)),
}


def grid(count: int, reach: float = 1.2) -> tuple[Plane, Plane]:
    axis = np.linspace(-reach, reach, count, dtype=np.float32)
    return np.meshgrid(axis, axis)


@pytest.mark.parametrize("name", SHAPES)
def test_the_painted_area_is_the_shapes(name: str) -> None:
    shape, area = SHAPES[name]
    brush = Brush(64, Pose(32, 32, 25), reach=1.2)
    painted = float(brush.cover(shape(brush.x, brush.y)).sum()) / 25**2
    assert painted == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "ellipse"])
def test_distance_is_that_to_the_nearest_point_of_the_edge(name: str) -> None:
    shape, _ = SHAPES[name]
    x, y = grid(601)
    inside = shape(x, y) < 0
    edge = inside ^ np.roll(inside, 1, 0) | inside ^ np.roll(inside, 1, 1)
    points = np.stack([x[edge], y[edge]])
    for u, v in np.random.default_rng(0).uniform(-1.1, 1.1, (40, 2)).astype(np.float32):
        distance = float(shape(np.array([[u]]), np.array([[v]]))[0, 0])
        nearest = float(np.hypot(points[0] - u, points[1] - v).min())
        assert abs(distance) == pytest.approx(nearest, abs=0.008)


def test_ellipse_distance_is_right_near_its_edge() -> None:
    turn = np.linspace(0, 2 * np.pi, 50, dtype=np.float32)[None]
    x, y = 0.9 * np.cos(turn), 0.4 * np.sin(turn)
    normal = np.stack([np.cos(turn) / 0.9, np.sin(turn) / 0.4])
    normal /= np.linalg.norm(normal, axis=0)
    for step in (-0.02, 0.0, 0.02):
        distance = drawing.ellipse(x + step * normal[0], y + step * normal[1], 0.9, 0.4)
        np.testing.assert_allclose(distance, step, atol=0.002)


def test_a_brush_turns_scales_and_mirrors() -> None:
    """A dot on the local x axis lands where the pose says."""
    for pose, row, column in (
        (Pose(40, 30, 10), 30, 50),
        (Pose(40, 30, 10, angle=math.pi / 2), 40, 40),
        (Pose(40, 30, 20), 30, 60),
        (Pose(40, 30, 10, mirrored=True), 30, 30),
    ):
        picture = np.zeros((80, 80, 3), dtype=np.float32)
        brush = Brush(80, pose, reach=1.5)
        brush.paint(drawing.circle(brush.x - 1, brush.y, 0.15), rgb("#ffffff"), shaded=False)
        brush.onto(picture)
        weight = picture[..., 0]
        rows, columns = np.indices(weight.shape)
        assert (weight * (rows + 0.5)).sum() / weight.sum() == pytest.approx(row, abs=0.05)
        assert (weight * (columns + 0.5)).sum() / weight.sum() == pytest.approx(column, abs=0.05)


def test_paint_blends_by_coverage() -> None:
    picture = np.full((20, 20, 3), 0.25, dtype=np.float32)
    brush = Brush(20, Pose(10, 10, 4), reach=1.5)
    brush.paint(drawing.circle(brush.x, brush.y, 1.0), rgb("#ff0000"), shaded=False)
    brush.paint(brush.x, rgb("#0000ff"), within=drawing.circle(brush.x, brush.y, 1.0), shaded=False)
    brush.onto(picture)
    np.testing.assert_allclose(picture[10, 8], (0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(picture[10, 11], (1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(picture[0, 0], 0.25)
    rim = brush.alpha[(brush.alpha > 0) & (brush.alpha < 1)]
    assert rim.size > 10
    covered = np.zeros((20, 20), dtype=np.float32)
    covered[brush.rows, brush.columns] = brush.alpha
    np.testing.assert_allclose(picture[..., 1], 0.25 * (1 - covered), atol=1e-6)


def test_a_brush_outside_the_picture_paints_nothing() -> None:
    picture = np.zeros((20, 20, 3), dtype=np.float32)
    brush = Brush(20, Pose(-50, 70, 4), reach=1.5)
    brush.paint(drawing.circle(brush.x, brush.y, 1.0), rgb("#ff0000"))
    brush.onto(picture)
    assert brush.alpha.size == 0
    assert not picture.any()


def test_colours_are_read_from_hexadecimal() -> None:
    np.testing.assert_allclose(rgb("#ff8000"), (1, 128 / 255, 0), atol=1e-6)
