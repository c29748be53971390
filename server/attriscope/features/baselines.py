"""The named baselines of an explorer, whose inputs may be of several kinds, and the samples that can stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from types import MappingProxyType

import torch
from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Baseline, Feature
from attriscope.workers.choices import (
    DATASET_MEAN,
    MAX_BASELINES,
    MEAN_OF,
    BaselineChoice,
    names_of,
    sample_of,
    samples_of,
)

Names = tuple[str, ...]
"""A name for each input."""

Rows = Mapping[int, Sequence[Tensor]]
"""Samples of the dataset by number, one tensor for each input: those that a choice asks for."""

_NONE: Rows = MappingProxyType({})
_NO_ROWS: Mapping[int, Tensor] = MappingProxyType({})
_MEAN = Baseline(DATASET_MEAN, "Mean of the dataset", f"the mean of the dataset's first {MEAN_OF} samples of this size")


def own(feature: Feature) -> tuple[Baseline, ...]:
    """What can be chosen for one input, its default first; any sample of the dataset can besides."""
    return (*feature.baselines(), _MEAN) if feature.averages else feature.baselines()


def offered(features: Sequence[Feature]) -> tuple[Baseline, ...]:
    """What can be chosen for all inputs at once: each one's default, then every other by name.

    An input that does not know a name keeps its default.
    """
    first, *_ = features
    if len(features) == 1:
        return first.baselines()
    known = {one.id: one for feature in features for one in reversed(feature.baselines())}
    usual = first.baselines()[0]
    if _differs(features, usual.id):
        # The name of the first one's default would choose something else for another.
        usual = Baseline("default", "Default", "")
    ids = [usual.id, *(id for id in _in_order(features) if id != usual.id and _differs(features, id))]
    return tuple(_joined(features, usual if id == usual.id else known[id]) for id in ids)


def checked(features: Sequence[Feature], baseline: str | None, field: str = "baseline") -> str:
    """The name, or the default where there is none. Raises ExplorerError for one that is not offered."""
    known = [one.id for one in offered(features)]
    if baseline is None:
        return known[0]
    if baseline not in known:
        raise _unknown(baseline, known, field)
    return baseline


def settled(features: Sequence[Feature], choice: BaselineChoice | None) -> BaselineChoice:
    """The choice as it is kept: one name, several names for a single input or for all, or names for every input.

    Raises ExplorerError for a name that is not offered, an input that is not there, or more than `MAX_BASELINES`.
    """
    known = [one.id for one in offered(features)]
    if choice is None:
        return known[0]
    known += [DATASET_MEAN] * any(feature.averages for feature in features)
    for name in names_of(choice):
        if (several := samples_of(name)) is not None and not 1 <= several <= MAX_BASELINES:
            raise _too_many(
                f"baseline asks for the dataset's first {several} samples; it must be 1 to {MAX_BASELINES}."
            )
    if isinstance(choice, Mapping):
        choice = _by_input(features, choice)
    else:
        listed = [choice] if isinstance(choice, str) else list(dict.fromkeys(choice))
        for name in listed:
            if not _of_dataset(name) and name not in known:
                raise _unknown(name, known, "baseline")
        choice = listed[0] if len(listed) == 1 else listed
    if (count := len(combinations(features, choice))) > MAX_BASELINES:
        raise _too_many(f"baseline stands for {count} baselines to average; it must be at most {MAX_BASELINES}.")
    return choice


def combinations(features: Sequence[Feature], choice: BaselineChoice, rows: Rows | None = None) -> list[Names]:
    """The baselines of a settled choice, which are averaged: names for all inputs, or every combination of the inputs'.

    Of 'samples:8' those that there are among `rows`, all of them where these are not known.
    """
    each: Iterable[Names]
    if isinstance(choice, Mapping):
        each = product(*(_single(choice[feature.name], rows) for feature in features))
    else:
        each = ((name,) * len(features) for name in _single([choice] if isinstance(choice, str) else choice, rows))
    resolved = (tuple(_own(f, name) for f, name in zip(features, names, strict=True)) for names in each)
    return list(dict.fromkeys(resolved))


def of_each(features: Sequence[Feature], names: Names, example: Sequence[Tensor], rows: Rows = _NONE) -> list[Tensor]:
    """The baselines of one example's inputs. Raises ExplorerError for a sample of another size than the example."""
    each = zip(features, names, example, strict=False)
    return [
        of_one(feature, name, x, {number: row[at] for number, row in rows.items()})
        for at, (feature, name, x) in enumerate(each)
    ]


