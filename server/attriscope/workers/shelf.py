"""Which models are on the device: all of them while it has room, else those used last; the others wait in the host's
memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

from attribution_core.execution import is_out_of_memory, reclaim_memory
from attriscope.workers import memory


class Movable(Protocol):
    """A model, as the shelf sees it."""

    name: str

    @property
    def nbytes(self) -> int: ...
    def move(self, device: torch.device) -> None: ...


class Shelf:
    """The models of one explorer. Where device and host are one (a CPU), it moves nothing.

    Used by the thread that computes alone: what it moves, nobody runs.
    """

    def __init__(self, device: torch.device, meter: Callable[[torch.device], memory.Memory] = memory.of) -> None:
        self._device, self._meter = device, meter
        self._apart = device.type in memory.APART
        self._there: dict[str, Movable] = {}
        """On the device; the one used last stands last."""
        self._some_moved = False

    @property
    def on_device(self) -> list[str]:
        return list(self._there)

    def bring(self, model: Movable) -> None:
        """Puts a model, new or known, onto the device; where there is no room, others make it."""
        if self._there.pop(model.name, None) is not None:
            self._there[model.name] = model
            if self._some_moved:
                # Models may share modules: what was moved away may have been part of this one.
                model.move(self._device)
            return
        if self._apart:
            self._make_room(model.nbytes)
        if not self._moved(model):
            # Outside the except block, whose traceback would keep half a model on the device.
            self.relieve(model)
            model.move(self._device)
        self._there[model.name] = model

    def relieve(self, keep: Movable | None = None) -> bool:
        """Moves all models but `keep` to the host's memory; whether there were any. Called when memory ran out."""
        others = [model for model in self._there.values() if keep is None or model.name != keep.name]
        if not self._apart or not others:
            return False
        for model in others:
            self._put_away(model)
        if keep is not None and keep.name in self._there:
            keep.move(self._device)
        reclaim_memory()
        return True

    def _make_room(self, needed: int) -> None:
        """Moves away what was used longest ago, until as much is free."""
        moved = False
        for model in list(self._there.values()):
            now = self._meter(self._device)
            if now.free + now.kept >= needed:
                break
            self._put_away(model)
            moved = True
        if moved:
            reclaim_memory()

    def _put_away(self, model: Movable) -> None:
        model.move(torch.device("cpu"))
        del self._there[model.name]
        self._some_moved = True

    def _moved(self, model: Movable) -> bool:
        """False where there is no memory for it, though others could make room."""
        try:
            model.move(self._device)
        except RuntimeError as error:
            if not (self._apart and self._there and is_out_of_memory(error)):
                raise
            return False
        return True
