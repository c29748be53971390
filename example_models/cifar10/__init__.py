"""CIFAR-10 and the small network of PyTorch's tutorial "Training a Classifier", as Captum's tutorial explains them.

At the first start the data set is downloaded (170 MB) and the network trained, a minute or two.
"""

from __future__ import annotations

from functools import partial

from torch import nn

from attriscope import Explorer, ImageFeature
from example_models.cifar10.data import MEAN, STD, images
from example_models.cifar10.model import cifar10_net
from example_models.downloads import data_folder

PRESETS = {
    "Integrated Gradients": {"method": "integrated_gradients"},
    "Saliency": {"method": "saliency"},
    "DeepLIFT": {"method": "deep_lift"},
    "Integrated Gradients, SmoothGrad squared": {
        "method": "integrated_gradients",
        "smoothing": {"type": "smoothgrad_sq", "samples": 100, "noise": 0.2},
        "outlier": 10,
    },
}


def explorer(data: str | None = None) -> Explorer:
    """The 10,000 test images.

    data: the folder that holds, or is to hold, torchvision's ``cifar-10-batches-py`` and the trained weights.
    Raises ExplorerError data_unavailable where it is not there and cannot be downloaded.
    """
    folder = data_folder(data)
    return Explorer(
        models={"cifar10_net": partial(cifar10_net, folder)},
        dataset=images(folder, train=False),
        features=ImageFeature(mean=MEAN, std=STD),
        score_func=nn.Softmax(dim=1),
        name="CIFAR-10",
        presets=PRESETS,
    )
