"""Any iterable made indexable, bounded and re-readable, one example at a time."""

from __future__ import annotations

import inspect
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from attriscope.errors import ExplorerError, SampleError, user_traceback
from attriscope.explorer import Batch
from attriscope.features.base import Feature

KEPT_BYTES = 256 * 2**20
_log = logging.getLogger(__name__)


class Row(tuple[int | float | str, ...]):
    """Several labels that the dataset gave as a tensor or an array."""


LabelValue = int | str | tuple[int | float | str, ...] | None


@dataclass(frozen=True, eq=False)
class Example:
    """One sample. inputs: one tensor for each feature, then the additional arguments, none with a batch dimension.

    label: a class index, a name, or a number's text; None where the dataset has none; a tuple where it gives several,
    a `Row` of a tensor or an array.
    evidence: bool H×W by feature.
    """

    index: int
    inputs: tuple[Tensor, ...]
    label: LabelValue
    evidence: tuple[Tensor | None, ...]


class Samples:
    """The dataset by index. Reads only as far as it is asked to, and one at a time whatever the size of its batches.

    A dataset with `__getitem__` that holds single examples is read by index, up to its `__len__` if it has one, or to
    an IndexError. Anything else is read in order; what has been read is kept up to `kept_bytes`, so that a one-shot
    generator gives the same sample twice; beyond that it is started again, if it can be. What comes before an example
    that raises stays readable. Thread-safe: two readers take turns.
    """

    def __init__(self, dataset: Any, features: Sequence[Feature], kept_bytes: int = KEPT_BYTES) -> None:
        self._dataset, self._features = dataset, tuple(features)
        self.device = torch.device("cpu")
        """Where the dataset's inputs are, as far as they have been read."""
        self._lock = threading.Lock()
        self._by_index: bool | None = None
        self._stream: Iterator[Example] | None = None
        self._position = 0
        self._failure: SampleError | None = None
        self._ended_at: int | None = None
        self._kept: OrderedDict[int, Example] = OrderedDict()
        self._kept_bytes, self._room = 0, kept_bytes

    @property
    def length(self) -> int | None:
        """What `len` says, or None; for a DataLoader the examples and not the batches."""
        counted = (
            getattr(self._dataset, "dataset", self._dataset) if hasattr(self._dataset, "batch_size") else self._dataset
        )
        try:
            return len(counted)
        except Exception:  # __len__ is the user's code, and nothing depends on it
            return None

    def get(self, index: int) -> Example | None:
        """Sample `index`, or None past the end. Raises SampleError where the dataset raises or yields nonsense."""
        with self._lock:
            if self._by_index is None:
                self._by_index = self._holds_examples()
            return self._item(index) if self._by_index else self._streamed(index)

    # --- by index ----------------------------------------------------------------------------------

    def _holds_examples(self) -> bool:
        dataset = self._dataset
        if isinstance(dataset, IterableDataset | Iterator) or not hasattr(dataset, "__getitem__"):
            return False
        try:
            item = dataset[0]
        except Exception:  # raised again, and reported, when sample 0 is read
            return self.length is not None or not hasattr(dataset, "__iter__")
        return not _Item(item, self._features, 0).batched

    def _item(self, index: int) -> Example | None:
        length = self.length
        if length is not None and index >= length:
            return None
        try:
            value = self._dataset[index]
        except IndexError:  # the end of any sequence, whatever its length claims
            if length is not None:
                _log.warning("The dataset claims %d samples; IndexError at %d is taken for its end.", length, index)
            return None
        except Exception as error:
            raise _raised(error, index) from error
        item = _Item(value, self._features, index)
        self.device = item.device
        if item.batched:
            raise SampleError("wrong_shape", f"Sample {index} is a batch; those before it were single examples.", index)
        return item.example(index, 0)

    # --- in order ----------------------------------------------------------------------------------

    def _streamed(self, index: int) -> Example | None:
        if (kept := self._kept.get(index)) is not None:
            self._kept.move_to_end(index)
            return kept
        failed_before = self._failure is not None and index >= self._failure.index
        if index < self._position or (failed_before and not isinstance(self._dataset, Iterator)):
            self._restart(index)
        while True:
            if self._failure is not None:
                raise self._failure
            if self._ended_at is not None and index >= self._ended_at:
                return None
            example = self._next()
            if example is not None and example.index == index:
                return example

    def _restart(self, index: int) -> None:
        if isinstance(self._dataset, Iterator):
            raise SampleError(
                "sample_gone",
                f"Sample {index} has been read and dropped, and this dataset can be read only once.",
                index,
            )
        self._stream, self._position = None, 0
        self._failure = self._ended_at = None

    def _next(self) -> Example | None:
        try:
            if self._stream is None:
                self._stream = self._examples()
            example = next(self._stream, None)
        except SampleError as error:
            self._failure = error
            return None
        if example is None:
            self._ended_at = self._position
            return None
        self._position += 1
        self._keep(example)
        return example

    def _examples(self) -> Iterator[Example]:
        index = 0
        iterator = None
        while True:
            try:
                iterator = iter(self._dataset) if iterator is None else iterator
                value = next(iterator)
            except StopIteration:
                return
            except Exception as error:
                if isinstance(error.__cause__, StopIteration) and inspect.isgenerator(iterator):
                    return  # a generator that calls next() on another iterator and does not look for its end
                raise _raised(error, index) from error
            item = _Item(value, self._features, index)
            self.device = item.device
            for row in range(item.count):
                yield item.example(index, row)
                index += 1

    def _keep(self, example: Example) -> None:
        if (known := self._kept.pop(example.index, None)) is not None:
            self._kept_bytes -= _size(known)
        self._kept[example.index] = example
        self._kept_bytes += _size(example)
        while self._kept_bytes > self._room and len(self._kept) > 1:
            self._kept_bytes -= _size(self._kept.popitem(last=False)[1])


