from __future__ import annotations

from collections.abc import Iterator

import pytest

from attribution_core import chunks


@pytest.fixture(autouse=True)
def _fresh_chunk_sizes() -> Iterator[None]:
    """No test inherits chunk sizes from another."""
    chunks._remembered.clear()
    yield
    chunks._remembered.clear()


@pytest.fixture(params=["chunks of 3", "one chunk", "automatic"])
def chunking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with different sizes of chunks."""
    if request.param == "chunks of 3":
        monkeypatch.setattr(chunks, "MAX_UNITS", 3)
    elif request.param == "one chunk":
        begin = chunks.ChunkSize.begin

        def begin_whole(self: chunks.ChunkSize, total: int) -> None:
            begin(self, total)
            self.current = min(total, self._ceiling)

        monkeypatch.setattr(chunks.ChunkSize, "begin", begin_whole)
    return str(request.param)
