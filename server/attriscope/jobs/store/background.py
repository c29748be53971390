"""A thread that does the writing."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """Calls `step` in a thread of its own: when woken, every `idle` seconds, and `retry` seconds after a failure.

    What comes within `gather` seconds of waking it is done in one step: each has a price.
    `step` returns whether it succeeded, and raises nothing.
    """

    def __init__(self, name: str, step: Callable[[], bool], *, idle: float, retry: float, gather: float = 0.0) -> None:
        self._step, self._idle, self._retry, self._gather = step, idle, retry, gather
        self._changed = threading.Condition()
        self._woken, self._hurried, self._closing = True, False, False
        self._begun = self._ended = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        """Blocks until a step that began after this call has ended; False where that took too long."""
        with self._changed:
            if not self._thread.is_alive():
                return False
            mine = self._begun + 1
            self._hurried = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._ended >= mine, timeout)

    def close(self, timeout: float) -> bool:
        """Takes one last step and ends; False where that took too long. A second call changes nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        last = False
        while not last:
            with self._changed:
                last = self._closing
                self._woken = self._hurried = False
                self._begun += 1
            succeeded = self._step()
            with self._changed:
                self._ended += 1
                self._changed.notify_all()
                if not last and succeeded:
                    self._changed.wait_for(lambda: self._woken or self._hurried or self._closing, self._idle)
                    self._changed.wait_for(lambda: self._hurried or self._closing, self._gather)
                elif not last:
                    # What comes meanwhile fails as well; it waits for the same attempt.
                    self._changed.wait_for(lambda: self._hurried or self._closing, self._retry)
