"""`Explorer(methods=[…])`: the page's form, the map, the content key, and what becomes of an error."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import torch
from pydantic import Field
from torch import Tensor, nn

from attribution_core import registry
from attriscope import Explorer
from attriscope.errors import ExplorerError
from attriscope.workers import keys
from attriscope.workers.arrays import to_tensor
from tests.server.workers.toys import Answer, Direct, Net, Process, Sampled, Start, pictures, runtime


class Brightness:
    """The input times the output, by a factor."""

    def __init__(self, forward_func: Any) -> None:
        self.forward_func = forward_func

    def attribute(
        self,
        inputs: Tensor,
        target: Any = None,
        factor: Annotated[float, Field(ge=0, le=10)] = 1.0,
        mode: Literal["plain", "noisy", "fails"] = "plain",
    ) -> Tensor:
        """
        Args:
            factor: what the product is multiplied by.
        """
        if mode == "fails":
            raise LookupError("nothing there")
        noise = torch.rand_like(inputs) if mode == "noisy" else 1.0
        with torch.no_grad():
            return inputs * noise * self.forward_func(inputs)[:, target].reshape(-1, 1, 1, 1) * factor


class AtLayer:
    """What is left of a layer."""

    splittable = True

    def __init__(self, forward_func: Any, layer: nn.Module) -> None:
        self.layer = layer

    def attribute(self, inputs: Tensor, baselines: Any = None, target: Any = None) -> Tensor:
        assert isinstance(baselines, Tensor)
        assert target.tolist() == [0] * len(inputs) if len(inputs) > 1 else target == 0
        with torch.no_grad():
            return self.layer(inputs) - self.layer(baselines)


def maps(answer: Answer) -> Tensor:
    assert answer.last.type == "reply", answer.last.body
    assert not answer.of("failed"), answer.of("failed")[0].body
    return torch.stack([to_tensor(frame.arrays["image"]) for frame in answer.of("result")])


@pytest.fixture(scope="module")
def client() -> Direct:
    return Direct(runtime(methods=[Brightness, AtLayer]))


@pytest.fixture(scope="module")
def samples(client: Direct) -> Sampled:
    return client.scan()


def test_the_form_comes_from_the_signature(client: Direct) -> None:
    told = {method.id: method for method in client.runtime.description.methods}
    mine = told["brightness"]
    assert (mine.name, mine.class_name, mine.family, mine.space) == ("Brightness", "Brightness", "custom", "feature")
    assert (mine.summary, mine.stochastic, mine.needs) == ("The input times the output, by a factor.", True, [])
    properties = mine.arguments["properties"]
    assert list(properties) == ["factor", "mode", "seed"]
    assert properties["factor"]["description"] == "what the product is multiplied by."
    assert (properties["factor"]["maximum"], properties["mode"]["enum"]) == (10.0, ["plain", "noisy", "fails"])
    assert told["at_layer"].needs == ["baseline", "layer"]
    assert client.runtime.description.notices == []
    assert told["integrated_gradients"].class_name == "IntegratedGradients"


def test_other_explorers_do_not_have_it(client: Direct) -> None:
    assert "brightness" not in {method.id for method in runtime().description.methods}
    assert "brightness" not in {spec.id for spec in registry.methods()}
    other = Direct(runtime())
    error = other.check(other.scan(1).items(0), method="brightness").error
    assert (error["code"], error["field"]) == ("unknown_method", "method")


def test_the_map_is_the_users(client: Direct, samples: Sampled) -> None:
    found = maps(client.attribute(samples, 0, 1, 2, method="brightness", arguments={"factor": 2.0}, target=3))
    images = pictures()[:3]
    with torch.no_grad():
        expected = 2 * images * Net().eval()(images)[:, 3].reshape(-1, 1, 1, 1)
    assert torch.allclose(found, expected, atol=1e-6)


def test_a_layers_map_is_the_users(client: Direct, samples: Sampled) -> None:
    answer = client.attribute(samples, 0, 1, method="at_layer", layer="conv", baseline="black")
    net, images = Net().eval(), pictures()[:2]
    with torch.no_grad():
        assert torch.allclose(maps(answer), net.conv(images) - net.conv(torch.zeros_like(images)), atol=1e-6)
    [first, _] = answer.of("result")
    assert (first.body["layer"], first.body["maps"][0]["interpolation"]) == ("conv", "bilinear")


def test_random_numbers_depend_on_the_seed_alone(client: Direct, samples: Sampled) -> None:
    def noisy(seed: int, *positions: int) -> Tensor:
        arguments = {"mode": "noisy", "seed": seed}
        return maps(client.attribute(samples, *positions, method="brightness", arguments=arguments))

    assert torch.equal(noisy(1, 0, 1, 2)[1], noisy(1, 1)[0])
    assert not torch.equal(noisy(1, 1), noisy(2, 1))


@pytest.mark.parametrize(
    ("arguments", "field", "message"),
    [
        ({"factor": 11.0}, "arguments.factor", "factor is 11.0; it must be 0.0 to 10.0."),
        ({"mode": "loud"}, "arguments.mode", 'mode is "loud"; it must be one of plain, noisy, fails.'),
        ({"facto": 1.0}, "arguments.facto", "Unknown argument 'facto'. Nearest: factor."),
    ],
)
def test_r1_its_arguments_are_checked_like_all(
    client: Direct, samples: Sampled, arguments: dict[str, Any], field: str, message: str
) -> None:
    error = client.check(samples.items(0), method="brightness", arguments=arguments).error
    assert (error["field"], error["message"]) == (field, message)


def test_an_error_of_the_users_code_fails_the_item_with_its_traceback(client: Direct, samples: Sampled) -> None:
    answer = client.attribute(samples, 0, method="brightness", arguments={"mode": "fails"})
    assert answer.last.type == "reply"
    [failed] = answer.of("failed")
    error = failed.body["error"]
    assert (error["code"], error["message"]) == ("method_failed", "Brightness raised LookupError: nothing there")
    assert 'raise LookupError("nothing there")' in error["detail"]
    assert "attribution_core" not in error["detail"]
    assert maps(client.attribute(samples, 0, method="brightness")).shape == (1, 3, 8, 8)


# --- content keys ---------------------------------------------------------------------------------------

SOURCE = """
from {base} import Base
class Mine(Base):
    def __init__(self, forward_func):
        self.forward_func = forward_func
    def attribute(self, inputs, target=None):
        return inputs * {factor}
