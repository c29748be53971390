"""The explorer's models as a worker holds them: loaded, on the device, in eval mode, read for one score an output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from attribution_core.execution import is_out_of_memory
from attribution_core.locks import explaining
from attriscope.errors import ExplorerError, nearest, user_traceback
from attriscope.explorer import Loader, ScoreFunc, TargetFunc
from attriscope.workers.keys import model_fingerprint
from attriscope.workers.messages import Notice
from attriscope.workers.reading import OUTPUT, SCORE, Reading, averaged, columns, one_each, scores
from attriscope.workers.shelf import Shelf


class Forward:
    """What is explained, as a function of the inputs, by its reading: N×C or N."""

    def __init__(
        self,
        module: nn.Module,
        score_func: ScoreFunc | None = None,
        reading: Reading = OUTPUT,
        targets: Mapping[str, TargetFunc] = MappingProxyType({}),
    ) -> None:
        self._module, self._score_func, self._reading, self._targets = module, score_func, reading, targets

    def __call__(self, *inputs: Tensor) -> Tensor:
        return self.read(self._module(*inputs), len(inputs[0]))

    def read(self, output: Any, count: int) -> Tensor:
        """What the reading makes of what the model returned for `count` examples."""
        reading = self._reading
        if reading.function is not None:
            return one_each(reading.function, self._targets[reading.function](output), count)
        value = scores(output)
        if reading.quantity == "score" and self._score_func is not None:
            value = self._score_func(value)
        value = averaged(value, reading.region)
        return value if reading.against is None else value - value[:, reading.against : reading.against + 1]


class LoadedModel:
    """One model. `output` and `score` are what can be explained; both are kept, so that chunk sizes are remembered."""

    def __init__(
        self,
        name: str,
        module: nn.Module,
        device: torch.device,
        device_name: str,
        score_func: ScoreFunc | None,
        targets: Mapping[str, TargetFunc] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.notices = _train_mode(module)
        self.module = module
        self.device, self._device_name = device, device_name
        self._score_func, self._targets = score_func, targets
        self.output = self._read(OUTPUT)
        self.score = None if score_func is None else self._read(SCORE)

    def _read(self, reading: Reading) -> Forward:
        return Forward(self.module, self._score_func, reading, self._targets)

    @property
    def nbytes(self) -> int:
        """Of parameters and buffers."""
        return sum(value.nbytes for value in (*self.module.parameters(), *self.module.buffers()) if not is_lazy(value))

    def move(self, device: torch.device) -> None:
        """Raises torch's error where memory runs out, ExplorerError for any other reason."""
        try:
            self.module.to(device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            if is_out_of_memory(error):
                raise
            place = self._device_name if device == self.device else str(device)
            raise ExplorerError(
                "device_unavailable", f"Model {self.name!r} could not be moved to {place}: {error}", device=place
            ) from error

    def forward(self, reading: Reading = OUTPUT) -> Callable[..., Tensor]:
        """What the reading names, as a function that shares the model's lock and chunk sizes.

        Raises ExplorerError for a score without a score function, or a target that is not there.
        """
        self.check(reading)
        if reading == OUTPUT:
            return self.output
        if reading == SCORE and self.score is not None:
            return self.score
        return explaining(self.output, self._read(reading))

    def check(self, reading: Reading) -> None:
        """Raises ExplorerError for what this model cannot be read for."""
        if reading.function is not None:
            if reading.function not in self._targets:
                hint = nearest(reading.function, list(self._targets))
                message = f"No target {reading.function!r}.{hint}"
                raise ExplorerError("unknown_target", message, field="target", target=reading.function)
            if reading.quantity == "score":
                raise ExplorerError(
                    "function_of_score",
                    f"quantity is 'score', but target {reading.function!r} is a function of the model's output; "
                    "only 'output' can be explained.",
                    field="quantity",
                    target=reading.function,
                )
        elif reading.quantity == "score" and self.score is None:
            raise ExplorerError(
                "no_score_func",
                "quantity is 'score', but the explorer has no score_func; only 'output' can be explained.",
                field="quantity",
            )

    def predict(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Outputs and scores, N×C float64 on the CPU.

        Of an output that is a map: the mean output of each class, the share of the map that is read as it, and behind
        them the class of each place (N×H×W); of a single map the mean output and the mean score.
        """
        with self.evaluating(), torch.no_grad():
            output = scores(self.module(*inputs))
            score = output if self._score_func is None else self._score_func(output)
        if score.shape != output.shape:
            raise ExplorerError(
                "wrong_shape",
                f"score_func turned shape {tuple(output.shape)} into {tuple(score.shape)}; it must keep the shape.",
                field="score_func",
            )
        means = columns(averaged(output, None))
        if output.dim() != 4 or output.shape[1] == 1:
            return means, columns(averaged(score, None))
        classes = output.argmax(1).cpu()
        counts = torch.stack([row.flatten().bincount(minlength=output.shape[1]) for row in classes]).double()
        if not bool(torch.isfinite(means).all()):  # no place of such a map can be read
            counts = means
        return means, counts / classes[0].numel(), classes.to(torch.uint8 if output.shape[1] <= 256 else torch.float32)

    def readings(self, target: int | None, reading: Reading) -> Callable[..., Tensor]:
        """The output explained and, where there is a score function, its score, from one pass: N×1 or N×2.

        Of a function of the output there is no score.
        """
        scored = reading.function is None and self._score_func is not None
        several = [replace(reading, quantity=of) for of in (("output", "score") if scored else ("output",))]

        def read(*inputs: Tensor) -> Tensor:
            output = self.module(*inputs)
            classes = [self._read(one).read(output, len(inputs[0])) for one in several]
            return torch.stack([of.reshape(len(of), -1)[:, target or 0] for of in classes], 1)

        return read

    def twin(self, module: nn.Module) -> LoadedModel:
        """Another module, a copy of this one's, that is read as this one is."""
        return LoadedModel(self.name, module, self.device, self._device_name, self._score_func, self._targets)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Eval mode, even where the model's own code switched it; a caller's live module gets its flags back."""
        changed = [module for module in self.module.modules() if module.training]
        for module in changed:
            module.training = False
        try:
            yield
        finally:
            for module in changed:
                module.training = True

    def fingerprint(self) -> str:
        return model_fingerprint(self.module)


def load_models(
    models: Mapping[str, nn.Module | Loader],
    device: torch.device,
    device_name: str,
    score_func: ScoreFunc | None,
    stage: Callable[[str], None],
    shelf: Shelf,
    targets: Mapping[str, TargetFunc] = MappingProxyType({}),
) -> dict[str, LoadedModel]:
    """Every model, loaded and brought to the device, which others call `device_name`.

    Raises ExplorerError naming the one that cannot be.
    """
    loaded = {}
    for name, entry in models.items():
        stage("Loading model…" if len(models) == 1 else f"Loading model {name}…")
        module = entry if isinstance(entry, nn.Module) else _call(name, entry, shelf)
        loaded[name] = LoadedModel(name, module, device, device_name, score_func, targets)
        shelf.bring(loaded[name])
    return loaded


def _call(name: str, loader: Loader, shelf: Shelf) -> nn.Module:
    try:
        module = loader()
    except ExplorerError:
        raise
    except Exception as error:
        failure = ExplorerError(
            "model_failed",
            f"Model {name!r} could not be loaded: {type(error).__name__}: {error}",
            field=f"models[{name!r}]",
            detail=user_traceback(error),
        )
        if not is_out_of_memory(error):
            raise failure from error
    else:
        return _checked(name, module)
    # Outside the except block, whose traceback would keep half a model on the device.
    if shelf.relieve():
        return _call(name, loader, shelf)
    raise failure


def _checked(name: str, module: object) -> nn.Module:
    if not isinstance(module, nn.Module):
        raise ExplorerError(
            "wrong_type",
            f"The loader of model {name!r} returned {type(module).__name__}; it must return a torch.nn.Module.",
            field=f"models[{name!r}]",
        )
    return module


def _train_mode(module: nn.Module) -> list[Notice]:
    training = [name for name, child in module.named_modules() if child.training]
    if not training:
        return []
    if module.training:
        what = "The model arrived in train mode"
    else:
        what = f"Submodule {training[0]} arrived in train mode" + (
            f" (and {len(training) - 1} more)" if len(training) > 1 else ""
        )
    return [Notice(code="eval_mode", message=f"{what}; it is run in eval mode.", params={"modules": training[:20]})]
