"""Content keys: equal keys mean equal results, in any session and after any restart."""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from attriscope.workers.choices import BaselineChoice
from attriscope.workers.messages import AttributionRequest
from attriscope.workers.reading import OUTPUT, Reading

_PACKAGES = {"builtins", "abc", "torch", "attribution_core"}
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def model_fingerprint(module: nn.Module) -> str:
    """SHA-256 of parameters, buffers, printed structure (strides, slopes, …) and the code of the modules' classes."""
    digest = hashlib.sha256(_ADDRESS.sub("", repr(module)).encode())
    for kind, named in (("parameter", module.named_parameters()), ("buffer", module.named_buffers())):
        for name, tensor in named:
            digest.update(f"{kind} {name}".encode())
            _update(digest, tensor)
    for code in sorted({_code_of(cls) for cls in {type(child) for child in module.modules()} if not _is_torch(cls)}):
        digest.update(code)
    return digest.hexdigest()


def callable_fingerprint(function: Any) -> str:
    """SHA-256 of where a function comes from: its file's bytes, else its printed form; 'none' for None."""
    if function is None:
        return "none"
    function = getattr(function, "func", function)
    if isinstance(function, nn.Module):
        return model_fingerprint(function)
    home = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
    if home.startswith("torch."):
        return home
    return hashlib.sha256(home.encode() + _code_of(function)).hexdigest()


def class_fingerprint(cls: type) -> str:
    """SHA-256 of where a class and the classes that it is made of come from, but for torch's and ours."""
    parts = [
        f"{base.__module__}.{base.__qualname__}".encode() + _code_of(base)
        for base in cls.__mro__
        if base.__module__.partition(".")[0] not in _PACKAGES
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def declaration_fingerprint(code: bytes, arguments: str, features: str) -> str:
    """SHA-256 of the user's file, the factory's arguments and what the features' baselines depend on."""
    return combined({"code": hashlib.sha256(code).hexdigest(), "arguments": arguments, "features": features})


def combined(parts: Mapping[str, Any]) -> str:
    """SHA-256 of JSON values by name. Raises ValueError for NaN and infinity."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def content_key(
    request: AttributionRequest,
    *,
    arguments: Mapping[str, Any],
    sample_sha256: str,
    target: int | None,
    layer: str | None,
    baseline: BaselineChoice | None,
    ingredients: Mapping[str, str],
    reading: Reading = OUTPUT,
) -> str:
    """SHA-256 of everything a result depends on.

    `arguments` are those after defaults; `layer` and `baseline` are None where the method has none. `ingredients` are
    the fingerprints (of a function that is explained, too), versions and kind of device. The explorer's, model's and
    sample's names are not in it.
    """
    # Only where there is one: what was stored before there were any keeps its key.
    evaluation = {} if request.evaluation is None else {"evaluation": request.evaluation.model_dump(mode="json")}
    region = {} if reading.region is None else {"region": reading.region.model_dump(mode="json")}
    function = {} if reading.function is None else {"function": reading.function}
    return combined(
        {
            **evaluation,
            **region,
            **function,
            "method": request.method,
            "arguments": dict(arguments),
            "sample": sample_sha256,
            "target": target if reading.against is None else [target, reading.against],
            "layer": layer,
            "baseline": baseline,
            "smoothing": None if request.smoothing is None else request.smoothing.model_dump(mode="json"),
            "quantity": request.quantity,
            "precision": request.precision,
            "ingredients": dict(ingredients),
        }
    )


def _update(digest: Any, tensor: Tensor) -> None:
    if is_lazy(tensor):
        return
    digest.update(f"{tensor.dtype}{list(tensor.shape)}".encode())
    plain = tensor.detach().cpu()
    if plain.layout is torch.strided and not plain.is_quantized:
        if plain.numel():
            digest.update(plain.contiguous().reshape(-1).view(torch.uint8).numpy())
        return
    file = io.BytesIO()
    torch.save(plain, file)
    digest.update(file.getvalue())


def _is_torch(cls: type) -> bool:
    return cls.__module__ == "torch" or cls.__module__.startswith("torch.")


def _code_of(thing: Any) -> bytes:
    """The bytes of the file that defines a class or function; its name and compiled code where there is none."""
    try:
        return Path(inspect.getfile(thing)).read_bytes()
    except (OSError, TypeError):
        name = _ADDRESS.sub("", getattr(thing, "__qualname__", repr(thing))).encode()
        if isinstance(thing, type):
            return name + b"".join(
                key.encode() + (_compiled(member) or _ADDRESS.sub("", repr(member)).encode())
                for key, member in sorted(vars(thing).items())
                if not key.startswith("__") or callable(member)
            )
        return name + _compiled(thing)


def _compiled(function: Any) -> bytes:
    """The code of a function without a file, with its defaults and its inner functions'; nothing for anything else."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return b""
    defaults = _ADDRESS.sub(
        "", repr((getattr(function, "__defaults__", None), getattr(function, "__kwdefaults__", None)))
    )
    return _constants(code) + defaults.encode()


def _constants(code: CodeType) -> bytes:
    inner = b"".join(_constants(value) if isinstance(value, CodeType) else _plain(value) for value in code.co_consts)
    return code.co_code + repr(code.co_names).encode() + inner


def _plain(value: Any) -> bytes:
    """A constant, the same in every process: sets have no order."""
    return repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value).encode()
