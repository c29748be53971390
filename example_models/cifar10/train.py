"""Trains the network: ``python -m example_models.cifar10.train``. A minute or two on one processor core; seeded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.datasets import CIFAR10

from example_models.cifar10.data import MEAN, STD, images
from example_models.cifar10.model import CHECKPOINT, Net
from example_models.downloads import data_folder

BATCH = 64
PEAK_RATE = 3e-3


def tensors(dataset: CIFAR10) -> tuple[Tensor, Tensor]:
    """All of it at once, normalised, and the labels."""
    pixels = torch.from_numpy(dataset.data).permute(0, 3, 1, 2).float() / 255
    mean, std = torch.tensor(MEAN).view(-1, 1, 1), torch.tensor(STD).view(-1, 1, 1)
    return (pixels - mean) / std, torch.tensor(dataset.targets)


@torch.no_grad()
def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Share of images whose largest output is their label. Leaves the model in eval mode."""
    model.eval()
    chosen = torch.cat([model(part).argmax(1) for part in inputs.split(1000)])
    return float((chosen == labels).double().mean())


def train(
    data: Annotated[Path | None, typer.Option(help="where the data set is, or goes")] = None,
    epochs: Annotated[int, typer.Option(help="passes over the training images")] = 6,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
    output: Annotated[Path | None, typer.Option(help="where the checkpoint goes; beside the data by default")] = None,
) -> None:
    """Train the network, report its accuracy on the test images, save its weights."""
    folder = data or data_folder(None)
    inputs, labels = tensors(images(folder, train=True))
    tested = tensors(images(folder, train=False))
    torch.manual_seed(seed)
    model = Net()
    steps = max(len(inputs) // BATCH, 1)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=epochs * steps)
    for epoch in range(epochs):
        model.train()
        for chosen in torch.randperm(len(inputs))[: steps * BATCH].split(BATCH):
            batch = inputs[chosen]
            mirrored = (torch.rand(len(batch)) < 0.5)[:, None, None, None]
            scores = model(torch.where(mirrored, batch.flip(-1), batch))
            loss = nn.functional.cross_entropy(scores, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: {accuracy(model, *tested):.1%} of the test images", flush=True)
    # Written whole or not at all: another process may be looking for it.
    path = output or folder / CHECKPOINT
    save_file(model.state_dict(), part := path.with_suffix(".part"))
    part.replace(path)


if __name__ == "__main__":
    typer.run(train)
