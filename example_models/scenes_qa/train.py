"""Trains the checkpoint: ``python -m example_models.scenes_qa.train``. Twelve minutes on one core; seeded.

The first convolutions begin with those of `scenes`, which know the things already. Another machine or version of
PyTorch rounds differently, so its weights differ in the last digits at first and more later, not its accuracy.
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

from example_models.scenes.data import normalise
from example_models.scenes.model import scenes_cnn
from example_models.scenes_qa.data import Picture, Split, encode, picture, question
from example_models.scenes_qa.grammar import ANSWERS
from example_models.scenes_qa.model import CHECKPOINT, ScenesQaNet

BATCH = 64
PEAK_RATE = 4e-3
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.02


def drawn(split: Split, count: int) -> list[Picture]:
    return [picture(split, number) for number in range(count)]


def images(pictures: list[Picture]) -> Tensor:
    """uint8 N × H × W × 3."""
    return torch.from_numpy(np.stack([shown.image for shown in pictures]))


def asked(split: Split, pictures: list[Picture], turn: int = 0) -> tuple[Tensor, Tensor]:
    """One question about each picture, N × L token ids, and the answers' numbers."""
    found = [question(split, number, shown, turn) for number, shown in enumerate(pictures)]
    return torch.stack([encode(one) for one, _, _ in found]), torch.tensor([ANSWERS.index(a) for _, a, _ in found])


@torch.no_grad()
def accuracy(model: nn.Module, seen: Tensor, questions: Tensor, answers: Tensor) -> float:
    """Share of questions whose largest output is the answer. Leaves the model in eval mode."""
    model.eval()
    parts = zip(seen.split(250), questions.split(250), strict=True)
    chosen = torch.cat([model(normalise(part), of).argmax(1) for part, of in parts])
    return float((chosen == answers).double().mean())


def train(
    scenes: Annotated[int, typer.Option(help="number of training pictures")] = 10_000,
    epochs: Annotated[int, typer.Option(help="passes over them, each with other questions")] = 16,
    tested: Annotated[int, typer.Option(help="number of held-out questions for the accuracy")] = 1000,
    seed: Annotated[int, typer.Option(help="of weights and order")] = 0,
    output: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINT,
) -> None:
    """Train the network, report its accuracy on held-out questions, save its weights."""
    torch.manual_seed(seed)
    start = time.perf_counter()
    pictures, others = drawn("train", scenes), drawn("held-out", tested)
    seen, held_out = images(pictures), (images(others), *asked("held-out", others))
    print(f"{scenes} pictures drawn in {time.perf_counter() - start:.0f} s", flush=True)

    model = ScenesQaNet()
    known = scenes_cnn().state_dict()
    model.load_state_dict({name: known[name] for name in known if name < "conv4"}, strict=False)
    model = model.to(memory_format=torch.channels_last)
    steps = scenes // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=epochs * steps)
    for epoch in range(epochs):
        questions, answers = asked("train", pictures, turn=epoch)
        model.train()
        total = 0.0
        for chosen in torch.randperm(scenes)[: steps * BATCH].view(steps, BATCH):
            inputs = normalise(seen[chosen]).contiguous(memory_format=torch.channels_last)
            scores = model(inputs, questions[chosen])
            loss = nn.functional.cross_entropy(scores, answers[chosen], label_smoothing=LABEL_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(
            f"epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}, "
            f"{accuracy(model, *held_out):.1%} of held-out questions, {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, output)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    typer.run(train)
