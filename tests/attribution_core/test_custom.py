"""Methods of one's own: the form made of a signature, the calls, the refusals, and the registry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import captum.attr
import pytest
import torch
from pydantic import Field
from torch import Tensor, nn

from attribution_core import GradientAttribution, IntegratedGradients, Saliency, errors, registry
from attribution_core.custom import class_of, spec_of
from tests.attribution_core.models import attribute, convnet, images, relative_error


class GradientPower:
    """The gradient, raised to a power. Drawn as it is.

    A second paragraph.
    """

    name = "Gradient to a Power"
    splittable = True

    def __init__(self, forward_func: Any, signed: bool = True) -> None:
        """
        Args:
            forward_func: the model.
            signed: whether the sign is kept
        """
        self.forward_func = forward_func
        self.signed = signed

    def attribute(
        self,
        inputs: Tensor,
        target: Any = None,
        power: Annotated[float, Field(gt=0, le=4)] = 1.0,
        steps: Annotated[int, Field(ge=1, le=50)] = 3,
        norm: Literal["none", "max"] = "none",
        hook: Any = None,
        perturbations_per_eval: int = 1,
    ) -> Tensor:
        """The map.

        Args:
            inputs: images.
            power (float): exponent of the magnitude.
            steps: unused here.
        """
        gradient = Saliency(self.forward_func).attribute(inputs, target=target, abs=False)
        map = gradient.abs() ** power * (gradient.sign() if self.signed else 1)  # type: ignore[union-attr]
        return map / map.abs().max() if norm == "max" else map


class Noisy:
    def __init__(self, forward_func: Any) -> None:
        self.forward_func = forward_func

    def attribute(self, inputs: Tensor, target: Any = None, baselines: Any = None, scale: float = 1) -> Tensor:
        assert len(inputs) == 1
        return torch.rand_like(inputs) * scale + (0 if baselines is None else baselines)


class AtLayer:
    """At a layer"""

    def __init__(self, forward_func: Any, layer: nn.Module, device_ids: Any = None) -> None:
        self.method = captum.attr.LayerActivation(forward_func, layer)

    def attribute(self, inputs: Tensor, additional_forward_args: Any = None) -> Any:
        return self.method.attribute(inputs, additional_forward_args)


class AtNeuron:
    def __init__(self, forward_func: Any, layer: nn.Module) -> None:
        self.method = captum.attr.NeuronGradient(forward_func, layer)

    def attribute(self, inputs: Tensor, neuron_selector: Any, scale: float = 1.0) -> Any:
        return self.method.attribute(inputs, (neuron_selector, slice(None), slice(None))) * scale


INFO = registry.InputInfo(((2, 8, 8),))


def test_a_signature_becomes_a_form() -> None:
    spec = spec_of(GradientPower)
    assert (spec.id, spec.name, spec.family, spec.space) == (
        "gradient_power",
        "Gradient to a Power",
        "custom",
        "feature",
    )
    assert (spec.class_name, spec.summary) == ("GradientPower", "The gradient, raised to a power.")
    assert (spec.needs, spec.stochastic, spec.takes_target) == (frozenset(), False, True)
    assert spec.precisions == ("exact",)
    schema = spec.arguments(INFO).model_json_schema()["properties"]
    assert list(schema) == ["signed", "power", "steps", "norm"]  # neither what has no form nor what changes no number
    assert (schema["signed"]["type"], schema["signed"]["default"]) == ("boolean", True)
    assert schema["signed"]["description"] == "whether the sign is kept."
    assert (schema["power"]["type"], schema["power"]["maximum"], schema["power"]["default"]) == ("number", 4, 1)
    assert 0 < schema["power"]["minimum"] < 1e-300
    assert schema["power"]["description"] == "exponent of the magnitude."
    assert (schema["steps"]["minimum"], schema["steps"]["maximum"], schema["steps"]["default"]) == (1, 50, 3)
    assert (schema["norm"]["enum"], schema["norm"]["default"]) == (["none", "max"], "none")
    assert schema["norm"]["description"] == "Argument 'norm' of GradientPower."
    assert class_of(spec) is GradientPower
    assert class_of(registry.get("saliency")) is None


def test_the_call_is_the_protocols() -> None:
    spec, model, x = spec_of(GradientPower), convnet(), images(3)
    targets = torch.tensor([0, 2, 1])
    gradient = Saliency(model).attribute(x, target=targets, abs=False)
    found = attribute(spec, model, x, target=targets, arguments={"power": 2.0, "signed": False}).attributions
    assert len(found) == 1
    assert relative_error(found[0], gradient**2) <= 1e-6  # type: ignore[operator]
    for target in (1, (1,)):
        found = attribute(spec, model, x, target=target).attributions
        assert relative_error(found[0], Saliency(model).attribute(x, target=1, abs=False)) <= 1e-6
    assert spec.cost(spec.validate({}, INFO), INFO) == registry.Cost(1, 0)


def test_random_numbers_follow_the_seed_and_no_batch_mate() -> None:
    spec, model, x = spec_of(Noisy), convnet(), images(3)
    assert spec.stochastic
    assert spec.needs == {"baseline"}
    assert list(spec.arguments(INFO).model_fields) == ["scale", "seed"]
    torch.manual_seed(9)
    state = torch.get_rng_state()
    [first] = attribute(spec, model, x, arguments={"seed": 3}).attributions
    assert torch.equal(torch.get_rng_state(), state)
    [again] = attribute(spec, model, x[1:2], arguments={"seed": 3}).attributions
    [other] = attribute(spec, model, x[1:2], arguments={"seed": 4}).attributions
    assert torch.equal(first[1:2], again)
    assert not torch.equal(again, other)
    [based] = attribute(spec, model, x, arguments={"scale": 0.0}, baselines=(x,)).attributions
    assert torch.equal(based, x)


def test_a_seed_in_the_signature_is_the_forms() -> None:
    class Seeded(Noisy):
        def attribute(self, inputs: Tensor, target: Any = None, seed: int = 7) -> Tensor:  # type: ignore[override]
            return torch.full_like(inputs, seed)

    spec = spec_of(Seeded)
    schema = spec.arguments(INFO).model_json_schema()["properties"]
    assert list(schema) == ["seed"]
    assert schema["seed"]["default"] == 7
    assert attribute(spec, convnet(), images(), arguments={"seed": 5}).attributions[0].eq(5).all()


def test_layers_and_neurons() -> None:
    model, x = convnet(inplace=False), images(2)
    at_layer = spec_of(AtLayer)
    assert (at_layer.space, at_layer.needs, at_layer.takes_target) == ("layer", {"layer"}, False)
    assert at_layer.summary == "At a layer."
    [found] = attribute(at_layer, model, x, layer="conv2").attributions
    assert relative_error(found, captum.attr.LayerActivation(model, model.conv2).attribute(x).detach()) <= 1e-5
    with pytest.raises(errors.UnknownLayer, match="No layer 'conv3'"):
        attribute(at_layer, model, x, layer="conv3")
    at_neuron = spec_of(AtNeuron)
    assert (at_neuron.space, at_neuron.needs) == ("neuron", {"layer"})
    assert list(at_neuron.arguments(INFO).model_fields) == ["scale", "unit", "seed"]
    [found] = attribute(at_neuron, model, x, layer="conv2", arguments={"unit": 3, "scale": 2.0}).attributions
    expected = captum.attr.NeuronGradient(model, model.conv2).attribute(x, (3, slice(None), slice(None)))
    assert relative_error(found, 2 * expected) <= 1e-6


def test_two_inputs_and_further_arguments() -> None:
    class Both:
        def __init__(self, forward_func: Any) -> None:
            self.forward_func = forward_func

        def attribute(self, inputs: Any, target: Any = None, additional_forward_args: Any = None) -> Any:
            assert isinstance(inputs, tuple)
            y = self.forward_func(*inputs, *additional_forward_args)
            return tuple(x * y[:, target].reshape(-1, 1, 1, 1) for x in inputs)

    def model(a: Tensor, b: Tensor, factor: Tensor) -> Tensor:
        return factor[:, None] * torch.stack([a.sum((1, 2, 3)), b.sum((1, 2, 3))], 1)

    pair, factor = (torch.rand(3, 1, 2, 2), torch.rand(3, 2, 3, 3)), torch.tensor([1.0, 2, 3])
    wrapped = _Function(model)
    outcome = attribute(spec_of(Both), wrapped, pair, additional_forward_args=(factor,))
    expected = tuple(x * (factor * pair[1].sum((1, 2, 3))).reshape(-1, 1, 1, 1) for x in pair)
    assert relative_error(outcome.attributions, expected) <= 1e-6
    against = spec_of(Noisy).applicable(wrapped, pair, (factor,))
    assert against == ("Noisy takes no additional_forward_args, which this model needs.",)


class _Function(nn.Module):
    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def test_captums_own_classes_fit() -> None:
    class Captums(captum.attr.IntegratedGradients):
        """Captum's."""

        splittable = True

    spec = spec_of(Captums)
    assert spec.needs == {"baseline"}
    assert list(spec.arguments(INFO).model_fields) == ["multiply_by_inputs", "n_steps"]
    model, x = convnet(), images()
    [found] = attribute(spec, model, x, arguments={"n_steps": 7}, baselines=(x * 0.5,)).attributions
    expected = IntegratedGradients(model).attribute(x, x * 0.5, target=1, n_steps=7)
    assert relative_error(found, expected) <= 1e-5


