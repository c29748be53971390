from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn

from attriscope.settings import Settings
from attriscope.web import server
from attriscope.web.app import create_app
from attriscope.web.security import Access
from attriscope.web.services import Services

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


@pytest.fixture(scope="module")
def bare() -> Iterator[BareServer]:
    listener = server.bind("127.0.0.1", 0, exact=True)
    port = listener.getsockname()[1]
    access = Access(TOKEN, port)
    app = create_app(Services([], Settings(max_body_bytes=4096, no_store=True)), access)
    running = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    while not running.started:
        thread.join(0.01)
    yield BareServer(port, app, access)
    running.should_exit = True
    thread.join(10)
    listener.close()
    assert not thread.is_alive()
