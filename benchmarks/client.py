"""A browser as light as it can be: HTTP/1.1 over kept connections, and the event stream. For load generators.

A general client spends more time on a request than our server does, and a load generator that shares the machine with
what it measures must not. Knows only what our server says: bodies with a length, and one chunked stream.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote

_IDLE = 3.0
"""Seconds after which a kept connection is not used again: servers close theirs after five."""
_LIMIT = 1 << 24


class Broken(ConnectionError):
    """The connection ended in the middle of an answer."""


@dataclass(frozen=True)
class Place:
    """The server, and who talks to it."""

    port: int
    cookie: str = ""

    def head(self, method: str, path: str, extra: str = "") -> bytes:
        lines = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n{extra}\r\n"
        return lines.encode()


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code; empty where there is none."""
        try:
            found = self.json().get("code", "") if self.status >= 400 else ""
        except (ValueError, AttributeError):
            return "not an error of ours"
        return str(found)


@dataclass
class Connection:
    """One request after the other."""

    place: Place
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None
    _used: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def request(self, method: str, path: str, body: object = None) -> Reply:
        """Raises OSError where the connection fails. `seconds` are those from sending until the last byte."""
        payload = b"" if body is None else json.dumps(body).encode()
        extra = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
        async with self._turn:
            began = time.perf_counter()
            reader, writer = await self._open()
            try:
                writer.write(self.place.head(method, path, extra) + payload)
                status, headers = await _read_head(reader)
                length = int(headers.get("content-length", 0))
                content = await reader.readexactly(length) if length and method != "HEAD" else b""
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError) as error:
                self.close()
                raise Broken(f"{method} {path}: {error!r}") from error
            except asyncio.CancelledError:
                self.close()
                raise
            self._used = time.monotonic()
            if headers.get("connection", "").lower() == "close":
                self.close()
            return Reply(status, headers, content, time.perf_counter() - began)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if time.monotonic() - self._used > _IDLE:
            self.close()
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.place.port, limit=_LIMIT)
        return self._reader, self._writer


async def log_in(port: int, token: str) -> Place:
    """A new session: the cookie for the token."""
    entrance = Connection(Place(port))
    reply = await entrance.request("GET", f"/?token={quote(token, safe='')}")
    entrance.close()
    if reply.status != 200:
        raise SystemExit(f"The server answered {reply.status} to its own link.")
    (morsel,) = SimpleCookie(reply.headers["set-cookie"]).values()
    return Place(port, f"{morsel.key}={morsel.value}")


async def stream(place: Place, last_id: str | None) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Ids and payloads of `/api/events` after `last_id`, until the server ends it. Raises OSError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port, limit=_LIMIT)
    try:
        extra = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
        writer.write(place.head("GET", "/api/events", "Accept: text/event-stream\r\n" + extra))
        status, _ = await _read_head(reader)
        if status != 200:
            raise Broken(f"GET /api/events: {status}")
        buffer = b""
        while chunk := await _read_chunk(reader):
            *events, buffer = (buffer + chunk).split(b"\n\n")
            for event in events:
                fields = dict(line.partition(": ")[::2] for line in event.decode().splitlines())
                if "data" in fields:  # else a heartbeat
                    yield fields["id"], json.loads(fields["data"])
    except (asyncio.IncompleteReadError, ValueError) as error:
        raise Broken(f"GET /api/events: {error!r}") from error
    finally:
        writer.close()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":")[::2] for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, value in pairs}


async def _read_chunk(reader: asyncio.StreamReader) -> bytes:
    size = int(await reader.readuntil(b"\r\n"), 16)
    return (await reader.readexactly(size + 2))[:-2]
