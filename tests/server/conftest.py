from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live import EXPLORERS, LiveServer

Serve = Callable[..., LiveServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server over a factory of `tests/explorers/faulty.py`; all of them are ended after the test."""
    running: list[LiveServer] = []

    def start(factory: str, *arguments: str, **options: object) -> LiveServer:
        server = LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:{factory}", *arguments, **options)  # type: ignore[arg-type]
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture(scope="module")
def tiny() -> Iterator[LiveServer]:
    """An explorer with nothing wrong: four classes, 24 pictures of 3 × 8 × 8."""
    with LiveServer("serve", f"{EXPLORERS / 'faulty.py'}:explorer") as server:
        yield server


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """The file whose presence makes a model of `faulty.py` fail."""
    return tmp_path / "marker"
