"""The pictures, the questions, the network, and whether methods find what decides, on pixels and on words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from attribution_core import registry
from attriscope import Explorer
from attriscope.features import baselines
from attriscope.workers.embedded import Entry, at_embeddings, needs_vectors
from example_models import scenes_qa
from example_models.scenes_qa import train as training
from example_models.scenes_qa.data import Questions, picture, question
from example_models.scenes_qa.grammar import ANSWERS, COLOURS, IDS, KINDS, LENGTH, PADDING, SIDES, VOCABULARY, ask
from example_models.scenes_qa.model import CHECKPOINT, scenes_qa_net

COUNT = 30


def test_a_question_is_the_same_whenever_it_is_asked_for() -> None:
    one, again = Questions()[3], Questions()[3]
    assert all(torch.equal(*pair) for pair in zip(one.inputs, again.inputs, strict=True))
    assert one.labels == again.labels
    shown = picture("train", 3)
    assert not np.array_equal(shown.image, picture("held-out", 3).image)
    turns = {question("train", 3, shown, turn)[0].tokens for turn in range(6)}
    assert len(turns) > 1


def test_the_answer_follows_from_picture_and_question() -> None:
    answers: Counter[str] = Counter()
    for number in range(200):
        shown = picture("held-out", number)
        asked, answer, about = question("held-out", number, shown)
        assert shown.labels[0] != shown.labels[1]
        assert shown.colours[0] != shown.colours[1]
        assert answer in (shown.colours[about] if "colour" in asked.tokens else shown.labels[about])
        (which,) = {
            word for word, decides in zip(asked.tokens, asked.evidence, strict=True) if decides and word != "colour"
        }
        assert which in (SIDES[about], shown.labels[about], shown.colours[about])
        answers[answer] += 1
    assert set(answers) == set(ANSWERS)


def test_evidence_is_the_asked_things_pixels_and_the_words_that_decide() -> None:
    for number in range(40):
        item, shown = Questions()[number], picture("held-out", number)
        pixels, words = item.evidence
        _, _, about = question("held-out", number, shown)
        assert torch.equal(pixels, torch.from_numpy(shown.masks[about]))
        columns = pixels.any(0).nonzero().flatten().float().mean()
        assert (columns < 48) == (about == 0)
        assert words.shape == (LENGTH,)
        assert 1 <= int(words.sum()) <= 2
        assert not words[item.inputs[1] == IDS[PADDING]].any()


def test_every_saying_fits() -> None:
    generator = np.random.default_rng(0)
    for kind in KINDS:
        for _ in range(300):
            asked = ask(generator, kind, "umbrella")
            assert len(asked.tokens) <= LENGTH
            assert set(asked.tokens) <= set(VOCABULARY)
            assert sum(asked.evidence) == (2 if kind.startswith("colour") else 1)
    assert set(COLOURS) <= set(ANSWERS)


def test_the_dataset_ends() -> None:
    assert len(list(Questions(3))) == 3
    with pytest.raises(IndexError, match="Question 3 is not among 0 to 2"):
        Questions(3)[3]


def test_the_checkpoint_is_small_and_right() -> None:
    assert CHECKPOINT.stat().st_size <= 1_000_000
    pictures = training.drawn("held-out", 300)
    model = scenes_qa_net()
    assert training.accuracy(model, training.images(pictures), *training.asked("held-out", pictures)) >= 0.98
    # Other questions about the same pictures: neither input alone decides.
    assert training.accuracy(model, training.images(pictures), *training.asked("held-out", pictures, turn=1)) >= 0.98


def test_training_is_seeded_and_writes_a_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "again"):
        training.train(scenes=64, epochs=1, tested=20, seed=3, output=tmp_path / name)
    assert "of held-out questions" in capsys.readouterr().out
    first, again = (load_file(tmp_path / name) for name in ("first", "again"))
    assert all(torch.equal(value, again[name]) for name, value in first.items())


def test_the_explorer_has_two_inputs_with_evidence() -> None:
    explorer = scenes_qa.explorer()
    assert isinstance(explorer, Explorer)
    assert [feature.kind for feature in explorer.features] == ["image", "text"]
    assert explorer.classes == ANSWERS


@pytest.mark.parametrize(
    ("method", "pixels", "words"),
    [("integrated_gradients", 0.4, 0.5), ("input_x_gradient", 0.36, 0.48), ("feature_ablation", 0.38, 0.58)],
)
def test_attribution_gathers_on_the_asked_thing_and_on_the_words_that_decide(
    method: str, pixels: float, words: float
) -> None:
    """Mean share of absolute attribution on the evidence of either input, against the evidence's mean share of it."""
    explorer, model, spec = scenes_qa.explorer(), scenes_qa_net(), registry.get(method)
    arguments = spec.validate({}, registry.InputInfo(shapes=((3, 96, 96), (LENGTH,))))
    found: list[list[float]] = []
    for number in range(COUNT):
        item = Questions()[number]
        inputs = tuple(x[None] for x in item.inputs)
        references = tuple(x[None] for x in baselines.of_each(explorer.features, ("zero", "padding"), item.inputs))
        entry = Entry(model, inputs, references, ())
        if needs_vectors(spec):
            entry = at_embeddings(model, entry, {1: "embedding"})
        outcome = spec.attribute(
            entry.forward,
            model,
            entry.inputs,
            target=int(model(*inputs).argmax()),
            arguments=arguments,
            baselines=entry.baselines,
            additional_forward_args=entry.additional or None,
        )
        image = outcome.attributions[0][0].detach().sum(0).abs()
        text = outcome.attributions[1][0].detach().reshape(LENGTH, -1).sum(1).abs()
        seen, read = item.evidence
        there = item.inputs[1] != IDS[PADDING]
        found.append(
            [
                float(image[seen].sum() / image.sum()),
                float(text[read].sum() / text.sum()),
                float(seen.float().mean()),
                float(read.sum() / there.sum()),
            ]
        )
    on_pixels, on_words, area, length = np.mean(found, axis=0)
    assert on_pixels >= max(pixels, 2 * area)
    assert on_words >= max(words, 2 * length)
