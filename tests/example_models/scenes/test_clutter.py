from __future__ import annotations

import numpy as np
import pytest

from example_models.scenes.clutter import KINDS, Piece
from example_models.scenes.drawing import Brush, Pose, rgb

RED = rgb("#e63946")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("angle", [0.0, 0.6, 2.2])
def test_a_piece_is_drawn_whole(kind: str, angle: float) -> None:
    """No ink touches the border of the square that it is painted on."""
    brush = Piece(kind, RED, Pose(48, 48, 5.5, angle)).draw(np.zeros((96, 96, 3), dtype=np.float32))
    border = np.concatenate([brush.alpha[0], brush.alpha[-1], brush.alpha[:, 0], brush.alpha[:, -1]])
    assert brush.alpha.max() > 0.8
    assert not border.any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_piece_is_one_colour_and_small(kind: str) -> None:
    """Unlike every object, which has several colours and is larger."""
    picture = np.zeros((96, 96, 3), dtype=np.float32)
    brush = Piece(kind, RED, Pose(48, 48, 5.5)).draw(picture)
    full = brush.colour[brush.alpha > 0.8]
    hues = full / full.sum(-1, keepdims=True)
    assert np.ptp(hues, axis=0).max() < 1e-4
    assert 0 < brush.alpha.sum() < 150


def test_a_piece_draws_where_its_brush_says() -> None:
    picture = np.zeros((96, 96, 3), dtype=np.float32)
    brush = Piece("star", RED, Pose(2, 90, 5)).draw(picture)
    assert isinstance(brush, Brush)
    assert brush.alpha.any()
    picture[brush.rows, brush.columns] = 0
    assert not picture.any()
