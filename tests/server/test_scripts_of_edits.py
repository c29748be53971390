"""Copy as Python of samples of one's own: scripts say what was typed, changed or erased, and make the map served."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attriscope import ExplorerError
from attriscope.opened import load_explorer
from attriscope.workers.edit import packed, unpacked
from attriscope.workers.edits import Mask
from tests.live import EXPLORERS, LiveServer
from tests.server.test_scripts import run, script
from tests.server.web import pictures

WHITE = {"kind": "colour", "colour": [255, 250, 245]}
FILLS = [{"kind": "blur"}, {"kind": "baseline", "baseline": "noise"}, WHITE]
INTEGRATED = {"method": "integrated_gradients"}


def erasure(side: int, rows: slice, fill: dict[str, Any]) -> dict[str, Any]:
    drawn = np.zeros((side, side), bool)
    drawn[rows, 1:] = True
    mask = {"width": side, "height": side, "bits": base64.b64encode(np.packbits(drawn).tobytes()).decode()}
    return {"kind": "erase", "feature": "image", "mask": mask, "fill": fill}


def edited(server: LiveServer, edit: dict[str, Any], index: int) -> int:
    place = f"/api/explorers/{server.explorer()['id']}/samples"
    answer = server.client.post(f"{place}/{index}/edits", json=edit)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["index"])


def assert_reproduced(folder: Path, server: LiveServer, cases: list[tuple[int, dict[str, Any]]]) -> list[str]:
    """The scripts, which make what is served for each sample and request."""
    items = []
    for index, asked in cases:
        job = server.finish(server.submit(samples=[index], **asked).json())
        assert job["state"] == "done", (asked, job)
        items.append(job["items"][0])
    scripts = [script(server, item) for item in items]
    for (index, asked), item, found in zip(cases, items, run(folder, scripts), strict=True):
        names = [one["feature"] for one in server.client.get(f"/api/results/{item['key']}").json()["maps"]]
        for name, values in zip(names, found.values(), strict=True):
            served = np.load(io.BytesIO(server.client.get(f"/api/results/{item['key']}/{name}.npy").content))
            scale = max(1.0, float(np.abs(served).max()))
            np.testing.assert_allclose(values, served, rtol=0, atol=1e-6 * scale, err_msg=f"{index} {asked}")
    return scripts


def test_erased_images_of_every_fill_and_twice(tiny: LiveServer, tmp_path: Path) -> None:
    tiny.samples(count=4)
    once = [edited(tiny, erasure(8, slice(1, 4), fill), 2) for fill in FILLS]
    twice = edited(tiny, erasure(8, slice(5, 8), FILLS[0]), once[1])
    methods = [INTEGRATED, {"method": "occlusion"}]
    codes = assert_reproduced(tmp_path, tiny, [(index, asked) for index in (*once, twice) for asked in methods])
    assert "'#fffaf5'" in codes[4]
    assert codes[-1].count("explorer.erased(") == 2
    assert "explorer.inputs(2)" in codes[-1]


TRANSFORMED = """
import torch
from torch import nn
from torchvision.transforms import Normalize

from attriscope import Batch, Explorer, ImageFeature, TextFeature


def vectors(ids):
    return torch.eye(4)[ids]


def explorer():
    torch.manual_seed(0)
    images = ImageFeature(input_transforms=[Normalize(0.5, 0.5)])
    return Explorer(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), [Batch(torch.rand(2, 3, 8, 8))], features=images)


def words():
    torch.manual_seed(0)
    ids = torch.tensor([[2, 3, 0], [3, 2, 0]])
    feature = TextFeature(vocabulary=["<pad>", "<unk>", "good", "bad"], input_transforms=[vectors])
    return Explorer(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), [Batch(ids)], features=feature)
