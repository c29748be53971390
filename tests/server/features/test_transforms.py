"""Transforms as Captum Insights has them: what gets what, and what is said where they fail."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import transforms

from attriscope import Batch, EmptyFeature, Explorer, ExplorerError, ImageFeature, TextFeature
from attriscope.features import baselines
from attriscope.features.transforms import Transforms
from attriscope.samples import Samples

PIXELS = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(1))
NORMALIZE = transforms.Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
IDS = torch.tensor([2, 1, 0, 0])
TABLE = torch.arange(9.0).reshape(3, 3) + 1


def to_vectors(ids: Tensor) -> Tensor:
    return TABLE[ids]


def to_words(ids: Tensor) -> list[str]:
    return [["<pad>", "good", "film"][int(token)] for token in ids.squeeze(0)]


def text(**more: Any) -> TextFeature:
    return TextFeature("Text", input_transforms=[to_vectors], visualization_transform=to_words, **more)


def test_inputs_are_transformed_one_after_the_other_and_stay_themselves() -> None:
    before = PIXELS.clone()
    feature = ImageFeature("Photo", None, [lambda x: x.mul_(2), lambda x: x + 1])
    assert torch.equal(feature.to_model(PIXELS), before * 2 + 1)
    assert torch.equal(PIXELS, before)
    assert torch.equal(ImageFeature().to_model(PIXELS), before)


def test_a_baseline_is_made_of_what_the_model_takes() -> None:
    seen: list[Tensor] = []

    def own(value: Tensor) -> Tensor:
        seen.append(value.clone())
        return value * 0 + 7

    feature = ImageFeature("Photo", [own, torch.ones_like], [NORMALIZE])
    assert [one.id for one in feature.baselines()][:3] == ["own", "own 2", "zero"]
    made = NORMALIZE(PIXELS)
    assert torch.equal(feature.baseline("own", made), torch.full_like(made, 7))
    assert torch.equal(seen[0], made)
    assert torch.equal(feature.baseline("own 2", made), torch.ones_like(made))


def test_the_page_shows_what_was_before_the_transforms() -> None:
    plain, transformed = ImageFeature(), ImageFeature("Photo", None, [NORMALIZE])
    assert transformed.display(PIXELS).png == plain.display(PIXELS).png
    shapes: list[tuple[int, ...]] = []

    def halved(batch: Tensor) -> Tensor:
        shapes.append(tuple(batch.shape))
        return batch / 2

    assert ImageFeature("Photo", None, None, halved).display(PIXELS).png == plain.display(PIXELS / 2).png
    assert shapes == [(1, *PIXELS.shape)]


def test_normalize_can_be_undone_and_knows_its_colours() -> None:
    for given in (NORMALIZE, [NORMALIZE], transforms.Compose([NORMALIZE])):
        feature = ImageFeature("Photo", None, given)
        assert torch.allclose(feature.from_model(feature.to_model(PIXELS)), PIXELS, atol=1e-6)
        made = feature.to_model(PIXELS)
        assert torch.allclose(feature.from_model(feature.baseline("white", made)), torch.ones(3, 4, 5), atol=1e-6)
        assert feature.baselines()[0].description == "zero here = the mean colour"


def test_other_transforms_offer_no_colours() -> None:
    feature = ImageFeature("Photo", None, [lambda x: x**2])
    assert [one.id for one in feature.baselines()] == ["zero", "blurred", "mean"]
    with pytest.raises(ExplorerError, match="No baseline 'white'"):
        feature.baseline("white", PIXELS)
    with pytest.raises(ExplorerError, match="cannot be undone"):
        feature.from_model(PIXELS)


def test_words_come_from_the_visualization_transform() -> None:
    shown = text().display(IDS).content["words"]
    assert [word["text"] for word in shown] == ["film", "good", "<pad>", "<pad>"]
    assert [word["padding"] for word in shown] == [False, False, True, True]
    short = TextFeature("Text", None, None, lambda ids: ["film", "good"]).display(IDS)
    assert [word["padding"] for word in short.content["words"]] == [False, False, True, True]
    assert short.width == 4
    vectors = text().to_model(IDS)
    assert text().drawn(torch.ones_like(vectors), tuple(vectors.shape)).tolist() == [[[3.0] * 4]]


def test_text_takes_insights_order_by_position() -> None:
    feature = TextFeature("Text", [torch.zeros_like], [to_vectors], to_words)
    assert [one.id for one in feature.baselines()] == ["own", "zero"]
    assert feature.display(IDS).content == text().display(IDS).content


def test_vectors_of_words_are_examples_too() -> None:
    feature = TextFeature("Text", None, None, lambda vectors: ["a", "b", "c"])
    found = Samples([Batch(torch.rand(2, 3, 4), [0, 1])], [feature])
    assert [None if (one := found.get(index)) is None else one.inputs[0].shape for index in range(3)] == [
        (3, 4),
        (3, 4),
        None,
    ]


def test_each_input_keeps_its_own_default_baseline() -> None:
    image, words = ImageFeature("Photo"), text(baseline_transforms=lambda x: x * 0 + 5)
    vectors = words.to_model(IDS)
    for features, example in (((image, words), (PIXELS, vectors)), ((words, image), (vectors, PIXELS))):
        (named,) = baselines.combinations(features, baselines.settled(features, None))
        made = dict(zip([f.name for f in features], baselines.of_each(features, named, example), strict=True))
        assert torch.equal(made["Photo"], torch.zeros_like(PIXELS))
        assert torch.equal(made["Text"], torch.full_like(vectors, 5))
        (named,) = baselines.combinations(features, baselines.settled(features, "zero"))
        assert all(not bool(value.any()) for value in baselines.of_each(features, named, example))


def test_a_hidden_input_has_transforms_too() -> None:
    feature = EmptyFeature("hidden", lambda x: x + 1, [lambda x: x * 3])
    assert torch.equal(feature.to_model(torch.ones(2)), torch.full((2,), 3.0))
    assert torch.equal(feature.baseline("own", torch.ones(2)), torch.full((2,), 2.0))


def test_content_keys_know_the_transforms() -> None:
    plain, other = ImageFeature("Photo"), transforms.Normalize((0.1,), (0.2,))
    descriptions = {
        plain.describe(),
        ImageFeature("Photo", None, [NORMALIZE]).describe(),
        ImageFeature("Photo", None, [other]).describe(),
        ImageFeature("Photo", [NORMALIZE]).describe(),
    }
    assert len(descriptions) == 4


def _raises(value: Tensor) -> Tensor:
    raise RuntimeError("no such luck")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ImageFeature("x", ["zero"]), r"baseline_transforms\[0\] is of type str; it must be a function"),
        (lambda: ImageFeature("x", None, 3), r"input_transforms\[0\] is of type int"),
        (lambda: ImageFeature("x", None, None, 3), "visualization_transform is of type int"),
        (
            lambda: ImageFeature("x", None, _raises).to_model(PIXELS),
            "input_transforms raised RuntimeError: no such luck",
        ),
        (lambda: ImageFeature("x", None, lambda x: 3).to_model(PIXELS), "input_transforms returned int"),
        (lambda: ImageFeature("x", lambda x: x[:1]).baseline("own", PIXELS), "the shape must stay"),
        (lambda: ImageFeature("x", None, None, lambda x: "?").display(PIXELS), "must be a tensor 1×C×H×W"),
        (lambda: TextFeature("x", None, None, lambda x: "film").display(IDS), "must return a list of strings"),
        (lambda: TextFeature("x", None, None, lambda x: ["a"] * 9).display(IDS), "returned 9 words for 4 tokens"),
        (lambda: TextFeature("x"), "a visualization_transform can stand in for it"),
    ],
)
def test_what_is_wrong_is_named(make: Any, words: str) -> None:
    with pytest.raises(ExplorerError, match=words):
        make()


def test_nothing_is_changed_without_transforms() -> None:
    none = Transforms()
    assert not none.changes_inputs
    assert not none.shows
    assert none.describe() == ""
    assert none.baseline("own", PIXELS) is None


def test_a_generator_that_forgets_its_end_has_ended() -> None:
    def batches() -> Any:
        inner = iter([torch.rand(2, 3, 4, 4)])
        while True:
            yield Batch(next(inner), [0, 1])

    samples = Samples(batches(), [ImageFeature()])
    assert [samples.get(index) is None for index in range(3)] == [False, False, True]


def test_a_transform_that_fails_is_told_when_the_explorer_is_loaded() -> None:
    from attriscope.workers.runtime import Runtime

    explorer = Explorer(torch.nn.Flatten(), [PIXELS], features=ImageFeature("Photo", None, _raises))
    with pytest.raises(ExplorerError, match="no such luck"):
        Runtime(explorer, "cpu")
