"""Images of one's own: an uploaded file becomes a sample that its session alone sees."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from attriscope.jobs.errors import Refused, busy, unprocessable
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.samples import Making
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.web import views
from attriscope.web.permits import Uploading
from attriscope.web.schemas import Sample
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.workers.image_types import NAMES, image_type
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Array, Frame
from attriscope.workers.sample_info import SampleInfo

router = APIRouter(prefix="/explorers/{explorer}/samples", tags=["samples"])

_MOST_FIELDS = 16
_LONGEST_NAME = 120
_STATUS = {"image_too_large": 413, "unsupported_type": 415}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "one image"}},
                }
            }
        },
    }
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        400: "the form cannot be read",
        403: "this server takes no uploads",
        404: "no such explorer",
        413: "the file, or the image in it, is too large",
        415: "no image of a known type",
        422: "a truncated image, not exactly one file, or an explorer that takes none",
        503: "no worker is ready",
    }.items()
}


@router.post("", status_code=201, openapi_extra=_FORM, responses=_ERRORS, dependencies=[Uploading])
async def upload_sample(explorer: str, request: Request, services: ServicesDep, session: SessionDep) -> Sample:
    """An image file as a sample; predictions follow, and its index is as good as any in a job."""
    settings = services.settings
    host = services.board.host(explorer)
    name, content = await _file(request, settings)
    reply = await _made(host, name, content, settings)
    info = SampleInfo.model_validate(reply.body)
    return views.sample(host.add_upload(session, info, reply.arrays, settings.max_uploads, Making(name)))


async def _file(request: Request, settings: Settings) -> tuple[str, bytes]:
    """Name and bytes of the one file in the form."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise unprocessable("file_missing", "Send the image as multipart/form-data, in a part named file.", "file")
    async with request.form(max_files=_MOST_FIELDS, max_fields=_MOST_FIELDS) as form:
        parts = form.multi_items()
        files = [part for key, part in parts if key == "file" and isinstance(part, UploadFile)]
        if len(files) != 1 or len(parts) != 1:
            message = f"The form has {len(files)} files named file and {len(parts)} parts; it must have one file alone."
            raise unprocessable("file_missing" if not files else "one_file", message, "file", files=len(files))
        content = await files[0].read()
        name = (files[0].filename or "The file")[:_LONGEST_NAME]
    if not content:
        raise unprocessable("file_empty", f"{name} is empty.", "file")
    if len(content) > settings.max_upload_bytes:
        message = f"{name} has {len(content)} bytes; at most {settings.max_upload_bytes} are taken."
        raise Refused(413, ErrorBody(code="too_large", message=message, field="file"))
    if image_type(content) is None:
        message = f"{name} is no image of a known type ({', '.join(NAMES)})."
        raise Refused(415, ErrorBody(code="unsupported_type", message=message, field="file"))
    return name, content


async def _made(host: HostedExplorer, name: str, content: bytes, settings: Settings) -> Frame:
    """The worker's sample of the file."""
    slot = await host.pool.ready_slot()
    arrays = {"file": Array("uint8", (len(content),), content)}
    try:
        async with asyncio.timeout(settings.ready_timeout):
            return await slot.call("upload", {"name": name}, arrays)
    except WorkerError as error:
        raise Refused(_STATUS.get(error.body.code, 422), error.body) from None
    except WorkerLost:
        raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
    except TimeoutError:
        raise busy(503, "no_worker", "The model's process does not answer now.", retry_after=5) from None
