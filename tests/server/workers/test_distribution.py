"""Methods that compare with samples of the dataset."""

from __future__ import annotations

import torch

import attribution_core
from attriscope import Batch
from attriscope.workers.arrays import to_tensor
from attriscope.workers.messages import ResultInfo
from tests.server.workers.toys import Direct, Net, pictures, runtime


def test_the_rows_are_the_baselines() -> None:
    client = Direct(runtime())
    samples = client.scan()
    (frame,) = client.attribute(samples, 0, method="deep_lift_shap", distribution=[1, 2, 3]).of("result")
    images = pictures()
    expected = attribution_core.DeepLiftShap(Net().eval()).attribute(images[:1], images[1:4], target=0)[0]
    found = to_tensor(frame.arrays["image"])
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
    info = ResultInfo.model_validate(frame.body)
    assert (info.baseline, info.output_baseline) == (None, None)


def test_the_rows_are_part_of_the_key() -> None:
    client = Direct(runtime())
    samples = client.scan()
    hashes = [frame.body["sha256"] for frame in samples.frames]

    def key(method: str, rows: list[str]) -> str:
        return str(client.check(samples.items(0), rows, method=method).body["items"][0]["key"])

    assert key("gradient_shap", hashes[:3]) == key("gradient_shap", hashes[:3])
    assert key("gradient_shap", hashes[:3]) != key("gradient_shap", hashes[:4])
    assert key("saliency", hashes[:3]) == key("saliency", hashes[:4])


def test_rows_of_another_size_are_left_out_and_none_left_is_an_error() -> None:
    dataset = [Batch(pictures(2)), Batch(torch.rand(1, 3, 12, 12))]
    client = Direct(runtime(dataset=dataset))
    samples = client.scan(3)
    answer = client.attribute(samples, 0, method="deep_lift_shap", distribution=[0, 1, 2])
    images = pictures(2)
    expected = attribution_core.DeepLiftShap(Net().eval()).attribute(images[:1], images, target=0)[0]
    found = to_tensor(answer.of("result")[0].arrays["image"])
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
    answer = client.attribute(samples, 2, method="deep_lift_shap", distribution=[0, 1])
    (failed,) = answer.of("failed")
    assert failed.body["error"]["code"] == "no_distribution"
    assert "none of its first 2" in failed.body["error"]["message"]
