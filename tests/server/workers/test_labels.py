"""Samples with several labels, and models whose classes do not exclude each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from attriscope import Explorer
from attriscope.workers.messages import Description
from attriscope.workers.sample_info import SampleInfo
from tests.explorers import faulty, outputs
from tests.server.workers.test_outputs import opened, predicted


def test_several_labels_come_as_a_row_or_as_names() -> None:
    client = opened(outputs.multi_label)
    described: Description = client.runtime.description
    assert (described.threshold, described.score_name) == (0.5, "probability")
    for n, frame in enumerate(client.scan(8).frames):
        labels = SampleInfo.model_validate(frame.body).labels
        assert [label.index for label in labels] == outputs.true_colours(n)
        assert [label.name for label in labels] == [faulty.CLASSES[c] for c in outputs.true_colours(n)]


def test_each_class_has_a_score_of_its_own() -> None:
    found, _ = predicted(opened(outputs.multi_label), 4)
    assert any(sum(one.score for one in predictions) > 1 for predictions in found)
    for n, predictions in enumerate(found):
        wanted = outputs.Several()(faulty.picture(n)[None])[0].sigmoid()
        assert {one.index: one.score for one in predictions} == {
            c: pytest.approx(float(wanted[c]), abs=1e-6) for c in range(4)
        }


def test_a_list_of_labels_where_classes_exclude_each_other_is_a_text() -> None:
    client = opened(lambda: Explorer(models={"net": faulty.Tiny}, dataset=[(faulty.picture(0), [0, 1])]))
    info = SampleInfo.model_validate(client.scan(1).frames[0].body)
    assert [(label.index, label.name) for label in info.labels] == [(None, "[0, 1]")]


def labels_of(labels: list[Any], outputs: int) -> list[tuple[list[int | None], bool]]:
    """The classes of each label, and whether it says that there is none."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, outputs))
    pairs = [(faulty.picture(n), label) for n, label in enumerate(labels)]
    client = opened(lambda: Explorer(models={"net": net}, dataset=pairs, score_func=nn.Sigmoid()))
    infos = [SampleInfo.model_validate(frame.body) for frame in client.scan(len(labels)).frames]
    return [([label.index for label in info.labels], info.no_class) for info in infos]


def test_no_class_is_something_else_than_no_label() -> None:
    given = [torch.zeros(3), [0, 0, 0], [], None, torch.tensor([0, 1, 0])]
    assert labels_of(given, 3) == [([], True), ([], True), ([], True), ([], False), ([1], False)]


def test_of_two_classes_integers_in_a_list_are_classes_and_anything_else_a_row() -> None:
    lists = [[0, 1], (1, 0), [1], [0, 0]]
    assert labels_of(lists, 2) == [([0, 1], False), ([1, 0], False), ([1], False), ([], True)]
    rows = [torch.tensor([0, 1]), np.array([1, 0]), [0.0, 1.0], [True, False], torch.tensor([1, 1])]
    assert labels_of(rows, 2) == [([1], False), ([0], False), ([1], False), ([0], False), ([0, 1], False)]


def test_all_classes_that_reach_the_threshold_are_told_however_many() -> None:
    linear = nn.Linear(192, 30)
    net = nn.Sequential(nn.Flatten(), linear)
    with torch.no_grad():
        linear.weight.zero_()
        linear.bias.copy_(torch.where(torch.arange(30) < 25, 1.0, -1.0))
    data = [(faulty.picture(0), list(range(25)))]
    client = opened(lambda: Explorer(models={"net": net}, dataset=data, score_func=nn.Sigmoid()))
    found, answer = predicted(client, 1)
    assert len(found[0]) == 20
    assert answer.body["reaching"] == [list(range(25))]
    assert predicted(opened(lambda: Explorer(models={"net": net}, dataset=data)), 1)[1].body["reaching"] == [None]
