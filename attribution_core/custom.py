"""Methods of one's own: a class with Captum's protocol becomes a `MethodSpec` like those of this library.

The protocol: ``Class(forward_func)``, or ``Class(forward_func, layer)`` for a method at a layer, has
``attribute(inputs, target=…)`` that returns attributions. It may take ``baselines``, ``additional_forward_args`` and,
at a neuron, ``neuron_selector``, as Captum's methods do. Its other parameters become a form, see
`attribution_core.custom_arguments`.

    >>> class Contrast:
    ...     '''The gradient times the distance to the mean.'''
    ...     def __init__(self, forward_func):
    ...         self.forward_func = forward_func
    ...     def attribute(self, inputs, target=None, power: float = 1.0):
    ...         ...
    >>> registry.register(Contrast)
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from attribution_core import errors
from attribution_core.arguments import Arguments, arguments, seed, unit
from attribution_core.attribution import Attribution, GradientAttribution
from attribution_core.custom_arguments import first_name, names_of, tunable
from attribution_core.execution import is_out_of_memory
from attribution_core.spec import Cost, InputInfo, MethodSpec, Space
from attribution_core.types import Attributions, Estimate, Forward

_OF_INIT = {"layer", "device_ids"}
_OF_ATTRIBUTE = {"target", "baselines", "additional_forward_args", "neuron_selector"}


class OwnMethod(Attribution):
    """Stands between an explorer and a user's class: calls it in Captum's forms and checks what it returns.

    Attributes:
        wrapped: the user's class.
        accepts: the parameters of its ``attribute``.
        of_init: the arguments that go to its ``__init__``.
        space: 'feature', 'layer' or 'neuron'.

    Raises:
        MethodFailed: the user's code raised; the cause is kept.
    """

    wrapped: ClassVar[type]
    accepts: ClassVar[frozenset[str]]
    of_init: ClassVar[frozenset[str]]
    space: ClassVar[Space]

    def __init__(self, forward_func: Forward, layer: nn.Module | None = None, **options: Any) -> None:
        super().__init__(forward_func)
        given = {name: options.pop(name) for name in self.of_init}
        if layer is not None:
            given["layer"] = layer
        self._keywords = options
        self._method = self._calling(lambda: self.wrapped(forward_func, **given))

    def attribute(self, inputs: Attributions, **keywords: Any) -> Attributions:
        """The user's attributions, detached.

        Args:
            inputs: tensor or tuple of tensors of shape (N, …); a tuple of one is handed on as a tensor.
            **keywords: those of the protocol that the user's method takes; others are left out.

        Returns:
            Tuple of tensors: one of each input's shape, or of the layer's for a method at a layer.

        Raises:
            MethodFailed: the user's code raised.
            WrongType, WrongShape: it returned something else than such tensors.

        Reference: the protocol is Captum's, Kokhlikyan et al. (2020), https://arxiv.org/abs/2009.07896
        """
        tensors = inputs if isinstance(inputs, tuple) else (inputs,)
        given = {name: value for name, value in keywords.items() if name in self.accepts}
        if "target" in given:
            given["target"] = _plain_target(given["target"])
        if isinstance(given.get("baselines"), tuple):
            given["baselines"] = _alone(given["baselines"])
        call = {**given, **self._keywords}
        return self._checked(self._calling(lambda: self._method.attribute(_alone(tensors), **call)), tensors)

    def _calling(self, call: Any) -> Any:
        """What the user's code returns. Running out of memory is passed on, so that chunks can be made smaller."""
        try:
            return call()
        except (errors.AttributionError, errors.Cancelled):
            raise
        except (Exception, SystemExit) as error:
            if is_out_of_memory(error):
                raise
            raise errors.MethodFailed(
                f"{self.wrapped.__name__} raised {type(error).__name__}: {error}",
                method=self.wrapped.__name__,
                exception=type(error).__name__,
            ) from error

    def _checked(self, found: Any, inputs: Estimate) -> Estimate:
        name = self.wrapped.__name__
        values = found if isinstance(found, (tuple, list)) else (found,)
        if not values or not all(isinstance(v, Tensor) for v in values):
            kinds = ", ".join(type(v).__name__ for v in values) or "nothing"
            raise errors.WrongType(f"{name} returned {kinds}; it must return a tensor, or one for each input.")
        rows = len(inputs[0])
        shapes = [tuple(v.shape) for v in values]
        wanted = [tuple(x.shape) for x in inputs]
        at_input = self.space != "layer"
        if any(not shape or shape[0] != rows for shape in shapes) or (at_input and not _over(shapes, wanted)):
            expected = f"{wanted}, as the inputs" if at_input else f"{rows} rows"
            raise errors.WrongShape(f"{name} returned {shapes}; it must return {expected}.", shape=shapes)
        return tuple(v.detach() for v in values)


