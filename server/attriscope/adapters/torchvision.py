"""torchvision's classifiers: `attriscope serve --model torchvision:resnet50 --images FOLDER [--weights FILE]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchvision.models as zoo
from torch import Tensor, nn

from attriscope.adapters.files import ImageFolder
from attriscope.errors import ExplorerError, nearest
from attriscope.explorer import Explorer
from attriscope.features.image import ImageFeature

_WITH_SIDE_OUTPUTS = ("googlenet", "inception_v3")
_HEAD = re.compile(r"(fc|classifier|heads?)\.(.*\.)?weight")
"""What torchvision calls the head of every classifier; numbered where it has layers, the last one the highest."""


def explorer(model: str, images: str, weights: str | None = None, names: Mapping[str, str] | None = None) -> Explorer:
    """A torchvision classifier on a folder of images.

    model: torchvision's name, e.g. 'resnet50'. images: a folder, read with its subfolders; where images lie in
    subfolders, the first one's name is the label. weights: a state dict (.pt, .pth, .safetensors); without it
    torchvision's own default weights, downloaded once. Images are resized, cropped and normalised as torchvision does
    for its default weights. Class names are torchvision's where the outputs are its 1000, else the subfolders' where
    there are as many. names: what the subfolders' names stand for, where they are no class names.

    Raises ExplorerError: unknown_model, folder_missing, weights_missing, weights_broken, or, once the model is loaded,
    weights_unavailable where they cannot be downloaded.
    """
    published = _published(model)
    files = ImageFolder(Path(images), published.transforms(), names)
    classes = list(published.meta["categories"])
    loader: Callable[[], nn.Module] = partial(_download, model, published)
    if weights is not None:
        state = _read_weights(Path(weights))
        outputs = _outputs(model, state, weights)
        loader = partial(_build, model, state, outputs, weights)
        if outputs != len(classes):
            classes = files.labels if len(files.labels) == outputs else []
    preset = published.transforms()
    return Explorer(
        models={model: loader},
        dataset=files,
        classes=classes or None,
        features=ImageFeature(mean=preset.mean, std=preset.std, from_upload=preset),
        score_func=nn.Softmax(1),
        name=f"{model} on {Path(images).resolve().name}",
    )


def _published(model: str) -> Any:
    """The default weights that torchvision publishes for a classifier: their transforms and class names."""
    known = zoo.list_models(module=zoo)
    if model not in known:
        raise ExplorerError(
            "unknown_model", f"torchvision has no classifier {model!r}.{nearest(model, known)}", field="model"
        )
    return zoo.get_model_weights(model).DEFAULT


def _download(model: str, published: Any) -> nn.Module:
    try:
        module: nn.Module = zoo.get_model(model, weights=published)
    except (OSError, RuntimeError) as error:
        raise ExplorerError(
            "weights_unavailable",
            f"The weights of {model} could not be downloaded from {published.url} ({error}). "
            "Download them elsewhere and give the file with --weights.",
            field="weights",
            url=published.url,
        ) from error
    return module


def _read_weights(file: Path) -> dict[str, Tensor]:
    """A state dict, also one wrapped in {'state_dict': …} or saved from DataParallel. Unpickles tensors only."""
    if not file.is_file():
        raise ExplorerError("weights_missing", f"--weights: no file '{file}'.", field="weights")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            value: Any = load_file(file)
        else:
            value = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        raise ExplorerError(
            "weights_broken", f"--weights: {file.name} cannot be read as a state dict: {first}", field="weights"
        ) from error
    for key in ("state_dict", "model"):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
    if not isinstance(value, Mapping) or not value or not all(isinstance(part, Tensor) for part in value.values()):
        raise ExplorerError(
            "weights_broken",
            f"--weights: {file.name} holds {type(value).__name__}, no state dict.",
            field="weights",
        )
    return {name.removeprefix("module."): tensor for name, tensor in value.items()}


def _outputs(model: str, state: Mapping[str, Tensor], weights: str) -> int:
    """Rows of the head's last weight. By its name: a file's order tells nothing."""
    heads = [name for name, tensor in state.items() if _HEAD.match(name) and tensor.dim() >= 2]
    if not heads:
        raise ExplorerError(
            "weights_broken", f"--weights: {weights} does not fit {model}: it has no classifying head.", field="weights"
        )
    return state[max(heads)].shape[0]


def _build(model: str, state: Mapping[str, Tensor], outputs: int, weights: str) -> nn.Module:
    options: dict[str, Any] = {"num_classes": outputs}
    if model in _WITH_SIDE_OUTPUTS:
        side = any(name.lower().startswith("aux") for name in state)
        options |= {"aux_logits": side, "transform_input": True, "init_weights": False}
    module: nn.Module = zoo.get_model(model, weights=None, **options)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        first = " ".join(str(error).split())
        raise ExplorerError(
            "weights_broken",
            f"--weights: {Path(weights).name} does not fit {model}: {first[:300]}",
            field="weights",
        ) from error
    return module
