"""Following the files of explorers, with a watcher that is made up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attriscope.jobs import reload
from tests.server.jobs.staged import run


def test_edits_are_followed_after_a_failure_of_the_watcher(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        file, reloaded, watched = tmp_path / "mine.py", asyncio.Event(), 0

        async def awatch(*_: Any, **__: Any) -> AsyncIterator[set[tuple[int, str]]]:
            nonlocal watched
            watched += 1
            if watched == 1:
                raise RuntimeError("of the watcher's own")
            yield {(1, str(file))}
            await asyncio.Event().wait()

        monkeypatch.setattr(reload, "awatch", awatch)
        pool = SimpleNamespace(listen=lambda listener: None)
        host: Any = SimpleNamespace(id="e", files=frozenset({file}), pool=pool, reload=reloaded.set)
        reloader = reload.Reloader([host])
        reloader.start()
        await asyncio.wait_for(reloaded.wait(), 30)
        await reloader.close()
        assert "of the watcher's own" in caplog.text

    run(test)
