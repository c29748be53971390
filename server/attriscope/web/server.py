"""Runs the app under uvicorn: its socket, its signals, its first words."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from attriscope.settings import Settings
from attriscope.web.app import create_app
from attriscope.web.http_protocol import BoundedProtocol
from attriscope.web.security import Access
from attriscope.web.services import Services

_TRIED_PORTS = 20
_BACKLOG = 2048


class PortInUse(OSError):
    """The port asked for is taken."""


def bind(host: str, port: int, *, exact: bool) -> socket.socket:
    """A socket on `host`; from `port` on, the first free one unless it must be exactly that.

    Raises:
        PortInUse: nothing is free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if exact or port == 0 else range(port, min(port + _TRIED_PORTS, 65536)):
        # Named as TCP, not left to the default: asyncio turns Nagle's algorithm off only for sockets that say so, and
        # with it every small answer waits for the acknowledgement of the one before.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            # Here, not by uvicorn later: two servers may bind one port as long as neither listens.
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return listener
    raise PortInUse(f"Port {port} on {host} is in use; choose another.")


class Server(uvicorn.Server):
    """Ends event streams before the server: the lifespan's end would wait for them, and they for it.

    The first SIGTERM lets running jobs end, with the streams open, so that pages hear of their results; SIGINT and
    every further signal end all at once.
    """

    def __init__(
        self, config: uvicorn.Config, services: Services, on_started: Callable[[], None], *, alone: bool = True
    ) -> None:
        super().__init__(config)
        self._services, self._on_started, self._alone = services, on_started, alone
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None
        self._terminated = False
        self.interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self._alone:
            # What was made for good counts no more: garbage is looked for when a quarter of the rest may be some.
            gc.collect()
            gc.freeze()
        if self.started:
            self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not uvicorn's own: it raises SIGTERM again at the end, and the exit status would be that of a failure.
        self.interrupted = self.interrupted or sig == signal.SIGINT
        drains = sig != signal.SIGINT and not self._terminated and self.started and self._loop is not None
        self._terminated = True
        if drains and self._loop is not None:
            self._loop.call_soon_threadsafe(self._start_draining)
        else:
            self.stop()

    def _start_draining(self) -> None:
        self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        try:
            await self._services.drain(self._services.settings.grace)
        finally:
            self.stop()

    def stop(self) -> None:
        """Ends serving; from any thread."""
        if self._alone:
            # Requests that wait for a worker are cut off; uvicorn would show that as an error of ours.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._services.hub.close)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._draining is not None:
            self._draining.cancel()
        await super().shutdown(sockets)


def configuration(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs the app."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,  # it would hold the token of `?token=`
        forwarded_allow_ips=["127.0.0.1", "::1", *settings.trusted_proxies],
        timeout_graceful_shutdown=1,
        server_header=False,
    )


def run(services: Services, access: Access, listener: socket.socket, on_started: Callable[[], None]) -> None:
    """Serves until a signal. Raises KeyboardInterrupt after Ctrl-C, when everything has ended."""
    server = made(services, access, on_started)
    server.run(sockets=[listener])
    if server.interrupted:
        raise KeyboardInterrupt


def made(services: Services, access: Access, on_started: Callable[[], None], *, alone: bool = True) -> Server:
    """The server, not yet running; the arguments are `Server`'s."""
    return Server(configuration(create_app(services, access), services.settings), services, on_started, alone=alone)