"""


def class_from(code: str, name: str = "Mine") -> type:
    """As in a notebook: no file."""
    space: dict[str, Any] = {"__name__": "cell"}
    exec(compile(code, "<cell>", "exec"), space)
    return space[name]  # type: ignore[no-any-return]


def test_the_source_of_the_class_and_of_its_bases_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    for number, (base, factor) in enumerate([("pass", 1), ("pass", 2), ("x = 1", 1)]):
        (tmp_path / f"base_{number}.py").write_text(f"class Base:\n    {base}\n")
        (tmp_path / f"mine_{number}.py").write_text(SOURCE.format(base=f"base_{number}", factor=factor))
        cls = __import__(f"mine_{number}").Mine
        cls.__module__ = cls.__bases__[0].__module__ = "in_no_module"  # only the sources differ
        found.append(keys.class_fingerprint(cls))
    assert len(set(found)) == 3


def test_a_class_without_a_file_counts_by_its_code() -> None:
    body = SOURCE.replace("from {base} import Base\n", "class Base: pass\n")
    same = [keys.class_fingerprint(class_from(body.format(factor=1))) for _ in range(2)]
    other = keys.class_fingerprint(class_from(body.format(factor=2)))
    assert same[0] == same[1] != other


def test_the_key_follows_the_class(client: Direct, samples: Sampled) -> None:
    class Brighter(Brightness):
        name = "Brightness"

    def key(explorer: Direct, method: str) -> str:
        item = explorer.scan(1).items(0)
        return str(explorer.check(item, method=method).body["items"][0]["key"])

    Brighter.__name__ = "Brightness"
    other = Direct(runtime(methods=[Brighter]))
    assert key(client, "brightness") == key(Direct(runtime(methods=[Brightness])), "brightness")
    assert key(client, "brightness") != key(other, "brightness")
    assert key(client, "saliency") == key(other, "saliency")


# --- declarations ---------------------------------------------------------------------------------------


class Wanting(Brightness):
    def attribute(self, inputs: Tensor, window: Any) -> Tensor:  # type: ignore[override]
        return inputs


@pytest.mark.parametrize(
    ("methods", "field", "message"),
    [
        (
            [Brightness, Wanting],
            "methods[1]",
            "methods[1]: Wanting.attribute has a parameter 'window' without a default",
        ),
        ([Brightness, type("Brightness", (Brightness,), {})], "methods[1]", "There is a method 'Brightness'"),
        ([type("Occlusion", (Brightness,), {})], "methods[0]", "There is a method 'Occlusion' (occlusion) already"),
        ([type("Empty", (), {"attribute": Brightness.attribute})], "methods[0]", "must take the forward function"),
    ],
)
def test_classes_that_cannot_be_offered_are_refused_at_the_declaration(
    methods: list[type], field: str, message: str
) -> None:
    with pytest.raises(ExplorerError) as caught:
        Explorer(nn.ReLU(), [torch.zeros(3, 2, 2)], methods=methods)
    assert caught.value.field == field
    assert message in caught.value.message


# --- a real worker --------------------------------------------------------------------------------------

FILE = """
    import torch
    from attriscope import Explorer

    class Mine:
        def __init__(self, forward_func):
            self.forward_func = forward_func

        def attribute(self, inputs, target=None, mode: int = 0):
            if mode == 1:
                raise ValueError("mode 1")
            if mode == 2:
                raise SystemExit(2)
            return inputs + mode

    def explorer():
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
        return Explorer(model, [torch.full((3, 2, 2), 0.5)], methods=[Mine])
"""


def test_a_worker_outlives_a_failing_method(tmp_path: Path, start: Start) -> None:
    file = tmp_path / "mine.py"
    file.write_text(textwrap.dedent(FILE))
    process: Process = start("explorer", str(file))
    told = process.await_load()
    assert "mine" in {method.id for method in told.methods}
    samples = process.scan(1)
    asked: dict[str, Any] = {"model": "Sequential", "method": "mine"}
    for mode, message in ((1, "Mine raised ValueError: mode 1"), (2, "Mine raised SystemExit: 2")):
        [failed] = process.attribute(samples, 0, arguments={"mode": mode}, **asked).of("failed")
        error = failed.body["error"]
        assert (error["code"], error["message"]) == ("method_failed", message)
        assert "mine.py" in error["detail"]
    found = maps(process.attribute(samples, 0, arguments={"mode": 3}, **asked))
    assert torch.equal(found, torch.full((1, 3, 2, 2), 3.5))
