"""Baselines of each input, several averaged, and samples of the dataset, against `attribution_core` called directly."""

from __future__ import annotations

import itertools
from typing import Any

import captum.attr
import pytest
import torch
from torch import Tensor

import attribution_core
from attribution_core import registry
from attribution_core.registry import InputInfo
from attriscope import Explorer
from attriscope.workers.arrays import to_tensor
from attriscope.workers.choices import MAX_BASELINES, rows_of
from attriscope.workers.messages import AttributionRequest, ResultInfo
from attriscope.workers.runtime import Runtime
from tests.explorers import kinds
from tests.server.workers.toys import Direct, Net, Sampled, pictures, request, runtime

LEFT_OUT = {"shapley_values", "lime"}
"""Shapley Values asks for 2^192 evaluations of such a picture; LIME's penalty leaves nothing of so small a model."""
WITH_BASELINE = [
    spec.id for spec in registry.methods() if spec.takes_target and "baseline" in spec.needs and spec.id not in LEFT_OUT
]
GROUND = {"black": 0.0, "white": 1.0}


@pytest.fixture(scope="module")
def client() -> Direct:
    return Direct(runtime())


@pytest.fixture(scope="module")
def samples(client: Direct) -> Sampled:
    return client.scan()


@pytest.fixture(scope="module")
def mixed() -> Direct:
    return Direct(Runtime(kinds.mixed(), "cpu"))


def explained(
    client: Direct, sample: int, baseline: Any, *, rows: tuple[int, ...] = (), **asked: Any
) -> tuple[ResultInfo, dict[str, Tensor]]:
    answer = client.attribute(client.scan(6), sample, target=1, distribution=rows, baseline=baseline, **asked)
    assert not answer.of("failed"), answer.of("failed")[0].body
    (frame,) = answer.of("result")
    values = {name: to_tensor(array) for name, array in frame.arrays.items()}
    return ResultInfo.model_validate(frame.body), values


