"""The names that several inputs share."""

from __future__ import annotations

import pytest
import torch

from attriscope import EmptyFeature, ExplorerError, ImageFeature
from attriscope.features import baselines
from tests.explorers.kinds import mixed, picture, row, table_feature, text, tokens

FEATURES = mixed().features
EXAMPLE = (picture(0), tokens(0), row(0), torch.ones(4))


def test_one_inputs_names_are_its_own() -> None:
    for feature in (ImageFeature(), *text().features, table_feature(), EmptyFeature()):
        assert baselines.offered([feature]) == feature.baselines()
        assert baselines.checked([feature], None) == feature.baselines()[0].id


def test_several_inputs_have_one_default_and_every_other_name() -> None:
    found = baselines.offered(FEATURES)
    assert [one.id for one in found] == ["zero", "black", "white", "blurred", "mean", "noise", "unknown", "sample"]
    assert found[4].description == (
        "image: every pixel the image's own mean colour; text: every token is padding; "
        "table: the mean of the rows that stand for the data; extra: every value 0"
    )


def test_an_input_that_does_not_know_a_name_keeps_its_default() -> None:
    image, ids, values, extra = baselines.of_each(FEATURES, ("mean",) * 4, EXAMPLE)
    assert torch.equal(image, FEATURES[0].baseline("mean", picture(0)))
    assert not ids.any()
    assert torch.equal(values, FEATURES[2].baseline("mean", row(0)))
    assert not extra.any()


def test_other_names_are_refused() -> None:
    with pytest.raises(ExplorerError, match="No baseline 'padding'") as refusal:
        baselines.checked(FEATURES, "padding", "evaluation.fill")
    assert refusal.value.field == "evaluation.fill"
