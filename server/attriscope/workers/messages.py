"""What the web process and the workers say to each other, and the page hears: plain data, no torch.

Everything here travels as JSON. Arrays travel beside it as raw buffers (`protocol.Array`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from attriscope.workers.choices import BaselineChoice, Region, TargetChoice
from attriscope.workers.choices import Message as Message

MAX_SAMPLES = 64
MAX_K = 20
LONGEST_TEXT = 20_000
"""Characters of a text that somebody types."""

Json = dict[str, Any]


class ErrorBody(Message):
    """The one shape of every refusal and failure, from a worker or from a route."""

    code: str = Field(description="stable snake_case name, the key for translations")
    message: str = Field(description="one English sentence naming the field, the value and the bound")
    params: Json = Field(default_factory=dict, description="the values in the message, for translations")
    field: str | None = Field(default=None, description="the request's field at fault, e.g. 'arguments.n_steps'")
    detail: str | None = Field(default=None, description="traceback of the user's own code; local mode only")
    job: str | None = Field(default=None, description="job to quote when asking the operator; shared modes")


class Notice(Message):
    """Something true that the user should know and that stops nothing."""

    code: str
    message: str
    params: Json = Field(default_factory=dict)


# --- what is asked ---------------------------------------------------------------------------------


class Smoothing(Message):
    """NoiseTunnel as a modifier of gradient methods."""

    type: Literal["smoothgrad", "smoothgrad_sq", "vargrad"]
    samples: int = Field(default=20, ge=1, le=1000)
    noise: float = Field(default=0.15, gt=0, le=1, description="standard deviation as a share of the input's range")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class CurvesRequest(Message):
    """Asks for deletion and insertion curves of the map, and of a random order and an edge map as controls."""

    type: Literal["curves"]
    fill: str | None = Field(
        default=None, description="the baseline that takes the place of what is removed; by default the first"
    )
    orders: int = Field(default=5, ge=1, le=20, description="random orders, whose curves are averaged")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class RandomisationRequest(Message):
    """Asks whether the map changes when the model's weights become random, from the last layer to the first."""

    type: Literal["randomisation"]
    stages: int = Field(default=5, ge=1, le=50, description="groups of layers, one more of which is random at each")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


EvaluationRequest = Annotated[CurvesRequest | RandomisationRequest, Field(discriminator="type")]


class AttributionRequest(Message):
    """One Fetch for one model: every sample in it is explained with the same settings."""

    explorer: str
    model: str
    samples: list[Annotated[int, Field(ge=0)]] = Field(min_length=1, max_length=MAX_SAMPLES)
    method: str
    arguments: Json = Field(default_factory=dict, description="the method's own; validated against its schema")
    target: TargetChoice = Field(
        default="predicted",
        description="a class, one rather than another, one in a region, or a function of the output",
    )
    layer: str | None = None
    baseline: BaselineChoice | None = Field(
        default=None,
        description="one of the explorer's, by default its first; several are averaged; by feature, each input has its "
        "own. 'sample:17' is a sample of the dataset, 'samples:8' its first eight, 'dataset_mean' their mean",
    )
    smoothing: Smoothing | None = None
    quantity: Literal["output", "score"] = Field(default="output", description="what is explained: raw output or score")
    precision: Literal["exact", "fused", "fast"] = "exact"
    priority: Literal["interactive", "bulk"] = Field(
        default="interactive", description="'bulk' waits until nothing interactive can run; part of no content key"
    )
    evaluation: EvaluationRequest | None = Field(
        default=None, description="what is computed of each map beside it: whether it is faithful to the model"
    )

    @property
    def work(self) -> str:
        """What is computed, as metrics and logs name it."""
        return self.method if self.evaluation is None else f"{self.method}:{self.evaluation.type}"

    @property
    def pace(self) -> str:
        """Whose evaluations take as long: another map's of the method, or any curve's, whatever the map."""
        return "curves" if self.evaluation is not None and self.evaluation.type == "curves" else self.method


class Cost(Message):
    """Model evaluations for one sample."""

    forward: int
    backward: int


class CheckedItem(Message):
    sample: int
    target: int | None
    target_name: str | None
    key: str
    against: int | None = Field(default=None, description="the class whose output is subtracted")
    against_name: str | None = None


