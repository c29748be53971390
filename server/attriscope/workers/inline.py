"""The same runtime in the caller's process, for notebooks, live objects and tests."""

from __future__ import annotations

import threading
from collections.abc import Callable

from attriscope.explorer import Explorer
from attriscope.workers.desk import Desk
from attriscope.workers.protocol import Frame, decode, encode
from attriscope.workers.runtime import Runtime
from attriscope.workers.source import ExplorerSource


class InlineWorker:
    """Stands in for a `WorkerProcess`, on threads of this process.

    It can neither kill the model nor survive it: `kill` asks it to stop as `close` does, and a model that crashes takes
    the caller with it. The models are moved to `device` in place; their train flags are as before after every call.
    """

    pid = None

    def __init__(
        self,
        explorer: Explorer | ExplorerSource,
        device: str = "cpu",
        *,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
    ) -> None:
        self._explorer, self._device, self._on_exit = explorer, device, on_exit
        # Through bytes, as over a pipe: a caller may keep a frame whose tensors the model goes on to change.
        self._desk = Desk(lambda frame: on_frame(decode(encode(frame))))
        self._thread = threading.Thread(target=self._run, name="inline worker", daemon=True)
        self._thread.start()

    def send(self, frame: Frame) -> None:
        if self._thread.is_alive():
            self._desk.receive(frame)

    def kill(self) -> None:
        self._desk.close()

    def close(self, timeout: float = 2.0) -> None:
        self._desk.close()
        self._thread.join(timeout)

    def _run(self) -> None:
        self._desk.run(self._load)
        self._on_exit(0)

    def _load(self, stage: Callable[[str], None]) -> Runtime:
        if isinstance(self._explorer, ExplorerSource):
            return Runtime.from_source(self._explorer, self._device, stage)
        return Runtime(self._explorer, self._device, name=self._explorer.name or "explorer", stage=stage)
