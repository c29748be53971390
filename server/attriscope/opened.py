"""An explorer's models and samples for scripts and notebooks, without a server: what "Copy as Python" stands on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from attribution_core.locks import explaining
from attriscope.errors import ExplorerError, SampleError, nearest
from attriscope.explorer import Explorer
from attriscope.features import baselines
from attriscope.features.pictures import open_picture
from attriscope.samples import Example, Samples
from attriscope.workers import edit, embedded
from attriscope.workers.choices import BaselineChoice, Region, rows_of
from attriscope.workers.edits import Edit, Erasure, Row, Typed
from attriscope.workers.loaded import no_stage
from attriscope.workers.maps import Drawing
from attriscope.workers.models import LoadedModel, load_models
from attriscope.workers.reading import Reading
from attriscope.workers.shelf import Shelf
from attriscope.workers.source import ExplorerSource, load

Inputs = tuple[Tensor, ...]


def load_explorer(place: str, device: str = "cpu", **arguments: Any) -> OpenExplorer:
    """The explorer that a file or module declares, as `attriscope serve` would load it.

    >>> explorer = load_explorer("flowers.py")
    >>> model, (image,) = explorer.model("resnet18"), explorer.inputs(3)

    place: 'flowers.py' or 'package.module', with ':factory' where that is not called `explorer`.
    device: where models and samples are brought to. arguments: the factory's.

    Raises ExplorerError where the file, the factory or what it returns is at fault.
    """
    home, colon, factory = place.rpartition(":")
    if not colon or not factory.isidentifier():
        home, factory = place, "explorer"
    is_file = home.endswith(".py")
    source = ExplorerSource(
        name=Path(home).stem,
        path=home if is_file else None,
        module=None if is_file else home,
        factory=factory,
        arguments=arguments,
    )
    return OpenExplorer(load(source).explorer, device)


class OpenExplorer:
    """Models, loaded when they are asked for and in eval mode, and samples as batches of one, all on one device.

    explorer: what was declared.
    """

    def __init__(self, explorer: Explorer, device: str = "cpu") -> None:
        self.explorer, self.device = explorer, torch.device(device)
        self._samples = Samples(explorer.dataset, explorer.features)
        self._shelf = Shelf(self.device)
        self._models: dict[str, LoadedModel] = {}

    def model(self, name: str) -> nn.Module:
        """The model of that name. Raises ExplorerError for an unknown name, or where it cannot be loaded."""
        return self._model(name).module

    def forward(
        self,
        name: str,
        quantity: Literal["output", "score"] = "output",
        against: int | None = None,
        *,
        region: tuple[int, int, int, int] | None = None,
        target: str | None = None,
    ) -> Callable[..., Tensor]:
        """What is explained, as a function of the inputs: the model's raw scores, or with 'score' `score_func` of them.

        Each less that of the class `against`, where there is one. Where the output is a map, the mean of each class's,
        in the region (left, top, right, bottom) where there is one. With `target` what that function of the explorer's
        makes of the model's output. Where a model returns an object or several values, its scores are picked from them
        as the page does.
        """
        model = self._model(name)
        sides = ("left", "top", "right", "bottom")
        where = None if region is None else Region(**dict(zip(sides, region, strict=True)))
        return explaining(model.module, model.forward(Reading(quantity, against, where, target)))

    def inputs(self, index: int) -> Inputs:
        """One tensor for each feature, with a batch dimension of one. Raises SampleError past the dataset's end."""
        return self._batch(self._to_model(self._example(index).inputs[: len(self.explorer.features)]))

    def additional_args(self, index: int) -> Inputs:
        """The further tensors that the sample brings for the model's forward."""
        return self._batch(self._example(index).inputs[len(self.explorer.features) :])

    def picture(self, file: str | Path) -> Inputs:
        """An image file as the model's input, as an upload becomes one. Raises ExplorerError where it cannot."""
        like = self._example(0).inputs[0]
        picture = self.explorer.features[0].from_picture(open_picture(Path(file), str(file)), like)
        return self._batch(self._to_model((picture,)))

    def erased(self, inputs: Inputs, feature: str, mask: str, fill: str) -> Inputs:
        """`inputs`, a batch of one, with some pixels of an image filled, as in the page.

        mask: which, as scripts write it. fill: a baseline's name ('zero', 'blurred', …) or a colour ('#rrggbb').
        """
        height, width = inputs[self._position(feature)].shape[-2:]
        filled = Erasure(
            kind="erase", feature=feature, mask=edit.unpacked(mask, width, height), fill=edit.fill_named(fill)
        )
        return self._edited(inputs, filled)

    def typed(self, inputs: Inputs, feature: str, typed: str | Mapping[str, float | str]) -> Inputs:
        """`inputs`, a batch of one, with another text, or other values of a row by the names of its lines.

        Raises ExplorerError for what is no text or value of this feature.
        """
        if isinstance(typed, str):
            return self._edited(inputs, Typed(kind="text", feature=feature, text=typed))
        return self._edited(inputs, Row(kind="row", feature=feature, values=dict(typed)))

    def baselines(self, name: str, inputs: Inputs) -> Inputs:
        """The named baseline ('zero', 'blurred', 'sample:3' …) for `inputs`, a batch of one.

        Raises ExplorerError for others, and for several.
        """
        found = self.each_baseline(name, inputs)
        if len(found) > 1:
            raise ExplorerError("unknown_baseline", f"{name!r} are {len(found)} baselines; see each_baseline.")
        return found[0]

    def each_baseline(self, choice: BaselineChoice, inputs: Inputs) -> list[Inputs]:
        """The baselines that a choice stands for, for `inputs`, a batch of one: their attributions are averaged.

        >>> explorer.each_baseline(["black", "white"], inputs)
        >>> explorer.each_baseline({"image": ["blurred"], "question": ["padding"]}, inputs)

        choice: a name, several, or names for each input, of which every combination is taken; 'samples:8' are the
        dataset's first eight samples. Raises ExplorerError for a name that is not offered.
        """
        features = self.explorer.features
        settled = baselines.settled(features, choice)
        rows = self._rows(settled)
        example = [x[0].cpu() for x in inputs]
        names = baselines.combinations(features, settled, rows)
        return [self._batch(tuple(baselines.of_each(features, one, example, rows))) for one in names]

    @staticmethod
    def mean(attributions: Sequence[Any]) -> Any:
        """The mean of what a method returned for several baselines: of tensors, or of tuples of them."""
        first, *_ = attributions
        if isinstance(first, Tensor):
            return torch.stack(list(attributions)).mean(0)
        return tuple(torch.stack(list(each)).mean(0) for each in zip(*attributions, strict=True))

    def _rows(self, choice: BaselineChoice) -> dict[int, Inputs]:
        chosen, first = rows_of(choice)
        found = {number: self._samples.get(number) for number in {*range(first), *chosen}}
        return {number: self._to_model(example.inputs) for number, example in found.items() if example is not None}

    def at_embeddings(
        self,
        name: str,
        forward: Callable[..., Tensor],
        inputs: Inputs,
        baselines: Inputs | None = None,
        additional_args: Inputs = (),
    ) -> tuple[Callable[..., Tensor], Inputs, Inputs, Inputs]:
        """The four with the embedding's vectors in the place of token ids, which become additional arguments.

        Gradients can be taken by vectors. Without `baselines` the third is empty.
        """
        module = self.model(name)
        named = [feature.embedding for feature in self.explorer.features]
        found = embedded.find(module, (*inputs, *additional_args), named)
        entry = embedded.at_embeddings(module, embedded.Entry(forward, inputs, baselines, additional_args), found)
        return entry.forward, entry.inputs, entry.baselines or (), entry.additional

    def drawn(self, attributions: Inputs, inputs: Inputs, *, at_layer: bool = False) -> dict[str, Tensor]:
        """Attributions of a batch of one as the page draws them, C×H×W by feature: a number for each token or column.

        inputs: those of `inputs`, not an embedding's vectors.
        """
        shapes = [tuple(x.shape[1:]) for x in inputs]
        return Drawing(self.explorer.features, at_layer).maps(attributions, 0, shapes)

    def first(self, count: int, like: Inputs) -> Inputs:
        """The dataset's first `count` samples, those of the sizes of `like`, stacked: a distribution of baselines."""
        shapes = [x.shape[1:] for x in like]
        examples = [self._samples.get(index) for index in range(count)]
        rows = [self._to_model(found.inputs[: len(shapes)]) for found in examples if found is not None]
        rows = [parts for parts in rows if [x.shape for x in parts] == shapes]
        if not rows:
            raise ExplorerError("no_distribution", f"None of the first {count} samples has the shapes {shapes}.")
        return tuple(torch.stack(parts).to(self.device) for parts in zip(*rows, strict=True))

    def method(self, name: str) -> type:
        """One of the explorer's own attribution classes. Raises ExplorerError for an unknown name."""
        known = {cls.__name__: cls for cls in self.explorer.methods}
        if name not in known:
            raise ExplorerError("unknown_method", f"No method {name!r}.{nearest(name, list(known))}", field="method")
        return known[name]

    def _edited(self, inputs: Inputs, asked: Edit) -> Inputs:
        at = self._position(asked.feature)
        value, _ = edit.changed(self.explorer.features[at], inputs[at][0].cpu(), asked)
        return (*inputs[:at], *self._batch((value,)), *inputs[at + 1 :])

    def _position(self, feature: str) -> int:
        return edit.position_of([known.name for known in self.explorer.features], feature)

    def _model(self, name: str) -> LoadedModel:
        models = self.explorer.models
        if name not in models:
            raise ExplorerError("unknown_model", f"No model {name!r}.{nearest(name, list(models))}", field="model")
        if name not in self._models:
            one = {name: models[name]}
            score_func, targets = self.explorer.score_func, self.explorer.targets
            self._models |= load_models(one, self.device, str(self.device), score_func, no_stage, self._shelf, targets)
            self._models[name].module.eval()
        return self._models[name]

    def _example(self, index: int) -> Example:
        example = self._samples.get(index)
        if example is None:
            raise SampleError("no_sample", f"There is no sample {index}.", index)
        return example

    def _to_model(self, inputs: Inputs) -> Inputs:
        return tuple(
            feature.to_model(x.to(self._samples.device))
            for feature, x in zip(self.explorer.features, inputs, strict=True)
        )

    def _batch(self, parts: Inputs) -> Inputs:
        return tuple(x[None].to(self.device) for x in parts)
