"""The call that writes a result down as Python: a script with `attribution_core` that ends in the served array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import torch

import attribution_core
from attribution_core import custom, registry, squares
from attribution_core.lrp_rules import PropagationRule
from attribution_core.methods.layer_feature_ablation import Channels
from attriscope.features.base import Feature
from attriscope.workers.edit import fill_word, packed
from attriscope.workers.edits import EDIT, Edit, Erasure, Typed
from attriscope.workers.embedded import needs_vectors
from attriscope.workers.loaded import LoadedExplorer
from attriscope.workers.messages import ResultInfo
from attriscope.workers.protocol import Frame, Send, ShouldStop

_WIDTH = 88
_SPECIAL = (PropagationRule, Channels)
"""Arguments whose printed form is the call that makes them."""


def script(loaded: LoadedExplorer, frame: Frame, send: Send, should_stop: ShouldStop) -> Frame:
    """The script for a result. Never runs the model.

    The body has `info`, the result; `place` and `arguments`, what `load_explorer` is to be called with; `shapes`, those
    of the sample's inputs; `sample`, the dataset's that it was made of, or None for somebody's own picture; `edits`,
    what was made of that; `remarks`, for the script's head.
    """
    body = frame.body
    info = ResultInfo.model_validate(body["info"])
    edits = [EDIT.validate_python(edit) for edit in body["edits"]]
    written = _Script(loaded, info, [tuple(shape) for shape in body["shapes"]], body["sample"], edits)
    code = written.code(body["place"], body["arguments"], body["remarks"])
    return Frame("reply", body={"code": code})


class _Script:
    """The parts of one script; `_imports` grows while they are written."""

    def __init__(
        self,
        loaded: LoadedExplorer,
        info: ResultInfo,
        shapes: Sequence[tuple[int, ...]],
        sample: int | None,
        edits: Sequence[Edit],
    ) -> None:
        self._loaded, self._info, self._sample, self._edits = loaded, info, sample, edits
        self._count = len(loaded.explorer.features)
        self._shapes, self._extra = tuple(shapes[: self._count]), len(shapes) > self._count
        self._spec = loaded.methods.get(info.method)
        self._own = custom.class_of(self._spec)
        self._chosen = dict(info.arguments)
        self._options = {name: self._chosen.pop(name) for name in sorted(self._spec.options)}
        self._seed = self._chosen.pop("seed", 0)
        needed = needs_vectors(self._spec, smoothed=info.smoothing is not None)
        self._embeddings = loaded.described[info.model].embeddings if needed else {}
        self._imports: dict[str, set[str]] = {"attriscope": {"load_explorer"}}

    def code(self, place: str, arguments: Mapping[str, Any], remarks: Sequence[str]) -> str:
        body = [*self._opening(place, arguments), "", *self._explaining(), "", *self._ending()]
        imports = [
            f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._imports.items())
        ]
        return "\n".join([*self._head(remarks), *imports, "", *body]) + "\n"

    def _head(self, remarks: Sequence[str]) -> Iterator[str]:
        info = self._info
        target = "" if info.target is None else f", explaining {info.target_name or str(info.target)!r}"
        if info.against is not None:
            target += f" rather than {info.against_name or str(info.against)!r}"
        name = self._spec.name if self._spec.name.isprintable() else repr(self._spec.name)
        yield f"# {name} of sample {info.sample} for the model {info.model!r}{target}"
        yield from (f"# {remark}" for remark in remarks)

    def _opening(self, place: str, arguments: Mapping[str, Any]) -> Iterator[str]:
        device = self._loaded.device.type
        given = [repr(place), *([] if device == "cpu" else [f"device={device!r}"])]
        yield from _call(
            "explorer = load_explorer", [*given, *(f"{key}={value!r}" for key, value in arguments.items())]
        )
        # Edits are made of what the dataset yields, as in the page.
        raw = bool(self._edits) and any(f.transforms.changes_inputs for f in self._loaded.explorer.features)
        more = ", raw=True" if raw else ""
        uploaded = f'picture("picture.png"{more})  # the image that was uploaded'
        taken = uploaded if self._sample is None else f"inputs({self._sample}{more})"
        yield f"{self._tuple('inputs')} = explorer.{taken}"
        for edit in self._edits:
            yield from self._editing(edit)
        if raw:
            yield f"{self._tuple('inputs')} = explorer.to_model({self._tuple('inputs')})"
        if self._extra:
            yield f"additional_args = explorer.additional_args({self._sample})"
        needs = self._spec.needs
        given_inputs = "inputs" if self._count > 1 else "(inputs,)"
        if "distribution" in needs:
            found = f"explorer.first({self._spec.distribution}, {given_inputs})"
            yield f"{self._tuple('baselines')} = {found}  # of the dataset"
        elif "baseline" in needs and not self._averages:
            if isinstance(self._info.baseline, str):
                yield f"{self._tuple('baselines')} = explorer.baselines({self._info.baseline!r}, {given_inputs})"
            else:
                yield f"({self._tuple('baselines')},) = explorer.each_baseline({self._info.baseline!r}, {given_inputs})"

    def _explaining(self) -> Iterator[str]:
        """The map, or the mean of one for each baseline."""
        if not self._averages:
            yield from (*self._method(), "", *self._attributing())
            return
        given = ["inputs", "baselines", *(["additional_args"] if self._extra else [])]
        given_inputs = "inputs" if self._count > 1 else "(inputs,)"
        if self._embeddings:
            yield f"tokens = {self._tuple('inputs')}"
        yield f"def explain({', '.join(given)}):"
        yield from (f"    {line}" if line else "" for line in (*self._method(), "", *self._attributing()))
        taken = "attributions" if self._single_attribution else self._tuple("attributions")
        yield f"    return {taken}"
        yield ""
        yield f"each = explorer.each_baseline({self._info.baseline!r}, {given_inputs})"
        yield f"found = [explain({', '.join(given)}) for {self._tuple('baselines')} in each]"
        yield f"{taken} = explorer.mean(found)  # over {len(self._info.compared)} baselines"

    def _editing(self, edit: Edit) -> Iterator[str]:
        """One input changed."""
        given = [self._tuple("inputs"), repr(edit.feature)]
        if isinstance(edit, Erasure):
            given += [repr(packed(edit.mask)), repr(fill_word(edit.fill))]
        else:
            given.append(repr(edit.text if isinstance(edit, Typed) else edit.values))
        name = "erased" if isinstance(edit, Erasure) else "typed"
        yield from _call(f"{self._tuple('inputs')} = explorer.{name}", given)

    def _method(self) -> Iterator[str]:
        info, name = self._info, repr(self._info.model)
        quantity = ', "score"' if info.quantity == "score" else ""
        what = "its score" if quantity else "its raw output"
        if info.against is not None:
            quantity += f", against={info.against}"
            what += f", less that for {info.against_name or str(info.against)!r}"
        if info.region is not None:
            place = info.region
            quantity += f", region=({place.left}, {place.top}, {place.right}, {place.bottom})"
            what += ", its mean in a region"
        if info.function is not None:
            quantity, what = f", target={info.function!r}", "a function of its output"
        yield f"forward = explorer.forward({name}{quantity})  # the model as a function; {what}"
        options = dict(self._options)
        places = []
        if info.layer is not None:
            yield f"layer = explorer.model({name}).get_submodule({info.layer!r})"
            places = ["layer=layer" if self._own and info.smoothing is None else "layer"]
        yield from self._entering()
        cls = self._spec.class_name
        if self._own is not None:
            found = f"explorer.method({self._own.__name__!r})"
            if info.smoothing is None:
                options = {key: value for key, value in options.items() if key in self._init_options()}
            else:
                self._from("attribution_core.custom", "spec_of")
                found = f"spec_of({found}).method"
            yield f"{cls} = {found}"
        else:
            self._from(_home(self._spec.method), cls)
        yield from _call(f"method = {cls}", ["forward", *places, *self._keywords(options)])

    def _entering(self) -> Iterator[str]:
        """Vectors for token ids, where the method needs them."""
        if not self._embeddings:
            return
        compared = bool(self._spec.needs & {"baseline", "distribution"})
        values = [self._tuple("inputs"), *([self._tuple("baselines")] if compared else [])]
        values += [] if not self._extra else ["additional_args" if compared else "additional_args=additional_args"]
        names = f"forward, {self._tuple('inputs')}, {self._tuple('baselines') if compared else '_'}, additional_args"
        yield f"tokens = {self._tuple('inputs')}"
        yield from _call(f"{names} = explorer.at_embeddings", [repr(self._info.model), "forward", *values])

    def _attributing(self) -> Iterator[str]:
        info, keywords = self._info, list(self._arguments())
        if info.smoothing is not None:
            smoothing = info.smoothing
            self._from("attribution_core.smoothing", "smoothed")
            self._from("attribution_core.registry", "Smoothing")
            settings = (
                f"{smoothing.type!r}, samples={smoothing.samples}, noise={smoothing.noise}, seed={smoothing.seed}"
            )
            given = ["method", self._as_given("inputs"), f"Smoothing({settings})"]
            lines = list(_call(f"{self._tuple('attributions')} = smoothed", [*given, f"dict({', '.join(keywords)})"]))
        else:
            lines = list(_call("attributions = method.attribute", ["inputs", *keywords]))
        around = []
        if info.smoothing is None and self._spec.stochastic:
            self._from("attribution_core.seeding", "seeded")
            around.append(f"seeded({self._seed}, {'inputs[0]' if self._count > 1 else 'inputs'}.device)")
        if info.precision != "exact":
            self._from("attribution_core.execution", "execution")
            around.append(f"execution(precision={info.precision!r})")
        if not around:
            yield from lines
        else:
            yield f"with {', '.join(around)}:"
            yield from (f"    {line}" for line in lines)

    def _ending(self) -> Iterator[str]:
        """C×H×W float32, as the page gets it."""
        if not self._reshapes:
            tokens = "tokens" if self._embeddings else self._tuple("inputs")
            layer = ", at_layer=True" if self._spec.space == "layer" else ""
            given = "attributions" if self._count > 1 and not layer else "(attributions,)"
            yield f"heat_maps = explorer.drawn({given}, {tokens}{layer})"
            if len(self._info.maps) == 1:
                yield f"heat_map = heat_maps[{self._info.maps[0].feature!r}].numpy()"
            return
        tail = ".detach().float().cpu().numpy().reshape"
        found = self._info.maps
        if len(found) == 1:
            yield f"heat_map = attributions[0]{tail}({_plain(found[0].shape)})"
            yield "print(heat_map.shape, heat_map.min(), heat_map.max())"
            return
        yield "heat_maps = {"
        for position, one in enumerate(found):
            yield f"    {one.feature!r}: attributions[{position}]{tail}({_plain(one.shape)}),"
        yield "}"

    def _arguments(self) -> Iterator[str]:
        """Keywords of `attribute`, as the registry would give them."""
        info, spec = self._info, self._spec
        accepts = getattr(spec.method, "accepts", None)
        given: dict[str, str] = {}
        if spec.needs & {"baseline", "distribution"}:
            given["baselines"] = self._as_given("baselines")
        if spec.takes_target and info.target is not None:
            given["target"] = str(info.target)
        if self._extra or self._embeddings:
            given["additional_forward_args"] = "additional_args"
        chosen = dict(self._chosen)
        if spec.space == "neuron":
            given["neuron_selector"] = str(chosen.pop("unit"))
        if accepts is not None and info.smoothing is None:
            given = {name: value for name, value in given.items() if name in accepts}
            own = {name: value for name, value in self._options.items() if name not in self._init_options()}
            chosen |= own
        yield from (f"{name}={value}" for name, value in given.items())
        yield from self._keywords(spec.translate(chosen, registry.InputInfo(self._shapes)))

    def _keywords(self, values: Mapping[str, Any]) -> Iterator[str]:
        for name, value in values.items():
            yield f"{name}={self._value(value)}"

    def _value(self, value: Any) -> str:
        if isinstance(value, tuple) and any(isinstance(part, torch.Tensor) for part in value):
            return self._mask()
        if isinstance(value, tuple):
            one = not self._in_tuples and len(value) == 1 and isinstance(value[0], tuple)
            parts = [self._value(part) for part in value]
            return parts[0] if one else f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if isinstance(value, _SPECIAL):
            self._from(type(value).__module__, type(value).__name__)
        return repr(value)

    def _mask(self) -> str:
        """The only tensors among arguments are the feature masks of `attribution_core.squares`."""
        self._from("attribution_core.registry", "InputInfo")
        self._from(squares.__name__, "masks")
        counts = ", ".join(str(self._info.arguments.get(name, 1)) for name in ("squares", "segments"))
        mask = f"masks({counts}, InputInfo({self._shapes!r}))"
        return mask if self._in_tuples else f"{mask}[0]"

    def _init_options(self) -> frozenset[str]:
        found: frozenset[str] = getattr(self._spec.method, "of_init", frozenset())
        return found

    @property
    def _averages(self) -> bool:
        """Whether the map is the mean of several, one for each baseline."""
        return len(self._info.compared) > 1

    @property
    def _single_attribution(self) -> bool:
        """Whether `attributions` is what the call returned, and no tuple was taken apart."""
        return self._info.smoothing is None or self._count > 1

    @property
    def _in_tuples(self) -> bool:
        """Whether the call takes one of each thing for every input, though there may be only one."""
        return self._count > 1 or self._info.smoothing is not None

    @property
    def _reshapes(self) -> bool:
        """Whether each map has the attributions' numbers in their order."""
        features = self._loaded.explorer.features
        if self._spec.space == "layer":
            return type(features[0]).layer_drawn is Feature.layer_drawn
        sizes = [prod(found.shape) for found in self._info.maps]
        return not self._embeddings and sizes == [prod(shape) for shape in self._shapes]

    def _tuple(self, name: str) -> str:
        """A tuple of one is taken apart, as people write it."""
        return name if self._count > 1 else f"({name},)"

    def _as_given(self, name: str) -> str:
        return f"({name},)" if self._in_tuples and self._count == 1 else name

    def _from(self, module: str, name: str) -> None:
        self._imports.setdefault(module, set()).add(name)


def _home(cls: type) -> str:
    package = attribution_core.__name__
    return package if getattr(attribution_core, cls.__name__, None) is cls else cls.__module__


def _plain(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))


def _call(function: str, arguments: Sequence[str]) -> Iterator[str]:
    """On one line where it fits, else an argument a line."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{function}("
    yield from (f"    {argument}," for argument in arguments)
    yield ")"