def test_gradient_methods_of_ones_own_can_be_smoothed() -> None:
    class Mine(GradientAttribution):
        def attribute(self, inputs: Any, target: Any = None) -> Any:
            return Saliency(self.forward_func).attribute(inputs, target=target)

    spec = spec_of(Mine)
    assert spec.smoothing
    smoothing = registry.Smoothing(samples=3)
    found = attribute(spec, convnet(), images(), smoothing=smoothing).attributions
    expected = attribute(registry.get("saliency"), convnet(), images(), smoothing=smoothing).attributions
    assert relative_error(found, expected) <= 1e-6


# --- refusals -------------------------------------------------------------------------------------------


def own(body: Any = None, init: Any = None) -> type:
    def plain_init(self: Any, forward_func: Any) -> None:
        pass

    def plain(self: Any, inputs: Any, target: Any = None) -> Any:
        return inputs

    return type("Mine", (), {"__init__": init or plain_init, "attribute": body or plain})


def _kw(self: Any, *, inputs: Any) -> Any: ...
def _required(self: Any, inputs: Any, window: Any) -> Any: ...
def _init_required(self: Any, forward_func: Any, window: int) -> None: ...
def _init_none(self: Any) -> None: ...
def _outside(self: Any, inputs: Any, n: Annotated[int, Field(ge=1)] = 0) -> Any: ...
def _option(self: Any, inputs: Any, kind: Literal["a", "b"] = "c") -> Any: ...  # type: ignore[assignment]
def _n(self: Any, inputs: Any, n: int = 1) -> Any: ...
def _init_n(self: Any, forward_func: Any, n: int = 1) -> None: ...


