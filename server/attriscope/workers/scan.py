"""Calls that read: samples of the dataset, and a baseline drawn."""

from __future__ import annotations

from pydantic import TypeAdapter

from attribution_core.errors import Cancelled
from attriscope.errors import ExplorerError, SampleError, nearest
from attriscope.features import baselines
from attriscope.samples import Example, LabelValue, Row
from attriscope.workers.arrays import sample_sha256, to_array
from attriscope.workers.failures import error_body
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.protocol import Array, Frame, Send, ShouldStop, image
from attriscope.workers.sample_info import Label, SampleFeature, SampleInfo

_MOST_CHARACTERS = 80
_FEATURE: TypeAdapter[SampleFeature] = TypeAdapter(SampleFeature)


def scan(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """Sends samples one by one as they are read. A sample that cannot be read or drawn ends the scan with `failure`."""
    start, count = int(frame.body["start"]), int(frame.body["count"])
    for index in range(start, start + count):
        if should_stop():
            raise Cancelled
        try:
            example = loaded.samples.get(index)
            if example is None:
                return Frame("reply", body={"exhausted": True, "failure": None})
            send(sample_frame(loaded, example, frame.id))
        except ExplorerError as error:
            failure = error if isinstance(error, SampleError) else _of_sample(error, index)
            return Frame("reply", body={"exhausted": False, "failure": error_body(failure).model_dump(mode="json")})
    return Frame("reply", body={"exhausted": False, "failure": None})


def baseline(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The named baseline of one sample, as the page shows it; `rows` are the dataset's samples that it is made of."""
    names = [feature.name for feature in loaded.explorer.features]
    wanted = frame.body["feature"]
    if wanted not in names:
        raise ExplorerError("unknown_feature", f"No feature {wanted!r}.{nearest(wanted, names)}", field="feature")
    position = names.index(wanted)
    feature = loaded.explorer.features[position]
    named = baselines.settled([feature], frame.body["baseline"])
    if not isinstance(named, str):
        raise ExplorerError("unknown_baseline", f"{named!r} are several baselines; ask for one.", field="baseline")
    numbers = frame.body.get("rows", ())
    example, *rows = loaded.inputs_of(frame.arrays, 1 + len(numbers))
    of_input = {number: row[position] for number, row in zip(numbers, rows, strict=True)}
    value = baselines.of_one(feature, named, example[position], of_input)
    png = feature.display(feature.from_model(value)).png
    if png is None:
        raise ExplorerError("no_picture", f"{wanted!r} is no image; its baseline has no picture.", field="feature")
    return Frame("reply", arrays={"display": image(png)})


def sample_frame(loaded: LoadedExplorer, example: Example, call: int) -> Frame:
    """Raises ExplorerError for an input that cannot be drawn."""
    arrays: dict[str, Array] = {f"input.{i}": to_array(value) for i, value in enumerate(example.inputs)}
    described = []
    for feature, value, mask in zip(loaded.explorer.features, example.inputs, example.evidence, strict=False):
        display = feature.display(value)
        if display.png is not None:
            arrays[f"display.{feature.name}"] = image(display.png)
        if mask is not None:
            arrays[f"evidence.{feature.name}"] = to_array(mask.byte().reshape(display.height, display.width))
        told = {"name": feature.name, "kind": feature.kind, "evidence": mask is not None, **display.content}
        described.append(_FEATURE.validate_python({**told, "width": display.width, "height": display.height}))
    labels = _labels(loaded, example.label)
    info = SampleInfo(
        index=example.index,
        sha256=sample_sha256(example.inputs),
        label=labels[0] if labels else None,
        more_labels=labels[1:],
        no_class=not labels and _says_none(loaded, example.label),
        features=described,
        shapes=[list(value.shape) for value in loaded.to_model(example.inputs)],
    )
    return Frame("sample", call, info.model_dump(mode="json"), arrays)


def _labels(loaded: LoadedExplorer, label: LabelValue) -> list[Label]:
    """Every label of a sample whose classes do not exclude each other, else its one."""
    if not isinstance(label, tuple):
        return _label(loaded, label)
    if loaded.explorer.threshold is None:
        return _label(loaded, str(list(label))[:_MOST_CHARACTERS])
    values = list(label)
    if _is_row(label, _outputs(loaded)):
        values = [index for index, value in enumerate(values) if value]
    return [one for value in values for one in _label(loaded, value if isinstance(value, int | str) else str(value))]


def _is_row(label: tuple[int | float | str, ...], outputs: int | None) -> bool:
    """Whether it tells of each class whether it is true; else it lists those that are.

    Of two classes [0, 1] could be either: as integers in a list it is both classes.
    """
    if len(label) != outputs or any(value not in (0, 1) for value in label):
        return False
    lists_both = outputs == 2 and label[0] != label[1] and all(type(value) is int for value in label)
    return isinstance(label, Row) or not lists_both


def _says_none(loaded: LoadedExplorer, label: LabelValue) -> bool:
    """Whether a sample that has no label is said to be of no class. A single output has no classes."""
    return isinstance(label, tuple) and loaded.explorer.threshold is not None and _outputs(loaded) != 1


def _label(loaded: LoadedExplorer, label: int | str | None) -> list[Label]:
    if label is None:
        return []
    classes = loaded.explorer.classes or ()
    if isinstance(label, str):
        return [Label(index=classes.index(label) if label in classes else None, name=label)]
    outputs = _outputs(loaded)
    known = 0 <= label < max(len(classes), outputs or 0)
    name = classes[label] if 0 <= label < len(classes) else f"class {label}" if known else str(label)
    # A single output has no classes to be right about.
    return [Label(index=label if known and outputs != 1 else None, name=name)]


def _outputs(loaded: LoadedExplorer) -> int | None:
    """Of the model that has most."""
    return max((found.outputs for found in loaded.described.values() if found.outputs is not None), default=None)


def _of_sample(error: ExplorerError, index: int) -> SampleError:
    return SampleError(error.code, f"Sample {index}: {error.message}", index, **error.params)
