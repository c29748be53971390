"""Inputs predicted once and kept nowhere."""

from __future__ import annotations

import asyncio

import pytest

from attriscope.jobs.drafts import Drafts
from attriscope.jobs.errors import Refused
from attriscope.settings import Settings


def test_a_newer_draft_takes_the_place_of_the_older_and_others_keep_theirs() -> None:
    async def scenario() -> None:
        drafts = Drafts(Settings())
        woken: list[int] = []
        drafts.listen(lambda: woken.append(1))

        async def ask(place: str, model: str) -> list[object]:
            return list(await drafts.predict(place, model, {}, []))

        older = asyncio.create_task(ask("me", "first"))
        other = asyncio.create_task(ask("you", "second"))
        await asyncio.sleep(0)
        newer = asyncio.create_task(ask("me", "third"))
        await asyncio.sleep(0)
        with pytest.raises(Refused) as refused:
            await older
        assert (refused.value.status, refused.value.body.code) == (409, "superseded")
        taken = [drafts.next(), drafts.next()]
        assert [draft.model for draft in taken if draft] == ["third", "second"]
        assert drafts.next() is None
        for draft in taken:
            assert draft is not None
            draft.answer.set_result([])
        assert (await newer, await other, len(woken)) == ([], [], 3)

    asyncio.run(scenario())


def test_what_nobody_comes_to_is_given_up() -> None:
    async def scenario() -> None:
        drafts = Drafts(Settings(ready_timeout=0.01))
        with pytest.raises(Refused) as refused:
            await drafts.predict("me", "model", {}, [])
        assert refused.value.status == 503
        assert drafts.next() is None

    asyncio.run(scenario())
