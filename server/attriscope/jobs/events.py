"""One resumable stream of events a session: a bounded history, and progress of which only the latest counts."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Sized
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, TypeVar

E = TypeVar("E", bound=Sized)
_HISTORY = 1024
_HISTORY_BYTES = 64 << 10
"""Of events as they are sent, some fifty: fifty sessions' histories take 3 MB, where as objects they took over 100."""
_PROGRESS_INTERVAL = 0.1
_MAX_SESSIONS = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is sent: its name, and its JSON, written once for all who listen."""

    name: str
    json: str

    def __len__(self) -> int:
        return len(self.json)


class Channel(Generic[E]):
    """The events of one session. `len` of an event is its size.

    Every event has a number; its id is `<name of this channel>-<number>`. The name is drawn anew with every channel, so
    that an id of a restarted server is recognised as not ours.
    """

    def __init__(self, on_listeners: Callable[[], None] = lambda: None) -> None:
        """`on_listeners` is called when a listener has come or gone."""
        self._name, self._on_listeners = secrets.token_hex(4), on_listeners
        self._number = 0
        self._history: deque[tuple[int, E]] = deque()
        self.history_bytes = 0
        self._forgotten = 0
        self._latest: dict[str, tuple[int, E]] = {}
        self._wakers: set[asyncio.Event] = set()
        self._progress_timer: asyncio.TimerHandle | None = None
        self.closed = False

    @property
    def listeners(self) -> int:
        return len(self._wakers)

    def publish(self, event: E) -> None:
        """Adds an event that every listener gets."""
        self._number += 1
        self._history.append((self._number, event))
        self.history_bytes += len(event)
        # The latest stays, however large: those who listen now have not read it.
        while len(self._history) > 1 and (len(self._history) > _HISTORY or self.history_bytes > _HISTORY_BYTES):
            self._forgotten, oldest = self._history.popleft()
            self.history_bytes -= len(oldest)
        self._wake()

    def publish_latest(self, topic: str, event: E) -> None:
        """Replaces the topic's event; listeners get the latest one at most ten times a second."""
        self._number += 1
        self._latest[topic] = (self._number, event)
        if self._progress_timer is None:
            self._progress_timer = asyncio.get_running_loop().call_later(_PROGRESS_INTERVAL, self._wake_for_progress)

    def forget(self, topic: str) -> None:
        """Drops the topic: a terminal event has made it pointless."""
        self._latest.pop(topic, None)

    def close(self) -> None:
        """Ends every listener."""
        self.closed = True
        self._wake()

    async def listen(self, last_id: str | None, snapshot: Callable[[], E]) -> AsyncIterator[tuple[str, E]]:
        """Events after `last_id` with their ids; first a snapshot where they are not all known any more."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        self._on_listeners()
        try:
            cursor = self._position(last_id)
            while not self.closed:
                # Cleared before reading: what is published while a slow reader takes its events wakes us again.
                waker.clear()
                if cursor is None or cursor < self._forgotten:
                    cursor = self._number
                    yield self._id(cursor), snapshot()
                    # Too much may have come while a slow reader took that.
                    continue
                for number, event in sorted([*self._history, *self._latest.values()], key=itemgetter(0)):
                    if number > cursor:
                        cursor = number
                        yield self._id(number), event
                await waker.wait()
        finally:
            self._wakers.discard(waker)
            self._on_listeners()

    def _position(self, last_id: str | None) -> int | None:
        """The number in `last_id`; None if it is no id of this channel."""
        found = re.fullmatch(rf"{self._name}-([0-9]{{1,15}})", last_id or "")
        return int(found[1]) if found and int(found[1]) <= self._number else None

    def _id(self, number: int) -> str:
        return f"{self._name}-{number}"

    def _wake(self) -> None:
        for waker in self._wakers:
            waker.set()

    def _wake_for_progress(self) -> None:
        self._progress_timer = None
        self._wake()


class EventHub(Generic[E]):
    """Channels by session. One whose last listener has been gone for `grace` seconds is told to `on_deserted`."""

    def __init__(self, on_deserted: Callable[[str], None] = lambda session: None, grace: float = 30.0) -> None:
        self._channels: dict[str, Channel[E]] = {}
        self._closed = False
        self._on_deserted, self._grace = on_deserted, grace
        self._leaving: dict[str, asyncio.TimerHandle] = {}

    def channel(self, session: str) -> Channel[E]:
        if session not in self._channels:
            self._prune()
            self._channels[session] = Channel(lambda: self._on_listeners(session))
            if self._closed:
                self._channels[session].close()
        return self._channels[session]

    def broadcast(self, event: E) -> None:
        for channel in self._channels.values():
            channel.publish(event)

    def broadcast_latest(self, topic: str, event: E) -> None:
        for channel in self._channels.values():
            channel.publish_latest(topic, event)

    def close(self) -> None:
        """Ends every stream, now and later."""
        self._closed = True
        for timer in self._leaving.values():
            timer.cancel()
        for channel in self._channels.values():
            channel.close()

    def _on_listeners(self, session: str) -> None:
        if timer := self._leaving.pop(session, None):
            timer.cancel()
        channel = self._channels.get(session)
        if channel is not None and not channel.listeners and not self._closed:
            loop = asyncio.get_running_loop()
            self._leaving[session] = loop.call_later(self._grace, self._deserted, session)

    def _deserted(self, session: str) -> None:
        self._leaving.pop(session, None)
        self._on_deserted(session)
        # Who comes back later than that starts with a snapshot.
        self._drop(session)

    def _prune(self) -> None:
        for session in [name for name, channel in self._channels.items() if not channel.listeners]:
            if len(self._channels) < _MAX_SESSIONS:
                return
            self._drop(session)

    def _drop(self, session: str) -> None:
        """A stream just being opened on the session's channel would hear nothing: it ends, and is opened anew."""
        if (channel := self._channels.pop(session, None)) is not None:
            channel.close()
