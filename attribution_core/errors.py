"""Everything this library refuses or fails with.

    Exception
    ├── Cancelled                       the caller asked to stop; nothing is wrong
    └── AttributionError                has .code, .message, .params, .field
        ├── OutOfRange (ValueError)         out_of_range          a number outside its bounds
        ├── WrongType (TypeError)           wrong_type            a value of another type than the argument takes
        ├── UnknownArgument (TypeError)     unknown_argument      a name that the method does not take
        ├── WrongShape (ValueError)         wrong_shape           tensors that do not fit together
        ├── WindowTooLarge (ValueError)     window_too_large      an occluding window larger than the input
        ├── UnknownMethod (ValueError)      unknown_method        no method of that id
        ├── NameTaken (ValueError)          name_taken            a method of one's own with the name of another
        ├── UnknownLayer (ValueError)       unknown_layer         no module of that name
        ├── LayerNotCalled (ValueError)     layer_not_called      the forward pass does not reach the module
        ├── LayerNotTensor (TypeError)      layer_not_tensor      the module returns no tensor to attribute to
        ├── TargetMissing (ValueError)      target_missing        several outputs and no choice among them
        ├── TargetOutOfRange (ValueError)   target_out_of_range   no such output
        ├── TargetNotWanted (ValueError)    target_not_wanted     a choice among outputs where there is one
        ├── NotApplicable (ValueError)      not_applicable        the method cannot explain this model or this setting
        ├── NoGradient (ValueError)         no_gradient           the output does not depend differentiably on the input
        ├── Nonfinite (RuntimeError)        nonfinite             NaN or infinity, and where it appeared
        ├── ModelChanged (RuntimeError)     model_changed         weights or modes changed while it was explained
        ├── MethodFailed (RuntimeError)     method_failed         a method of the user's own raised; the cause is kept
        ├── MissingPackage (ImportError)    missing_package       an optional package is not installed
        └── OutOfMemory (RuntimeError)      out_of_memory         a single example does not fit

Messages say the argument's name, its value and the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar


class Cancelled(Exception):
    """``should_stop`` of an enclosing `attribution_core.execution.execution` returned true."""


class AttributionWarning(UserWarning):
    """The result is not all that its method promises; the message says what is amiss, and why."""


class AttributionError(Exception):
    """Base of every refusal and failure.

    Args:
        message: one English sentence naming the argument, its value and the bound.
        field: name of the argument at fault, where there is one.
        params: the values in the message, as JSON values, for translations.
    """

    code: ClassVar[str] = "attribution_error"

    def __init__(self, message: str, *, field: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.params: dict[str, Any] = params


class OutOfRange(AttributionError, ValueError):
    """A number outside its bounds."""

    code = "out_of_range"


class WrongType(AttributionError, TypeError):
    """A value of another type than the argument takes; booleans are not numbers."""

    code = "wrong_type"


class UnknownArgument(AttributionError, TypeError):
    """A name that the method does not take."""

    code = "unknown_argument"


class WrongShape(AttributionError, ValueError):
    """Tensors that do not fit together; nothing is broadcast silently."""

    code = "wrong_shape"


class WindowTooLarge(AttributionError, ValueError):
    """An occluding window larger than the input."""

    code = "window_too_large"


class UnknownMethod(AttributionError, ValueError):
    """No method of that id in the registry."""

    code = "unknown_method"


class NameTaken(AttributionError, ValueError):
    """A method of one's own has the name of another."""

    code = "name_taken"


class UnknownLayer(AttributionError, ValueError):
    """No module of that name in the model."""

    code = "unknown_layer"


class LayerNotCalled(AttributionError, ValueError):
    """The forward pass does not reach the module."""

    code = "layer_not_called"


class LayerNotTensor(AttributionError, TypeError):
    """The module's value is no tensor (a tuple, None …)."""

    code = "layer_not_tensor"


class TargetMissing(AttributionError, ValueError):
    """The model has several outputs and the call chooses none."""

    code = "target_missing"


class TargetOutOfRange(AttributionError, ValueError):
    """The model has no such output."""

    code = "target_out_of_range"


class TargetNotWanted(AttributionError, ValueError):
    """The model has one output an example, and the call chooses among several."""

    code = "target_not_wanted"


class NotApplicable(AttributionError, ValueError):
    """The method cannot explain this model, or not with this setting."""

    code = "not_applicable"


class NoGradient(AttributionError, ValueError):
    """The output does not depend differentiably on what is attributed to."""

    code = "no_gradient"


class Nonfinite(AttributionError, RuntimeError):
    """NaN or infinity in an input, an output or a gradient; ``params['place']`` says where it appeared first."""

    code = "nonfinite"


class MethodFailed(AttributionError, RuntimeError):
    """A method of the user's own raised; the exception is this one's ``__cause__``."""

    code = "method_failed"


class MissingPackage(AttributionError, ImportError):
    """An optional package is not installed; the message says how to install it."""

    code = "missing_package"


class ModelChanged(AttributionError, RuntimeError):
    """The model's weights or modes changed while it was explained, so that the numbers belong to no one model."""

    code = "model_changed"


class OutOfMemory(AttributionError, RuntimeError):
    """A single example does not fit into the device's memory."""

    code = "out_of_memory"


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like ``name``, best first."""
    return get_close_matches(name, list(known), n=count, cutoff=0.6)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` Nearest: layer4, layer3.`` to end a message with, or nothing where no name comes near."""
    names = nearest(name, known)
    return f" Nearest: {', '.join(names)}." if names else ""


def whole_number(field: str, value: Any, low: int, high: int | None = None) -> int:
    """``value`` itself, if it is an integer within bounds.

    Raises:
        WrongType: it is no integer (booleans are not).
        OutOfRange: it is below ``low`` or above ``high``.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"{field} is {value!r}; it must be a whole number.", field=field, value=repr(value))
    if value < low or (high is not None and value > high):
        bound = f"at least {low}" if high is None else f"{low} to {high}"
        raise OutOfRange(f"{field} is {value}; it must be {bound}.", field=field, value=value, low=low, high=high)
    return value


def no_more_arguments(given: Mapping[str, Any]) -> None:
    """Refuse keywords that a signature takes for compatibility only.

    Raises:
        UnknownArgument: there is one.
    """
    for name in given:
        raise UnknownArgument(f"Unknown argument '{name}'.", field=name)
