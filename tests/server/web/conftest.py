from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from attriscope.metrics import Metrics
from attriscope.settings import Settings
from attriscope.web import errors, server
from attriscope.web.app import create_app
from attriscope.web.middleware import AccessMiddleware
from attriscope.web.security import Access
from attriscope.web.services import Services
from attriscope.web.tokens import Tokens

TOKEN = "a-token-for-tests"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class BareServer:
    """The app without explorers, over a real socket: nothing between the test and the bytes sent."""

    port: int
    app: object
    access: Access
    bearer: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cookie(self, answer: Answer) -> dict[str, str]:
        """The cookie that an answer has set, as a header."""
        return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}

    def ask(
        self,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        body: bytes | Iterator[bytes] | None = None,
        *,
        known: bool = True,
    ) -> Answer:
        """Sends the request exactly as given, with the token unless `known` is False."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            sent = {"Host": self.host, **(self.bearer if known else {}), **(headers or {})}
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            chunked = body is not None and not isinstance(body, bytes)
            if chunked:
                sent["Transfer-Encoding"] = "chunked"
            elif body is not None:
                sent.setdefault("Content-Length", str(len(body)))
            for name, value in sent.items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders(body, encode_chunked=chunked)
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()


@contextmanager
def serving(
    settings: Settings | None = None, tokens: Tokens | str = TOKEN, app: FastAPI | None = None, **access: Any
) -> Iterator[BareServer]:
    """A running server; `app` in place of the product's, with its access middleware and error handlers added."""
    # Never the store of whoever runs this.
    settings = (settings or Settings(max_body_bytes=4096)).model_copy(update={"no_store": True})
    listener = server.bind("127.0.0.1", 0, exact=True)
    port = listener.getsockname()[1]
    allowed = Access(tokens, port, **access)
    if app is None:
        app = create_app(Services([], settings), allowed)
    else:
        errors.install(app)
        app.add_middleware(AccessMiddleware, access=allowed, settings=settings, metrics=Metrics())
    running = uvicorn.Server(server.configuration(app, settings))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    while not running.started:
        thread.join(0.01)
    try:
        yield BareServer(port, app, allowed)
    finally:
        running.should_exit = True
        thread.join(10)
        listener.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def bare() -> Iterator[BareServer]:
    with serving() as running:
        yield running
