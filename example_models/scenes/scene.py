"""One scene: a landscape, clutter, and the one object that decides the class.

A scene is a function of its seed alone. It is planned first (every random number is drawn) and drawn afterwards, so
that the same scene can be drawn without its object: the pixels in which the two differ are the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from example_models.scenes.clutter import KINDS, Piece
from example_models.scenes.drawing import Brush, Colour, Plane, Pose, rgb
from example_models.scenes.objects import CLASSES, OBJECTS, REACH, Scheme

SIZE = 96

COLOURS = (
    *(rgb(code) for code in ("#e63946", "#ef6f6c", "#f3722c", "#f9a03f", "#f2c14e", "#7cb518")),
    *(rgb(code) for code in ("#2a9d8f", "#118ab2", "#4361ee", "#5f4bb6", "#9b5de5", "#d6568c")),
)
"""What objects and clutter are painted with."""


@dataclass(frozen=True)
class Landscape:
    """The colours of a background, far to near."""

    sky: tuple[Colour, Colour]
    sun: Colour
    hills: tuple[Colour, ...]


def _landscape(sky: str, sun: str, hills: str) -> Landscape:
    top, bottom = (rgb(code) for code in sky.split())
    return Landscape((top, bottom), rgb(sun), tuple(rgb(code) for code in hills.split()))


LANDSCAPES = (
    _landscape("#8fb8d0 #c9dcdc", "#e8e2c0", "#a3bfae #8fb096 #7a9d80"),  # spring day
    _landscape("#a59bc0 #dcb9b4", "#ecd0ae", "#9f8fac #85789c #6e668a"),  # dusk
    _landscape("#8cb5b5 #d4d9bd", "#e6e0b4", "#c9b98a #b9a377 #a48c66"),  # desert
    _landscape("#7d90b0 #a8b6c6", "#d5dae0", "#8695ac #71829c #60718b"),  # moonlight
    _landscape("#93bcbc #cddad0", "#e8e6cc", "#86adb0 #739fa6 #62909a"),  # sea
    _landscape("#c4a9ae #e0c8ac", "#eddcae", "#b5978f #a08580 #8a7474"),  # autumn
)


@dataclass(frozen=True)
class Plan:
    """Everything about a scene that was drawn by lot."""

    label: int
    scheme: Scheme
    pose: Pose
    landscape: Landscape
    sun: tuple[float, float, float]
    clouds: NDArray[np.float32]
    horizon: float
    waves: NDArray[np.float32]
    behind: tuple[Piece, ...]
    before: tuple[Piece, ...]
    grain: NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """``image`` uint8 H × W × 3; ``evidence`` bool H × W, the pixels that the object shows in; ``label`` its class."""

    image: NDArray[np.uint8]
    evidence: NDArray[np.bool_]
    label: int


def plan(seed: tuple[int, ...], label: int | None = None) -> Plan:
    """Draw the lots of the scene with this seed; ``label`` chooses its class instead of chance."""
    random = np.random.default_rng(seed)
    chance = int(random.integers(len(CLASSES)))
    first, second = random.choice(len(COLOURS), 2, replace=False)
    scale = float(np.exp(random.uniform(np.log(9), np.log(21))))
    margin = scale * 0.95
    pose = Pose(
        x=float(random.uniform(margin, SIZE - margin)),
        y=float(random.uniform(margin, SIZE - margin)),
        scale=scale,
        angle=float(np.clip(random.normal(0, 0.45), -1.3, 1.3)),
        mirrored=bool(random.random() < 0.5),
    )
    behind = tuple(_piece(random) for _ in range(random.integers(9, 18)))
    # A few pieces lie near the object and before it, so that some objects are partly hidden.
    before = tuple(_piece(random, near=pose) for _ in range(random.integers(0, 6)))
    return Plan(
        label=chance if label is None else label,
        scheme=Scheme(COLOURS[first], COLOURS[second]),
        pose=pose,
        landscape=LANDSCAPES[random.integers(len(LANDSCAPES))],
        sun=(float(random.uniform(8, 88)), float(random.uniform(6, 40)), float(random.uniform(5, 10))),
        clouds=random.standard_normal((11, 4), dtype=np.float32),
        horizon=float(random.uniform(34, 66)),
        waves=random.random((3, 3, 2), dtype=np.float32),
        behind=behind,
        before=before,
        grain=random.standard_normal((SIZE, SIZE, 1), dtype=np.float32),
    )


def _piece(random: np.random.Generator, near: Pose | None = None) -> Piece:
    if near is None:
        x, y = random.uniform(0, SIZE, 2)
    else:
        direction, distance = random.uniform(0, 2 * np.pi), near.scale * random.uniform(0.55, 1.1)
        x, y = near.x + distance * np.cos(direction), near.y + distance * np.sin(direction)
    return Piece(
        kind=str(random.choice(list(KINDS))),
        colour=COLOURS[random.integers(len(COLOURS))],
        pose=Pose(float(x), float(y), float(random.uniform(2.5, 5.5)), float(random.uniform(0, 2 * np.pi))),
    )


class Thing(NamedTuple):
    """One object of a picture."""

    label: int
    scheme: Scheme
    pose: Pose


def draw(scene: Plan, with_object: bool = True) -> Scene:
    """The picture of a plan; without its object, the evidence is empty and every other pixel the same."""
    things = [Thing(scene.label, scene.scheme, scene.pose)] if with_object else []
    image, evidence = compose(scene, things)
    return Scene(image, evidence[0] if evidence else np.zeros((SIZE, SIZE), dtype=np.bool_), scene.label)


def compose(scene: Plan, things: Sequence[Thing]) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """A plan's landscape and clutter with any objects in it, later ones before earlier ones, and where each shows."""
    picture = _background(scene)
    for piece in scene.behind:
        piece.draw(picture)
    seen: list[NDArray[np.float32]] = []
    for thing in things:
        brush = Brush(SIZE, thing.pose, REACH)
        OBJECTS[CLASSES[thing.label]](brush, thing.scheme)
        brush.onto(picture)
        _hide(seen, brush)
        seen.append(np.zeros((SIZE, SIZE), dtype=np.float32))
        seen[-1][brush.rows, brush.columns] = brush.alpha
    for piece in scene.before:
        _hide(seen, piece.draw(picture))
    picture += scene.grain * np.float32(0.008)
    image = (np.clip(picture, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)
    return image, [mask > 0 for mask in seen]


def _hide(seen: list[NDArray[np.float32]], front: Brush) -> None:
    """Takes from every object's visibility what a brush has covered."""
    for mask in seen:
        mask[front.rows, front.columns] *= 1 - front.alpha


_ROW: Plane = np.arange(SIZE, dtype=np.float32)[:, None] + 0.5
_COLUMN: Plane = np.arange(SIZE, dtype=np.float32)[None] + 0.5


def _smooth(knots: int) -> Plane:
    """Matrix SIZE × knots that interpolates values at evenly spaced knots by cosines."""
    position = np.linspace(0, knots - 1, SIZE, dtype=np.float32)[:, None] - np.arange(knots, dtype=np.float32)
    return np.where(np.abs(position) < 1, 0.5 + 0.5 * np.cos(np.pi * position), 0).astype(np.float32)


_DOWN, _ACROSS = _smooth(11), _smooth(4)


def _background(scene: Plan) -> NDArray[np.float32]:
    top, bottom = scene.landscape.sky
    picture = np.empty((SIZE, SIZE, 3), dtype=np.float32)
    picture[:] = top + (bottom - top) * (_ROW / SIZE)[..., None]
    x, y, radius = scene.sun
    distance = np.sqrt((_COLUMN - x) ** 2 + (_ROW - y) ** 2) - radius
    _blend(picture, np.clip(0.5 - distance, 0, 1) + 0.35 * np.exp(-np.maximum(distance, 0.5) / 6), scene.landscape.sun)
    clouds = _DOWN @ scene.clouds @ _ACROSS.T
    _blend(picture, np.clip(clouds - 0.5, 0, 0.6) * np.float32(0.7), np.ones(3, dtype=np.float32))
    for depth, (colour, waves) in enumerate(zip(scene.landscape.hills, scene.waves, strict=True)):
        ridge = scene.horizon + 13 * depth
        for phase, (amplitude, turns) in zip(waves, ((5, 1.1), (3, 2.3), (1.2, 5.0)), strict=True):
            ridge = ridge + amplitude * phase[1] * np.sin(2 * np.pi * (turns * _COLUMN / SIZE + phase[0]))
        _blend(picture, np.clip(_ROW - ridge + 0.5, 0, 1), colour * (1 + 0.08 * (_ROW / SIZE - 0.6))[..., None])
    return picture


def _blend(picture: NDArray[np.float32], alpha: Plane, colour: Colour) -> None:
    picture += np.minimum(alpha, 1)[..., None] * (colour - picture)