@pytest.mark.parametrize(
    ("cls", "error", "message"),
    [
        (Saliency(convnet()), errors.WrongType, "is no class; give the class, not an instance."),
        (int, errors.WrongType, "int has no method 'attribute'."),
        (own(_kw), errors.WrongType, "Mine.attribute must take the inputs as its first argument."),
        (own(init=_init_none), errors.WrongType, "Mine.__init__ must take the forward function as its first argument."),
        (type("Bare", (), {"attribute": _n}), errors.WrongType, "Bare.__init__ must take the forward function"),
        (own(_required), errors.WrongType, "Mine._required has a parameter 'window' without a default"),
        (own(init=_init_required), errors.WrongType, "Mine._init_required has a parameter 'window' without a default"),
        (own(_outside), errors.OutOfRange, "Mine: the default of n is 0; it must be 1 to 1e\\+06."),
        (own(_option), errors.OutOfRange, "Mine: the default of kind is 'c'; it must be one of a, b."),
        (own(_n, _init_n), errors.WrongType, "Mine has the parameter 'n' in __init__ and in attribute"),
    ],
)
def test_classes_without_the_protocol_are_refused(cls: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        spec_of(cls)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, errors.WrongType, "Mine returned NoneType; it must return a tensor, or one for each input."),
        ([], errors.WrongType, "Mine returned nothing"),
        (torch.zeros(2, 8, 8), errors.WrongShape, r"it must return \[\(1, 2, 8, 8\)\], as the inputs."),
        (torch.zeros(1, 2, 8, 7), errors.WrongShape, r"Mine returned \[\(1, 2, 8, 7\)\]"),
        ((torch.zeros(1, 2, 8, 8),) * 2, errors.WrongShape, "as the inputs"),
    ],
)
def test_wrong_answers_are_refused(returned: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        attribute(spec_of(own(lambda self, inputs: returned)), convnet(), images(1))


def test_one_map_may_stand_for_all_channels() -> None:
    spec = spec_of(own(lambda self, inputs: inputs.sum(1, keepdim=True).requires_grad_()))
    [found] = attribute(spec, convnet(), images(2)).attributions
    assert found.shape == (2, 1, 8, 8)
    assert not found.requires_grad


@pytest.mark.parametrize("exception", [ZeroDivisionError("division by zero"), SystemExit(3)])
@pytest.mark.parametrize("where", ["__init__", "attribute"])
def test_what_the_users_code_raises_is_kept(exception: BaseException, where: str) -> None:
    def fail(self: Any, first: Any) -> Any:
        raise exception

    spec = spec_of(own(init=fail) if where == "__init__" else own(fail))
    with pytest.raises(errors.MethodFailed, match=f"Mine raised {type(exception).__name__}: {exception}") as caught:
        attribute(spec, convnet(), images(1))
    assert caught.value.__cause__ is exception


def test_refusals_and_lack_of_memory_pass_as_they_are() -> None:
    for exception in (errors.OutOfRange("n is 0.", field="n"), errors.Cancelled(), MemoryError()):

        def fail(self: Any, inputs: Any, exception: Any = exception) -> Any:
            raise exception

        spec = spec_of(own(fail))
        wanted = errors.OutOfMemory if isinstance(exception, MemoryError) else type(exception)
        with pytest.raises(wanted):
            attribute(spec, convnet(), images(1))


# --- the registry ---------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_stays_registered() -> Iterator[None]:
    before = registry.methods()
    yield
    assert registry.methods() == before


def test_a_registered_class_stands_beside_the_built_in_ones() -> None:
    spec = registry.register(GradientPower)
    try:
        assert registry.get("gradient_power") is spec
        assert registry.register(GradientPower) is spec
        names = [s.name for s in registry.methods() if s.space == "feature"]
        assert names[-1] == "Gradient to a Power"
        assert len(registry.methods()) == len({s.id for s in registry.methods()})
    finally:
        registry.unregister("gradient_power")
    with pytest.raises(errors.UnknownMethod, match="No method 'gradient_power'"):
        registry.get("gradient_power")
    with pytest.raises(errors.UnknownMethod, match="No method 'gradient_power' was registered"):
        registry.unregister("gradient_power")


def test_a_catalogue_keeps_its_methods_to_itself() -> None:
    mine, none = registry.catalogue([GradientPower, Noisy, Saliency]), registry.catalogue()
    assert {s.id for s in mine.methods} - {s.id for s in none.methods} == {"gradient_power", "noisy"}
    assert none.methods == registry.methods()
    assert class_of(mine.get("noisy")) is Noisy
    with pytest.raises(errors.UnknownMethod):
        registry.get("noisy")


def test_names_are_not_taken_twice() -> None:
    for cls in (
        captum.attr.Saliency,
        type("Renamed", (GradientPower,), {"name": "Saliency"}),
    ):
        with pytest.raises(errors.NameTaken, match=r"There is a method 'Saliency' \(saliency\) already"):
            registry.catalogue([cls])
        with pytest.raises(errors.NameTaken):
            registry.register(cls)
    with pytest.raises(errors.NameTaken, match="There is a method 'Mine'"):
        registry.catalogue([own(), own()])
