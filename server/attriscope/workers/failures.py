"""Exceptions as the one error shape."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import torch
from pydantic import ValidationError

from attribution_core.errors import AttributionError, Cancelled, OutOfMemory
from attribution_core.execution import is_out_of_memory
from attriscope.errors import ExplorerError, user_traceback
from attriscope.workers.messages import ErrorBody

_DEVICE_FAULTS = (
    "CUDA error",
    "HIP error",
    "device-side assert",
    "unspecified launch failure",
    "illegal memory access",
)


def error_body(error: BaseException, arguments: Collection[str] = ()) -> ErrorBody:
    """`arguments` are the method's own: an error in one of them names the request's field 'arguments.<name>'."""
    if isinstance(error, Cancelled):
        return ErrorBody(code="cancelled", message="Cancelled.")
    if isinstance(error, ExplorerError):
        return ErrorBody(
            code=error.code, message=error.message, params=_json(error.params), field=error.field, detail=error.detail
        )
    if is_device_fault(error):
        first = str(error.__cause__ or error).partition("\n")[0]
        return ErrorBody(
            code="device_error",
            message=f"The device failed in a way that its process does not survive ({first}); a new process is "
            "started. The same model on the CPU tells more.",
            params={"exception": type(error).__name__},
            detail=user_traceback(error),
        )
    if isinstance(error, OutOfMemory) or is_out_of_memory(error):
        first = str(error).partition("\n")[0]
        return ErrorBody(
            code="out_of_memory",
            message=f"There is not enough memory for a single sample ({first}). Use a smaller input or model, a device "
            "with more memory, or fewer workers on it, or end what else uses it.",
            params={"reason": first},
        )
    if isinstance(error, AttributionError):
        field = f"arguments.{error.field}" if error.field in arguments else error.field
        # Only a method of the user's own has a cause: the exception that its code raised.
        detail = None if error.__cause__ is None else user_traceback(error.__cause__)
        return ErrorBody(code=error.code, message=error.message, params=_json(error.params), field=field, detail=detail)
    if isinstance(error, ValidationError):
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in problem["loc"])
        return ErrorBody(code="invalid_request", message=f"{field}: {problem['msg']}.", field=field)
    return ErrorBody(
        code="model_error",
        message=f"The model raised {type(error).__name__}: {error}",
        params={"exception": type(error).__name__},
        detail=user_traceback(error),
    )


def is_device_fault(error: BaseException) -> bool:
    """Whether a GPU says that it can no longer be used by this process: after a failed assertion in a kernel, say."""
    if error.__cause__ is not None and isinstance(error, AttributionError):
        return is_device_fault(error.__cause__)
    if is_out_of_memory(error) or not isinstance(error, RuntimeError):
        return False
    return isinstance(error, torch.AcceleratorError) or any(text in str(error) for text in _DEVICE_FAULTS)


def _json(params: Any) -> Any:
    """JSON values as they are, anything else (and NaN) as text."""
    if isinstance(params, dict):
        return {str(key): _json(value) for key, value in params.items()}
    if isinstance(params, list | tuple | set | frozenset):
        return [_json(value) for value in params]
    try:
        json.dumps(params, allow_nan=False)
    except (TypeError, ValueError):
        return str(params)
    return params
