"""Inputs that are predicted once and kept nowhere: what somebody is just drawing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from attriscope.jobs.errors import Refused, busy
from attriscope.jobs.slot import Slot, WorkerError, WorkerLost
from attriscope.settings import Settings
from attriscope.workers.messages import ErrorBody
from attriscope.workers.protocol import Array
from attriscope.workers.sample_info import PREDICTIONS, Prediction

logger = logging.getLogger("attriscope.jobs")


@dataclass(eq=False)
class Draft:
    model: str
    inputs: Mapping[str, Array]
    classes: list[int]
    answer: asyncio.Future[list[Prediction]]


class Drafts:
    """Waiting drafts, a single one for each place: a newer one takes the place of the older, so that whoever draws
    fast has no more waiting than whoever draws slowly.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: dict[Hashable, Draft] = {}
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Calls `listener` when there is something to predict."""
        self._listeners.append(listener)

    async def predict(
        self, place: Hashable, model: str, inputs: Mapping[str, Array], classes: list[int]
    ) -> list[Prediction]:
        """The best classes of one item, and `classes`.

        Raises:
            Refused: 409 `superseded` where a newer draft of this place has come first; 422 where the model cannot
                predict it; 503 where no worker came to it in time.
        """
        draft = Draft(model, inputs, classes, asyncio.get_running_loop().create_future())
        if older := self._waiting.get(place):
            _refuse(older, _superseded())
        # The place in the line is kept: drawing on must not put the answer off for ever.
        self._waiting[place] = draft
        for listener in self._listeners:
            listener()
        try:
            async with asyncio.timeout(self._settings.ready_timeout):
                return await draft.answer
        except TimeoutError:
            raise _no_worker("The models are busy; this was not predicted in time.") from None
        finally:
            if self._waiting.get(place) is draft:
                del self._waiting[place]

    def next(self) -> Draft | None:
        """The draft that has waited longest, taken."""
        if not self._waiting:
            return None
        return self._waiting.pop(next(iter(self._waiting)))

    async def run(self, slot: Slot, draft: Draft) -> None:
        """Predicts the draft on `slot`; failures go to whoever waits for it."""
        if draft.answer.done():
            return
        limit = self._settings.job_deadline
        body = {"model": draft.model, "count": 1, "threads": slot.threads, "classes": draft.classes}
        try:
            async with asyncio.timeout(limit):
                reply = await slot.call("predict", body, draft.inputs)
            found = PREDICTIONS.validate_python(reply.body["predictions"][0])
            if not draft.answer.done():
                draft.answer.set_result(found)
        except WorkerError as error:
            _refuse(draft, Refused(422, error.body))
        except WorkerLost as lost:
            _refuse(draft, _no_worker(f"The model's process stopped ({lost.cause}) while predicting. Retry."))
        except TimeoutError:
            slot.kill("deadline")
            message = f"Predicting took longer than the limit of {limit:g} s and was stopped."
            _refuse(draft, Refused(422, ErrorBody(code="deadline", message=message, params={"limit": limit})))
        except Exception:
            logger.exception("Predicting a draft failed inside the server.")
            _refuse(
                draft, Refused(500, ErrorBody(code="internal", message="The server failed; its log has the reason."))
            )

    def clear(self) -> None:
        """Gives up what waits: its models are gone."""
        while draft := self.next():
            _refuse(draft, _no_worker("The explorer was loaded anew. Try again."))


def _refuse(draft: Draft, refused: Refused) -> None:
    if not draft.answer.done():
        draft.answer.set_exception(refused)


def _superseded() -> Refused:
    return Refused(409, ErrorBody(code="superseded", message="A newer edit of the same sample has taken its place."))


def _no_worker(message: str) -> Refused:
    return busy(503, "no_worker", message, retry_after=2)