def spec_of(cls: type) -> MethodSpec:
    """The spec of a user's class, made from its signatures and docstring.

    ``layer`` in ``__init__`` makes it a method at a layer, and ``neuron_selector`` in ``attribute`` one at a neuron;
    ``baselines`` makes it need a baseline. Examples are explained one by one, each under the form's seed, unless the
    class says ``splittable = True``: that it draws no random numbers and treats examples apart. What it costs is not
    known before it has run; it counts as one forward pass. A class attribute ``name`` is what it is called.

    Args:
        cls: a class with Captum's protocol.

    Returns:
        A `MethodSpec` of the family 'custom'. Its id is the class's name in snake_case.

    Raises:
        WrongType: it is no such class, or one of its parameters has neither a default nor a meaning.
        OutOfRange: a default outside of its own bounds.
    """
    _check_protocol(cls)
    init, attribute = (inspect.getattr_static(cls, name) for name in ("__init__", "attribute"))
    forward, inputs = first_name(init), first_name(attribute)
    accepts = names_of(attribute) - {inputs}
    places = names_of(init) & {"layer"}
    space: Space = "feature" if not places else "neuron" if "neuron_selector" in accepts else "layer"
    of_init = tunable(cls, init, {str(forward), *_OF_INIT})
    of_attribute = tunable(cls, attribute, {str(inputs), *_OF_ATTRIBUTE})
    if twice := sorted(of_init.keys() & of_attribute.keys()):
        raise errors.WrongType(
            f"{cls.__name__} has the parameter '{twice[0]}' in __init__ and in attribute; give it in one.",
            field=twice[0],
        )
    splittable = getattr(cls, "splittable", False) is True
    name = getattr(cls, "name", None)
    fields = {**of_init, **of_attribute}
    options = frozenset(fields)
    if space == "neuron":
        fields["unit"] = unit()
    if not splittable:
        fields.setdefault("seed", seed())
    extra = "additional_forward_args" in accepts
    return MethodSpec(
        id=re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower(),
        name=name if isinstance(name, str) else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__),
        method=_adapter(cls, space, accepts, frozenset(of_init), splittable),
        family="custom",
        space=space,
        summary=_summary(cls),
        limitations=(),
        references=(),
        build=_Build(cls.__name__, fields),
        evaluations=lambda values, info: Cost(1, 0),
        options=options,
        against=lambda model, inputs, given: (
            (f"{cls.__name__} takes no additional_forward_args, which this model needs.",)
            if given and not extra
            else ()
        ),
        stochastic=not splittable,
        needs=frozenset({*places, *({"baseline"} if "baselines" in accepts else ())}),
        integers=True,
        smoothing=space == "feature" and issubclass(cls, GradientAttribution),
    )


def class_of(spec: MethodSpec) -> type | None:
    """The user's class behind a spec of `spec_of`; None for the library's own."""
    return spec.method.wrapped if issubclass(spec.method, OwnMethod) else None


class _Build:
    """The arguments' model, the same for inputs of every shape."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self._model: type[Arguments] = arguments(f"{name}Arguments", **fields)

    def __call__(self, info: InputInfo) -> type[Arguments]:
        return self._model


def _adapter(cls: type, space: Space, accepts: set[str], of_init: frozenset[str], splittable: bool) -> type[OwnMethod]:
    members = {
        "__doc__": cls.__doc__,
        "wrapped": cls,
        "space": space,
        "accepts": frozenset(accepts),
        "of_init": of_init,
        "splittable": splittable,
    }
    made = type(cls.__name__, (OwnMethod,), members)

    def attribute(self: OwnMethod, inputs: Attributions, **keywords: Any) -> Attributions:
        return OwnMethod.attribute(self, inputs, **keywords)

    shown = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in sorted(accepts)]
    start = list(inspect.signature(attribute).parameters.values())[:2]
    attribute.__signature__ = inspect.Signature([*start, *shown])  # type: ignore[attr-defined]
    made.attribute = attribute  # type: ignore[attr-defined]
    return made


def _check_protocol(cls: Any) -> None:
    if not isinstance(cls, type):
        raise errors.WrongType(f"{cls!r} is no class; give the class, not an instance.", field="method")
    if not callable(getattr(cls, "attribute", None)):
        raise errors.WrongType(f"{cls.__name__} has no method 'attribute'.", field="method")
    if inspect.isabstract(cls):
        raise errors.WrongType(f"{cls.__name__} is abstract.", field="method")
    for name, what in (("__init__", "the forward function"), ("attribute", "the inputs")):
        function = inspect.getattr_static(cls, name)
        if function is object.__init__ or first_name(function) is None:
            raise errors.WrongType(f"{cls.__name__}.{name} must take {what} as its first argument.", field="method")


def _summary(cls: type) -> str:
    """The docstring's first sentence."""
    text = " ".join((inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]).split())
    sentence = re.match(r".*?[.!?](?=\s|$)", text)
    if sentence:
        return sentence.group(0)
    return f"{text}." if text else f"A method of one's own: {cls.__name__}."


def _alone(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def _plain_target(target: Any) -> Any:
    """A number for one example, a tensor of them for several, where the target is one index for each."""
    if isinstance(target, tuple) and len(target) == 1:
        return target[0]
    if isinstance(target, list) and all(isinstance(t, tuple) and len(t) == 1 for t in target):
        target = torch.tensor([t[0] for t in target])
    if isinstance(target, Tensor) and target.numel() == 1:
        return int(target.item())
    return target


def _over(shapes: Sequence[tuple[int, ...]], inputs: Sequence[tuple[int, ...]]) -> bool:
    """Whether attributions lie over the inputs: the same shapes, but that one may stand for all channels."""
    return len(shapes) == len(inputs) and all(
        found == wanted or (len(wanted) > 2 and found == (wanted[0], 1, *wanted[2:]))
        for found, wanted in zip(shapes, inputs, strict=True)
    )
