"""The developer's loop: an explorer's workers start anew when a file that it was made of changes (--reload)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from watchfiles import awatch

from attriscope.jobs.hosted import HostedExplorer

logger = logging.getLogger("attriscope.jobs")


class Reloader:
    """Watches the folders of the explorers' files, since editors replace files rather than write into them."""

    def __init__(self, hosts: Iterable[HostedExplorer]) -> None:
        self._hosts = list(hosts)
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        for host in self._hosts:
            host.pool.listen(self._changed.set)

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _watch(self) -> None:
        while True:
            folders = self._folders()
            self._changed.clear()
            if not folders:
                await self._changed.wait()
                continue
            stop = asyncio.Event()
            following = asyncio.create_task(self._stop_when_others(folders, stop))
            try:
                async for changes in awatch(*folders, stop_event=stop, recursive=False):
                    self._reload({Path(path) for _, path in changes})
            except OSError as error:
                # A folder has gone meanwhile; it is left out the next time.
                logger.warning("Watching %s failed: %s", ", ".join(map(str, folders)), error)
                await asyncio.sleep(1.0)
            except Exception:
                # Edits must be followed after this one too, and the reason must be told.
                logger.exception("Following the explorers' files failed.")
                await asyncio.sleep(1.0)
            finally:
                following.cancel()

    async def _stop_when_others(self, folders: list[Path], stop: asyncio.Event) -> None:
        while self._folders() == folders:
            await self._changed.wait()
            self._changed.clear()
        stop.set()

    def _folders(self) -> list[Path]:
        return sorted({folder for host in self._hosts for path in host.files if (folder := path.parent).is_dir()})

    def _reload(self, changed: set[Path]) -> None:
        for host in self._hosts:
            if edited := changed & host.files:
                logger.info("%s changed; %s starts anew.", ", ".join(sorted(p.name for p in edited)), host.id)
                host.reload()
