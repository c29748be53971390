"""uvicorn's HTTP protocol with a bound on a request's head: its own would keep an endless one in memory."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_HEAD_BYTES = 1 << 16


class BoundedProtocol(HttpToolsProtocol):
    """Answers 400 and closes once 64 KiB have come and the request line and headers still have no end.

    What comes in one read with the head's beginning is not counted, nor anything of a body.
    """

    _in_head = False
    _head_bytes = 0

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, -1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            return
        if self._head_bytes < 0:
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")
