import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from attriscope.jobs.events import Channel, EventHub

Entry = tuple[str, str]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


async def take(channel: Channel[str], count: int, last_id: str | None = None) -> list[Entry]:
    """The first `count` events a new listener gets."""
    found: list[Entry] = []
    listener = channel.listen(last_id, lambda: "snapshot")
    async for entry in listener:
        found.append(entry)
        if len(found) == count:
            break
    await listener.aclose()  # type: ignore[attr-defined]
    return found


def events(entries: list[Entry]) -> list[str]:
    return [event for _, event in entries]


def test_a_fresh_listener_starts_with_a_snapshot() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        channel.publish("before")
        listening = asyncio.create_task(take(channel, 2))
        await asyncio.sleep(0)
        channel.publish("after")
        assert events(await listening) == ["snapshot", "after"]

    run(test)


def test_s1_a_reconnect_has_no_gap_and_no_duplicate() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        first = asyncio.create_task(take(channel, 3))
        await asyncio.sleep(0)
        for name in "abcd":
            channel.publish(name)
        seen = await first
        assert events(seen) == ["snapshot", "a", "b"]
        channel.publish("e")
        assert events(await take(channel, 3, last_id=seen[-1][0])) == ["c", "d", "e"]

    run(test)


def test_s1_too_old_or_foreign_ids_get_a_snapshot() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        first = asyncio.create_task(take(channel, 2))
        await asyncio.sleep(0)
        channel.publish("a")
        old_id = (await first)[-1][0]
        for number in range(1100):
            channel.publish(str(number))
        name = old_id.split("-")[0]
        for last_id in (old_id, "nonsense", "", f"{name}-x", f"{name}-99999", "00000000-1", f"{name}-" + "9" * 400):
            assert events(await take(channel, 1, last_id)) == ["snapshot"], last_id

    run(test)


def test_progress_is_latest_wins_and_gone_once_forgotten() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        listening = asyncio.create_task(take(channel, 2))
        await asyncio.sleep(0)
        for number in range(1000):
            channel.publish_latest("job", f"{number}")
        seen = await listening
        assert events(seen) == ["snapshot", "999"]
        channel.publish_latest("job", "1000")
        channel.forget("job")
        channel.publish("done")
        assert events(await take(channel, 1, last_id=seen[-1][0])) == ["done"]

    run(test)


def test_closing_ends_listeners_now_and_later() -> None:
    async def test() -> None:
        hub: EventHub[str] = EventHub()
        listening = asyncio.create_task(take(hub.channel("one"), 5))
        await asyncio.sleep(0)
        assert hub.channel("one").listeners == 1
        hub.close()
        assert events(await listening) == ["snapshot"]
        assert hub.channel("one").listeners == 0
        assert await take(hub.channel("two"), 1) == []

    run(test)


def test_sessions_hear_only_their_own_events_and_broadcasts() -> None:
    async def test() -> None:
        hub: EventHub[str] = EventHub()
        mine = asyncio.create_task(take(hub.channel("mine"), 3))
        other = asyncio.create_task(take(hub.channel("other"), 2))
        await asyncio.sleep(0)
        hub.channel("mine").publish("private")
        hub.broadcast("all")
        assert events(await mine) == ["snapshot", "private", "all"]
        assert events(await other) == ["snapshot", "all"]

    run(test)


def test_s2_a_reader_that_does_not_read_costs_a_bounded_history_and_gets_the_end() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        reader = channel.listen(None, lambda: "snapshot")
        await anext(reader)
        for number in range(20_000):
            channel.publish_latest("progress", f"progress {number}")
            channel.publish(f"item {number} " + "x" * 200)
        channel.forget("progress")
        channel.publish("job done")
        assert channel.history_bytes < 100_000
        rest = [event for _, event in [await anext(reader)]]
        # Too much was missed: a snapshot says how things are, and what comes next follows it.
        assert rest == ["snapshot"]
        channel.publish("job of tomorrow done")
        assert (await anext(reader))[1] == "job of tomorrow done"

    asyncio.run(test())


def test_s2_a_reader_that_pauses_gets_the_latest_progress_alone_and_every_end() -> None:
    async def test() -> None:
        channel: Channel[str] = Channel()
        reader = channel.listen(None, lambda: "snapshot")
        await anext(reader)
        for number in range(1000):
            channel.publish_latest("progress", f"progress {number}")
        channel.publish("job done")
        events = [(await anext(reader))[1] for _ in range(2)]
        assert events == ["progress 999", "job done"]

    asyncio.run(test())


def test_the_history_is_bounded_in_bytes_and_keeps_the_latest_however_large() -> None:
    channel: Channel[str] = Channel()
    for size in (10, 50_000, 60_000, 1_000_000):
        channel.publish("x" * size)
    assert channel.history_bytes == 1_000_000
    channel.publish("y")
    assert channel.history_bytes == 1


def test_q5_a_session_without_listeners_is_deserted_once_and_forgotten() -> None:
    async def test() -> None:
        deserted: list[str] = []
        hub: EventHub[str] = EventHub(deserted.append, grace=0.05)
        first = hub.channel("one")
        reader = first.listen(None, lambda: "snapshot")
        await anext(reader)
        await asyncio.sleep(0.1)
        assert deserted == []
        await reader.aclose()
        again = first.listen(None, lambda: "snapshot")
        await anext(again)
        await asyncio.sleep(0.1)
        assert deserted == []
        await again.aclose()
        await asyncio.sleep(0.1)
        assert deserted == ["one"]
        assert hub.channel("one") is not first

    asyncio.run(test())


def test_a_stream_opened_on_a_channel_that_is_being_forgotten_ends_instead_of_hearing_nothing() -> None:
    async def test() -> None:
        hub: EventHub[str] = EventHub(grace=0.02)
        reader = hub.channel("one").listen(None, lambda: "snapshot")
        await anext(reader)
        await reader.aclose()
        given = hub.channel("one")
        await asyncio.sleep(0.1)
        assert [event async for _, event in given.listen(None, lambda: "snapshot")] == []

    asyncio.run(test())
