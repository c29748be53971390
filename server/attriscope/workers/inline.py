"""The same runtime in the caller's process, for notebooks, live objects and tests."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace

from attriscope.explorer import Explorer
from attriscope.samples import Samples
from attriscope.workers.desk import Desk
from attriscope.workers.messages import Notice
from attriscope.workers.protocol import Frame, decode, encode
from attriscope.workers.runtime import Runtime
from attriscope.workers.source import ExplorerSource

Stamp = tuple[tuple[int, int], ...]
_NEEDS_THE_SAME_MODELS = ("check", "predict")
_IN_PROCESS = Notice(
    code="in_process",
    message="The model runs in the notebook's or script's own process: if it hangs it cannot be stopped, and if it "
    "crashes both end.",
)


class InlineWorker:
    """Stands in for a `WorkerProcess`, on threads of this process.

    It can neither kill the model nor survive it: `kill` asks it to stop as `close` does, and a model that crashes takes
    the caller with it. The models are moved to `device` in place; their train flags are as before after every call.
    How many threads torch uses is the caller's business.

    samples: the explorer's dataset, where it has been opened before.
    """

    pid = None

    def __init__(
        self,
        explorer: Explorer | ExplorerSource,
        device: str = "cpu",
        *,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
        samples: Samples | None = None,
    ) -> None:
        self._explorer, self._device, self._on_exit, self._samples = explorer, device, on_exit, samples
        # Through bytes, as over a pipe: a caller may keep a frame whose tensors the model goes on to change.
        self._runtime: Runtime | None = None
        self._stamp: Stamp = ()
        self._desk = Desk(lambda frame: on_frame(decode(encode(frame))))
        self._thread = threading.Thread(target=self._run, name="inline worker", daemon=True)
        self._thread.start()

    def send(self, frame: Frame) -> None:
        if frame.type in _NEEDS_THE_SAME_MODELS and self._runtime is not None and self._stamp != _stamp(self._runtime):
            # Trained further, or loaded anew: all that was said of the models is of others. The next worker tells anew.
            self.kill()
        elif self._thread.is_alive():
            own = {name: value for name, value in frame.body.items() if name != "threads"}
            self._desk.receive(replace(frame, body=own))

    def kill(self) -> None:
        self._desk.close()

    def close(self, timeout: float = 2.0) -> None:
        self._desk.close()
        self._thread.join(timeout)

    def _run(self) -> None:
        self._desk.run(self._load)
        self._on_exit(0)

    def _load(self, stage: Callable[[str], None]) -> Runtime:
        runtime = self._loaded(stage)
        self._runtime, self._stamp = runtime, _stamp(runtime)
        return runtime

    def _loaded(self, stage: Callable[[str], None]) -> Runtime:
        if isinstance(self._explorer, ExplorerSource):
            return Runtime.from_source(self._explorer, self._device, stage)
        return Runtime(
            self._explorer,
            self._device,
            name=self._explorer.name or "explorer",
            # What a live object's code is, nobody can tell: no result of another load is taken for one of this.
            code=secrets.token_bytes(16),
            stage=stage,
            samples=self._samples,
            notices=[_IN_PROCESS],
        )


def _stamp(runtime: Runtime) -> Stamp:
    """What changes with every write to a weight, but for writes to `.data`, which torch does not count."""
    return tuple(
        (id(value), 0 if value.is_inference() else value._version)
        for model in runtime.loaded.models.values()
        for value in (*model.module.parameters(), *model.module.buffers())
    )


class LiveExplorer:
    """The source of workers for an object of this process; see `Source`.

    All of them share the dataset as it has been read so far: a generator cannot be read again.
    """

    name = "explorer"
    path = None

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._samples = explorer, Samples(explorer.dataset, explorer.features)

    def start(
        self,
        device: str,
        *,
        threads: int,
        on_frame: Callable[[Frame], None],
        on_exit: Callable[[int | None], None],
    ) -> InlineWorker:
        return InlineWorker(self._explorer, device, on_frame=on_frame, on_exit=on_exit, samples=self._samples)
