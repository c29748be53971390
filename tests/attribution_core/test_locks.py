from __future__ import annotations

import gc

from attribution_core import locks
from tests.attribution_core.models import convnet


class Unhashable:
    __slots__ = ()

    def __call__(self, x: object) -> object:
        return x


def test_a_model_has_one_lock_however_it_is_called() -> None:
    model, other = convnet(), convnet()
    assert locks.lock_for(model) is locks.lock_for(model.forward) is locks.lock_for(model)
    assert locks.lock_for(model) is not locks.lock_for(other)


def test_locks_are_re_entrant_and_forgotten_with_the_model() -> None:
    model = convnet()
    with locks.lock_for(model), locks.lock_for(model):
        pass
    gc.collect()
    count = len(locks._locks)
    del model
    gc.collect()
    assert len(locks._locks) == count - 1


def test_callables_without_weak_references_share_a_lock() -> None:
    assert locks.lock_for(Unhashable()) is locks.lock_for(Unhashable())
