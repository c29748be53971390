from __future__ import annotations

from collections.abc import Iterator

import pytest

from attriscope.workers.source import ExplorerSource
from tests.server.workers.toys import FAULTY, Process, Start, gone


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Process] = []

    def begin(factory: str = "explorer", path: str = FAULTY) -> Process:
        running.append(Process(ExplorerSource("faulty", path=path, factory=factory)))
        return running[-1]

    yield begin
    for process in running:
        process.worker.close()
        assert process.worker.pid is None or gone(process.worker.pid)
