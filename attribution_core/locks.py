"""One re-entrant lock per model: threads attribute on one model only one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

_guard = threading.Lock()
_locks: WeakKeyDictionary[Any, threading.RLock] = WeakKeyDictionary()
_shared = threading.RLock()


def owner(forward: Any) -> Any:
    """The object that stands for a forward function: the model behind a bound method or behind `explaining`."""
    behind = getattr(forward, "__wrapped__", forward)
    bound_to = getattr(behind, "__self__", None)
    return behind if bound_to is None else bound_to


def explaining(model: Callable[..., Any], forward: Callable[..., Any]) -> Callable[..., Any]:
    """``forward`` as a function that `owner` knows to be the model's, whose lock and remembered sizes it shares."""
    if forward is model:
        return forward

    def function_of_model(*args: Any) -> Any:
        return forward(*args)

    function_of_model.__wrapped__ = model  # type: ignore[attr-defined]
    return function_of_model


def lock_for(forward: Any) -> threading.RLock:
    """The lock of a model; all callables that cannot be weakly referenced share one."""
    with _guard:
        try:
            return _locks.setdefault(owner(forward), threading.RLock())
        except TypeError:
            return _shared
