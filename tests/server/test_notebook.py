"""`explorer.render()` and `serve()` in a kernel, with no browser: the link in the output leads to the model there."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest

from attriscope import Explorer, ExplorerError, notebook
from tests.live import PATIENCE, ROOT, Visitor
from tests.notebooks import MODEL, RENDER, environment
from tests.notebooks import notebook as made

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")

READ = """
model.zero_grad()
x = images[:1].clone().requires_grad_()
model(x)[0].max().backward()
print(x.grad.abs().sum().item(), model.training, torch.get_num_threads())
"""
AGAIN = "print(explorer.serve() == explorer.serve(), explorer.close())"


def test_a_notebook_shows_what_its_kernel_holds(tmp_path: Path) -> None:
    import nbformat

    cells = (MODEL, RENDER, READ, AGAIN)
    document = nbformat.from_dict(made(*cells))
    runner = nbclient.NotebookClient(document, timeout=int(PATIENCE), kernel_name="python3")
    with runner.setup_kernel(env=environment(tmp_path)):
        outputs = []
        for number in range(3):
            cell = runner.execute_cell(document.cells[number], number)
            outputs.append(cell["outputs"])
        (shown,) = [one for one in outputs[1] if one["output_type"] == "display_data"]
        link = re.search(r"http://\S+", shown["data"]["text/plain"])
        assert link is not None
        assert '<iframe id="attriscope-' in shown["data"]["text/html"]
        assert "width: 100%; height: 700px" in shown["data"]["text/html"]
        with httpx.Client(base_url=link[0].partition("?")[0], timeout=PATIENCE) as client:
            client.get("", params={"token": link[0].partition("token=")[2]}).raise_for_status()
            page = Visitor(client)
            job = page.run(method="saliency")
            content = client.get(f"api/results/{job['items'][0]['key']}/image.npy").content
            total = np.abs(np.load(io.BytesIO(content))).sum(dtype=np.float64)
            gradient, training, _ = outputs[2][0]["text"].split()
            assert total == pytest.approx(float(gradient), rel=1e-5)
            assert training == "False"
            # Called again: the same page; closed: gone, and the kernel goes on.
            cell = runner.execute_cell(document.cells[3], 3)
            assert "True None" in "".join(one["text"] for one in cell["outputs"])
            with pytest.raises(httpx.TransportError):
                client.get("livez")


def test_the_code_of_the_docs_runs(tmp_path: Path) -> None:
    import nbformat

    text = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    document = nbformat.from_dict(made(MODEL, *blocks, AGAIN))
    nbclient.NotebookClient(document, timeout=int(PATIENCE), kernel_name="python3").execute(env=environment(tmp_path))
    frames = [cell["outputs"][0]["data"]["text/html"] for cell in document.cells[1:3]]
    assert "width: 100%; height: 800px" in frames[0]
    assert "width: 100%; height: 900px" in frames[1]


def test_outside_of_a_notebook_it_says_so() -> None:
    explorer = Explorer(lambda: None, [])
    with pytest.raises(ExplorerError, match=r"use serve\(\)"):
        explorer.render()


@pytest.mark.parametrize(
    ("width", "height", "reason"),
    [
        ("100%", 50, "height is 50; it must be 100 to 10000 pixels"),
        ("100%", "800", "height is '800'"),
        ("wide", 800, "width is 'wide'"),
        (20, 800, "width is 20"),
        ('1px"><script>', 800, "width is"),
    ],
)
def test_sizes_are_checked(width: Any, height: Any, reason: str) -> None:
    with pytest.raises(ExplorerError, match=reason):
        Explorer(lambda: None, []).render(width=width, height=height)


def test_the_token_cannot_leave_its_script() -> None:
    site = SimpleNamespace(port=1, link="http://127.0.0.1:1/?token=</script>")
    text = notebook.html(SimpleNamespace(site=site, bind_all=False), "width: 1px")  # type: ignore[arg-type]
    assert text.count("</script>") == 1
