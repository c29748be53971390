from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from attriscope import Batch
from example_models.scenes.data import MEAN, STD, Scenes, normalise, scene
from example_models.scenes.objects import CLASSES


def test_items_do_not_depend_on_the_order_of_access() -> None:
    forwards, backwards = Scenes(30), Scenes(30)
    late = {number: backwards[number] for number in (29, 3, 17)}
    for number in range(30):
        item = forwards[number]
        if number in late:
            assert torch.equal(item.inputs, late[number].inputs)
            assert torch.equal(item.evidence, late[number].evidence)
            assert item.labels == late[number].labels


def test_an_item_is_the_scene_normalised() -> None:
    item, drawn = Scenes(10)[4], scene("held-out", 4)
    assert isinstance(item, Batch)
    assert (item.inputs.shape, item.inputs.dtype) == ((3, 96, 96), torch.float32)
    shown = item.inputs * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    np.testing.assert_array_equal((shown * 255).round().byte().permute(1, 2, 0).numpy(), drawn.image)
    np.testing.assert_array_equal(item.evidence.numpy(), drawn.evidence)
    assert item.labels == drawn.label


def test_every_ten_in_a_row_show_every_class() -> None:
    labels = [Scenes(60)[number].labels for number in range(60)]
    for start in range(0, 60, 10):
        assert sorted(labels[start : start + 10]) == list(range(10))
    assert labels[:10] != labels[10:20]
    assert Counter(labels) == dict.fromkeys(range(len(CLASSES)), 6)


def test_training_and_held_out_scenes_differ() -> None:
    training = {scene("train", number).image.tobytes() for number in range(50)}
    assert not training & {scene("held-out", number).image.tobytes() for number in range(50)}


def test_length_and_bounds() -> None:
    scenes = Scenes(12)
    assert len(scenes) == 12
    assert len(list(scenes)) == 12
    assert len(Scenes()) == 2000
    for outside in (12, -1):
        with pytest.raises(IndexError, match="not among 0 to 11"):
            scenes[outside]
    assert torch.equal(scenes[np.int64(3)].inputs, scenes[3].inputs)
    with pytest.raises(TypeError):
        scenes["3"]


def test_zero_is_about_the_scenes_mean_colour() -> None:
    images = normalise(torch.from_numpy(np.stack([scene("train", number).image for number in range(200)])))
    assert images.mean((0, 2, 3)).abs().max() < 0.1
    assert 0.5 < images.std() < 1
