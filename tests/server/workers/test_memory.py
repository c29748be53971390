"""What a worker tells of its device's memory, and what it does where memory does not do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from attriscope import Batch
from attriscope.workers import resources
from attriscope.workers.arrays import to_tensor
from tests.server.workers.toys import Direct, Net, pictures, runtime


class Small(Net):
    """A device that holds `most` examples."""

    most = 64

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError(f"CUDA out of memory. {len(x)} examples do not fit.")
        return super().forward(x)


def client_of(most: int) -> Direct:
    model = type("Small", (Small,), {"most": 64})
    found = Direct(runtime(models={"net": model}, dataset=[Batch(pictures(), [0, 1, 2, 3, 0, 1])]))
    model.most = most
    return found


def test_every_computation_is_followed_by_the_devices_memory() -> None:
    client = Direct(runtime())
    samples = client.scan()
    client.call("predict", {"model": "net", "count": 1}, samples.arrays(0))
    client.attribute(samples, 0)
    client.scan(1)
    assert [frame.type for frame in client.own] == ["memory", "memory"]
    for frame in client.own:
        assert frame.id == 0
        assert frame.body["models"] == ["net"]
        assert 0 < frame.body["free"] <= frame.body["total"] == resources.total_memory()


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("method", ["saliency", "integrated_gradients", "occlusion", "kernel_shap"])
def test_q7_out_of_memory_makes_chunks_smaller_and_the_answer_the_same(method: str, most: int) -> None:
    maps = []
    for limit in (64, most):
        client = client_of(limit)
        samples = client.scan()
        answer = client.attribute(samples, 0, 1, 2, 3, method=method, arguments={})
        assert not answer.of("failed")
        maps.append([to_tensor(frame.arrays["image"]) for frame in answer.of("result")])
        assert all(frame.body["output"] is not None for frame in answer.of("result"))
    for whole, chunked in zip(*maps, strict=True):
        assert float((whole - chunked).abs().max()) <= 1e-5 * float(whole.abs().max())


@pytest.mark.parametrize("most", [1, 3])
def test_q7_predictions_are_made_in_smaller_parts(most: int) -> None:
    found = []
    for limit in (64, most):
        client = client_of(limit)
        found.append(client.call("predict", {"model": "net", "count": 6}, client.scan().arrays(*range(6))).body)
    for whole, parts in zip(found[0]["predictions"], found[1]["predictions"], strict=True):
        assert [p["index"] for p in whole] == [p["index"] for p in parts]
        assert [p["output"] for p in whole] == pytest.approx([p["output"] for p in parts], abs=1e-6)


@pytest.mark.parametrize("method", ["saliency", "occlusion"])
def test_q7_where_one_sample_does_not_fit_it_is_said_what_to_do(method: str) -> None:
    client = client_of(64)
    samples = client.scan()
    type(client.runtime.loaded.models["net"].module).most = 0
    answer = client.attribute(samples, 0, 1, method=method, arguments={})
    assert len(answer.of("failed")) == 2
    for frame in answer.of("failed"):
        error = frame.body["error"]
        assert error["code"] == "out_of_memory"
        assert "not enough memory for a single sample" in error["message"]
        assert "1 examples do not fit" in error["message"]
        assert "Use a smaller input" in error["message"]
    assert not client.runtime.poisoned
    error = client.call("predict", {"model": "net", "count": 1}, samples.arrays(0)).error
    assert error["code"] == "out_of_memory"
    type(client.runtime.loaded.models["net"].module).most = 64
    assert client.attribute(samples, 0, method=method, arguments={}).of("result")
