"""Targets and baselines over HTTP: scripts that make their maps again, class maps, filters of several labels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.explorers import outputs
from tests.live import EXPLORERS, LiveServer
from tests.server.test_scripts import assert_reproduced, script

REGION = {"left": 0, "top": 1, "right": 3, "bottom": 4}
ANOTHER = "The explorer has changed"


def serve(name: str, file: str = "outputs.py") -> LiveServer:
    return LiveServer("serve", f"{EXPLORERS / file}:{name}")


def test_a_map_of_classes_is_served_and_scripts_make_maps_of_regions_again(tmp_path: Path) -> None:
    with serve("segmentation") as server:
        server.samples(count=4)
        place = f"/api/explorers/{server.explorer()['id']}/samples"
        answer = server.client.get(f"{place}/3/classes.npy", params={"model": "segmenter"})
        wanted = outputs.Segmenter()(outputs.patches(3)[None])[0].argmax(0)
        assert np.array_equal(np.load(io.BytesIO(answer.content)), wanted.numpy())
        tag = answer.headers["etag"]
        again = server.client.get(
            f"{place}/3/classes.npy", params={"model": "segmenter"}, headers={"If-None-Match": tag}
        )
        assert again.status_code == 304
        assert server.client.get(f"{place}/3/classes.npy", params={"model": "none"}).status_code == 404
        assert_reproduced(tmp_path, server, [
            {"method": "integrated_gradients", "target": {"of": 1, "region": REGION}},
            {"method": "occlusion", "target": {"of": 1, "against": 2, "region": REGION}, "quantity": "score"},
            {"method": "saliency", "target": {"of": "predicted", "region": REGION}},
            {"method": "integrated_gradients", "target": 2, "baseline": ["black", "samples:3"]},
        ])  # fmt: skip
        job = server.run(samples=[1], target={"of": 1, "against": 2, "region": REGION})
        assert ANOTHER not in script(server, job["items"][0])


def test_scripts_make_maps_of_functions_and_averages_again(tmp_path: Path) -> None:
    with serve("named") as server:
        assert_reproduced(tmp_path, server, [
            {"method": "integrated_gradients", "target": {"function": "margin"}},
            {"method": "feature_ablation", "target": {"function": "energy"}, "baseline": "sample:2"},
            {"method": "deep_lift", "baseline": ["white", "dataset_mean"], "quantity": "score"},
            {"method": "occlusion", "baseline": ["white", "black"]},
            {"method": "layer_integrated_gradients", "layer": "conv1", "baseline": ["white", "black"]},
            {
                "method": "integrated_gradients", "baseline": ["noise", "zero"],
                "smoothing": {"type": "smoothgrad", "samples": 2},
            },
        ])  # fmt: skip
        code = script(server, server.run(samples=[3], target={"function": "margin"})["items"][0])
        assert "explorer.forward('dict', target='margin')" in code
        assert ANOTHER not in code


@pytest.mark.parametrize("name", ["mixed", "text"])
def test_scripts_average_over_vectors_of_tokens_and_over_every_combination(tmp_path: Path, name: str) -> None:
    of_each = {"image": ["white"], "text": ["padding", "unknown"]} if name == "mixed" else {"text": ["unknown"]}
    asked: list[dict[str, Any]] = [
        {"method": "integrated_gradients", "baseline": ["sample:1", "samples:2"]},
        {"method": "integrated_gradients", "baseline": of_each},
        {"method": "feature_ablation", "baseline": of_each},
    ]
    with serve(name, "kinds.py") as server:
        assert_reproduced(tmp_path, server, asked)


def test_a_baseline_that_is_not_there_is_refused() -> None:
    with serve("multi_label") as server:
        server.samples(count=12)
        answer = server.submit(method="integrated_gradients", baseline="sample:99")
        assert answer.status_code == 422
        body = answer.json()
        assert (body["code"], body["field"]) == ("unknown_sample", "baseline")
        assert body["message"] == "baseline is sample 99, which has not been read; 12 samples have."
        # What the method does not compare with does not matter.
        assert server.submit(method="saliency", baseline="sample:99").status_code == 201
        assert_labels_filter(server)


def assert_labels_filter(server: LiveServer) -> None:
    """Any of a sample's labels counts, any class that reaches the threshold, and right is all of them."""
    truth = {n: set(outputs.true_colours(n)) for n in range(12)}
    pictures = torch.stack([outputs.Pictures()[n][0] for n in range(12)])
    predicted = {n: set(row.nonzero().flatten().tolist()) for n, row in enumerate(outputs.Several()(pictures) >= 0)}

    def found(**query: Any) -> list[int]:
        return [item["index"] for item in server.samples(count=12, **query)["items"]]

    for c in range(4):
        assert found(label=c) == [n for n in range(12) if c in truth[n]]
        assert found(predicted=c) == [n for n in range(12) if c in predicted[n]]
    right = [n for n in range(12) if truth[n] == predicted[n]]
    assert 0 < len(right) < 12
    assert found(correct="true") == right
    assert found(correct="false") == [n for n in range(12) if n not in right]


def test_a_baseline_is_drawn_of_the_samples_that_maps_are_compared_with() -> None:
    with serve("explorer", "faulty.py") as server:
        server.samples(count=2)
        place = f"/api/explorers/{server.explorer()['id']}/samples/0/image/baseline"
        early = server.client.get(f"{place}/dataset_mean.png")
        server.samples(count=24)
        late = server.client.get(f"{place}/dataset_mean.png")
        assert (early.status_code, early.content) == (200, late.content)
        assert early.headers["etag"] == late.headers["etag"]
        # What it is made of is part of what the browser asks about.
        tags = [server.client.get(f"{place}/{name}.png").headers["etag"] for name in ("zero", "sample:1", "sample:2")]
        assert len({*tags, late.headers["etag"]}) == 4
        missing = server.client.get(f"{place}/sample:99.png")
        assert (missing.status_code, missing.json()["code"]) == (422, "unknown_sample")
