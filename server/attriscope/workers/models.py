"""The explorer's models as a worker holds them: loaded, on the device, in eval mode, read for one score an output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from attribution_core.execution import is_out_of_memory
from attribution_core.locks import explaining
from attriscope.errors import ExplorerError, user_traceback
from attriscope.explorer import Loader, ScoreFunc
from attriscope.workers.keys import model_fingerprint
from attriscope.workers.messages import Notice
from attriscope.workers.shelf import Shelf


class Forward:
    """What is explained, as a function of the inputs: the model's output, or `score_func` of it; N×C or N."""

    def __init__(self, module: nn.Module, score_func: ScoreFunc | None) -> None:
        self._module, self._score_func = module, score_func

    def __call__(self, *inputs: Tensor) -> Tensor:
        value = scores(self._module(*inputs))
        return value if self._score_func is None else self._score_func(value)


def _rather_than(forward: Forward, against: int) -> Callable[..., Tensor]:
    """Every output less that of the class `against`, as a function that shares the model's lock and chunk sizes."""

    def difference(*inputs: Tensor) -> Tensor:
        value = forward(*inputs)
        return value - value[:, against : against + 1]

    return explaining(forward, difference)


class LoadedModel:
    """One model. `output` and `score` are what can be explained; both are kept, so that chunk sizes are remembered."""

    def __init__(
        self, name: str, module: nn.Module, device: torch.device, device_name: str, score_func: ScoreFunc | None
    ) -> None:
        self.name = name
        self.notices = _train_mode(module)
        self.module = module
        self.device, self._device_name = device, device_name
        self.output = Forward(module, None)
        self.score = None if score_func is None else Forward(module, score_func)
        self._score_func = score_func

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

    def forward(self, quantity: str, against: int | None = None) -> Callable[..., Tensor]:
        """What 'output' or 'score' names, less that of the class `against` where there is one.

        Raises ExplorerError for a score without a score function.
        """
        whole = self._quantity(quantity)
        return whole if against is None else _rather_than(whole, against)

    def _quantity(self, quantity: str) -> Forward:
        if quantity == "output":
            return self.output
        if self.score is None:
            raise ExplorerError(
                "no_score_func",
                "quantity is 'score', but the explorer has no score_func; only 'output' can be explained.",
                field="quantity",
            )
        return self.score

    def predict(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Outputs and scores, N×C float64 on the CPU."""
        with self.evaluating(), torch.no_grad():
            output = self.output(*inputs)
            score = output if self._score_func is None else self._score_func(output)
        if score.shape != output.shape:
            raise ExplorerError(
                "wrong_shape",
                f"score_func turned shape {tuple(output.shape)} into {tuple(score.shape)}; it must keep the shape.",
                field="score_func",
            )
        return columns(output), columns(score)

    def readings(self, target: int | None, against: int | None = None) -> Callable[..., Tensor]:
        """The output explained and, where there is a score function, its score, from one pass: N×1 or N×2.

        Each less that of the class `against` where there is one.
        """

        def read(*inputs: Tensor) -> Tensor:
            output = scores(self.module(*inputs))
            both = [output] if self._score_func is None else [output, self._score_func(output)]
            classes = [value.reshape(len(value), -1) for value in both]
            explained = [of[:, target or 0] - (0 if against is None else of[:, against]) for of in classes]
            return torch.stack(explained, 1)

        return read

    def twin(self, module: nn.Module) -> LoadedModel:
        """Another module, a copy of this one's, that is read as this one is."""
        return LoadedModel(self.name, module, self.device, self._device_name, self._score_func)

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
) -> dict[str, LoadedModel]:
    """Every model, loaded and brought to the device, which others call `device_name`.

    Raises ExplorerError naming the one that cannot be.
    """
    loaded = {}
    for name, entry in models.items():
        stage("Loading model…" if len(models) == 1 else f"Loading model {name}…")
        module = entry if isinstance(entry, nn.Module) else _call(name, entry, shelf)
        loaded[name] = LoadedModel(name, module, device, device_name, score_func)
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


def scores(output: Any) -> Tensor:
    """The tensor of scores in what a model returned: itself, `.logits`, `["logits"]`, or the first tensor of several.

    Raises ExplorerError where there is none, or it has not one row for each example.
    """
    value = output
    if not isinstance(value, Tensor):
        value = getattr(output, "logits", None)
    if value is None and isinstance(output, Mapping):
        value = output.get("logits", next((part for part in output.values() if isinstance(part, Tensor)), None))
    elif value is None and isinstance(output, list | tuple):
        value = next((part for part in output if isinstance(part, Tensor)), None)
    if not isinstance(value, Tensor):
        raise ExplorerError("wrong_output", f"The model returned {type(output).__name__}; it must return a tensor.")
    if value.dim() not in (1, 2):
        raise ExplorerError(
            "wrong_output",
            f"The model's output has shape {tuple(value.shape)}; it must be N×C, one row of scores for each example.",
            shape=list(value.shape),
        )
    return value


def columns(value: Tensor) -> Tensor:
    """N×C, with one column for a single value."""
    value = value.detach().to("cpu", torch.float64)
    return value[:, None] if value.dim() == 1 else value