class Checked(Message):
    """A request that will run: arguments after defaults, the content key of every item, the cost of one item."""

    arguments: Json
    items: list[CheckedItem]
    cost: Cost
    batchable: bool = Field(description="whether samples run together; alone, none depends on its batch-mates")


# --- what an explorer is ---------------------------------------------------------------------------


class MethodDescription(Message):
    id: str
    name: str
    class_name: str
    family: str
    space: Literal["feature", "layer", "neuron"]
    summary: str
    limitations: list[str]
    deviations: list[str] = Field(description="where its numbers differ from Captum's on purpose")
    references: list[str]
    anytime: bool
    stochastic: bool
    needs: list[str] = Field(description="of 'layer', 'positions' (at that layer), 'baseline', 'distribution'")
    takes_target: bool = Field(description="False for what explains a layer or unit, whatever the output")
    distribution: int = Field(description="samples of the dataset it compares with; 0 for none")
    smoothing: bool = Field(description="whether the smoothing modifier applies")
    sign: Literal["all", "positive", "absolute"] = Field(description="how its maps are drawn at first")
    precisions: list[str] = Field(description="of 'exact', 'fused', 'fast'")
    arguments: Json = Field(description="JSON Schema of the arguments, bounds and defaults for this input size")
    unavailable: dict[str, list[str]] = Field(description="model name → reasons why the method cannot explain it")


class LayerDescription(Message):
    name: str
    type: str
    output_shape: list[int] | None = Field(description="without the batch dimension; None if it is not a tensor")
    selectable: bool
    reason: str | None = Field(description="why it is not selectable")


class ModelDescription(Message):
    name: str
    class_name: str
    parameters: int
    outputs: int | None = Field(description="number of classes; 1 for a single value")
    map_shape: list[int] | None = Field(
        default=None, description="height and width of the output where it is a map, which classes are read from"
    )
    targets: list[str] = Field(default_factory=list, description="the explorer's functions that can read its output")
    layers: list[LayerDescription]
    default_layer: str | None
    default_layer_holds: Literal["convolution", "attention"] | None = Field(
        default=None, description="what it was chosen for: the last one of the model is in it"
    )
    forward_seconds: float | None = Field(
        description="of one sample's forward pass, in a batch if that is quicker; None if it was not run"
    )
    notices: list[Notice]


FeatureKind = Literal["image", "text", "table", "empty"]


class TextForm(Message):
    kind: Literal["text"]
    tokens: int | None = Field(description="most tokens of a text; None where it is not known")
    characters: int = Field(default=LONGEST_TEXT, description="most characters")


class NumberField(Message):
    kind: Literal["number"]
    name: str
    unit: str | None
    whole: bool
    low: float | None = Field(description="the smallest in the rows that stand for the data, where there are some")
    high: float | None


class ChoiceField(Message):
    kind: Literal["choice"]
    name: str
    choices: list[str]


class RowForm(Message):
    kind: Literal["row"]
    fields: list[Annotated[NumberField | ChoiceField, Field(discriminator="kind")]]


Form = Annotated[TextForm | RowForm, Field(discriminator="kind")]


class BaselinePart(Message):
    feature: str
    description: str


class BaselineDescription(Message):
    id: str
    name: str
    description: str = Field(description="what it is in the words of the input, e.g. 'zero here = mean grey'")
    parts: list[BaselinePart] = Field(default_factory=list, description="of several inputs, each one's; joined above")


class FeatureDescription(Message):
    name: str
    kind: FeatureKind
    shape: list[int] = Field(description="of one example, without the batch dimension")
    form: Form | None = Field(default=None, description="how one's own is typed; None where it cannot be")
    untyped: ErrorBody | None = Field(default=None, description="why a text or a row cannot be typed")
    baselines: list[BaselineDescription] = Field(default_factory=list, description="those of this input by itself")


class PresetDescription(Message):
    """Settings to choose by name."""

    name: str
    settings: Json = Field(
        description="any of AttributionRequest's fields but the model, and of the drawing 'outlier' and 'sign'"
    )


