"""Edits: some pixels of a sample filled, as a sample of one's own or only to see what is predicted then.

An edit decodes no file, but what it makes is kept as an upload is and runs the model as often as somebody likes:
it is had where uploads are.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

from fastapi import Response

from attriscope.jobs.errors import Refused, busy, unprocessable
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.samples import UPLOADS, SampleRecord
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.web import views
from attriscope.web.permits import Uploading
from attriscope.web.schemas import Edit, EditDraft, EditPredictions, Mask, Sample
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import Edited, ErrorBody
from attriscope.workers.protocol import Array, Frame
from attriscope.workers.sample_info import SampleInfo

router = strict_router("/explorers/{explorer}/samples", "samples")

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        403: "this server takes no uploads, and so no edits",
        404: "no such explorer or sample",
        409: "a newer edit of the same sample has taken its place",
        413: "the mask is too large",
        422: "a mask of another size or of no pixel, an unknown fill, or an edit that changes nothing",
        503: "no worker is ready",
    }.items()
}


@router.post("/{index}/edits", status_code=201, responses=_ERRORS, dependencies=[Uploading])
async def edit_sample(explorer: str, index: int, edit: Edit, services: ServicesDep, session: SessionDep) -> Sample:
    """The sample with some pixels filled, as a sample of this session; the other pixels stay bit for bit."""
    settings = services.settings
    host = services.board.host(explorer)
    source = host.table.of(session, index)
    bits, share = _pixels(source, edit)
    made = await _made(host, index, edit, bits, settings)
    info = SampleInfo.model_validate(made.body).model_copy(
        update={"label": source.info.label, "more_labels": source.info.more_labels}
    )
    if info.sha256 == source.info.sha256:
        message = f"Sample {index} is as before: the pixels already have what they were filled with."
        raise unprocessable("edit_unchanged", message, "fill")
    edited = Edited(sample=index, feature=edit.feature, share=share, fill=edit.fill)
    return views.sample(host.add_upload(session, info, made.arrays, settings.max_uploads, edited=edited))


@router.post("/{index}/edits/predictions", responses=_ERRORS, dependencies=[Uploading])
async def predict_edit(
    explorer: str, index: int, edit: EditDraft, services: ServicesDep, session: SessionDep
) -> EditPredictions:
    """What the models predict for the edited sample, which is not kept. Of several at once the newest is answered."""
    host = services.board.host(explorer)
    source = host.table.of(session, index)
    bits, _ = _pixels(source, edit)
    for name in edit.models:
        host.model(name)
    made = await _made(host, index, edit, bits, services.settings)
    inputs = {f"0.{name}": array for name, array in made.arrays.items() if name.startswith("input.")}
    models = list(dict.fromkeys(edit.models))
    answers = await asyncio.gather(
        *(host.predictor.drafts.predict((session, index, model), model, inputs, edit.classes) for model in models),
        return_exceptions=True,
    )
    found = EditPredictions(predictions={}, errors={}, image=_png(made, edit.feature))
    for model, answer in zip(models, answers, strict=True):
        if isinstance(answer, Refused) and answer.status == 422:
            found.errors[model] = answer.body
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.predictions[model] = answer
    return found


@router.delete("/{index}", status_code=204, responses={403: _ERRORS[404], 404: _ERRORS[404]})
async def remove_sample(explorer: str, index: int, services: ServicesDep, session: SessionDep) -> Response:
    """Forgets a sample of one's own."""
    host = services.board.host(explorer)
    host.table.of(session, index)
    if index < UPLOADS:
        message = f"Sample {index} is the dataset's; only samples of your own can be removed."
        raise Refused(403, ErrorBody(code="not_own", message=message, field="index", params={"index": index}))
    host.table.uploads.remove(session, index)
    return Response(status_code=204)


def _pixels(source: SampleRecord, edit: Edit) -> tuple[bytes, float]:
    """The mask's bits and the share of the pixels it covers. Raises Refused (422)."""
    sizes = {feature.name: (feature.width, feature.height) for feature in source.info.features}
    if edit.feature not in sizes:
        message = f"No feature {edit.feature!r}; the sample has {', '.join(sizes)}."
        raise unprocessable("unknown_feature", message, "feature", feature=edit.feature)
    mask = edit.mask
    width, height = sizes[edit.feature]
    if (mask.width, mask.height) != (width, height):
        message = f"The mask is {mask.width}×{mask.height} pixels; the image is {width}×{height}."
        raise unprocessable("mask_size", message, "mask", size=[mask.width, mask.height], bound=[width, height])
    bits = _bits(mask)
    surplus = 8 * len(bits) - width * height
    filled = (int.from_bytes(bits) >> surplus).bit_count()
    if filled == 0:
        raise unprocessable("mask_empty", "The mask fills 0 pixels; it must fill at least 1.", "mask.bits")
    return bits, filled / (width * height)


def _bits(mask: Mask) -> bytes:
    wanted = -(-mask.width * mask.height // 8)
    try:
        bits = base64.b64decode(mask.bits, validate=True)
    except (binascii.Error, ValueError):
        raise unprocessable("mask_bits", "mask.bits is no base64.", "mask.bits") from None
    if len(bits) != wanted:
        message = f"mask.bits has {len(bits)} bytes; {mask.width}×{mask.height} pixels have {wanted}."
        raise unprocessable("mask_bits", message, "mask.bits", bytes=len(bits), bound=wanted)
    return bits


async def _made(host: HostedExplorer, index: int, edit: Edit, bits: bytes, settings: Settings) -> Frame:
    """The worker's edited sample."""
    arrays = {**host.table.inputs(index, 0), "mask": Array("uint8", (len(bits),), bits)}
    body = {
        "feature": edit.feature,
        "width": edit.mask.width,
        "height": edit.mask.height,
        "fill": edit.fill.model_dump(mode="json"),
    }
    try:
        async with asyncio.timeout(settings.ready_timeout):
            slot = await host.pool.ready_slot()
            return await slot.call("edit", body, arrays)
    except WorkerError as error:
        raise Refused(422, error.body) from None
    except WorkerLost:
        raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
    except TimeoutError:
        raise busy(503, "no_worker", "The model's process does not answer now.", retry_after=5) from None


def _png(made: Frame, feature: str) -> str:
    return base64.b64encode(made.arrays[f"display.{feature}"].data).decode()
