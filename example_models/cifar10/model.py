"""The network of PyTorch's tutorial "Training a Classifier", trained where it was not yet."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

CHECKPOINT = "attriscope_cifar10_net.safetensors"
"""Its name in the folder of the data."""


class Net(nn.Module):
    """Two convolutions and three linear layers: N × 3 × 32 × 32 to N × 10 scores before softmax.

    Every ReLU is a module of its own, so that methods which change one find it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(120, 84)
        self.relu4 = nn.ReLU()
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.flatten(self.pool2(self.relu2(self.conv2(x))))
        scores: Tensor = self.fc3(self.relu4(self.fc2(self.relu3(self.fc1(x)))))
        return scores


def cifar10_net(folder: Path) -> Net:
    """The network in eval mode, its weights read from the checkpoint in ``folder``; trained first where there is none.

    Raises ExplorerError data_unavailable where it is to be trained without data.
    """
    checkpoint = folder / CHECKPOINT
    if not checkpoint.is_file():
        from example_models.cifar10.train import train

        train(data=folder, output=checkpoint)
    model = Net()
    model.load_state_dict(load_file(checkpoint))
    return model.eval()
