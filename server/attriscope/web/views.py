"""From the jobs layer's records to what the page is told."""

from __future__ import annotations

from attriscope.jobs.board import JobBoard
from attriscope.jobs.hosted import HostedExplorer
from attriscope.jobs.samples import SampleRecord
from attriscope.jobs.spec import Item, Job
from attriscope.web import schemas


def explorer(host: HostedExplorer) -> schemas.ExplorerSummary:
    return schemas.ExplorerSummary(id=host.id, name=host.name, state=host.state, stage=host.stage, error=host.error)


def sample(record: SampleRecord) -> schemas.Sample:
    return schemas.Sample(
        **dict(record.info),
        predictions=record.predictions,
        reaching={model: list(found) for model, found in record.reaching.items()},
        errors=record.errors,
        name=record.making.name,
        edit=record.making.edited,
        notices=list(record.making.notices),
    )


def item(record: Item) -> schemas.JobItem:
    return schemas.JobItem(
        sample=record.sample,
        target=record.target,
        target_name=record.target_name,
        against=record.against,
        against_name=record.against_name,
        key=record.key,
        state=record.state,
        error=record.error,
    )


def job(record: Job, board: JobBoard) -> schemas.Job:
    return schemas.Job(
        id=record.id,
        state=record.state,
        request=record.request,
        items=[item(entry) for entry in record.items],
        cost=record.cost,
        done=record.done,
        total=record.total,
        eta_seconds=board.eta(record),
        position=board.position(record),
        wait_seconds=board.wait(record),
        error=record.error,
    )