def _size(example: Example) -> int:
    return sum(value.nbytes for value in (*example.inputs, *example.evidence) if value is not None)


def _raised(error: Exception, index: int) -> SampleError:
    if isinstance(error, ExplorerError):
        return SampleError(error.code, f"Sample {index}: {error.message}", index, **error.params)
    return SampleError(
        "dataset_error",
        f"Sample {index} could not be read: {type(error).__name__}: {error}",
        index,
        detail=user_traceback(error),
        exception=type(error).__name__,
    )


# --- what the dataset yields -----------------------------------------------------------------------


class _Item:
    """One thing the dataset yielded: inputs, (inputs, labels) or Batch; one example or many."""

    def __init__(self, value: Any, features: tuple[Feature, ...], index: int) -> None:
        self._index = index
        batch = value if isinstance(value, Batch) else self._pair(value, features)
        self.device = next((x.device for x in _listed(batch.inputs) if isinstance(x, Tensor)), torch.device("cpu"))
        self._inputs = self._tensors(batch.inputs, "inputs", len(features))
        try:
            kinds = {f.batched(x, index) for f, x in zip(features, self._inputs, strict=True)} - {None} or {True}
        except ExplorerError as error:
            raise SampleError(error.code, error.message, index, shape=error.params["shape"]) from None
        sizes = {len(x) for x in self._inputs} if kinds == {True} else {1}
        if len(kinds) > 1 or len(sizes) > 1:
            shapes = ", ".join(str(tuple(x.shape)) for x in self._inputs)
            raise self._error(f"the inputs' shapes {shapes} do not agree on the number of examples")
        self.batched, self.count = kinds == {True}, sizes.pop()
        extra = () if batch.additional_args is None else batch.additional_args
        self._extra = self._tensors(extra, "additional_args", None)
        if self.batched and any(x.dim() == 0 or len(x) != self.count for x in self._extra):
            raise self._error(f"additional_args must be tensors with one row for each of {self.count} examples")
        self._labels = self._label_list(batch.labels)
        self._evidence = self._masks(batch.evidence, features)

    def example(self, index: int, row: int) -> Example:
        # A view would keep its whole batch alive.
        inputs = tuple(x[row].clone() if self.batched else x for x in (*self._inputs, *self._extra))
        masks = tuple(None if m is None else m[row].clone() if self.batched else m for m in self._evidence)
        return Example(index, inputs, _label(self._labels[row]), masks)

    def _error(self, what: str) -> SampleError:
        return SampleError("wrong_shape", f"Sample {self._index}: {what}.", self._index)

    def _pair(self, value: Any, features: tuple[Feature, ...]) -> Batch:
        if isinstance(value, Tensor | np.ndarray):
            return Batch(value)
        if not isinstance(value, list | tuple) or not value:
            raise SampleError(
                "wrong_type",
                f"Sample {self._index} is of type {type(value).__name__}; the dataset must yield inputs, "
                "(inputs, labels) or Batch, with tensors as inputs.",
                self._index,
            )
        count = len(features)
        if isinstance(value[0], list | tuple) and len(value) <= 2:
            return Batch(*value)
        if count == 1 or len(value) not in (count, count + 1):
            if len(value) > 2:
                raise self._error(f"it has {len(value)} parts; give (inputs, labels) or Batch")
            return Batch(*value)
        return Batch(tuple(value[:count]), value[count] if len(value) > count else None)

    def _tensors(self, value: Any, field: str, count: int | None) -> tuple[Tensor, ...]:
        parts = _listed(value)
        if count is not None and len(parts) != count:
            raise self._error(f"it has {len(parts)} inputs; the explorer declares {count} features")
        tensors = []
        for part in parts:
            if isinstance(part, np.ndarray):
                part = torch.from_numpy(part)
            if not isinstance(part, Tensor):
                raise SampleError(
                    "wrong_type",
                    f"Sample {self._index}: {field} is of type {type(part).__name__}; it must be a tensor"
                    + (" (torchvision.transforms.ToTensor() makes one)." if "PIL" in type(part).__module__ else "."),
                    self._index,
                )
            tensors.append(part.detach().cpu())
        return tuple(tensors)

    def _label_list(self, labels: Any) -> list[Any]:
        if labels is None:
            return [None] * self.count
        if not self.batched:
            return [labels]
        rows = [labels] if isinstance(labels, str) or not hasattr(labels, "__len__") else list(labels)
        if isinstance(labels, Tensor) and labels.dim() == 0:
            rows = [labels]
        if len(rows) != self.count:
            raise self._error(f"{len(rows)} labels for {self.count} examples")
        return rows

    def _masks(self, evidence: Any, features: tuple[Feature, ...]) -> tuple[Tensor | None, ...]:
        if evidence is None:
            return (None,) * len(features)
        parts = tuple(evidence) if isinstance(evidence, list | tuple) else (evidence,)
        if len(parts) != len(features):
            raise self._error(f"{len(parts)} evidence masks for {len(features)} features")
        masks: list[Tensor | None] = []
        for feature, part, value in zip(features, parts, self._inputs, strict=True):
            mask = None if part is None else torch.as_tensor(part).detach().cpu().to(torch.bool)
            rows = (self.count,) if self.batched else ()
            shape = tuple(value.shape[1:] if self.batched else value.shape)
            wanted = (*rows, *feature.places(shape)[-feature.dimensions :])
            if mask is not None and tuple(mask.shape) != tuple(wanted):
                raise self._error(f"evidence has shape {tuple(mask.shape)}; it must be {tuple(wanted)}")
            masks.append(mask)
        return tuple(masks)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _label(value: Any) -> LabelValue:
    if isinstance(value, Tensor | np.ndarray | np.generic):
        value = np.asarray(value)
        if value.ndim == 1 and value.size != 1 and value.dtype.kind in "biuf":
            return Row(value.tolist())
        value = value.item() if value.size == 1 else value.tolist()
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, int | str):
        return value
    if isinstance(value, list | tuple | set) and all(isinstance(one, int | float | str | np.generic) for one in value):
        return tuple(one.item() if isinstance(one, np.generic) else one for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)[:80]
