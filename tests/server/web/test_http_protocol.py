from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from tests.server.web.conftest import BareServer

ENDLESS = [
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
    b"GET /",
    b"",
]


@pytest.mark.parametrize("begin", ENDLESS)
def test_an_endless_head_is_cut_off(bare: BareServer, begin: bytes) -> None:
    with socket.create_connection(("127.0.0.1", bare.port), timeout=20) as connection:
        connection.sendall(begin or b"G")
        filler = b"x" * 16384 if begin else b"ET /x HTTP/1.1\r\n" + b"A: b\r\n" * 2000
        taken = 0
        # The connection is reset, or its other end is gone.
        with suppress(ConnectionError):
            for _ in range(4096):
                connection.sendall(filler)
                taken += len(filler)
    # What is in flight counts as taken here, and nothing near the 64 MiB offered.
    assert taken < 32 << 20
    assert bare.ask("/livez").status == 200


def test_a_large_head_that_ends_is_served_and_a_large_body_counts_for_nothing(bare: BareServer) -> None:
    assert bare.ask("/livez", headers={"X-Long": "x" * 40_000}).status == 200
    with socket.create_connection(("127.0.0.1", bare.port), timeout=20) as connection:
        request = f"POST /api/jobs HTTP/1.1\r\nHost: {bare.host}\r\nContent-Length: 300000\r\n\r\n".encode()
        connection.sendall(request)
        connection.sendall(b"x" * 300_000)
        connection.sendall(f"GET /livez HTTP/1.1\r\nHost: {bare.host}\r\n\r\n".encode())
        answer = b""
        while answer.count(b"HTTP/1.1 ") < 2:
            received = connection.recv(65536)
            assert received, answer
            answer += received
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"HTTP/1.1 200" in answer


def test_a_websocket_is_not_opened(bare: BareServer) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers = {**upgrade, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert bare.ask("/api/explorers", headers=headers, known=False).status in (400, 401, 426)
    assert bare.ask("/livez").status == 200
