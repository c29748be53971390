"""What the routes answer; requests and results are `attriscope.workers.messages`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from attriscope.workers.edits import Edit, Edited
from attriscope.workers.messages import (
    MAX_K,
    AttributionRequest,
    Checked,
    Cost,
    Description,
    ErrorBody,
    LayerDescription,
    MapInfo,
    Message,
    Notice,
)
from attriscope.workers.sample_info import Prediction, SampleFeature, SampleInfo

ExplorerState = Literal["unloaded", "loading", "ready", "recovering", "failed"]
ScanState = Literal["idle", "scanning", "exhausted", "failed"]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
Order = Literal["dataset", "mistakes", "uncertain"]


class ExplorerSummary(Message):
    id: str
    name: str
    state: ExplorerState
    stage: str | None = Field(default=None, description="what loading is at, e.g. 'Loading model…'")
    error: ErrorBody | None = None


class Limits(Message):
    samples: int
    k: int
    scan: int = Field(description="most samples ever read from a dataset")


class ExplorerDetail(ExplorerSummary):
    description: Description | None = Field(default=None, description="None until a worker has loaded the models")
    limits: Limits


class Explorers(Message):
    version: str
    mode: Literal["local", "team", "demo"]
    uploads: bool = Field(description="whether inputs of one's own are taken")
    max_upload_bytes: int
    explorers: list[ExplorerSummary]


class Layers(Message):
    model: str
    default: str | None
    layers: list[LayerDescription]


class Sample(SampleInfo):
    predictions: dict[str, list[Prediction]] = Field(
        description="by model, best first, at most 20; a model is absent until it has predicted"
    )
    reaching: dict[str, list[int]] = Field(
        default_factory=dict,
        description="by model, every class whose score reaches the explorer's threshold; empty where it has none",
    )
    errors: dict[str, ErrorBody] = Field(description="by model, why it could not predict this sample")
    name: str | None = Field(default=None, description="of the file, for an upload; how it begins, for a new text")
    edit: Edited | None = Field(default=None, description="what it was made of, for an edited sample")
    notices: list[Notice] = Field(default_factory=list, description="what to know of a sample of one's own")


class EditDraft(Message):
    """An edit to predict and forget."""

    edit: Edit
    models: list[str] = Field(min_length=1, max_length=64)
    classes: list[Annotated[int, Field(ge=0)]] = Field(
        default_factory=list, max_length=MAX_K, description="to be among the predictions, however low their score"
    )


class EditPredictions(Message):
    predictions: dict[str, list[Prediction]] = Field(description="by model, best first; then the classes asked for")
    errors: dict[str, ErrorBody] = Field(description="by model, why it could not predict the edited sample")
    feature: SampleFeature = Field(description="the edited input as the page shows it")
    image: str | None = Field(description="base64 of a PNG, where it is a picture")
    notices: list[Notice] = Field(description="what to know of the edit, such as words that are not in the vocabulary")


class SamplePage(Message):
    """A window on the samples that match, in the order asked for."""

    items: list[Sample]
    start: int
    matched: int = Field(description="samples that match among those scanned")
    scanned: int
    state: ScanState = Field(description="'scanning': ask again soon; 'idle': the bound was reached")
    error: ErrorBody | None = Field(default=None, description="why scanning stopped; params.index is the item")


class JobItem(Message):
    sample: int
    target: int | None
    target_name: str | None
    against: int | None = Field(default=None, description="the class whose output is subtracted")
    against_name: str | None = None
    key: str | None = Field(description="content key, once checked; the result is at /api/results/{key}")
    state: JobState
    error: ErrorBody | None = None


class Job(Message):
    id: str
    state: JobState
    request: AttributionRequest
    items: list[JobItem]
    cost: Cost = Field(description="evaluations for one sample")
    done: int = Field(description="evaluations finished")
    total: int = Field(description="evaluations of the whole job")
    eta_seconds: float | None = Field(description="until its end, waiting included; None until a speed is known")
    position: int | None = Field(description="place in the queue, 1 for the next to start; None once it runs")
    wait_seconds: float | None = Field(description="until it starts; None once it runs, or while no speed is known")
    error: ErrorBody | None = None


class Estimate(Checked):
    """A request that would run, unqueued."""

    stored: int = Field(description="how many of its items have a result already")
    eta_seconds: float | None = Field(description="None until this model's speed is known")


class PythonScript(Message):
    """A map as code."""

    code: str = Field(description="a script that makes the map again and leaves it in `heat_map`")


# --- events ----------------------------------------------------------------------------------------


class SnapshotEvent(Message):
    """First on a fresh stream, and whenever the missed events are no longer known."""

    type: Literal["snapshot"] = "snapshot"
    explorers: list[ExplorerSummary]
    warnings: list[Notice] = Field(description="what everybody should know of this server now")
    jobs: list[Job]


class ExplorerEvent(Message):
    type: Literal["explorer"] = "explorer"
    explorer: ExplorerSummary


class WarningsEvent(Message):
    """The server's warnings have changed, e.g. because its store cannot be written."""

    type: Literal["warnings"] = "warnings"
    warnings: list[Notice]


class ScanEvent(Message):
    """More samples or predictions are there."""

    type: Literal["scan"] = "scan"
    explorer: str
    scanned: int
    state: ScanState


class JobEvent(Message):
    """The job changed state, or its place in the queue."""

    type: Literal["job"] = "job"
    job: Job


class ItemEvent(Message):
    """One sample of a job changed state."""

    type: Literal["item"] = "item"
    job: str
    item: JobItem


class ProgressEvent(Message):
    """Latest wins, at most ten a second for each job."""

    type: Literal["progress"] = "progress"
    job: str
    done: int
    total: int
    eta_seconds: float | None


class PartialEvent(Message):
    """A better estimate of a map under way, at /api/jobs/{job}/partials/{key}/{feature}.npy; latest wins."""

    type: Literal["partial"] = "partial"
    job: str
    sample: int
    key: str
    share: float = Field(description="of the evaluations that it stands on, 0 to 1")
    maps: list[MapInfo]


Event = Annotated[
    SnapshotEvent | ExplorerEvent | ScanEvent | JobEvent | ItemEvent | ProgressEvent | PartialEvent | WarningsEvent,
    Field(discriminator="type"),
]
