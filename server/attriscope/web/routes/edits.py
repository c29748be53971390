"""Edits: one input of a sample changed, as a sample of one's own or only to see what is predicted then.

An edit decodes no file, but what it makes is kept as an upload is and runs the model as often as somebody likes:
it is had where uploads are.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any

from fastapi import Response

from attriscope.jobs.errors import Refused, busy, unprocessable
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.samples import UPLOADS, Making
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.web import views
from attriscope.web.permits import Uploading
from attriscope.web.schemas import EditDraft, EditPredictions, Sample
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.edits import EDITED, Edit, Typed
from attriscope.workers.messages import ErrorBody, Notice
from attriscope.workers.protocol import Frame
from attriscope.workers.sample_info import SampleInfo

router = strict_router("/explorers/{explorer}/samples", "samples")

_NAME = 60
"""Characters of a text that stand for it."""
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": text}
    for status, text in {
        403: "this server takes no uploads, and so no edits",
        404: "no such explorer or sample",
        409: "a newer edit of the same sample has taken its place",
        413: "the edit is too large",
        422: "no edit of this input, or one that changes nothing",
        503: "no worker is ready",
    }.items()
}


@router.post("/{index}/edits", status_code=201, responses=_ERRORS, dependencies=[Uploading])
async def edit_sample(explorer: str, index: int, edit: Edit, services: ServicesDep, session: SessionDep) -> Sample:
    """The sample with one input changed, as a sample of this session; all that is not changed stays bit for bit."""
    settings = services.settings
    host = services.board.host(explorer)
    source = host.table.of(session, index)
    made = await _made(host, index, edit, settings)
    info = SampleInfo.model_validate(made.body["info"])
    if info.sha256 == source.info.sha256:
        message = f"Sample {index} is as before: nothing differs from what was there."
        raise unprocessable("edit_unchanged", message, "edit", sample=index)
    told = Making(
        edited=EDITED.validate_python(made.body["edited"]),
        notices=tuple(_notices(made)),
        origin=source.origin.then(edit),
    )
    if edit.kind == "erase":
        # What is seen through a hole has not become something else; another text may well be another class.
        kept = {name: getattr(source.info, name) for name in ("label", "more_labels", "no_class")}
        info = info.model_copy(update=kept)
    elif isinstance(edit, Typed) and edit.new and len(info.features) == 1:
        told = replace(told, name=_name(edit.text), edited=None)
    return views.sample(host.add_upload(session, info, made.arrays, settings.max_uploads, told))


@router.post("/{index}/edits/predictions", responses=_ERRORS, dependencies=[Uploading])
async def predict_edit(
    explorer: str, index: int, draft: EditDraft, services: ServicesDep, session: SessionDep
) -> EditPredictions:
    """What the models predict for the edited sample, which is not kept. Of several at once the newest is answered."""
    host = services.board.host(explorer)
    host.table.of(session, index)
    for name in draft.models:
        host.model(name)
    made = await _made(host, index, draft.edit, services.settings)
    inputs = {f"0.{name}": array for name, array in made.arrays.items() if name.startswith("input.")}
    models = list(dict.fromkeys(draft.models))
    answers = await asyncio.gather(
        *(host.predictor.drafts.predict((session, index, model), model, inputs, draft.classes) for model in models),
        return_exceptions=True,
    )
    info, feature = SampleInfo.model_validate(made.body["info"]), draft.edit.feature
    found = EditPredictions(
        predictions={},
        errors={},
        feature=next(shown for shown in info.features if shown.name == feature),
        image=_png(made, feature),
        notices=_notices(made),
    )
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


async def _made(host: HostedExplorer, index: int, edit: Edit, settings: Settings) -> Frame:
    """The worker's edited sample."""
    body = {"sample": index, "edit": edit.model_dump(mode="json")}
    try:
        async with asyncio.timeout(settings.ready_timeout):
            slot = await host.pool.ready_slot()
            return await slot.call("edit", body, host.table.inputs(index, 0))
    except WorkerError as error:
        raise Refused(422, error.body) from None
    except WorkerLost:
        raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
    except TimeoutError:
        raise busy(503, "no_worker", "The model's process does not answer now.", retry_after=5) from None


def _notices(made: Frame) -> list[Notice]:
    return [Notice.model_validate(notice) for notice in made.body["notices"]]


def _name(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _NAME else f"{words[: _NAME - 1]}…"


def _png(made: Frame, feature: str) -> str | None:
    array = made.arrays.get(f"display.{feature}")
    return None if array is None else base64.b64encode(array.data).decode()
