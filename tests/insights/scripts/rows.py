"""Rows of numbers and a hidden input, one output whose value says the class: `use_label_for_attr=False`."""

import torch
from captum.insights import AttributionVisualizer, Batch
from captum.insights.attr_vis.features import EmptyFeature, GeneralFeature
from torch import nn

COLUMNS = ["age", "fare", "class", "relatives"]


class Survival(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(len(COLUMNS) + 3, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, row, more):
        return torch.sigmoid(self.hidden(torch.cat([row, more], 1)))


torch.manual_seed(21)
network = Survival().eval()


def batches():
    generator = torch.Generator().manual_seed(22)
    for count in (3, 2):
        yield Batch(
            (torch.randn(count, len(COLUMNS), generator=generator), torch.randn(count, 3, generator=generator)),
            torch.arange(count) % 2,
        )


def main():
    visualizer = AttributionVisualizer(
        models=[network],
        classes=["lost", "saved"],
        features=[GeneralFeature("Passenger", COLUMNS), EmptyFeature("Cabin")],
        dataset=batches(),
        use_label_for_attr=False,
    )
    visualizer.serve()


if __name__ == "__main__":
    main()
