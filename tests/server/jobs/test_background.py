"""The writing thread: one step for what comes together, none to wait for where somebody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from attriscope.jobs.store.background import Background

Made = Callable[[float], tuple[Background, threading.Semaphore]]


@pytest.fixture
def made() -> Iterator[Made]:
    open_ones: list[Background] = []

    def make(gather: float) -> tuple[Background, threading.Semaphore]:
        steps = threading.Semaphore(0)

        def step() -> bool:
            steps.release()
            return True

        background = Background("tested", step, idle=3600.0, retry=3600.0, gather=gather)
        background.start()
        open_ones.append(background)
        assert steps.acquire(timeout=10), "the first step is taken at once"
        return background, steps

    yield make
    for background in open_ones:
        assert background.close(10)


def test_what_comes_together_is_done_in_one_step(made: Made) -> None:
    background, steps = made(0.5)
    for _ in range(5):
        background.wake()
    assert steps.acquire(timeout=10)
    assert not steps.acquire(timeout=1.0)


def test_a_flush_does_not_wait_for_more_to_come(made: Made) -> None:
    background, steps = made(3600.0)
    background.wake()
    began = time.monotonic()
    assert background.flush(60)
    assert time.monotonic() - began < 60
    assert steps.acquire(timeout=0)


def test_the_end_takes_a_last_step(made: Made) -> None:
    background, steps = made(3600.0)
    background.wake()
    assert background.close(60)
    assert steps.acquire(timeout=0)