class Description(Message):
    """Sent by a worker once its models are loaded."""

    name: str
    classes: list[str] | None
    models: list[ModelDescription]
    features: list[FeatureDescription]
    methods: list[MethodDescription]
    baselines: list[BaselineDescription] = Field(description="what can be chosen for all inputs at once")
    score_name: str = Field(description="heading of the predictions' column: 'probability', 'score' …")
    has_score: bool = Field(description="whether the explorer has a score function")
    threshold: float | None = Field(
        default=None, description="a score from it on says that its class is there; None where classes exclude another"
    )
    dataset_length: int | None = Field(description="what `len` says; never relied on")
    defaults: Json = Field(
        description="what the page starts with: any of AttributionRequest's fields, and 'count', 'k'"
    )
    presets: list[PresetDescription] = Field(default_factory=list, description="in the explorer's order")
    notices: list[Notice]
    fingerprint: str = Field(description="of all that was loaded: declaration and models")
    declaration: str = Field(description="fingerprint of the user's file and of what it declares, without the models")
    device: str


# --- results ---------------------------------------------------------------------------------------


class MapInfo(Message):
    """One array of a result, served as float32 `.npy`."""

    feature: str
    shape: list[int] = Field(description="(C, H, W); C, H and W are the layer's for layer methods")
    interpolation: Literal["nearest", "bilinear"] = Field(description="how it is enlarged to the input's size")
    minimum: float
    maximum: float


class PartialInfo(Message):
    """The best estimate so far of a map that is still being computed; its arrays travel beside it."""

    key: str
    share: float = Field(ge=0, le=1, description="of the evaluations that it stands on")
    maps: list[MapInfo]


class CurveInfo(Message):
    """What the model says while the squares are changed in one order."""

    order: Literal["map", "edges", "random"] = Field(description="'random': the mean over several orders")
    values: list[float] = Field(description="at each share of the squares")
    spread: list[float] | None = Field(description="standard deviation over the random orders")
    area: float = Field(description="under the curve, in the unit of its values")
    area_spread: float | None


class ReadingInfo(Message):
    """The curves of one quantity."""

    quantity: Literal["output", "score"]
    deletion: list[CurveInfo] = Field(description="from the input to the fill, what the order names first going first")
    insertion: list[CurveInfo] = Field(description="from the fill to the input, what it names first coming first")


class CurvesInfo(CurvesRequest):
    side: int = Field(description="of the squares, in pixels")
    shares: list[float] = Field(description="of the squares changed, from 0 to 1")
    readings: list[ReadingInfo] = Field(description="what is explained first")


class StageInfo(Message):
    """The map of a model some of whose layers have random weights; its arrays are '<stage>@<feature>.npy'."""

    layers: list[str] = Field(description="whose weights became random at this stage; '' is the model's own")
    maps: list[MapInfo]
    signed: float | None = Field(description="Spearman's correlation with the map; None for a constant map")
    absolute: float | None = Field(description="the same of the magnitudes")


class RandomisationInfo(RandomisationRequest):
    steps: list[StageInfo] = Field(description="from the last layer alone to all of them")


EvaluationInfo = Annotated[CurvesInfo | RandomisationInfo, Field(discriminator="type")]


class ComparedInfo(Message):
    """One of several baselines."""

    baselines: list[str] = Field(description="one for each input")
    output: float | None = Field(description="the explained quantity there")


class ResultInfo(Message):
    """Everything about one map but its numbers."""

    key: str
    model: str
    sample: int
    method: str
    arguments: Json
    target: int | None
    target_name: str | None
    against: int | None = Field(default=None, description="the class whose output is subtracted from the target's")
    against_name: str | None = None
    region: Region | None = Field(default=None, description="where the output, a map, was averaged; None: everywhere")
    function: str | None = Field(default=None, description="of the output, which was explained in place of a class")
    layer: str | None
    baseline: BaselineChoice | None
    smoothing: Smoothing | None
    quantity: Literal["output", "score"]
    precision: str
    maps: list[MapInfo]
    output: float | None = Field(description="the explained quantity at the input")
    output_baseline: float | None = Field(
        description="the explained quantity at the baseline, for methods with one; the mean over several"
    )
    compared: list[ComparedInfo] = Field(default_factory=list, description="where there are several baselines")
    delta: float | None = Field(description="convergence delta: sum of attributions − (output − output_baseline)")
    seconds: float
    notices: list[Notice]
    evaluation: EvaluationInfo | None = None
