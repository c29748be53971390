"""Which of many models are on the device, with models and a memory meter that only pretend."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attriscope import ExplorerError
from attriscope.workers import memory, shelf
from attriscope.workers.models import LoadedModel
from attriscope.workers.runtime import Runtime
from attriscope.workers.shelf import Shelf
from tests.server.workers.toys import Direct, Net, explorer

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


class Device:
    """Holds `total` bytes; `hidden` of them are taken by somebody whom the meter does not see."""

    def __init__(self, total: int, hidden: int = 0) -> None:
        self.total, self.hidden = total, hidden
        self.held: dict[str, int] = {}
        self.moves: list[str] = []

    def meter(self, device: torch.device) -> memory.Memory:
        return memory.Memory(self.total - sum(self.held.values()), self.total)


class Model:
    def __init__(self, name: str, nbytes: int, on: Device) -> None:
        self.name, self.nbytes, self._on = name, nbytes, on

    def move(self, device: torch.device) -> None:
        if device.type == "cpu":
            self._on.held.pop(self.name, None)
            self._on.moves.append(f"-{self.name}")
            return
        others = sum(size for name, size in self._on.held.items() if name != self.name)
        if others + self.nbytes > self._on.total - self._on.hidden:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self._on.held[self.name] = self.nbytes
        self._on.moves.append(f"+{self.name}")


def shelf_of(device: Device, *sizes: int) -> tuple[Shelf, list[Model]]:
    found = Shelf(CUDA, device.meter)
    models = [Model("abc"[n], size, device) for n, size in enumerate(sizes)]
    for model in models:
        found.bring(model)
    return found, models


def test_all_models_stay_while_there_is_room() -> None:
    device = Device(100)
    found, models = shelf_of(device, 30, 30, 30)
    for model in models:
        found.bring(model)
    assert device.moves == ["+a", "+b", "+c"]
    assert found.on_device == ["a", "b", "c"]


def test_what_was_used_longest_ago_makes_room() -> None:
    device = Device(100)
    found, [a, b, _c] = shelf_of(device, 40, 40, 10)
    found.bring(a)
    d = Model("d", 30, device)
    found.bring(d)
    assert found.on_device == ["c", "a", "d"]
    found.bring(b)
    assert found.on_device == ["d", "b"]
    assert sum(device.held.values()) <= 100
    assert set(device.held) == set(found.on_device)


def test_where_the_meter_saw_room_and_there_was_none_all_others_make_it() -> None:
    device = Device(100, hidden=45)
    found, [_a, _b] = shelf_of(device, 30, 20)
    found.bring(Model("d", 40, device))
    assert found.on_device == ["d"]
    assert device.moves == ["+a", "+b", "-a", "-b", "+d"]


def test_a_model_that_never_fits_says_so_and_the_others_come_back() -> None:
    device = Device(100)
    found, [a] = shelf_of(device, 30)
    with pytest.raises(torch.OutOfMemoryError):
        found.bring(Model("d", 400, device))
    found.bring(a)
    assert found.on_device == ["a"]


def test_relief_moves_all_others_once() -> None:
    device = Device(100)
    found, [_a, b, _c] = shelf_of(device, 30, 30, 30)
    assert found.relieve(b)
    assert found.on_device == ["b"]
    assert not found.relieve(b)


def test_one_model_alone_is_never_moved() -> None:
    device = Device(10)
    found, [a] = shelf_of(device, 10)
    assert not found.relieve(a)
    found.bring(a)
    assert device.moves == ["+a"]


def test_on_a_cpu_nothing_moves() -> None:
    device = Device(100)
    found = Shelf(CPU, device.meter)
    for name in "ab":
        found.bring(Model(name, 10_000, device))
    assert not found.relieve(Model("a", 1, device))
    assert found.on_device == ["a", "b"]


# --- through a worker's calls, the CPU taken for a device of its own -----------------------------------------------


class Hungry(nn.Module):
    """Fits on the device only while no other model is there."""

    where: dict[str, str]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.net, self.name = Net(), name

    def forward(self, x: Tensor) -> Tensor:
        if sum(place == "device" for place in self.where.values()) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        scores: Tensor = self.net(x)
        return scores


def test_models_that_do_not_fit_together_are_explained_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    where: dict[str, str] = {}
    monkeypatch.setattr(Hungry, "where", where, raising=False)
    monkeypatch.setattr(shelf.memory, "APART", frozenset({"cpu"}))
    monkeypatch.setattr(Shelf, "_put_away", _noted(Shelf._put_away, where, "host"))
    real = LoadedModel.move
    monkeypatch.setattr(
        LoadedModel, "move", lambda self, device: (where.__setitem__(self.name, "device"), real(self, device))[1]
    )
    client = Direct(Runtime(explorer(models={name: lambda name=name: Hungry(name) for name in "ab"}), "cpu"))
    assert [model.outputs for model in client.runtime.description.models] == [4, 4]
    samples = client.scan()
    for name, method in (("a", "saliency"), ("b", "occlusion"), ("a", "integrated_gradients")):
        assert client.attribute(samples, 0, model=name, method=method).of("result")
        assert client.call("predict", {"model": name, "count": 2}, samples.arrays(0, 1)).body
    client.call("scan", {"start": 0, "count": 1})
    assert client.own[-1].body["models"] == ["a"]
    assert where == {"a": "device", "b": "host"}


def _noted(put_away, where, place):  # type: ignore[no-untyped-def]
    def noted(self, model):  # type: ignore[no-untyped-def]
        put_away(self, model)
        where[model.name] = place

    return noted


def test_models_that_make_room_while_they_load_are_all_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader puts its model onto the device by itself; there is room for one."""
    there: list[str] = []

    class Placed(Net):
        name = ""

        def forward(self, x: Tensor) -> Tensor:
            assert self.name in there, "the model is run where it is not"
            return super().forward(x)

    def load(name: str) -> nn.Module:
        if there:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        model = Placed()
        model.name = name
        return model

    def move(self: LoadedModel, device: torch.device) -> None:
        if there and self.name not in there:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        there[:] = [self.name]

    def put_away(self: Shelf, model: LoadedModel) -> None:
        there.remove(model.name)
        del self._there[model.name]

    monkeypatch.setattr(shelf.memory, "APART", frozenset({"cpu"}))
    monkeypatch.setattr(LoadedModel, "move", move)
    monkeypatch.setattr(Shelf, "_put_away", put_away)
    models = {name: lambda name=name: load(name) for name in "abc"}
    found = Runtime(explorer(models=models), "cpu")
    assert [model.outputs for model in found.description.models] == [4, 4, 4]
    assert found.loaded.shelf.on_device == ["c"]


def test_a_loader_that_never_has_room_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> nn.Module:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80 GiB.")

    monkeypatch.setattr(shelf.memory, "APART", frozenset({"cpu"}))
    with pytest.raises(ExplorerError, match="'big' could not be loaded: OutOfMemoryError") as caught:
        Runtime(explorer(models={"net": Net, "big": load}), "cpu")
    assert caught.value.code == "model_failed"