def close(found: Tensor, wanted: Tensor) -> None:
    wanted = wanted.detach().float().reshape(found.shape)
    assert float((found - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max())
    assert bool(wanted.any())


def directly(method: str, baseline: Tensor, sample: int = 2) -> Tensor:
    spec = next(spec for spec in registry.methods() if spec.id == method)
    net, inputs = Net().eval(), (pictures()[sample][None],)
    outcome = spec.attribute(
        net, net, inputs, target=torch.tensor([1]), arguments=spec.validate({}, InputInfo(((3, 8, 8),))),
        layer="conv" if "layer" in spec.needs else None, baselines=(baseline[None],), smoothing=None,
        additional_forward_args=None,
    )  # fmt: skip
    return outcome.attributions[0]


# --- several averaged ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", WITH_BASELINE)
def test_the_map_is_the_mean_of_one_for_each_baseline(client: Direct, method: str) -> None:
    needs = client.runtime.loaded.methods.get(method).needs
    layer = {"layer": "conv"} if "layer" in needs else {}
    info, values = explained(client, 2, ["black", "white"], method=method, **layer)
    wanted = [directly(method, torch.full((3, 8, 8), value)) for value in GROUND.values()]
    close(values["image"], torch.stack(wanted).mean(0))
    assert info.baseline == ["black", "white"]


def test_captums_own_maps_have_the_same_mean(client: Direct) -> None:
    _, values = explained(client, 0, ["black", "white"], method="integrated_gradients")
    method = captum.attr.IntegratedGradients(Net().eval())
    each = [method.attribute(pictures()[:1], baselines=value, target=1) for value in GROUND.values()]
    close(values["image"], torch.stack(each).mean(0))


def test_the_gap_is_against_the_mean_output_of_the_baselines(client: Direct) -> None:
    info, values = explained(client, 2, ["black", "white"], method="integrated_gradients")
    net = Net().eval()
    with torch.no_grad():
        there = [float(net(torch.full((1, 3, 8, 8), value))[0, 1]) for value in GROUND.values()]
    assert [one.baselines for one in info.compared] == [["black"], ["white"]]
    assert [one.output for one in info.compared] == pytest.approx(there, abs=1e-6)
    assert info.output_baseline == pytest.approx(sum(there) / 2, abs=1e-6)
    assert info.output is not None
    assert info.delta == pytest.approx(float(values["image"].double().sum()) - (info.output - sum(there) / 2), abs=1e-6)
    assert abs(info.delta) < 0.05 * abs(info.output - sum(there) / 2)


def test_one_baseline_is_compared_with_as_ever(client: Direct) -> None:
    for choice in ("white", ["white"], ["white", "white"], {"image": ["white"]}):
        info, values = explained(client, 2, choice, method="integrated_gradients")
        assert (info.baseline, info.compared) == ("white", [])
        close(values["image"], directly("integrated_gradients", torch.ones(3, 8, 8)))


@pytest.mark.parametrize("method", ["neuron_integrated_gradients", "neuron_deep_lift", "neuron_feature_ablation"])
def test_several_baselines_of_a_unit_are_listed_without_its_value(client: Direct, method: str) -> None:
    unit = {"layer": "conv", "arguments": {"unit": 1}}
    info, _ = explained(client, 2, "samples:2", rows=(0, 1), method=method, **unit)
    assert [(one.baselines, one.output) for one in info.compared] == [(["sample:0"], None), (["sample:1"], None)]


def test_a_method_without_a_baseline_takes_no_notice(client: Direct) -> None:
    info, _ = explained(client, 2, ["white", "black"], method="saliency")
    assert (info.baseline, info.compared) == (None, [])


def test_smoothing_and_evaluations_are_of_the_mean(client: Direct, samples: Sampled) -> None:
    smoothing = {"type": "smoothgrad", "samples": 3}
    _, values = explained(client, 2, ["black", "white"], method="integrated_gradients", smoothing=smoothing)
    each = [explained(client, 2, name, method="integrated_gradients", smoothing=smoothing)[1] for name in GROUND]
    close(values["image"], torch.stack([one["image"] for one in each]).mean(0))

    settings = {"method": "integrated_gradients", "evaluation": {"type": "randomisation", "stages": 1}}
    info, found = explained(client, 2, ["black", "white"], **settings)
    each = [explained(client, 2, name, **settings)[1] for name in GROUND]
    assert info.evaluation is not None
    close(found["0@image"], torch.stack([one["0@image"] for one in each]).mean(0))


def test_a_batch_is_averaged_as_each_of_it_is(client: Direct, samples: Sampled) -> None:
    asked = {"method": "integrated_gradients", "baseline": ["noise", "mean", "zero"]}
    answer = client.attribute(samples, 0, 1, 2, **asked)
    together = {frame.body["sample"]: to_tensor(frame.arrays["image"]) for frame in answer.of("result")}
    for n in range(3):
        alone = to_tensor(client.attribute(samples, n, **asked).of("result")[0].arrays["image"])
        close(together[n], alone)


def test_every_choice_has_a_key_of_its_own_and_costs_its_count(client: Direct, samples: Sampled) -> None:
    def checked(baseline: Any) -> tuple[str, int]:
        body = client.check(samples.items(0), method="integrated_gradients", baseline=baseline).body
        return body["items"][0]["key"], body["cost"]["forward"]

    choices: list[Any] = ["zero", "white", ["zero", "white"], ["zero", "white", "blurred"], ["samples:4"]]
    found = [checked(choice) for choice in choices]
    assert len({key for key, _ in found}) == 5
    assert [cost / found[0][1] for _, cost in found] == [1, 1, 2, 3, 4]
    assert checked(None) == checked("zero") == checked(["zero"]) == checked({"image": ["zero"]})


# --- one for each input ----------------------------------------------------------------------------------

NETS = ("image", "text", "table", "extra")


def of_mixed(sample: int, names: dict[str, str]) -> dict[str, Tensor]:
    """Occlusion by groups of one: `FeatureAblation` of the whole model, with the baselines asked for."""
    explorer = kinds.mixed()
    inputs = (kinds.picture(sample), kinds.tokens(sample), kinds.row(sample), torch.full((4,), float(sample)))
    baselines = [
        f.baseline(names.get(f.name, f.baselines()[0].id), x) for f, x in zip(explorer.features, inputs, strict=True)
    ]
    method = attribution_core.FeatureAblation(kinds.Mixed().eval())
    found = method.attribute(
        tuple(x[None] for x in inputs), baselines=tuple(x[None] for x in baselines), target=1,
        feature_mask=InputMask.of(inputs),
    )  # fmt: skip
    return dict(zip(NETS, found, strict=True))


class InputMask:
    """The groups that the page's own arguments make: see `attribution_core.squares`."""

    @staticmethod
    def of(inputs: tuple[Tensor, ...]) -> Any:
        spec = next(spec for spec in registry.methods() if spec.id == "feature_ablation")
        info = InputInfo(tuple(tuple(x.shape) for x in inputs))
        return spec.translate(spec.validate({}, info).model_dump(), info)["feature_mask"]


@pytest.mark.parametrize(
    "names",
    [
        {"image": "white", "text": "unknown"},
        {"image": "blurred", "table": "mean"},
        {"text": "unknown", "table": "sample", "extra": "zero"},
    ],
)
def test_each_input_has_a_baseline_of_its_own(mixed: Direct, names: dict[str, str]) -> None:
    choice = {name: [one] for name, one in names.items()}
    info, values = explained(mixed, 1, choice, model="mixed", method="feature_ablation")
    wanted = of_mixed(1, names)
    for name in ("image", "table"):
        close(values[name], wanted[name])
    close(values["text"], wanted["text"])
    defaults = {"image": "zero", "text": "padding", "table": "zero", "extra": "zero"}
    assert info.baseline == {name: [names.get(name, default)] for name, default in defaults.items()}


def test_every_combination_of_the_inputs_is_averaged(mixed: Direct) -> None:
    choice = {"image": ["black", "white"], "text": ["padding", "unknown"]}
    info, values = explained(mixed, 1, choice, model="mixed", method="feature_ablation")
    each = [of_mixed(1, {"image": i, "text": t}) for i, t in itertools.product(*choice.values())]
    for name in ("image", "text", "table"):
        close(values[name], torch.stack([one[name] for one in each]).mean(0))
    assert [one.baselines for one in info.compared] == [
        [i, t, "zero", "zero"] for i, t in itertools.product(*choice.values())
    ]


def test_a_name_for_all_inputs_is_each_ones_own_or_its_default(mixed: Direct) -> None:
    info, values = explained(mixed, 1, ["white", "mean"], model="mixed", method="feature_ablation")
    each = [of_mixed(1, {"image": "white"}), of_mixed(1, {"image": "mean", "table": "mean"})]
    close(values["table"], torch.stack([one["table"] for one in each]).mean(0))
    assert [one.baselines for one in info.compared] == [
        ["white", "padding", "zero", "zero"], ["mean", "padding", "mean", "zero"],
    ]  # fmt: skip


# --- samples of the dataset ------------------------------------------------------------------------------


def test_a_sample_of_the_dataset_is_a_baseline(client: Direct) -> None:
    info, values = explained(client, 2, "sample:4", rows=(4,), method="integrated_gradients")
    close(values["image"], directly("integrated_gradients", pictures()[4]))
    assert info.baseline == "sample:4"


def test_the_first_samples_are_a_distribution(client: Direct) -> None:
    info, values = explained(client, 2, "samples:3", rows=(0, 1, 2), method="integrated_gradients")
    each = [directly("integrated_gradients", pictures()[n]) for n in range(3)]
    close(values["image"], torch.stack(each).mean(0))
    assert (info.baseline, [one.baselines for one in info.compared]) == (
        "samples:3",
        [[f"sample:{n}"] for n in range(3)],
    )


def test_a_text_may_be_compared_with_another_text() -> None:
    client = Direct(Runtime(kinds.text(), "cpu"))
    info, values = explained(client, 0, "sample:5", rows=(5,), model="reader", method="integrated_gradients")
    assert info.output_baseline == pytest.approx(
        float(kinds.Reader().eval()(kinds.tokens(5)[None])[0, 1].detach()), abs=1e-6
    )
    assert info.output is not None
    assert info.delta is not None
    assert float(values["text"].sum()) == pytest.approx(info.output - info.output_baseline + info.delta, abs=1e-5)


def test_the_mean_of_the_dataset_is_a_baseline(client: Direct) -> None:
    rows = tuple(range(6))
    _, values = explained(client, 2, "dataset_mean", rows=rows, method="integrated_gradients")
    close(values["image"], directly("integrated_gradients", pictures().double().mean(0).float()))
    table = Direct(Runtime(kinds.table(), "cpu"))
    info, _ = explained(table, 0, "dataset_mean", rows=rows, model="rows", method="integrated_gradients")
    mean = torch.stack([kinds.row(n) for n in rows]).mean(0)
    assert info.output_baseline == pytest.approx(float(kinds.Rows().eval()(mean[None])[0, 1].detach()), abs=1e-6)


def test_the_samples_compared_with_are_in_the_key(client: Direct, samples: Sampled) -> None:
    items = samples.items(0)
    settings = {"method": "integrated_gradients", "baseline": "sample:1"}
    keys = {client.check(items, [sha], **settings).body["items"][0]["key"] for sha in ("a", "b")}
    assert len(keys) == 2


def test_a_sample_of_another_size_is_refused() -> None:
    client = Direct(runtime(dataset=[*pictures(2), torch.rand(3, 6, 8)]))
    answer = client.attribute(client.scan(3), 0, baseline="sample:2", distribution=(2,), method="integrated_gradients")
    (failed,) = answer.of("failed")
    assert (failed.body["error"]["code"], failed.body["error"]["field"]) == ("baseline_size", "baseline")
    assert "sample 2 has (3, 6, 8), not (3, 8, 8)" in failed.body["error"]["message"]


def test_a_baseline_of_the_dataset_is_drawn(client: Direct, samples: Sampled) -> None:
    for name, rows, wanted in [
        ("sample:4", [4], samples.frames[4].arrays["display.image"].data),
        ("dataset_mean", [0, 1], None),
    ]:
        body = {"baseline": name, "feature": "image", "rows": rows}
        drawn = client.call("baseline", body, samples.arrays(0, *rows)).last.arrays["display"].data
        assert wanted is None or bytes(drawn) == bytes(wanted)
        assert bytes(drawn)[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("choice", "rows"),
    [
        (None, (set(), 0)), ("zero", (set(), 0)), ("sample:17", ({17}, 0)), ("samples:8", (set(), 8)),
        (["sample:3", "samples:2", "sample:9"], ({3, 9}, 2)), ({"a": ["dataset_mean"], "b": ["sample:1"]}, ({1}, 64)),
        ("samples:99999", (set(), MAX_BASELINES)),
    ],
)  # fmt: skip
def test_the_samples_that_a_choice_needs(choice: Any, rows: tuple[set[int], int]) -> None:
    assert rows_of(choice) == rows


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "code", "message"),
    [
        (["zero", "blak"], "unknown_baseline", "No baseline 'blak'. Nearest: black."),
        ({"image": ["blak"]}, "unknown_baseline", "No baseline 'blak' of 'image'. Nearest: black."),
        ({"imag": ["zero"]}, "unknown_feature", "baseline: no input 'imag'. Nearest: image."),
        ("samples:17", "too_many_baselines", "baseline asks for the dataset's first 17 samples; it must be 1 to 16."),
        ("samples:0", "too_many_baselines", "baseline asks for the dataset's first 0 samples; it must be 1 to 16."),
        (
            ["samples:16", "zero"], "too_many_baselines",
            "baseline stands for 17 baselines to average; it must be at most 16.",
        ),
    ],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(client: Direct, samples: Sampled, choice: Any, code: str, message: str) -> None:
    error = client.check(samples.items(0), method="integrated_gradients", baseline=choice).error
    assert (error["code"], error["field"], error["message"]) == (code, "baseline", message)


@pytest.mark.parametrize("choice", [[], {"image": []}, 3, ["zero"] * 17, [None], {"image": "zero"}])
def test_other_shapes_are_no_baseline(choice: Any) -> None:
    with pytest.raises(ValueError, match="baseline"):
        AttributionRequest.model_validate(request(baseline=choice))


def test_an_explorer_tells_each_inputs_baselines(mixed: Direct, client: Direct) -> None:
    told = {one.name: [baseline.id for baseline in one.baselines] for one in mixed.runtime.description.features}
    assert told == {
        "image": ["zero", "black", "white", "blurred", "mean", "noise", "dataset_mean"],
        "text": ["padding", "unknown"],
        "table": ["zero", "mean", "sample", "dataset_mean"],
        "extra": ["zero"],
    }
    # What may fill pixels is the sample's alone.
    assert "dataset_mean" not in [one.id for one in client.runtime.description.baselines]
    assert isinstance(client.runtime.loaded.explorer, Explorer)
