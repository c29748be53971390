"""An explorer without any code: torchvision's classifiers on a folder of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from attriscope import ExplorerError
from attriscope.adapters.files import ImageFolder
from attriscope.adapters.torchvision import explorer
from attriscope.samples import Samples
from attriscope.workers.runtime import Runtime
from tests.server.workers.toys import Direct

DATA = Path(os.environ.get("ATTRISCOPE_TEST_DATA", Path(__file__).parents[4] / "shared" / "data"))


def resnet(classes: int = 1000) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model: nn.Module = torchvision.models.resnet18(weights=None, num_classes=classes)
    return model.eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("weights") / "resnet18.pt"
    torch.save(resnet().state_dict(), path)
    return str(path)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five pictures in two subfolders and the root, and what is none."""
    generator = np.random.default_rng(0)
    folder = tmp_path / "images"
    for name in ("zebra/1.jpg", "zebra/deeper/2.JPEG", "cat/3.png", "cat/4.webp", "5.bmp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(folder / name)
    for name in ("notes.txt", "cat/model.pt", ".hidden.png"):
        (folder / name).write_bytes(b"no image")
    return folder


def loaded(found: Any) -> nn.Module:
    [loader] = found.models.values()
    module: nn.Module = loader()
    return module.eval()


def nothing(picture: Any) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


# --- the folder ----------------------------------------------------------------------------------------


def test_images_are_read_with_subfolders_in_the_order_of_their_paths(images: Path) -> None:
    folder = ImageFolder(images, nothing)
    assert [str(file.relative_to(images)) for file in folder.files] == [
        "5.bmp",
        "cat/3.png",
        "cat/4.webp",
        "zebra/1.jpg",
        "zebra/deeper/2.JPEG",
    ]
    assert [folder[i][1] for i in range(5)] == [None, "cat", "cat", "zebra", "zebra"]
    assert folder.labels == ["cat", "zebra"]
    assert torch.equal(folder[0][0], nothing(Image.open(images / "5.bmp")))


def test_d1_a_broken_image_is_an_error_with_its_index_and_name(images: Path, weights: str) -> None:
    data = (images / "zebra/1.jpg").read_bytes()
    (images / "zebra/1.jpg").write_bytes(data[: len(data) // 2])
    found = explorer("resnet18", str(images), weights)
    answer = Direct(Runtime(found, "cpu")).call("scan", {"start": 0, "count": 5})
    assert len(answer.of("sample")) == 3
    failure = answer.body["failure"]
    assert (failure["code"], failure["params"]["index"]) == ("image_broken", 3)
    assert failure["message"].startswith("Sample 3: zebra/1.jpg cannot be read")
    assert Samples(found.dataset, found.features).get(4) is not None


def test_d4_a_folder_without_images_is_empty(tmp_path: Path, weights: str) -> None:
    runtime = Runtime(explorer("resnet18", str(tmp_path), weights), "cpu")
    assert [notice.code for notice in runtime.description.notices] == ["dataset_empty"]


# --- the model -----------------------------------------------------------------------------------------


def test_the_photographs_go_through_a_resnet(weights: str) -> None:
    if not DATA.is_dir():
        pytest.skip(f"no test data at {DATA}; ATTRISCOPE_TEST_DATA says where they are")
    found = explorer("resnet18", str(DATA / "photos"), weights)
    client = Direct(Runtime(found, "cpu"))
    told = client.runtime.description
    assert (told.models[0].outputs, told.models[0].default_layer) == (1000, "layer4")
    assert told.classes is not None
    assert told.classes[281] == "tabby"
    assert told.baselines[0].description == "zero here = mean grey"
    samples = client.scan(8)
    assert [frame.body["shapes"] for frame in samples.frames] == [[[3, 224, 224]]] * 7
    predicted = client.call("predict", {"model": "resnet18", "count": 2}, samples.arrays(0, 1)).body["predictions"]

    transform = torchvision.models.ResNet18_Weights.DEFAULT.transforms()
    files = sorted((DATA / "photos").glob("*.JPEG"))[:2]
    batch = torch.stack([transform(Image.open(file).convert("RGB")) for file in files])
    with torch.no_grad():
        outputs = resnet()(batch)
    assert [p[0]["index"] for p in predicted] == outputs.argmax(1).tolist()
    assert [p[0]["output"] for p in predicted] == pytest.approx(outputs.max(1).values.tolist(), rel=1e-4)
    answer = client.attribute(samples, 0, target=281, model="resnet18", method="layer_grad_cam")
    assert answer.of("result")[0].body["maps"][0]["shape"] == [1, 7, 7]


@pytest.mark.parametrize("form", ["pt", "safetensors", "state_dict", "module."])
def test_weights_are_read_in_every_form(form: str, images: Path, tmp_path: Path) -> None:
    state = resnet().state_dict()
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pth")
    if form == "safetensors":
        save_file(state, path)
    elif form == "state_dict":
        torch.save({"state_dict": state, "epoch": 3}, path)
    else:
        torch.save({(form if form == "module." else "") + name: value for name, value in state.items()}, path)
    model = loaded(explorer("resnet18", str(images), str(path)))
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("outputs", "classes"), [(2, ("cat", "zebra")), (3, None)])
def test_a_model_of_ones_own_takes_its_classes_from_the_subfolders(
    outputs: int, classes: tuple[str, ...] | None, images: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.pt"
    torch.save(resnet(outputs).state_dict(), path)
    found = explorer("resnet18", str(images), str(path))
    assert found.classes == classes
    assert loaded(found)(torch.zeros(1, 3, 64, 64)).shape == (1, outputs)


@pytest.mark.parametrize("name", ["googlenet", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"])
def test_heads_of_other_families_are_found(name: str, images: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"init_weights": False} if name == "googlenet" else {}
    state = torchvision.models.get_model(name, weights=None, num_classes=7, **options).state_dict()
    torch.save(state, tmp_path / "w.pt")
    model = loaded(explorer(name, str(images), str(tmp_path / "w.pt")))
    with torch.no_grad():
        assert model(torch.rand(1, 3, 96, 96)).shape == (1, 7)


def test_weights_that_cannot_be_downloaded_name_the_option(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: Any, **options: Any) -> Any:
        raise URLError("no route to host")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    found = explorer("resnet18", str(images))
    with pytest.raises(ExplorerError) as caught:
        loaded(found)
    assert (caught.value.code, caught.value.field) == ("weights_unavailable", "weights")
    assert "--weights" in caught.value.message
    assert "https://download.pytorch.org/models/resnet18" in caught.value.message
    assert "no route to host" in caught.value.message


def _write_bad(path: Path, kind: str) -> None:
    if kind == "text":
        path.write_text("no weights")
    elif kind == "other model":
        torch.save({"fc.weight": torch.zeros(1000, 3)}, path)
    elif kind == "no state dict":
        torch.save([1, 2], path)
    elif kind == "no matrix":
        torch.save({"bias": torch.zeros(3)}, path)
    else:
        torch.save(resnet(), path)


@pytest.mark.parametrize("kind", ["text", "other model", "no state dict", "no matrix", "pickled module"])
def test_weights_that_do_not_fit_name_the_option(kind: str, images: Path, tmp_path: Path) -> None:
    _write_bad(tmp_path / "bad.pt", kind)
    with pytest.raises(ExplorerError) as caught:
        loaded(explorer("resnet18", str(images), str(tmp_path / "bad.pt")))
    assert caught.value.code == "weights_broken"
    assert caught.value.message.startswith("--weights: ")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"model": "resnet19"}, "unknown_model", "torchvision has no classifier 'resnet19'. Nearest: resnet"),
        ({"model": "fcn_resnet50"}, "unknown_model", "torchvision has no classifier 'fcn_resnet50'"),
        ({"images": "/nowhere/at/all"}, "folder_missing", "--images: no folder '/nowhere/at/all'."),
        ({"weights": "none.pt"}, "weights_missing", "--weights: no file 'none.pt'."),
    ],
)
def test_a_mistake_is_named(changes: dict[str, str], code: str, words: str, images: Path) -> None:
    with pytest.raises(ExplorerError) as caught:
        explorer(**({"model": "resnet18", "images": str(images)} | changes))
    assert caught.value.code == code
    assert words in caught.value.message