"""


def test_edits_come_before_the_transforms(tmp_path: Path) -> None:
    file = tmp_path / "transformed.py"
    file.write_text(TRANSFORMED, encoding="utf-8")
    activation = {"method": "input_x_gradient"}
    with LiveServer("serve", str(file)) as server:
        server.samples(count=2)
        indices = [edited(server, erasure(8, slice(1, 4), fill), 1) for fill in FILLS]
        assert_reproduced(tmp_path, server, [(index, activation) for index in indices])
        place = f"/api/explorers/{server.explorer()['id']}/samples"
        content = pictures.encoded(Image.effect_noise((20, 20), 90).convert("RGB"))
        uploaded = server.client.post(place, files={"file": ("mine.png", content, "image/png")}).json()["index"]
        job = server.finish(server.submit(samples=[edited(server, erasure(8, slice(0, 3), WHITE), uploaded)]).json())
        assert 'explorer.picture("picture.png", raw=True)' in script(server, job["items"][0])
    with LiveServer("serve", f"{file}:words") as server:
        server.samples(count=2)
        index = edited(server, {"kind": "text", "feature": "text", "text": "bad bad", "new": True}, 1)
        assert_reproduced(tmp_path, server, [(index, activation)])


def test_an_uploaded_picture_that_was_erased(tiny: LiveServer, tmp_path: Path) -> None:
    content = pictures.encoded(Image.effect_noise((20, 20), 90).convert("RGB"))
    place = f"/api/explorers/{tiny.explorer()['id']}/samples"
    uploaded = tiny.client.post(place, files={"file": ("mine.png", content, "image/png")}).json()["index"]
    index = edited(tiny, erasure(8, slice(0, 3), FILLS[1]), uploaded)
    job = tiny.finish(tiny.submit(samples=[index], method="saliency").json())
    code = script(tiny, job["items"][0])
    (tmp_path / "picture.png").write_bytes(content)
    (tmp_path / "map.py").write_text(code + '__import__("numpy").save("map.npy", heat_map)\n', encoding="utf-8")
    done = subprocess.run([sys.executable, "map.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    served = tiny.client.get(f"/api/results/{job['items'][0]['key']}/image.npy").content
    np.testing.assert_allclose(np.load(tmp_path / "map.npy"), np.load(io.BytesIO(served)), rtol=0, atol=1e-6)


def test_texts_and_rows_of_ones_own(tmp_path: Path) -> None:
    with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:text") as server:
        server.samples(count=2)
        typed = {"kind": "text", "feature": "text", "text": "'not' \"\\\n", "new": True}
        index = edited(server, typed, 1)
        codes = assert_reproduced(tmp_path, server, [(index, INTEGRATED), (index, {"method": "occlusion"})])
        assert repr(typed["text"]) in codes[0]
    with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:table") as server:
        server.samples(count=2)
        changed = {"kind": "row", "feature": "table", "values": {"age": 33.25, "colour": "blue"}}
        assert_reproduced(tmp_path, server, [(edited(server, changed, 1), INTEGRATED)])


def test_several_inputs_each_edited(tmp_path: Path) -> None:
    with LiveServer("serve", f"{EXPLORERS / 'kinds.py'}:mixed") as server:
        server.samples(count=2)
        index = edited(server, {"kind": "text", "feature": "text", "text": "the film is bad"}, 1)
        index = edited(server, {"kind": "row", "feature": "table", "values": {"age": 61}}, index)
        index = edited(server, erasure(6, slice(0, 2), WHITE), index)
        smooth = {"method": "saliency", "smoothing": {"type": "smoothgrad", "samples": 3}}
        (code, *_) = assert_reproduced(tmp_path, server, [(index, INTEGRATED), (index, smooth)])
        assert code.count("inputs = explorer.") == 4


def test_masks_travel_in_few_letters() -> None:
    drawn = np.zeros((224, 224), bool)
    drawn[20:90, 30:200] = True
    mask = Mask(width=224, height=224, bits=base64.b64encode(np.packbits(drawn).tobytes()).decode())
    assert unpacked(packed(mask), 224, 224) == mask
    assert len(packed(mask)) < 200
    for letters in ("%", "AAAA", ""):
        with pytest.raises(ExplorerError, match="none that a script was written with"):
            unpacked(letters, 8, 8)


def test_what_is_wrong_with_an_edit_is_said_in_scripts_too() -> None:
    explorer = load_explorer(f"{EXPLORERS / 'kinds.py'}:mixed")
    inputs = explorer.inputs(0)
    with pytest.raises(ExplorerError, match="No feature 'sound'"):
        explorer.typed(inputs, "sound", "good")
    with pytest.raises(ExplorerError, match="The text is empty"):
        explorer.typed(inputs, "text", " ")
    letters = packed(Mask(width=6, height=6, bits=base64.b64encode(bytes([255] * 5)).decode()))
    with pytest.raises(ExplorerError, match="a colour is '#rrggbb'"):
        explorer.erased(inputs, "image", letters, "#red")
    whitened = explorer.erased(inputs, "image", letters, "white")
    assert whitened[0].min().item() == 1
    assert all(a is b for a, b in zip(whitened[1:], inputs[1:], strict=True))
