"""A method of the user's own through a running server: in the menu, its map, and its errors with the traceback."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path

import numpy as np

from tests.live import LiveServer

FILE = """
    import torch
    from attriscope import Explorer

    class Halved:
        '''Half of the input.'''

        def __init__(self, forward_func):
            self.forward_func = forward_func

        def attribute(self, inputs, target=None, fail: bool = False):
            if fail:
                raise KeyError("of the user")
            return inputs / 2

    def explorer():
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
        return Explorer(model, [torch.full((3, 2, 2), 0.5)], methods=[Halved])
"""


def test_a_method_of_ones_own_from_the_form_to_the_map(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(textwrap.dedent(FILE))
    with LiveServer("serve", f"{file}:explorer") as server:
        methods = {method["id"]: method for method in server.explorer()["description"]["methods"]}
        assert list(methods["halved"]["arguments"]["properties"]) == ["fail", "seed"]
        assert methods["halved"]["family"] == "custom"
        done = server.run(method="halved")
        assert done["state"] == "done"
        answer = server.client.get(f"/api/results/{done['items'][0]['key']}/image.npy")
        assert np.array_equal(np.load(io.BytesIO(answer.content)), np.full((3, 2, 2), 0.25, np.float32))
        failed = server.run(method="halved", arguments={"fail": True})
        assert failed["state"] == "failed"
        [item] = failed["items"]
        assert (item["error"]["code"], item["error"]["message"]) == (
            "method_failed",
            "Halved raised KeyError: 'of the user'",
        )
        assert 'raise KeyError("of the user")' in item["error"]["detail"]
        assert server.run(method="saliency")["state"] == "done"
