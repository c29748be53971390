"""Scenes: a function of their seed, with evidence that is exact to the pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from example_models.scenes.objects import CLASSES
from example_models.scenes.scene import SIZE, draw, plan

SEEDS = [(9, number) for number in range(40)]


def test_a_scene_is_a_function_of_its_seed() -> None:
    one, again, other = draw(plan((9, 1))), draw(plan((9, 1))), draw(plan((9, 2)))
    np.testing.assert_array_equal(one.image, again.image)
    np.testing.assert_array_equal(one.evidence, again.evidence)
    assert one.label == again.label
    assert (one.image != other.image).mean() > 0.5


def test_shapes_and_types() -> None:
    scene = draw(plan((9, 0)))
    assert (scene.image.shape, scene.image.dtype) == ((SIZE, SIZE, 3), np.uint8)
    assert (scene.evidence.shape, scene.evidence.dtype) == ((SIZE, SIZE), np.bool_)
    assert 0 <= scene.label < len(CLASSES)


@pytest.mark.parametrize("seed", SEEDS)
def test_evidence_is_where_the_object_makes_a_difference(seed: tuple[int, int]) -> None:
    """Drawn without its object, a scene differs in the evidence and nowhere else."""
    planned = plan(seed)
    scene, empty = draw(planned), draw(planned, with_object=False)
    differs = (scene.image != empty.image).any(-1)
    assert not (differs & ~scene.evidence).any()
    # Faintly touched pixels and chance equality of colours aside, every pixel of the evidence differs.
    assert differs[scene.evidence].mean() > 0.93
    assert not empty.evidence.any()


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_what_lies_before_the_object_is_no_evidence(seed: tuple[int, int]) -> None:
    planned = plan(seed)
    uncovered = draw(dataclasses.replace(planned, before=()))
    evidence = draw(planned).evidence
    assert not (evidence & ~uncovered.evidence).any()
    covered = np.zeros((SIZE, SIZE), dtype=np.float32)
    for piece in planned.before:
        brush = piece.draw(np.zeros((SIZE, SIZE, 3), dtype=np.float32))
        covered[brush.rows, brush.columns] = np.maximum(covered[brush.rows, brush.columns], brush.alpha)
    np.testing.assert_array_equal(evidence, uncovered.evidence & (covered < 1))


def test_some_objects_are_partly_hidden_and_none_wholly() -> None:
    hidden = []
    for seed in SEEDS:
        planned = plan(seed)
        whole = draw(dataclasses.replace(planned, before=())).evidence.sum()
        hidden.append(1 - draw(planned).evidence.sum() / whole)
    assert 0 < np.mean(hidden) < 0.2
    assert max(hidden) < 0.8


def test_objects_take_a_small_part_of_the_picture() -> None:
    areas = [draw(plan(seed)).evidence.mean() for seed in SEEDS]
    assert 0.02 < np.mean(areas) < 0.08
    assert min(areas) > 0.004


def test_the_class_can_be_chosen_and_changes_the_object_alone() -> None:
    """Position, colours, clutter and background are drawn without regard to the class: they cannot tell it."""
    first, second = plan((9, 3), label=0), plan((9, 3), label=1)
    assert (first.label, second.label) == (0, 1)
    one, other = draw(first), draw(second)
    differs = (one.image != other.image).any(-1)
    assert differs.any()
    assert not (differs & ~(one.evidence | other.evidence)).any()


def test_chance_draws_every_class() -> None:
    assert {plan((9, number)).label for number in range(200)} == set(range(len(CLASSES)))
