"""The samples of an explorer, read as far as somebody looks."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

from fastapi import Query, Request, Response

from attriscope.jobs.errors import Refused, busy
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.predictor import classes_name
from attriscope.jobs.samples import Query as SampleQuery
from attriscope.jobs.slot import WorkerError, WorkerLost
from attriscope.jobs.store import npy
from attriscope.web import views
from attriscope.web.schemas import Order, Sample, SamplePage
from attriscope.web.services import ServicesDep, SessionDep
from attriscope.web.strict_json import strict_router
from attriscope.workers.messages import MAX_SAMPLES

router = strict_router("/explorers/{explorer}/samples", "samples")

Responses = dict[int | str, dict[str, Any]]


_PNG: Responses = {200: {"content": {"image/png": {}}}}
_NPY: Responses = {200: {"content": {"application/x-npy": {}}}}


@router.get("")
async def list_samples(
    explorer: str,
    services: ServicesDep,
    start: Annotated[int, Query(ge=0, description="position among the matches")] = 0,
    count: Annotated[int, Query(ge=1, le=MAX_SAMPLES)] = 8,
    order: Annotated[Order, Query()] = "dataset",
    model: Annotated[str | None, Query(description="whose predictions count; the first model by default")] = None,
    predicted: Annotated[int | None, Query(ge=0, description="only samples predicted as this class")] = None,
    label: Annotated[int | None, Query(ge=0, description="only samples labelled as this class")] = None,
    correct: Annotated[bool | None, Query(description="only correct, or only incorrect predictions")] = None,
    scan: Annotated[int, Query(ge=1, description="most samples to read in search of matches")] = 500,
) -> SamplePage:
    """The matching samples from `start`; after about a second, those that are there."""
    host = services.board.host(explorer)
    models = host.predictor.models
    if model is not None and models:
        host.model(model)
    query = SampleQuery(order, model or (models[0] if models else ""), predicted, label, correct)
    state = await host.look(query, start, count, scan)
    matches = host.table.matches(query)
    return SamplePage(
        items=[views.sample(record) for record in matches[start : start + count]],
        start=start,
        matched=len(matches),
        scanned=host.table.judged(query),
        state=state,
        error=host.scanner.error if state == "failed" else None,
    )


@router.get("/{index}")
async def get_sample(explorer: str, index: int, services: ServicesDep, session: SessionDep) -> Sample:
    """One sample that has been read, or that this session has uploaded."""
    return views.sample(services.board.host(explorer).table.of(session, index))


@router.get("/{index}/{feature}/image.png", responses=_PNG, response_class=Response)
async def get_image(
    explorer: str, index: int, feature: str, request: Request, services: ServicesDep, session: SessionDep
) -> Response:
    """The sample as a picture, in the size the model sees."""
    host = services.board.host(explorer)
    await host.record(session, index)
    array = host.table.array(index, f"display.{feature}")
    return _versioned(request, host, index, array.data, "image/png")


@router.get("/{index}/{feature}/evidence.npy", responses=_NPY, response_class=Response)
async def get_evidence(
    explorer: str, index: int, feature: str, request: Request, services: ServicesDep, session: SessionDep
) -> Response:
    """The pixels that truly decide the class, uint8 (H, W)."""
    host = services.board.host(explorer)
    await host.record(session, index)
    array = host.table.array(index, f"evidence.{feature}")
    return _versioned(request, host, index, npy(array), "application/x-npy")


@router.get("/{index}/classes.npy", responses=_NPY, response_class=Response)
async def get_classes(
    explorer: str,
    index: int,
    request: Request,
    services: ServicesDep,
    session: SessionDep,
    model: Annotated[str, Query(description="whose output is a map")],
) -> Response:
    """The class that each place of the model's output, a map, is read as: uint8 (H, W), float32 of more than 256."""
    host = services.board.host(explorer)
    await host.record(session, index)
    host.model(model)
    return _versioned(request, host, index, npy(host.table.array(index, classes_name(model))), "application/x-npy")


@router.get("/{index}/{feature}/baseline/{baseline}.png", responses=_PNG, response_class=Response)
async def get_baseline(
    explorer: str,
    index: int,
    feature: str,
    baseline: str,
    request: Request,
    services: ServicesDep,
    session: SessionDep,
) -> Response:
    """What a baseline looks like for this sample."""
    host = services.board.host(explorer)
    await host.record(session, index)
    # The same as a map is compared with, so that the picture is of that.
    rows = await host.rows(baseline)
    inputs = {}
    for position, number in enumerate([index, *rows]):
        inputs.update(host.table.inputs(number, position))
    made_of = "".join(host.table[number].info.sha256 for number in rows)
    slot = await host.pool.ready_slot()
    try:
        reply = await slot.call("baseline", {"baseline": baseline, "feature": feature, "rows": rows}, inputs)
    except WorkerError as error:
        raise Refused(422, error.body) from None
    except WorkerLost:
        raise busy(503, "no_worker", "The model's process is being restarted.", retry_after=2) from None
    return _versioned(request, host, index, reply.arrays["display"].data, "image/png", made_of)


def _versioned(
    request: Request, host: HostedExplorer, index: int, content: bytes | memoryview, kind: str, made_of: str = ""
) -> Response:
    """An answer that the browser keeps but asks about: another dataset may stand behind the same address tomorrow.

    made_of: the contents of the other samples that it is made of.
    """
    fingerprint = host.pool.description.fingerprint if host.pool.description else ""
    others = f"-{sha256(made_of.encode()).hexdigest()[:16]}" if made_of else ""
    tag = f'"{fingerprint[:16]}-{host.table[index].info.sha256[:16]}{others}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(bytes(content), media_type=kind, headers=headers)
