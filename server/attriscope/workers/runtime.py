"""What a worker does, whatever carries the frames: one explorer on one device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from attriscope.errors import ExplorerError, nearest
from attriscope.explorer import Explorer
from attriscope.samples import Samples
from attriscope.workers import attribute, check, edit, memory, predict, scan, script, upload
from attriscope.workers.describe import describe
from attriscope.workers.failures import error_body, is_device_fault
from attriscope.workers.loaded import LoadedExplorer, Stage, no_stage
from attriscope.workers.messages import Description, Notice
from attriscope.workers.protocol import Frame, Send, ShouldStop
from attriscope.workers.source import ExplorerSource, load


def _never() -> bool:
    return False


class Runtime:
    """An explorer, loaded on a device: `description` says what it offers, `handle` answers calls.

    Calls are answered on the caller's thread. 'check', 'baseline' and 'script' never run the model and may be asked
    while another thread computes; 'scan' reads the dataset, 'upload' a file, 'edit' fills pixels; 'predict' and
    'attribute' compute, one at a time.

    The arguments are `LoadedExplorer`'s; `name` stands in for an explorer without one, `notices` come with its own.
    """

    def __init__(
        self,
        explorer: Explorer,
        device: str,
        *,
        name: str = "explorer",
        code: bytes = b"",
        arguments: Mapping[str, Any] | None = None,
        stage: Stage = no_stage,
        device_name: str | None = None,
        samples: Samples | None = None,
        notices: Sequence[Notice] = (),
    ) -> None:
        self.loaded = LoadedExplorer(
            explorer, device, code=code, arguments=arguments, stage=stage, device_name=device_name, samples=samples
        )
        self.loaded.notices.extend(notices)
        self.poisoned = False
        """Whether the device can no longer be used by this process, which should end."""
        self.description: Description = describe(self.loaded, name)

    @classmethod
    def from_source(
        cls, source: ExplorerSource, device: str, stage: Stage = no_stage, device_name: str | None = None
    ) -> Runtime:
        """Imports the user's file and loads what it declares. Raises ExplorerError."""
        stage("Importing…")
        loaded = load(source)
        return cls(
            loaded.explorer,
            device,
            name=source.name,
            code=loaded.code,
            arguments=source.arguments,
            stage=stage,
            device_name=device_name,
        )

    def handle(self, frame: Frame, send: Send, should_stop: ShouldStop = _never) -> None:
        """Answers one call: any number of interim frames, then exactly one 'reply' or 'error'. Never raises."""
        if threads := frame.body.get("threads"):
            torch.set_num_threads(threads)
        try:
            handler = _HANDLERS.get(frame.type)
            if handler is None:
                raise ExplorerError("unknown_call", f"No call {frame.type!r}.{nearest(frame.type, list(_HANDLERS))}")
            reply = handler(self.loaded, frame, send, should_stop)
        except Exception as error:
            body = error_body(error)
            self.poisoned = self.poisoned or is_device_fault(error)
            send(Frame("error", frame.id, body.model_dump(mode="json")))
        else:
            send(Frame("reply", frame.id, reply.body, reply.arrays))
        if frame.type in _COMPUTING and not self.poisoned:
            self._tell_memory(send)

    def _tell_memory(self, send: Send) -> None:
        try:
            now = memory.of(self.loaded.device)
        except RuntimeError as error:  # a kernel that failed after its call was answered
            self.poisoned = is_device_fault(error)
            return
        body = {"free": now.free, "total": now.total, "models": self.loaded.shelf.on_device}
        send(Frame("memory", 0, body))


_Handler = Callable[[LoadedExplorer, Frame, Send, ShouldStop], Frame]
_COMPUTING = ("predict", "attribute")
_HANDLERS: dict[str, _Handler] = {
    "scan": scan.scan,
    "predict": predict.predict,
    "check": check.check,
    "attribute": attribute.attribute,
    "baseline": scan.baseline,
    "upload": upload.upload,
    "edit": edit.edit,
    "script": script.script,
}
