"""Trains the checkpoint: ``python -m example_models.reviews.train``. Half a minute on one processor core; seeded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import Tensor, nn

from example_models.reviews.data import Split, encode, review
from example_models.reviews.model import CHECKPOINT, ReviewsNet

BATCH = 64
PEAK_RATE = 5e-3
WEIGHT_DECAY = 0.02


def written(split: Split, count: int) -> tuple[Tensor, Tensor]:
    """The first ``count`` reviews of a split: token ids and labels."""
    batches = [encode(review(split, number)) for number in range(count)]
    return torch.stack([batch.inputs for batch in batches]), torch.tensor([batch.labels for batch in batches])


@torch.no_grad()
def accuracy(model: nn.Module, ids: Tensor, labels: Tensor) -> float:
    """Share of reviews whose largest output is their label. Leaves the model in eval mode."""
    model.eval()
    return float((model(ids).argmax(1) == labels).double().mean())


def train(
    reviews: Annotated[int, typer.Option(help="number of training reviews")] = 8000,
    epochs: Annotated[int, typer.Option(help="passes over them")] = 6,
    tested: Annotated[int, typer.Option(help="number of held-out reviews for the accuracy")] = 1000,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
    output: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINT,
) -> None:
    """Train the reviews network, report its accuracy on held-out reviews, save its weights."""
    torch.manual_seed(seed)
    ids, labels = written("train", reviews)
    held_out = written("held-out", tested)
    model = ReviewsNet()
    steps = reviews // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=epochs * steps)
    for epoch in range(epochs):
        model.train()
        for chosen in torch.randperm(reviews)[: steps * BATCH].view(steps, BATCH):
            loss = nn.functional.cross_entropy(model(ids[chosen]), labels[chosen], label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: {accuracy(model, *held_out):.1%} on held-out reviews", flush=True)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, output)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    typer.run(train)
