"""Part D of the cases, as the reader of datasets sees them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset

from attriscope import Batch, ImageFeature
from attriscope.errors import SampleError
from attriscope.samples import Samples

IMAGES = torch.rand(10, 3, 4, 5, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(10) % 3


def read(dataset: Any, features: int = 1, **options: Any) -> Samples:
    return Samples(dataset, [ImageFeature(f"image {i}") for i in range(features)], **options)


def everything(samples: Samples, limit: int = 50) -> list[Tensor]:
    found = []
    for index in range(limit):
        example = samples.get(index)
        if example is None:
            break
        assert example.index == index
        found.append(example.inputs[0])
    return found


def assert_all(samples: Samples, images: Tensor = IMAGES) -> None:
    found = everything(samples)
    assert len(found) == len(images)
    assert all(torch.equal(a, b) for a, b in zip(found, images, strict=True))


class Counting:
    """An iterable that counts what is taken from it, and can be started again."""

    def __init__(self, items: Callable[[], Iterable[Any]]) -> None:
        self.items, self.taken, self.started = items, 0, 0

    def __iter__(self) -> Iterator[Any]:
        self.started += 1
        for item in self.items():
            self.taken += 1
            yield item


class Indexed(Dataset[Any]):
    def __init__(self, length: int, claimed: int | None = None, raises_at: int | None = None) -> None:
        self.length, self.claimed, self.raises_at = length, claimed, raises_at
        self.asked: list[int] = []

    def __len__(self) -> int:
        if self.claimed is None:
            raise TypeError("no length")
        return self.claimed

    def __getitem__(self, index: int) -> Any:
        self.asked.append(index)
        if index == self.raises_at:
            raise OSError("unreadable")
        if index >= self.length:
            raise IndexError(index)
        return IMAGES[index], int(LABELS[index])


class Streaming(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter(zip(IMAGES, LABELS.tolist(), strict=True))


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: TensorDataset(IMAGES, LABELS),
        lambda: TensorDataset(IMAGES),
        lambda: IMAGES,
        lambda: list(IMAGES),
        lambda: IMAGES.numpy(),
        lambda: [(image.numpy(), 1) for image in IMAGES],
        lambda: [[image, 1] for image in IMAGES],
        lambda: [((image,), 1) for image in IMAGES],
        lambda: [Batch(image) for image in IMAGES],
        lambda: Subset(TensorDataset(IMAGES, LABELS), range(10)),
        lambda: Indexed(10),
        lambda: Streaming(),
        lambda: DataLoader(TensorDataset(IMAGES, LABELS), batch_size=4),
        lambda: DataLoader(TensorDataset(IMAGES, LABELS), batch_size=None),
        lambda: DataLoader(Streaming(), batch_size=3),
        lambda: [(IMAGES[:7], LABELS[:7]), (IMAGES[7:], LABELS[7:])],
        lambda: [Batch(IMAGES, LABELS)],
        lambda: (Batch(IMAGES[i : i + 3], LABELS[i : i + 3]) for i in range(0, 10, 3)),
        lambda: iter(list(IMAGES)),
        lambda: zip(IMAGES, LABELS, strict=True),
        lambda: tuple((image[None], [1]) for image in IMAGES),
    ],
)
def test_datasets_of_every_form_are_read_one_example_at_a_time(dataset: Callable[[], Any]) -> None:
    samples = read(dataset())
    assert_all(samples)
    assert_all(samples)


@given(st.lists(st.integers(0, 4), max_size=6), st.booleans(), st.lists(st.integers(0, 25), max_size=12))
def test_d11_any_sizes_of_batches_read_in_any_order_are_the_same_examples(
    sizes: list[int], labelled: bool, order: list[int]
) -> None:
    total = sum(sizes)
    images = torch.arange(total, dtype=torch.float32).view(-1, 1, 1, 1).expand(total, 3, 2, 2)
    starts = list(itertools.accumulate(sizes, initial=0))
    batches = [Batch(images[a:b], list(range(a, b)) if labelled else None) for a, b in itertools.pairwise(starts)]
    samples = read(iter(batches))
    for index in [*order, *range(total + 1)]:
        example = samples.get(index)
        if index >= total:
            assert example is None
        else:
            assert example is not None
            assert (float(example.inputs[0][0, 0, 0]), example.label) == (index, index if labelled else None)


# --- D1 ------------------------------------------------------------------------------------------------


def test_d1_examples_before_an_error_stay_readable_and_the_error_names_its_index() -> None:
    def items() -> Iterator[Any]:
        yield IMAGES[:3], LABELS[:3]
        raise OSError("the disk is gone")

    samples = read(items())
    for _ in range(2):
        with pytest.raises(SampleError) as caught:
            samples.get(7)
        assert caught.value.index == caught.value.params["index"] == 3
        assert caught.value.message == "Sample 3 could not be read: OSError: the disk is gone"
        assert caught.value.detail is not None
        assert "in items" in caught.value.detail
        assert all(samples.get(index) is not None for index in range(3))


def test_d1_by_index_other_examples_are_read_past_a_bad_one() -> None:
    samples = read(Indexed(10, claimed=10, raises_at=4))
    with pytest.raises(SampleError, match="Sample 4 could not be read: OSError: unreadable"):
        samples.get(4)
    assert samples.get(5) is not None


def test_d1_a_passing_fault_of_a_stream_is_gone_when_it_is_read_again() -> None:
    faults = iter([True, False])

    def items() -> Iterator[Any]:
        yield from IMAGES[:2]
        if next(faults):
            raise OSError("for now")
        yield from IMAGES[2:]

    samples = read(Counting(items))
    with pytest.raises(SampleError, match="Sample 2"):
        samples.get(2)
    assert_all(samples)


# --- D2, D3 --------------------------------------------------------------------------------------------


def test_d2_an_infinite_dataset_is_read_no_further_than_asked() -> None:
    dataset = Counting(lambda: (IMAGES[i % 10] for i in itertools.count()))
    samples = read(dataset)
    assert samples.get(20) is not None
    assert dataset.taken == 21
    assert samples.get(3) is not None
    assert dataset.taken == 21
    assert samples.length is None


def test_only_what_is_asked_for_is_read_by_index() -> None:
    dataset = Indexed(10, claimed=10)
    assert read(dataset).get(6) is not None
    assert set(dataset.asked) == {0, 6}


# --- D4, D5, D6 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [[], iter(()), torch.zeros(0, 3, 4, 4), Counting(list)])
def test_d4_an_empty_dataset_has_no_sample(dataset: Any) -> None:
    samples = read(dataset)
    assert samples.get(0) is None
    assert samples.get(5) is None


def test_d4_empty_batches_are_passed_over() -> None:
    assert_all(read([Batch(IMAGES[:0]), Batch(IMAGES), Batch(IMAGES[:0])]))


class Claiming(Counting):
    def __len__(self) -> int:
        return self.claimed

    claimed = 0


@pytest.mark.parametrize("claimed", [0, 3, 100, -1])
def test_d5_the_length_of_an_iterable_is_not_believed(claimed: int) -> None:
    dataset = Claiming(lambda: IMAGES)
    dataset.claimed = claimed
    samples = read(dataset)
    assert_all(samples)
    assert samples.length == (claimed if claimed >= 0 else None)


def test_d5_a_dataset_that_claims_too_much_ends_where_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    samples = read(Indexed(10, claimed=100))
    assert_all(samples)
    assert "claims 100 samples; IndexError at 10" in caplog.text


def test_d6_a_generator_gives_the_same_samples_twice() -> None:
    samples = read(image for image in IMAGES)
    assert_all(samples)
    assert_all(samples)


def test_d6_what_a_generator_no_longer_has_is_said_to_be_gone() -> None:
    room = 3 * IMAGES[0].nbytes
    samples = read((image for image in IMAGES), kept_bytes=room)
    assert len(everything(samples)) == 10
    assert samples.get(9) is not None
    with pytest.raises(SampleError) as caught:
        samples.get(0)
    assert (caught.value.code, caught.value.index) == ("sample_gone", 0)


def test_what_was_dropped_is_read_again_where_that_can_be_done() -> None:
    dataset = Counting(lambda: IMAGES)
    samples = read(dataset, kept_bytes=3 * IMAGES[0].nbytes)
    assert_all(samples)
    assert_all(samples)
    assert dataset.started == 2


def test_memory_stays_bounded_whatever_is_read() -> None:
    samples = read(Counting(lambda: (IMAGES[i % 10] for i in range(200))), kept_bytes=5 * IMAGES[0].nbytes)
    assert samples.get(199) is not None
    kept = [index for index in range(195, 200) if samples.get(index) is not None]
    assert kept == list(range(195, 200))
    assert samples._kept_bytes <= 5 * IMAGES[0].nbytes
    assert len(samples._kept) == 5


def test_an_example_of_a_large_batch_does_not_keep_the_batch() -> None:
    example = read([Batch(torch.rand(100, 3, 4, 4))]).get(7)
    assert example is not None
    assert example.inputs[0].untyped_storage().nbytes() == 3 * 4 * 4 * 4


# --- D7, D11 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [IMAGES, [Batch(IMAGES)], [(IMAGES, None)], [(IMAGES,)], TensorDataset(IMAGES)])
def test_d7_labels_may_be_missing(dataset: Any) -> None:
    example = read(dataset).get(4)
    assert example is not None
    assert example.label is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (torch.tensor([4, 5]), [4, 5]),
        (torch.tensor([[4], [5]]), [4, 5]),
        ([4, 5], [4, 5]),
        ((4, 5), [4, 5]),
        (np.array([4, 5]), [4, 5]),
        (["cat", "dog"], ["cat", "dog"]),
        ([torch.tensor(4), np.int32(5)], [4, 5]),
        ([True, None], [1, None]),
        (torch.tensor([0.5, 0.25]), ["0.5", "0.25"]),
    ],
)
def test_d11_labels_of_a_batch_come_in_every_form(labels: Any, expected: list[Any]) -> None:
    samples = read([(IMAGES[:2], labels)])
    found = [samples.get(0), samples.get(1)]
    assert [example.label for example in found if example is not None] == expected


def test_evidence_and_additional_arguments_follow_their_example() -> None:
    masks, extra = IMAGES[:, 0] > 0.5, torch.arange(10.0)
    example = read([Batch(IMAGES, LABELS, extra, masks)]).get(6)
    assert example is not None
    assert torch.equal(example.inputs[1], torch.tensor(6.0))
    assert example.evidence[0] is not None
    assert torch.equal(example.evidence[0], masks[6])
    single = read([Batch(IMAGES[0], 1, evidence=masks[0].numpy())]).get(0)
    assert single is not None
    assert single.evidence[0] is not None
    assert torch.equal(single.evidence[0], masks[0])


@pytest.mark.parametrize(
    "item",
    [
        ((IMAGES[0], IMAGES[1]), 1),
        (IMAGES[0], IMAGES[1], 1),
        (IMAGES[0], IMAGES[1]),
        Batch((IMAGES[0], IMAGES[1])),
        ((IMAGES[:1], IMAGES[1:2]), [1]),
    ],
)
def test_several_inputs_come_in_every_form(item: Any) -> None:
    example = read([item], features=2).get(0)
    assert example is not None
    assert [torch.equal(x, y) for x, y in zip(example.inputs, IMAGES, strict=False)] == [True, True]


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"image": IMAGES[0]}, "of type dict; the dataset must yield inputs"),
        (Image.new("RGB", (4, 4)), "of type Image"),
        (
            (Image.new("RGB", (4, 4)), 1),
            "inputs is of type Image; it must be a tensor (torchvision.transforms.ToTensor",
        ),
        ((), "of type tuple"),
        (3, "of type int"),
        (torch.zeros(4, 4), "'image 0' has shape (4, 4); one example is C×H×W, a batch N×C×H×W"),
        (torch.zeros(1, 1, 3, 4, 4), "has shape (1, 1, 3, 4, 4)"),
        (torch.zeros(3, 0, 4), "has shape (3, 0, 4)"),
        ((IMAGES, LABELS[:4]), "4 labels for 10 examples"),
        ((IMAGES, 3), "1 labels for 10 examples"),
        ((IMAGES[0], 1, 2), "it has 3 parts"),
        (Batch((IMAGES, IMAGES)), "it has 2 inputs; the explorer declares 1 features"),
        (Batch(IMAGES, evidence=torch.zeros(10, 4, 4)), "evidence has shape (10, 4, 4); it must be (10, 4, 5)"),
        (Batch(IMAGES, evidence=(None, None)), "2 evidence masks for 1 features"),
        (Batch(IMAGES, additional_args=torch.zeros(3)), "one row for each of 10 examples"),
        (Batch(IMAGES, additional_args="x"), "additional_args is of type str"),
    ],
)
def test_nonsense_is_refused_with_its_index(item: Any, words: str) -> None:
    for dataset in (iter([IMAGES[:2], item]), Counting(lambda: [IMAGES[:2], item])):
        samples = read(dataset)
        assert samples.get(1) is not None
        with pytest.raises(SampleError) as caught:
            samples.get(2)
        assert words in caught.value.message
        assert caught.value.message.startswith("Sample 2")
        assert caught.value.index == 2


def test_inputs_that_disagree_are_refused() -> None:
    with pytest.raises(SampleError, match="do not agree on the number of examples"):
        read([Batch((IMAGES, IMAGES[:4]))], features=2).get(0)


def test_two_threads_take_turns() -> None:
    def items() -> Iterator[Tensor]:
        for image in IMAGES:
            time.sleep(0.001)
            yield image

    samples = read(items())  # a generator entered twice at once raises
    found: list[list[Tensor]] = []
    threads = [threading.Thread(target=lambda: found.append(everything(samples))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(images) for images in found] == [10] * 4
