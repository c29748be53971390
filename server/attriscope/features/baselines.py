"""The named baselines of an explorer, which may have inputs of several kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from attriscope.errors import ExplorerError, nearest
from attriscope.features.base import Baseline, Feature


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
        raise ExplorerError(
            "unknown_baseline",
            f"No baseline {baseline!r}.{nearest(baseline, known)}",
            field=field,
            baseline=baseline,
        )
    return baseline


def of_each(features: Sequence[Feature], baseline: str, example: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The baselines of one example's inputs."""
    return tuple(of_one(feature, baseline, x) for feature, x in zip(features, example, strict=False))


def of_one(feature: Feature, baseline: str, example: Tensor) -> Tensor:
    return feature.baseline(_own(feature, baseline).id, example)


def _own(feature: Feature, baseline: str) -> Baseline:
    found = feature.baselines()
    return next((one for one in found if one.id == baseline), found[0])


def _differs(features: Sequence[Feature], baseline: str) -> bool:
    """Whether the name chooses anything but the inputs' defaults."""
    return any(_own(feature, baseline) != feature.baselines()[0] for feature in features)


def _in_order(features: Sequence[Feature]) -> list[str]:
    return list(dict.fromkeys(one.id for feature in features for one in feature.baselines()))


def _joined(features: Sequence[Feature], baseline: Baseline) -> Baseline:
    parts = tuple((feature.name, _own(feature, baseline.id).description) for feature in features)
    return replace(baseline, description="; ".join(": ".join(part) for part in parts), parts=parts)
