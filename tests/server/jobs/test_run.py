"""A run whose samples are removed while it waits, over workers that are made up."""

from __future__ import annotations

import pytest

from attriscope.jobs.samples import Making
from attriscope.workers.protocol import Array
from attriscope.workers.sample_info import Prediction, SampleInfo
from tests.server.jobs.staged import Stage, run, settle


def upload(stage: Stage, session: str, content: str, most: int = 64) -> int:
    info = SampleInfo(index=0, sha256=content, label=None, features=[], shapes=[[1]])
    arrays = {"input.0": Array("float32", (1,), bytes(4))}
    record = stage.hosts["e"].table.uploads.add(session, info, arrays, most, Making())
    record.predictions["m"] = [Prediction(index=0, name="0", score=1.0, output=1.0)]
    return record.info.index


def test_q2_a_removed_upload_does_not_fail_the_session_whose_image_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        one, two = upload(stage, "one", "same"), upload(stage, "two", "same")
        await stage.submit("busy", (0,))
        await settle()
        mine, theirs = await stage.submit("one", (one,)), await stage.submit("two", (two,))
        stage.board.cancel(mine)
        stage.hosts["e"].table.uploads.remove("one", one)
        for _ in range(2):
            stage.slots[0].finish()
            await settle()
        assert (mine.state, theirs.state) == ("cancelled", "done")

    run(test)


def test_a_removed_upload_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        host = stage.hosts["e"]
        host.pool.wake()
        await settle()
        # Quick enough for all samples to be one run.
        monkeypatch.setattr(host.speed, "seconds", lambda *_: 0.001)
        gone = upload(stage, "one", "own")
        await stage.submit("busy", (0,))
        await settle()
        job = await stage.submit("one", (gone, 1, 2, 3))
        host.table.uploads.remove("one", gone)
        for _ in range(5):
            if stage.slots[0].attributing:
                stage.slots[0].finish()
            await settle()
        assert [item.state for item in job.items] == ["failed", "done", "done", "done"]
        error = job.items[0].error
        assert error is not None
        assert error.code == "not_found"

    run(test)


def test_an_image_brought_again_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        stage = Stage(monkeypatch)
        first, second, _ = (upload(stage, "one", content, most=3) for content in "abc")
        assert upload(stage, "one", "a", most=3) == first
        upload(stage, "one", "d", most=3)
        uploads = stage.hosts["e"].table.uploads
        assert (first in uploads, second in uploads) == (True, False)

    run(test)
