"""Writes the table and trains the checkpoint: ``python -m example_models.wine.train``. Needs scikit-learn; seeded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from safetensors.torch import save_file
from torch import nn

from example_models.wine.data import TABLE, load
from example_models.wine.model import CHECKPOINT, untrained


def write_table(output: Path = TABLE) -> None:
    """The rows that scikit-learn carries, as measured."""
    from sklearn.datasets import load_wine

    rows, labels = load_wine(return_X_y=True)
    save_file({"rows": torch.tensor(rows, dtype=torch.float32), "labels": torch.tensor(labels)}, output)


def train(
    steps: Annotated[int, typer.Option(help="gradient steps over all rows")] = 300,
    seed: Annotated[int, typer.Option(help="of the weights")] = 0,
    output: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINT,
) -> None:
    """Train the wine network, report its accuracy on held-out wines, save its weights."""
    if not TABLE.exists():
        write_table()
    torch.manual_seed(seed)
    table, model = load(), untrained()
    inputs, labels = table.normalised[table.trained], table.labels[table.trained]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.1)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(inputs), labels, label_smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = model(table.normalised[~table.trained]).argmax(1) == table.labels[~table.trained]
    print(f"{float(right.double().mean()):.1%} on {len(right)} held-out wines")
    save_file(model.state_dict(), output)


if __name__ == "__main__":
    typer.run(train)
