"""CIFAR-10 images and the small network of the well-known tutorial, normalised by the explorer.

`python cifar10.py real` reads the images and weights of the test data; `made` draws both at random.
"""

import sys

import torch
from captum.insights import AttributionVisualizer, Batch
from captum.insights.attr_vis.features import ImageFeature
from torch.utils.data import DataLoader, TensorDataset
from torchvision import transforms

from tests.shared_data import CIFAR_CLASSES, SmallNetwork, cifar_images, small_network

COUNT = 8


def model():
    if sys.argv[1] == "real":
        return small_network()
    torch.manual_seed(4)
    return SmallNetwork().eval()


def images():
    if sys.argv[1] == "real":
        return cifar_images(COUNT)
    generator = torch.Generator().manual_seed(5)
    return torch.rand(COUNT, 3, 32, 32, generator=generator), torch.arange(COUNT)


def batches():
    loader = iter(DataLoader(TensorDataset(*images()), batch_size=4, num_workers=2))
    while True:
        inputs, labels = next(loader)
        yield Batch(inputs=inputs, labels=labels)


def zero(image):
    return image * 0


def main():
    visualizer = AttributionVisualizer(
        models=[model()],
        score_func=lambda outputs: torch.nn.functional.softmax(outputs, 1),
        classes=list(CIFAR_CLASSES),
        features=[
            ImageFeature(
                "Photo",
                baseline_transforms=[zero],
                input_transforms=[transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))],
            )
        ],
        dataset=batches(),
    )
    visualizer.serve(debug=True)


if __name__ == "__main__":
    main()
