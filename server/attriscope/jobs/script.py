"""A stored result as a Python script that makes it again: what a worker needs in order to write it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from attriscope.jobs.board import JobBoard
from attriscope.jobs.errors import Refused, busy, unprocessable
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.workers.messages import AttributionRequest, ResultInfo
from attriscope.workers.source import ExplorerSource

_PATHS = "Names of files and folders stand without the path that they have on the server."
_CHANGED = "The explorer has changed since this map was made: the numbers will differ."
_UPLOADED = "The sample is an image that was uploaded; put its file beside this script."


async def script(board: JobBoard, host: HostedExplorer, session: str, info: ResultInfo, settings: Settings) -> str:
    """The script; `info` names the model and the sample as they are called now.

    Raises Refused: 404 for a sample that is not there, 422 with the worker's reason where the explorer could not make
    the map any more, 503 where no worker answers.
    """
    remarks = []
    with host.pool.held():
        slot = await host.pool.ready_slot()
        record = await host.record(session, info.sample)
        if not isinstance(host.source, ExplorerSource):
            message = "This explorer was made in a notebook or script that serves it; there is no file to load it from."
            raise unprocessable("no_file", message, "explorer")
        origin = record.origin
        place, arguments = _source(host.source, whole=settings.mode == "local")
        if (place, arguments) != _source(host.source, whole=True):
            remarks.append(_PATHS)
        if origin.sample is None:
            remarks.append(_UPLOADED)
        rows = await host.references(info.method, info.baseline)
        checked, _ = await board.admission.check(host, _request(host, info), [(info.target, info.against)], rows)
        if checked.items[0].key != info.key:
            remarks.append(_CHANGED)
        body = {
            "info": info.model_dump(mode="json"),
            "place": place,
            "arguments": arguments,
            "shapes": record.info.shapes,
            "sample": origin.sample,
            "edits": [edit.model_dump(mode="json") for edit in origin.edits],
            "remarks": remarks,
        }
        try:
            async with asyncio.timeout(settings.ready_timeout):
                reply = await slot.call("script", body)
        except WorkerError as error:
            raise Refused(422, error.body) from None
        except (WorkerLost, TimeoutError):
            raise busy(503, "no_worker", "The model's process does not answer now.", retry_after=2) from None
    return str(reply.body["code"])


def _request(host: HostedExplorer, info: ResultInfo) -> AttributionRequest:
    """What was asked, so that the key it has now can be compared."""
    given = {} if info.baseline is None else {"baseline": info.baseline}
    of: Any = "predicted" if info.target is None else info.target
    target: Any = {"function": info.function}
    if info.function is None:
        alone = info.against is None and info.region is None
        target = of if alone else {"of": of, "against": info.against, "region": info.region}
    return AttributionRequest.model_validate(
        {
            "explorer": host.id,
            "model": info.model,
            "samples": [info.sample],
            "method": info.method,
            "arguments": info.arguments,
            "target": target,
            "layer": info.layer,
            "smoothing": info.smoothing,
            "quantity": info.quantity,
            "precision": info.precision,
            **given,
        }
    )


def _source(source: ExplorerSource, *, whole: bool) -> tuple[str, Mapping[str, Any]]:
    """What `load_explorer` is called with; where paths are not to be `whole`, the last part of each."""
    home = source.module or str(source.path)
    if source.path is not None and not whole:
        home = Path(home).name
    place = home if source.factory == "explorer" else f"{home}:{source.factory}"
    return place, {name: value if whole else _without_path(value) for name, value in source.arguments.items()}


def _without_path(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(value).is_absolute():
            return kind(value).name
    return value