def of_one(feature: Feature, baseline: str, example: Tensor, rows: Mapping[int, Tensor] = _NO_ROWS) -> Tensor:
    """`rows`: of this input."""
    if (number := sample_of(baseline)) is not None:
        return _sample(feature, number, example, rows)
    if baseline == DATASET_MEAN and feature.averages:
        alike = [row for number, row in sorted(rows.items()) if number < MEAN_OF and row.shape == example.shape]
        if not alike:
            raise _other_size(feature, f"none of the dataset's first {MEAN_OF} samples has", example)
        mean = torch.stack(alike).double().mean(0)
        return (mean if example.dtype.is_floating_point else mean.round()).to(example)
    return feature.baseline(_own(feature, baseline), example)


def _sample(feature: Feature, number: int, example: Tensor, rows: Mapping[int, Tensor]) -> Tensor:
    if number not in rows:
        raise ExplorerError(
            "unknown_sample", f"Sample {number}, a baseline, is not there.", field="baseline", sample=number
        )
    if rows[number].shape != example.shape:
        raise _other_size(feature, f"sample {number} has {tuple(rows[number].shape)}, not", example)
    return rows[number].to(example)


def _other_size(feature: Feature, what: str, example: Tensor) -> ExplorerError:
    return ExplorerError(
        "baseline_size",
        f"A baseline of {feature.name!r} must have the sample's size: {what} {tuple(example.shape)}.",
        field="baseline",
        feature=feature.name,
    )


def _by_input(features: Sequence[Feature], choice: Mapping[str, Sequence[str]]) -> BaselineChoice:
    """With the default of the inputs that are not named; of a single input as a plain choice."""
    inputs = [feature.name for feature in features]
    for name in choice:
        if name not in inputs:
            raise ExplorerError(
                "unknown_feature", f"baseline: no input {name!r}.{nearest(name, inputs)}", field="baseline"
            )
    found = {}
    for feature in features:
        known = [one.id for one in own(feature)]
        found[feature.name] = list(dict.fromkeys(choice.get(feature.name, known[:1])))
        for name in found[feature.name]:
            if not _of_dataset(name) and name not in known:
                raise _unknown(name, known, "baseline", feature.name)
    if len(features) > 1:
        return found
    only = found[inputs[0]]
    return only[0] if len(only) == 1 else only


def _single(names: Sequence[str], rows: Rows | None) -> list[str]:
    """Single baselines; those of samples that are not there are left out, unless asked for by number."""
    found: list[str] = []
    for name in names:
        several = samples_of(name)
        found += [name] if several is None else _there(several, rows)
    return found


def _there(count: int, rows: Rows | None) -> list[str]:
    there = [number for number in range(count) if rows is None or number in rows]
    return [f"sample:{number}" for number in there]


def _of_dataset(name: str) -> bool:
    return sample_of(name) is not None or samples_of(name) is not None


def _own(feature: Feature, baseline: str) -> str:
    """The name, or the default of an input that does not know it."""
    known = [one.id for one in own(feature)]
    return baseline if _of_dataset(baseline) or baseline in known else known[0]


def _differs(features: Sequence[Feature], baseline: str) -> bool:
    """Whether the name chooses anything but the inputs' defaults."""
    return any(_known(feature, baseline) != feature.baselines()[0] for feature in features)


def _known(feature: Feature, baseline: str) -> Baseline:
    named = _own(feature, baseline)
    return next(one for one in own(feature) if one.id == named)


def _in_order(features: Sequence[Feature]) -> list[str]:
    return list(dict.fromkeys(one.id for feature in features for one in feature.baselines()))


def _joined(features: Sequence[Feature], baseline: Baseline) -> Baseline:
    parts = tuple((feature.name, _known(feature, baseline.id).description) for feature in features)
    return replace(baseline, description="; ".join(": ".join(part) for part in parts), parts=parts)


def _unknown(baseline: str, known: Sequence[str], field: str, feature: str | None = None) -> ExplorerError:
    of = "" if feature is None else f" of {feature!r}"
    return ExplorerError(
        "unknown_baseline",
        f"No baseline {baseline!r}{of}.{nearest(baseline, list(known))}",
        field=field,
        baseline=baseline,
    )


def _too_many(message: str) -> ExplorerError:
    return ExplorerError("too_many_baselines", message, field="baseline", high=MAX_BASELINES)
