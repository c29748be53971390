"""The ten objects: whole within their reach, of a fair size, and no two alike in outline."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from example_models.scenes.drawing import Brush, Pose, rgb
from example_models.scenes.objects import CLASSES, OBJECTS, REACH, Scheme

SCHEME = Scheme(rgb("#e63946"), rgb("#118ab2"))


def outline(name: str, reach: float = 1.4, angle: float = 0.0) -> np.ndarray:
    brush = Brush(96, Pose(48, 48, 30, angle), reach)
    OBJECTS[name](brush, SCHEME)
    picture = np.zeros((96, 96), dtype=np.float32)
    picture[brush.rows, brush.columns] = brush.alpha
    return picture


def test_there_are_ten_classes_in_alphabetical_order() -> None:
    assert len(CLASSES) == 10
    assert list(CLASSES) == sorted(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("angle", [0.0, 0.8, -1.3])
def test_scenes_draw_with_enough_reach(name: str, angle: float) -> None:
    """Scenes paint no farther than `REACH`: nothing of the object may lie outside."""
    np.testing.assert_array_equal(outline(name, REACH, angle), outline(name, 1.5, angle))


@pytest.mark.parametrize("name", CLASSES)
def test_objects_fill_a_fair_share_of_their_square(name: str) -> None:
    assert 0.2 < outline(name).sum() / 60**2 < 0.7


def test_no_two_outlines_are_alike() -> None:
    drawn = {name: outline(name) > 0.5 for name in CLASSES}
    for one, other in itertools.combinations(CLASSES, 2):
        overlap = (drawn[one] & drawn[other]).sum() / (drawn[one] | drawn[other]).sum()
        assert overlap < 0.75, (one, other)


@pytest.mark.parametrize("name", CLASSES)
def test_both_colours_of_the_scheme_show(name: str) -> None:
    pictures = []
    for scheme in (SCHEME, SCHEME._replace(main=rgb("#7cb518")), SCHEME._replace(second=rgb("#7cb518"))):
        brush = Brush(96, Pose(48, 48, 30), 1.2)
        OBJECTS[name](brush, scheme)
        pictures.append(brush.colour)
    assert all((np.abs(a - b).max(-1) > 0.1).sum() > 40 for a, b in itertools.combinations(pictures, 2))
