"""torchvision's ImageNet classifiers with their published weights, on Imagenette or on images of one's own.

Imagenette (Howard 2019, https://github.com/fastai/imagenette) is ten classes of ImageNet. At the first start it is
downloaded (340 MB), and so are the weights (100 MB for ResNet-50).
"""

from __future__ import annotations

from pathlib import Path

from torchvision.datasets import Imagenette

from attriscope import Explorer
from attriscope.adapters import torchvision
from example_models.downloads import data_folder, downloaded

SIZE = "320px"


def explorer(data: str | None = None, model: str = "resnet50") -> Explorer:
    """A classifier of torchvision's, e.g. 'vit_b_16'.

    data: a folder of images, read with its subfolders, the first one's name being the label; without it the validation
    images of Imagenette.
    Raises ExplorerError: unknown_model, folder_missing, data_unavailable; once the model is loaded,
    weights_unavailable.
    """
    if data is not None:
        return torchvision.explorer(model, data)
    folder, names = imagenette(data_folder(None))
    return torchvision.explorer(model, str(folder), names=names)


def imagenette(root: Path) -> tuple[Path, dict[str, str]]:
    """The folder with the validation images, and what its subfolders' names stand for."""
    url = Imagenette._ARCHIVES[SIZE][0]

    def read(download: bool) -> Imagenette:
        return Imagenette(root, "val", SIZE, download=download)

    found = downloaded("Imagenette", root, url, read)
    names = {wnid: synonyms[0] for wnid, synonyms in zip(found.wnids, found.classes, strict=True)}
    return Path(root, f"imagenette2-{SIZE.removesuffix('px')}", "val"), names
