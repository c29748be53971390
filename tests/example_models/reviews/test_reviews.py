"""The grammar, the network, and whether methods find what decides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from attribution_core import registry
from attriscope import Explorer
from attriscope.workers.embedded import Entry, at_embeddings, needs_vectors
from example_models import reviews
from example_models.reviews import train as training
from example_models.reviews.data import CLASSES, Reviews, review
from example_models.reviews.grammar import IDS, LENGTH, PADDING, VOCABULARY
from example_models.reviews.model import CHECKPOINT, reviews_cnn

COUNT = 40


def test_a_review_is_the_same_whenever_it_is_asked_for() -> None:
    assert review("train", 7) == review("train", 7)
    assert review("train", 7) != review("held-out", 7)
    assert torch.equal(Reviews()[3].inputs, Reviews()[3].inputs)


def test_a_reviews_words_typed_again_are_its_tokens() -> None:
    feature = reviews.explorer().features[0]
    for number in range(COUNT):
        ids = Reviews()[number].inputs
        typed, notices = feature.from_typed(feature.display(ids).content["text"], ids)
        assert torch.equal(typed, ids)
        assert notices == []


def test_labels_are_balanced_and_negation_turns_them() -> None:
    written = [review("held-out", number) for number in range(400)]
    assert Counter(found.label for found in written) == {0: 200, 1: 200}
    good = {found.label for found in written if "wonderful" in found.tokens}
    assert good == {0, 1}


def test_evidence_is_the_opinion_and_what_negates_it() -> None:
    for number in range(100):
        found = review("held-out", number)
        decisive = {token for token, decides in zip(found.tokens, found.evidence, strict=True) if decides}
        assert decisive
        assert not decisive & {"film", "tuesday", "."}
        item = Reviews()[number]
        assert item.inputs.shape == item.evidence.shape == (LENGTH,)
        assert [VOCABULARY[token] for token in item.inputs[item.evidence]] == [
            token for token, decides in zip(found.tokens, found.evidence, strict=True) if decides
        ]
        assert not item.evidence[item.inputs == IDS[PADDING]].any()


def test_the_dataset_ends() -> None:
    assert len(list(Reviews(5))) == 5
    with pytest.raises(IndexError, match="Review 5 is not among 0 to 4"):
        Reviews(5)[5]


def test_the_checkpoint_is_small_and_right() -> None:
    assert CHECKPOINT.stat().st_size <= 1_000_000
    assert training.accuracy(reviews_cnn(), *training.written("held-out", 500)) >= 0.97


def test_training_writes_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training.train(reviews=256, epochs=1, tested=50, seed=0, output=tmp_path / "again.safetensors")
    assert "on held-out reviews" in capsys.readouterr().out
    assert (tmp_path / "again.safetensors").exists()


def test_the_explorer_shows_words() -> None:
    explorer = reviews.explorer()
    assert isinstance(explorer, Explorer)
    assert explorer.classes == CLASSES
    shown = explorer.features[0].display(explorer.dataset[0].inputs).content["words"]
    assert not any(word["text"].startswith("##") for word in shown)


@pytest.mark.parametrize(
    ("method", "least"), [("integrated_gradients", 0.42), ("input_x_gradient", 0.4), ("feature_ablation", 0.5)]
)
def test_attribution_gathers_on_the_deciding_tokens(method: str, least: float) -> None:
    """Mean share of absolute attribution on the evidence, which is about a sixth of the words."""
    model = reviews_cnn()
    spec = registry.get(method)
    arguments = spec.validate({}, registry.InputInfo(shapes=((LENGTH,),)))
    shares, areas = [], []
    for number in range(COUNT):
        item = Reviews()[number]
        ids = item.inputs[None]
        entry = Entry(model, (ids,), (torch.zeros_like(ids),), ())
        if needs_vectors(spec):
            entry = at_embeddings(model, entry, {0: "embedding"})
        outcome = spec.attribute(
            entry.forward,
            model,
            entry.inputs,
            target=int(model(ids).argmax()),
            arguments=arguments,
            baselines=entry.baselines,
            additional_forward_args=entry.additional or None,
        )
        by_token = outcome.attributions[0][0].detach().reshape(LENGTH, -1).sum(1).abs()
        shares.append(float(by_token[item.evidence].sum() / by_token.sum()))
        areas.append(float(item.evidence.sum() / (ids != IDS[PADDING]).sum()))
    assert sum(shares) / COUNT >= least
    assert sum(shares) >= 2 * sum(areas)
