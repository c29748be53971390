"""Trains the checkpoint: ``python -m example_models.scenes.train``. Four minutes on one processor core.

Seeded throughout; another machine or version of PyTorch rounds differently, so its weights differ in the last digits
at first and more later, not its accuracy.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from safetensors.torch import save_file
from torch import Tensor, nn

from example_models.scenes.data import Split, normalise, scene
from example_models.scenes.model import CHECKPOINT, ScenesNet

BATCH = 64
PEAK_RATE = 4e-3
WEIGHT_DECAY = 0.05
LABEL_SMOOTHING = 0.02


def drawn(split: Split, count: int) -> tuple[Tensor, Tensor]:
    """The first ``count`` scenes of a split: uint8 images N × H × W × 3 and labels."""
    scenes = [scene(split, number) for number in range(count)]
    return torch.from_numpy(np.stack([s.image for s in scenes])), torch.tensor([s.label for s in scenes])


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of scenes whose largest output is their label. Leaves the model in eval mode."""
    model.eval()
    chosen = torch.cat([model(normalise(part)).argmax(1) for part in images.split(250)])
    return float((chosen == labels).double().mean())


def train(
    scenes: Annotated[int, typer.Option(help="number of training scenes")] = 10_000,
    epochs: Annotated[int, typer.Option(help="passes over them")] = 5,
    tested: Annotated[int, typer.Option(help="number of held-out scenes for the accuracy")] = 1000,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
    output: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINT,
) -> None:
    """Train the scenes network, report its accuracy on held-out scenes, save its weights."""
    torch.manual_seed(seed)
    start = time.perf_counter()
    images, labels = drawn("train", scenes)
    held_out = drawn("held-out", tested)
    print(f"{scenes} scenes drawn in {time.perf_counter() - start:.0f} s")

    model = ScenesNet().to(memory_format=torch.channels_last)
    steps = scenes // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=epochs * steps)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for chosen in torch.randperm(scenes)[: steps * BATCH].view(steps, BATCH):
            inputs = normalise(images[chosen])
            if torch.rand(()) < 0.5:
                inputs = inputs.flip(-1)
            inputs = inputs.contiguous(memory_format=torch.channels_last)
            loss = nn.functional.cross_entropy(model(inputs), labels[chosen], label_smoothing=LABEL_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(
            f"epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}, "
            f"{accuracy(model, *held_out):.1%} on held-out scenes, {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    # Contiguous, so that the file does not depend on the memory format that training liked best.
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, output)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    typer.run(train)
