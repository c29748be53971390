"""What a method tells of a result reaches the result, and no other sample's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from attriscope import Batch
from attriscope.workers.messages import ResultInfo
from tests.server.workers.toys import Direct, pictures, runtime


class Squared(nn.Module):
    """Complete for the dark picture only: a product has no rule in DeepLIFT."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # a unit that is off by chance would make both maps zero
            self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.conv(x)).mean((2, 3))
        return hidden * x.mean((1, 2, 3))[:, None]


def test_an_incomplete_map_says_so() -> None:
    images = torch.stack([torch.zeros(3, 8, 8), pictures(1)[0]])
    client = Direct(runtime(models={"net": Squared()}, dataset=[Batch(images, [0, 0])]))
    samples = client.scan(2)
    frames = client.attribute(samples, 0, 1, method="deep_lift").of("result")
    notices = [[notice.code for notice in ResultInfo.model_validate(frame.body).notices] for frame in frames]
    assert notices == [["all_zero"], ["incomplete"]]
