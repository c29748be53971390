"""Maps on their way: the estimate of an anytime method, sent now and then while it converges."""

from __future__ import annotations

import time
from collections.abc import Sequence

from torch import Tensor

from attribution_core.execution import Progress
from attriscope.workers.arrays import to_array
from attriscope.workers.maps import Drawing, finite
from attriscope.workers.messages import CheckedItem, PartialInfo
from attriscope.workers.protocol import Frame, Send

FIRST_SECONDS = 0.3
"""What ends sooner needs no estimate."""
_SHARE = 0.1
"""Most of the time that estimates may take: a weighted regression, say, is fitted anew for each."""


class Partials:
    """Sends the estimates of the items that are computed together, at most every `seconds`.

    drawing: how estimates become maps. shapes: of each item's inputs.
    """

    def __init__(
        self,
        items: Sequence[CheckedItem],
        drawing: Drawing,
        shapes: Sequence[Sequence[tuple[int, ...]]],
        *,
        seconds: float,
        call: int,
        send: Send,
    ) -> None:
        self._items, self._drawing, self._shapes = items, drawing, shapes
        self._seconds, self._call, self._send = seconds, call, send
        self._next = time.monotonic() + FIRST_SECONDS

    def tell(self, progress: Progress) -> None:
        """To be called with every progress; most of the time nothing is due."""
        now = time.monotonic()
        if now < self._next or not 0 < progress.done < progress.total:
            return
        estimate = progress.partial()
        if estimate is not None and all(len(value) == len(self._items) for value in estimate):
            for row, item in enumerate(self._items):
                found = self._drawing.maps(estimate, row, self._shapes[row])
                if all(map(finite, found.values())):
                    self._send(self._frame(item, progress.done / progress.total, found))
        ended = time.monotonic()
        self._next = max(now + self._seconds, ended + (ended - now) * (1 / _SHARE - 1))

    def _frame(self, item: CheckedItem, share: float, found: dict[str, Tensor]) -> Frame:
        info = PartialInfo(key=item.key, share=share, maps=self._drawing.infos(found))
        arrays = {name: to_array(value) for name, value in found.items()}
        return Frame("partial", self._call, info.model_dump(mode="json"), arrays)
