"""Who computes where and whose workers end, decided on a device table that is made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from attriscope.jobs.placement import Placement
from attriscope.jobs.slot import DeviceMemory
from attriscope.settings import Settings
from attriscope.workers import resources

GIB = 1 << 30


@dataclass(eq=False)
class FakeSlot:
    device: str
    state: str = "ready"
    computing: bool = False
    memory: DeviceMemory | None = None
    pid: int | None = None
    threads: int = 0
    brief: bool = False


@dataclass(eq=False)
class FakePool:
    name: str
    last_used: float = 0.0
    in_use: bool = False
    last_worked: float = 0.0
    slots: list[FakeSlot] = field(default_factory=list)
    unloaded: int = 0

    @property
    def unused_since(self) -> float:
        return max(self.last_used, self.last_worked)

    @property
    def idle(self) -> list[FakeSlot]:
        return [slot for slot in self.slots if slot.state == "ready" and not slot.computing]

    def unload(self) -> None:
        self.slots, self.unloaded = [], self.unloaded + 1


class Machine:
    """A placement over fake pools; `free` bytes of the machine's 64 GiB are available."""

    def __init__(self, devices: str, *pools: FakePool, free: int = 60 * GIB, **settings: Any) -> None:
        self.free = free
        chosen = Settings(devices=devices, **settings)
        self.placement = Placement(chosen, available=lambda: self.free, total=lambda: 64 * GIB)
        self.placement.pools = list(pools)


def memory(free: float, *models: str) -> DeviceMemory:
    return DeviceMemory(int(free * GIB), 80 * GIB, frozenset(models))


def test_a_device_has_one_seat_and_a_cpu_of_several_cores_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "cores", lambda: 8)
    placement = Machine("cuda:0,cuda:1,cpu").placement
    assert [placement.seats(device) for device in ("cuda:0", "cuda:1", "cpu")] == [1, 1, 2]
    assert placement.all_seats == 4
    monkeypatch.setattr(resources, "cores", lambda: 1)
    assert placement.seats("cpu") == 1
    assert Machine("cuda:0", workers_per_device=3).placement.seats("cuda:0") == 3


def test_workers_of_all_explorers_share_the_seats_of_a_device() -> None:
    one = FakePool("one", slots=[FakeSlot("cuda:0", computing=True), FakeSlot("cuda:1")])
    two = FakePool("two", slots=[FakeSlot("cuda:0"), FakeSlot("cuda:1")])
    placement = Machine("cuda:0,cuda:1", one, two).placement
    assert placement.usable(two) == [two.slots[1]]
    two.slots[1].computing = True
    assert placement.usable(one) == placement.usable(two) == []


def test_work_goes_where_its_model_is_then_where_it_is_fastest_then_where_memory_is() -> None:
    slots = [FakeSlot(f"cuda:{n}", memory=memory(free, *models)) for n, free, models in [
        (0, 10.0, ("resnet",)), (1, 70.0, ("vit",)), (2, 30.0, ("resnet",)),
    ]]  # fmt: skip
    best = Placement.best
    assert best(slots, "vit") is slots[1]
    assert best(slots, "resnet") is slots[2]
    seconds = {"cuda:0": 0.1, "cuda:1": 0.001, "cuda:2": 0.2}
    assert best(slots, "resnet", lambda slot: seconds[slot.device]) is slots[0]
    assert best([], "resnet") is None


def test_a_first_worker_starts_on_the_device_with_fewest_workers_and_most_room() -> None:
    other = FakePool("other", slots=[FakeSlot("cuda:0", memory=memory(70)), FakeSlot("cuda:1", memory=memory(20))])
    more = FakePool("more", slots=[FakeSlot("cuda:0", memory=memory(70))])
    new = FakePool("new")
    assert Machine("cuda:0,cuda:1,cuda:2", other, more, new).placement.next_device(new) == "cuda:2"
    assert Machine("cuda:0,cuda:1", other, new).placement.next_device(new) == "cuda:0"


def test_further_workers_go_one_to_every_device_and_then_to_every_seat() -> None:
    pool, places = FakePool("one"), []
    placement = Machine("cuda:0,cuda:1", pool, workers_per_device=2).placement
    while device := placement.next_device(pool):
        places.append(device)
        pool.slots.append(FakeSlot(device))
    assert sorted(places[:2]) == sorted(places[2:]) == ["cuda:0", "cuda:1"]


def test_a_second_worker_on_a_cpu_needs_the_memory_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "cores", lambda: 4)
    monkeypatch.setattr(resources, "resident_memory", lambda pid: 10 * GIB)
    pool = FakePool("large", slots=[FakeSlot("cpu", pid=1)])
    machine = Machine("cpu", pool)
    assert machine.placement.next_device(pool) == "cpu"
    machine.free = 15 * GIB  # 10 for the worker leave less than the reserve of 6.4
    assert machine.placement.next_device(pool) is None
    asked = Machine("cpu", pool, free=15 * GIB, workers_per_device=2)
    assert asked.placement.next_device(pool) == "cpu"


def test_the_explorer_unused_for_longest_makes_room_and_one_in_use_never_does() -> None:
    pools = [FakePool(name, used, slots=[FakeSlot("cpu")]) for name, used in [("b", 2.0), ("a", 1.0), ("c", 3.0)]]
    pools[1].in_use = True
    new = FakePool("new", 4.0)
    machine = Machine("cpu", *pools, new, free=5 * GIB)

    def unload(pool: FakePool) -> None:
        FakePool.unload(pool)
        machine.free += GIB

    for pool in pools:
        pool.unload = lambda pool=pool: unload(pool)
    machine.placement.make_room(new)
    # 6.4 GiB are the reserve and half a GiB is taken for a worker nobody has seen: two must go.
    assert [pool.unloaded for pool in pools] == [1, 0, 1]
    machine.free = GIB
    machine.placement.make_room(new)
    assert pools[1].unloaded == 0


def test_memory_of_workers_that_are_ending_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "resident_memory", lambda pid: 2 * GIB)
    pools = [FakePool(name, used, slots=[FakeSlot("cpu", pid=1)]) for name, used in [("a", 1.0), ("b", 2.0)]]
    new = FakePool("new", 4.0)
    # Nothing is free yet when the first has been told to end; the second would be ended for nothing.
    Machine("cpu", *pools, new, free=5 * GIB).placement.make_room(new)
    assert [pool.unloaded for pool in pools] == [1, 0]


def test_a_long_job_counts_as_use_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    pool = FakePool("long", now, in_use=True, slots=[FakeSlot("cpu")])
    placement = Machine("cpu", pool, idle_unload="15m").placement
    now += 3600.0
    placement.look()
    pool.in_use, now = False, now + 5.0
    placement.look()
    assert pool.unloaded == 0
    now += 15 * 60
    placement.look()
    assert pool.unloaded == 1


def test_short_device_memory_ends_others_on_that_device_but_never_the_one_used_last() -> None:
    on_first = FakePool("first", 1.0, slots=[FakeSlot("cuda:0", memory=memory(60))])
    on_second = FakePool("second", 2.0, slots=[FakeSlot("cuda:1", memory=memory(4))])
    latest = FakePool("latest", 3.0, slots=[FakeSlot("cuda:1", memory=memory(4))])
    placement = Machine("cuda:0,cuda:1", on_first, on_second, latest, idle_unload=None).placement
    placement.look()
    assert [pool.unloaded for pool in (on_first, on_second, latest)] == [0, 1, 0]
    placement.look()
    assert [pool.unloaded for pool in (on_first, on_second, latest)] == [0, 1, 0]


def test_all_are_unloaded_after_idle_unload(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = FakePool("idle", 100.0, slots=[FakeSlot("cpu")])
    busy = FakePool("busy", 100.0, in_use=True, slots=[FakeSlot("cpu")])
    fresh = FakePool("fresh", 900.0, slots=[FakeSlot("cpu")])
    placement = Machine("cpu", idle, busy, fresh, idle_unload="15m").placement
    monkeypatch.setattr("time.monotonic", lambda: 100.0 + 15 * 60 + 1)
    placement.look()
    assert [pool.unloaded for pool in (idle, busy, fresh)] == [1, 0, 0]


def test_cores_are_shared_between_those_that_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "cores", lambda: 8)
    one = FakePool("one", slots=[FakeSlot("cpu", computing=True)])
    two = FakePool("two", slots=[FakeSlot("cpu", computing=True), FakeSlot("cpu")])
    placement = Machine("cpu", one, two, workers_per_device=4).placement
    placement.share_cores(one.slots)
    assert (one.slots[0].threads, two.slots[0].threads) == (4, 0)


def test_what_is_over_soon_leaves_a_core_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    slot = FakeSlot("cpu", computing=True, brief=True)
    placement = Machine("cpu", FakePool("one", slots=[slot])).placement
    for cores, threads in [(8, 7), (2, 1), (1, 1)]:
        monkeypatch.setattr(resources, "cores", lambda cores=cores: cores)
        placement.share_cores([slot])
        assert slot.threads == threads
